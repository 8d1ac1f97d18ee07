import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { accountFor, noSuch, owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { ENDED_STATUSES } from '../../contracts/deliveries.ts'
import type { Replay } from '../../contracts/shard.ts'
import { findWebhook } from '../../store/webhooks.ts'
import { operation } from '../docs/operation.ts'
import { Problem } from '../http/problem.ts'
import { body, query } from '../http/body.ts'
import { accountListQuery, decodeCursor, listName, listOf, pageOf } from '../http/list.ts'
import { orDefault } from '../http/optional.ts'
import { idempotent, idSource } from '../http/idempotency.ts'
import { rfc3339 } from '../../lib/time.ts'
import { newId } from '../../lib/id.ts'
import { dryRun, filterOf, isWindow, NO_WINDOW, windowFields } from './filter.ts'
import { countReplays, listReplays, readReplay, startReplay } from './parts.ts'

const time = z.iso.datetime()

const replayRequest = z
  .strictObject({
    ...windowFields,
    statuses: orDefault(
      z
        .array(z.enum(ENDED_STATUSES))
        .min(1)
        .describe('Those that have ended so; by default what did not arrive.'),
      ['failed', 'expired', 'discarded'],
    ),
    dry_run: dryRun,
  })
  .refine(isWindow, NO_WINDOW)

const replayAnswer = z.object({
  id: z.string().nullable().describe('Of the replay; null for a dry run.'),
  count: z.int().describe('How many deliveries it is of.'),
  dry_run: z.boolean(),
})

const replayView = z
  .object({
    id: z.string(),
    webhook_id: z.string(),
    status: z.enum(['running', 'done']),
    count: z.int().describe('How many deliveries it is of.'),
    replayed: z.int().describe('Handed over so far. Whether each has arrived is in the list of deliveries.'),
    skipped: z
      .int()
      .describe(
        'Not made again: past their retention, made by something else meanwhile, or left when the webhook was disabled.',
      ),
    since: time,
    until: time,
    statuses: z.array(z.enum(ENDED_STATUSES)),
    created_at: time,
    completed_at: time.nullable(),
  })
  .meta({ id: 'Replay' })

function viewOf(replay: Replay): z.output<typeof replayView> {
  const { since, until, created_at, completed_at, ...facts } = replay
  return {
    ...facts,
    status: completed_at === null ? 'running' : 'done',
    since: rfc3339(since),
    until: rfc3339(until),
    created_at: rfc3339(created_at),
    completed_at: completed_at === null ? null : rfc3339(completed_at),
  }
}

const replaysQuery = z.strictObject({
  ...accountListQuery,
  webhook_id: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Of this webhook alone, even once it is deleted.'),
})

/** `POST /v1/webhooks/{id}/replay`, how far one is, and `GET /v1/replays`. */
export const replayRoutes = new Hono<AppEnv>()
  .get(
    '/replays',
    operation({
      operationId: 'listReplays',
      summary: 'List replays',
      description:
        'Of all webhooks, newest first, with how far each is: also those that a retry by a filter has started. They are kept for the retention.',
      tag: 'Replays',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['A page of replays', listOf(replayView)] },
      problems: [404, 422],
    }),
    query(replaysQuery),
    async (c) => {
      const accountId = await accountFor(c)
      const { limit, cursor, webhook_id } = c.req.valid('query')
      const list = listName('replays', { account_id: accountId, webhook_id })
      const after = decodeCursor(list, cursor) ?? undefined
      const replays = await listReplays(c.env, accountId, { webhookId: webhook_id, after, limit })
      return c.json(pageOf(replays, limit, list, ({ id }) => id, viewOf))
    },
  )
  .post(
    '/webhooks/:webhook_id/replay',
    operation({
      operationId: 'replayDeliveries',
      summary: "Replay a webhook's deliveries",
      description:
        'Each gets one more attempt, with the same `webhook-id`, in the order of its call. It is done in the background: at most some hundred are under way at a time, at the rate limit of the webhook. While the webhook is paused they are held; while its breaker is open the replay waits. Replays of a webhook are done one after the other.',
      tag: 'Replays',
      scopes: ['admin', 'manage'],
      success: { 202: ['It will be done; or what it would be of', replayAnswer] },
      problems: [404, 409],
      account: 'optional',
    }),
    body(replayRequest),
    idempotent,
    async (c) => {
      const { id, account_id, status } = await webhookOf(c, c.req.param('webhook_id'))
      if (status === 'disabled') throw new Problem('conflict', 'The webhook is disabled; enable it first')
      const { statuses, dry_run, ...window } = c.req.valid('json')
      const filter = filterOf(window, statuses, Date.now())
      if (dry_run) {
        const [count = 0] = await countReplays(c.env, account_id, [id], filter)
        return c.json({ id: null, count, dry_run }, 202)
      }
      const { nowMs, random } = idSource(c)
      const replayId = newId('rpl', nowMs, random)
      const replay = await startReplay(c.env, account_id, replayId, id, filter)
      if (replay === null) throw new Problem('conflict', 'Wait for the replays of this webhook to be done')
      return c.json({ id: replay.id, count: replay.count, dry_run }, 202)
    },
  )
  .get(
    '/webhooks/:webhook_id/replays/:replay_id',
    operation({
      operationId: 'getReplay',
      summary: 'Read how far a replay is',
      description:
        'Done is one whose every delivery has been attempted or is held. It is kept for the retention.',
      tag: 'Replays',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The replay', replayView] },
      problems: [404],
      account: 'optional',
    }),
    async (c) => {
      const { id, account_id } = await webhookOf(c, c.req.param('webhook_id'))
      const replay = await readReplay(c.env, account_id, id, c.req.param('replay_id'))
      if (replay === null) throw noSuch('replay')
      return c.json(viewOf(replay))
    },
  )

async function webhookOf(c: Context<AppEnv>, id: string) {
  return owned(c, 'webhook', await findWebhook(c.env, id))
}
