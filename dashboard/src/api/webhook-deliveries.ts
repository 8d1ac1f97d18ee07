/** The deliveries of one webhook. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferRequestType, InferResponseType } from 'hono/client'
import type { AttemptError } from '../../../src/contracts/deliveries.ts'
import { ask, v1 } from './client.ts'

const list = v1.webhooks[':id'].deliveries
export type Delivery = InferResponseType<typeof list.$get, 200>['data'][number]
type Query = InferRequestType<typeof list.$get>['query']

/** Those of the API; times are RFC 3339. */
export type DeliveryFilters = Pick<Query, 'status' | 'trigger' | 'call_id' | 'since' | 'until' | 'cursor'>

/** How often a list that is followed is asked for (ms). */
const FOLLOW_MS = 2_000
const PAGE = '50'

/** A page, followed while somebody looks at it. */
export function webhookDeliveriesQuery(accountId: string, id: string, filters: DeliveryFilters) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'of', id, filters],
    queryFn: async () => ask(list.$get({ param: { id }, query: { ...filters, limit: PAGE } })),
    refetchInterval: FOLLOW_MS,
  })
}

const MOST_COUNTED = 250

/** How many wait for an attempt of their own, up to what one page tells. */
export function pendingQuery(accountId: string, id: string) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'of', id, 'pending'],
    queryFn: async () => {
      const { data, next_cursor } = await ask(
        list.$get({ param: { id }, query: { status: 'pending', limit: String(MOST_COUNTED) } }),
      )
      return { count: data.length, isMore: next_cursor !== null }
    },
  })
}

/** The newest whose last attempt failed so; null: none is found among those that the API looks at. */
export function lastFailureQuery(accountId: string, id: string, error: AttemptError | null) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'of', id, 'last failure', error],
    queryFn: async () => {
      if (error === null) return null
      const query = { account_id: accountId, webhook_id: id, error, limit: '1' }
      return (await ask(v1.deliveries.$get({ query }))).data[0] ?? null
    },
    enabled: error !== null,
    refetchInterval: 15_000,
  })
}

export function useRetry(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string) => ask(v1.deliveries[':id'].retry.$post({ param: { id } })),
    onSettled: async () => queries.invalidateQueries({ queryKey: ['deliveries', accountId] }),
  })
}
