import type { Env } from '../../contracts/env.ts'
import type { ShardStats, StatsWindow } from '../../contracts/stats.ts'
import { shardOf } from '../../contracts/stub.ts'
import { shardsOf } from '../../store/shards.ts'
import { viewStats, type StatsView } from './view.ts'

/** Webhooks that the shards are asked for at a time: in between, what they deliver has its turn. */
const WEBHOOKS_AT_ONCE = 2

/** The stats of all of an account's webhooks together. */
export async function statsOfAccount(
  env: Env,
  accountId: string,
  window: StatsWindow,
  sinceMs: number,
): Promise<StatsView> {
  const shards = await shardsOf(env, accountId)
  const answers = await ask(env, accountId, shards, null, window, sinceMs)
  return viewStats(answers.flat(), window, sinceMs)
}

/** The stats of an account's webhooks, each by itself, in the order of their ids. */
export async function statsOfWebhooks(
  env: Env,
  accountId: string,
  ids: readonly string[],
  window: StatsWindow,
  sinceMs: number,
): Promise<(StatsView & { webhook_id: string })[]> {
  const shards = await shardsOf(env, accountId)
  const found: (StatsView & { webhook_id: string })[] = []
  for (let first = 0; first < ids.length; first += WEBHOOKS_AT_ONCE) {
    const some = ids.slice(first, first + WEBHOOKS_AT_ONCE)
    const answers = await ask(env, accountId, shards, some, window, sinceMs)
    for (const [at, webhook_id] of some.entries()) {
      const own = answers.flatMap((answer) => answer[at] ?? [])
      found.push({ webhook_id, ...viewStats(own, window, sinceMs) })
    }
  }
  return found
}

/** @returns the answer of each shard */
function ask(
  env: Env,
  accountId: string,
  shards: number,
  webhookIds: readonly string[] | null,
  window: StatsWindow,
  sinceMs: number,
): Promise<ShardStats[][]> {
  return Promise.all(
    Array.from({ length: shards }, async (_, shard) =>
      shardOf(env, accountId, shard).stats({ webhook_ids: webhookIds, window, since: sinceMs }),
    ),
  )
}
