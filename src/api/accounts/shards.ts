/** How full each of an account's shards is, for its operator. */
import { Hono } from 'hono'
import * as z from 'zod'
import type { Env } from '../../contracts/env.ts'
import { SHARD_BYTES, type ShardUsage } from '../../contracts/shard.ts'
import { HELD_COUNTED } from '../../contracts/stats.ts'
import { shardOf } from '../../contracts/stub.ts'
import { report } from '../../lib/failure.ts'
import { rfc3339 } from '../../lib/time.ts'
import { readHead } from '../../store/accounts.ts'
import { noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { listOf } from '../http/list.ts'

/** Shards that are asked at a time: on one machine they share a thread with what is delivered. */
const SHARDS_AT_ONCE = 8
/** What has not answered within this (ms) since the request is not waited for: one that hangs holds up no others for long. */
const PATIENCE_MS = 10_000

const time = z.iso.datetime().nullable()

const shardView = z
  .object({
    shard: z.int().describe('Its number, from 0; the metrics name it by this too.'),
    reached: z
      .boolean()
      .describe('Whether it has answered. If it has not, all that follows is null: ask again in a while.'),
    bytes: z.int().nullable().describe('What it has stored.'),
    share: z
      .number()
      .nullable()
      .describe('The same as a part of `limit_bytes`, from 0 to 1. From 0.9 on its oldest day goes early.'),
    oldest_event_at: time.describe(
      'When its oldest event came, which is how far back its log goes; null if it has none. What is kept for longer ' +
        'because it waits, or because its call goes on, is left out.',
    ),
    waiting: z.int().nullable().describe('Deliveries that wait or are under way.'),
    held: z.int().nullable().describe(`Deliveries that are held; ${HELD_COUNTED} are counted at most.`),
    oldest_waiting_at: time.describe(
      'When the event came whose delivery has not ended for longest; null if none is open.',
    ),
  })
  .meta({
    id: 'Shard',
    examples: [
      {
        shard: 0,
        reached: true,
        bytes: 1_842_331_648,
        share: 0.1842,
        oldest_event_at: '2026-07-04T00:00:01Z',
        waiting: 3,
        held: 0,
        oldest_waiting_at: '2026-07-11T15:49:45Z',
      },
    ],
  })

type ShardView = z.output<typeof shardView>

export const shardRoutes = new Hono<AppEnv>().get(
  '/accounts/:account_id/shards',
  operation({
    operationId: 'listShards',
    summary: 'List the shards of an account',
    description:
      'How full each is, and what waits in it. All of them are in one answer. One that cannot be asked is listed as not ' +
      'reached. To ask a shard wakes it and changes nothing in it.',
    tag: 'Accounts',
    scopes: ['admin'],
    success: {
      200: [
        'Each shard, by its number',
        listOf(shardView).extend({ limit_bytes: z.int().describe('What a shard can store.') }),
      ],
    },
    problems: [404],
  }),
  async (c) => {
    const id = c.req.param('account_id')
    const head = await readHead(c.env, id)
    if (head === null) throw noSuch('account')
    const data = await shardsOfAccount(c.env, id, head.shards)
    return c.json({ data, next_cursor: null, limit_bytes: SHARD_BYTES })
  },
)

/** Asks each shard, some at a time. */
async function shardsOfAccount(env: Env, accountId: string, shards: number): Promise<ShardView[]> {
  const untilMs = Date.now() + PATIENCE_MS
  const patience = scheduler.wait(PATIENCE_MS).then(() => null)
  const views: ShardView[] = []
  const numbers = Array.from({ length: shards }, (_, shard) => shard).values()
  const askInTurn = async (): Promise<void> => {
    for (const shard of numbers) {
      const asked = Date.now() < untilMs ? usageOf(env, accountId, shard) : null
      views[shard] = viewOf(shard, await Promise.race([asked, patience]))
    }
  }
  await Promise.all(Array.from({ length: SHARDS_AT_ONCE }, askInTurn))
  return views
}

/** Null if it cannot be asked. */
async function usageOf(env: Env, accountId: string, shard: number): Promise<ShardUsage | null> {
  try {
    return await shardOf(env, accountId, shard).usage()
  } catch (error) {
    report('usage', error)
    return null
  }
}

const NOT_REACHED = {
  bytes: null,
  share: null,
  oldest_event_at: null,
  waiting: null,
  held: null,
  oldest_waiting_at: null,
}

function viewOf(shard: number, usage: ShardUsage | null): ShardView {
  if (usage === null) return { shard, reached: false, ...NOT_REACHED }
  const { bytes, oldest_event_at, waiting, held, oldest_waiting_at } = usage
  return {
    shard,
    reached: true,
    bytes,
    share: Math.round((bytes / SHARD_BYTES) * 10_000) / 10_000,
    oldest_event_at: timeOf(oldest_event_at),
    waiting,
    held,
    oldest_waiting_at: timeOf(oldest_waiting_at),
  }
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms)
}
