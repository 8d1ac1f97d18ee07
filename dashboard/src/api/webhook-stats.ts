import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { StatsWindow } from '../../../src/contracts/stats.ts'
import type { StatsView, TallyView } from '../../../src/api/stats/view.ts'
import { ask, v1 } from './client.ts'

export const WINDOWS = ['1h', '24h', '7d'] as const satisfies StatsWindow[]
export type { StatsWindow, TallyView }

export interface WebhookStats extends StatsView {
  window: StatsWindow
  since: string
  bucket_seconds: number
}

/** How often what is shown is asked for anew (ms): a bucket of an hour's is a minute. */
const EVERY_MS: Record<StatsWindow, number> = { '1h': 15_000, '24h': 30_000, '7d': 60_000 }

export function webhookStatsQuery(accountId: string, id: string, window: StatsWindow) {
  return queryOptions({
    queryKey: ['webhooks', accountId, 'stats', id, window],
    queryFn: async () => {
      const answer: unknown = await ask(
        v1.webhooks[':webhook_id'].stats.$get({ param: { webhook_id: id }, query: { window } }),
      )
      // Safe: the route writes its JSON by hand, so its type does not say what its document does.
      return answer as WebhookStats
    },
    refetchInterval: EVERY_MS[window],
    placeholderData: keepPreviousData,
  })
}
