/** Deliveries made again, many at a time. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'
import type { RetryWhat } from '../find/retry-what.ts'

export type RetryAnswer = InferResponseType<typeof v1.deliveries.retry.$post, 202>
export type Replay = InferResponseType<typeof v1.replays.$get, 200>['data'][number]

/** Whose: the route reads it from the query, of which its type says nothing. */
function asked(accountId: string, what: RetryWhat, dry_run: boolean) {
  return { query: { account_id: accountId }, json: { ...what, dry_run } }
}

/** How many deliveries it would be of. Nothing is made. */
export function retryCountQuery(accountId: string, what: RetryWhat) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'retry', what],
    queryFn: async () => ask(v1.deliveries.retry.$post(asked(accountId, what, true))),
    gcTime: 0,
  })
}

/** @param key of what is asked for: asked again after no answer came, it is not done twice */
export function useRetryAll(accountId: string, key: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (what: RetryWhat) =>
      ask(v1.deliveries.retry.$post(asked(accountId, what, false), { headers: { 'idempotency-key': key } })),
    onSettled: async () => queries.invalidateQueries({ queryKey: ['replays', accountId] }),
  })
}

const FOLLOW_MS = 1_500
const REST_MS = 15_000

export interface ReplayFilters {
  webhook_id?: string | undefined
  cursor?: string | undefined
}

/** A page of an account's replays, newest first, followed closely while any runs. */
export function replaysQuery(accountId: string, filters: ReplayFilters) {
  return queryOptions({
    queryKey: ['replays', accountId, 'list', filters],
    queryFn: async () => ask(v1.replays.$get({ query: { account_id: accountId, ...filters } })),
    refetchInterval: ({ state: { data } }) =>
      data?.data.some(({ status }) => status === 'running') === true ? FOLLOW_MS : REST_MS,
  })
}

/** How far one is, until it is done. */
export function replayQuery(accountId: string, webhookId: string, id: string) {
  return queryOptions({
    queryKey: ['replays', accountId, 'one', id],
    queryFn: async () =>
      ask(
        v1.webhooks[':webhook_id'].replays[':replay_id'].$get({
          param: { webhook_id: webhookId, replay_id: id },
        }),
      ),
    refetchInterval: ({ state }) => (state.data?.status === 'done' ? false : FOLLOW_MS),
  })
}
