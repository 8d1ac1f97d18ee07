/** Making a webhook's deliveries again. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { ask, v1 } from './client.ts'

export interface ReplayWhat {
  since: string
  until?: string | undefined
  statuses: ('failed' | 'expired' | 'discarded' | 'succeeded')[]
}

/** How many it would be of. Nothing is made. */
export function replayCountQuery(accountId: string, id: string, what: ReplayWhat | null) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'of', id, 'replay', what],
    queryFn: async () => {
      if (what === null) return 0
      const { count } = await ask(
        v1.webhooks[':webhook_id'].replay.$post({
          param: { webhook_id: id },
          json: { ...what, dry_run: true },
        }),
      )
      return count
    },
    enabled: what !== null,
  })
}

export function useReplay(accountId: string, id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (what: ReplayWhat) =>
      ask(
        v1.webhooks[':webhook_id'].replay.$post({
          param: { webhook_id: id },
          json: { ...what, dry_run: false },
        }),
      ),
    onSettled: async () => queries.invalidateQueries({ queryKey: ['deliveries', accountId] }),
  })
}
