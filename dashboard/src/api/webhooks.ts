import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

export type Webhook = InferResponseType<typeof v1.webhooks.$get, 200>['data'][number]

export const STATUSES = ['active', 'paused', 'disabled'] as const satisfies Webhook['status'][]

export interface WebhookFilters {
  status?: Webhook['status'] | undefined
  q?: string | undefined
  cursor?: string | undefined
}

/** A page of them. Keys begin with what they are of and whose, so that a change finds all that it makes old. */
export function webhooksQuery(accountId: string, filters: WebhookFilters) {
  return queryOptions({
    queryKey: ['webhooks', accountId, 'list', filters],
    queryFn: async () => ask(v1.webhooks.$get({ query: { account_id: accountId, ...filters } })),
    // Health changes by itself.
    refetchInterval: 15_000,
  })
}

const BY_ACTION = {
  enable: v1.webhooks[':webhook_id'].enable,
  pause: v1.webhooks[':webhook_id'].pause,
  disable: v1.webhooks[':webhook_id'].disable,
}
export type StatusAction = keyof typeof BY_ACTION

/** Enables, pauses or disables one. */
export function useStatusAction(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ id, action }: { id: string; action: StatusAction }) =>
      ask(BY_ACTION[action].$post({ param: { webhook_id: id } })),
    onSettled: async () => queries.invalidateQueries({ queryKey: ['webhooks', accountId] }),
  })
}
