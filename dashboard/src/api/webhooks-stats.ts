import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { StatsView } from '../../../src/api/stats/view.ts'
import { ask, v1 } from './client.ts'

/** How a webhook's deliveries of 24 h ended, and what waits now. The API's answer is 30 KB for each: this is kept of it. */
export interface Volume {
  held: number
  oldestWaitingAt: string | null
  succeeded: number
  /** Those that failed or expired. */
  failed: number
  /** Attempts that did not succeed, of deliveries that may go on. */
  attemptsFailed: number
  /** Of each quarter of an hour, oldest first. */
  buckets: { succeeded: number; failed: number }[]
}

export type Volumes = ReadonlyMap<string, Volume>

/** Of several webhooks in one request; the API takes 100 at most. */
export async function readVolumes(
  accountId: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Volumes> {
  const query = { account_id: accountId, webhook_id: [...ids], window: '24h' as const }
  const answer: unknown = await ask(v1.stats.$get({ query }, { init: { signal } }))
  // Safe: the route writes its JSON by hand, so its type does not say what its document does.
  const { webhooks } = answer as { webhooks: (StatsView & { webhook_id: string })[] }
  return new Map(webhooks.map((stats) => [stats.webhook_id, volumeOf(stats)]))
}

export function volumesQuery(accountId: string, ids: readonly string[]) {
  return queryOptions({
    queryKey: ['volumes', accountId, ids],
    queryFn: async ({ signal }) => readVolumes(accountId, ids, signal),
    enabled: ids.length > 0,
    // With others beside them, as after one is deleted, those that are known are shown meanwhile.
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    refetchInterval: 60_000,
  })
}

function volumeOf({ held, oldest_waiting_at, total, buckets }: StatsView): Volume {
  return {
    held,
    oldestWaitingAt: oldest_waiting_at,
    ...endsOf(total),
    attemptsFailed: total.attempts.total - total.attempts.succeeded,
    buckets: buckets.map(endsOf),
  }
}

function endsOf({ deliveries: { succeeded, failed, expired } }: StatsView['total']) {
  return { succeeded, failed: failed + expired }
}
