import type { Env } from '../../contracts/env.ts'
import type { ShardStats, StatsWindow } from '../../contracts/stats.ts'
import { shardOf } from '../../contracts/stub.ts'
import { shardsOf } from '../../store/shards.ts'
import { viewStats, type StatsView } from './view.ts'

/** Webhooks that the shards are asked for at a time. */
const WEBHOOKS_AT_ONCE = 2
/**
 * In between, whatever else goes on has its turn, for this many times as long as they took, and at least for so long (ms).
 * On one machine the Worker and its shards share a thread, and to ask a shard is not to wait.
 */
const PAUSE = 2
const PAUSE_LEAST_MS = 2

type WebhookStats = StatsView & { webhook_id: string }

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

/**
 * The stats of an account's webhooks, each by itself, in the order of their ids; each as JSON, because to write all of them
 * at once, which may be megabytes, would hold up deliveries.
 */
export async function statsOfWebhooks(
  env: Env,
  accountId: string,
  ids: readonly string[],
  window: StatsWindow,
  sinceMs: number,
): Promise<string[]> {
  const shards = await shardsOf(env, accountId)
  const found: string[] = []
  for (let first = 0; first < ids.length; first += WEBHOOKS_AT_ONCE) {
    const startedMs = performance.now()
    const some = ids.slice(first, first + WEBHOOKS_AT_ONCE)
    const answers = await ask(env, accountId, shards, some, window, sinceMs)
    for (const [at, webhook_id] of some.entries()) {
      const own = answers.flatMap((answer) => answer[at] ?? [])
      const view: WebhookStats = { webhook_id, ...viewStats(own, window, sinceMs) }
      found.push(JSON.stringify(view))
    }
    const isLast = first + WEBHOOKS_AT_ONCE >= ids.length
    if (!isLast) await scheduler.wait(Math.max(PAUSE_LEAST_MS, PAUSE * (performance.now() - startedMs)))
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
