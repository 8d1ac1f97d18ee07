import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferRequestType, InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'
import { portionsQuery } from './portions.ts'

type Query = InferRequestType<typeof v1.deliveries.$get>['query']
export type ListedDelivery = InferResponseType<typeof v1.deliveries.$get, 200>['data'][number]
export type DeliveryFilters = Pick<
  Query,
  'webhook_id' | 'status' | 'status_code' | 'error' | 'call_id' | 'since' | 'until'
> & {
  /** As the URL has it, which may be none. */
  trigger?: string | undefined
}
export type Delivery = InferResponseType<(typeof v1.deliveries)[':id']['$get'], 200>
export type Attempt = Delivery['attempts'][number]
export type SentRequest = NonNullable<Delivery['request']>
export type TimedDelivery = InferResponseType<
  typeof v1.call.$get,
  200
>['events'][number]['deliveries'][number]
export type DeliveryStatus = ListedDelivery['status']

/** What the lists of calls and deliveries may be asked for. */
export const ASKED_STATUSES = [
  'unsucceeded',
  'pending',
  'held',
  'succeeded',
  'failed',
  'expired',
  'discarded',
] as const satisfies NonNullable<Query['status']>[]

export const ATTEMPT_ERRORS = [
  'status',
  'timeout',
  'connection',
  'dns',
  'tls',
  'redirect',
  'blocked_target',
  'invalid_request',
  'dead_letter',
  'lost',
] as const satisfies NonNullable<Query['error']>[]

/** A page of deliveries, newest first, in as many portions as the API answers it in. */
export function deliveriesQuery(accountId: string, filters: DeliveryFilters, cursor: string | undefined) {
  return portionsQuery(['deliveries', accountId, 'list', filters], cursor, async (portion) => {
    // Safe: the API refuses what is no trigger, in its own words.
    const query = { account_id: accountId, ...filters, ...portion } as Query
    return ask(v1.deliveries.$get({ query }))
  })
}

const FOLLOW_MS = 2_000

export function isEnded(status: DeliveryStatus): boolean {
  return status !== 'pending' && status !== 'held'
}

/** A delivery with its request and attempts, followed until it has ended. */
export function deliveryDetailQuery(accountId: string, id: string) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'detail', id],
    queryFn: async () => ask(v1.deliveries[':id'].$get({ param: { id } })),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || isEnded(data.status) ? false : FOLLOW_MS,
  })
}

/** A call of more events than these portions hold is not looked through for the waits of one delivery. */
const MOST_PORTIONS = 20

/** What the timeline of its call tells of a delivery; null if the call is past its retention. */
export function timedQuery(
  accountId: string,
  { id, call_id, event_id, status, attempt_count }: ListedDelivery,
) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'timed', id, status, attempt_count],
    queryFn: async () => {
      let cursor: string | undefined
      for (let portion = 0; portion < MOST_PORTIONS; portion += 1) {
        const { events, next_cursor } = await ask(
          v1.call.$get({
            query: { account_id: accountId, call_id, ...(cursor === undefined ? {} : { cursor }) },
          }),
        )
        const event = events.find((each) => each.id === event_id)
        const timed = event?.deliveries.find((each) => each.id === id)
        if (timed !== undefined) return timed
        if (next_cursor === null) return null
        cursor = next_cursor
      }
      return null
    },
  })
}

/** One more attempt of a delivery that has ended. */
export function useRetryOfDelivery(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string) => ask(v1.deliveries[':id'].retry.$post({ param: { id } })),
    onSettled: async () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['calls', accountId] }),
        queries.invalidateQueries({ queryKey: ['deliveries', accountId] }),
      ]),
  })
}
