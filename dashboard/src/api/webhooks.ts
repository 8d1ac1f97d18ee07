import { queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

export type Webhook = InferResponseType<typeof v1.webhooks.$get, 200>['data'][number]

export const STATUSES = ['active', 'paused', 'disabled'] as const satisfies Webhook['status'][]

export const CALL_TYPES = ['inbound', 'outbound', 'all'] as const satisfies Webhook['call_type'][]

/** The API's own of the list; a page of it begins at `cursor`. */
export interface WebhookFilters {
  status?: Webhook['status'] | undefined
  trigger?: string | undefined
  call_type?: Webhook['call_type'] | undefined
  q?: string | undefined
  cursor?: string | undefined
}

type Trigger = Webhook['triggers'][number]

/** A page of them. Keys begin with what they are of and whose, so that a change finds all that it makes old. */
export function webhooksQuery(accountId: string, filters: WebhookFilters) {
  // Safe: a URL may say anything, and the API refuses what is no trigger of its own.
  const trigger = filters.trigger as Trigger | undefined
  return queryOptions({
    queryKey: ['webhooks', accountId, 'list', filters],
    queryFn: async () => ask(v1.webhooks.$get({ query: { account_id: accountId, ...filters, trigger } })),
    // Health changes by itself.
    refetchInterval: 15_000,
  })
}

const one = v1.webhooks[':webhook_id']
const BY_ACTION = { enable: one.enable, pause: one.pause, disable: one.disable }
export type StatusAction = keyof typeof BY_ACTION
export type WebhookAction = StatusAction | 'delete'

/**
 * Changes the very version of a webhook that was looked at.
 * @returns its status now; null: it is gone
 * @throws ApiProblem: a 412 if it is another version by now, which is `current`
 */
export async function changeWebhook(
  { id, etag }: Pick<Webhook, 'id' | 'etag'>,
  action: WebhookAction,
): Promise<Webhook['status'] | null> {
  const param = { webhook_id: id }
  const options = { headers: { 'if-match': etag } }
  if (action === 'delete') {
    await ask(one.$delete({ param }, options))
    return null
  }
  const { status } = await ask(BY_ACTION[action].$post({ param }, options))
  return status
}

/** Changes one, and has all that is shown of it read again, whatever became of that. */
export function useWebhookAction(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ webhook, action }: { webhook: Webhook; action: WebhookAction }) =>
      changeWebhook(webhook, action),
    onSettled: async () => readAgain(queries, accountId),
  })
}

/** Waits for the list alone. What is told of those that it listed follows, and not of one that it lists no more. */
export async function readAgain(queries: QueryClient, accountId: string): Promise<void> {
  const queryKey = ['webhooks', accountId]
  await queries.invalidateQueries({ queryKey: [...queryKey, 'list'] })
  await queries.invalidateQueries({ queryKey, refetchType: 'none' })
}

/** Enables, pauses or disables one, whatever version is there. */
export function useStatusAction(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ id, action }: { id: string; action: StatusAction }) =>
      ask(BY_ACTION[action].$post({ param: { webhook_id: id } })),
    onSettled: async () => queries.invalidateQueries({ queryKey: ['webhooks', accountId] }),
  })
}
