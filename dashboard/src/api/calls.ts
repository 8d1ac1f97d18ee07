import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { ask, v1 } from './client.ts'

/** By the query, and not by the path: an id may be `..`, which no path carries. */
export function callQuery(accountId: string, callId: string) {
  return infiniteQueryOptions({
    queryKey: ['calls', accountId, 'one', callId],
    queryFn: async ({ pageParam }) =>
      ask(
        v1.call.$get({
          query: {
            account_id: accountId,
            call_id: callId,
            ...(pageParam === null ? {} : { cursor: pageParam }),
          },
        }),
      ),
    // The first page has no cursor, and any other has one.
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  })
}

/** @param stand how it stands as far as is known: if that changes, it is read anew */
export function deliveryQuery(accountId: string, deliveryId: string, stand: string) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'one', deliveryId, stand],
    queryFn: async () => ask(v1.deliveries[':id'].$get({ param: { id: deliveryId } })),
  })
}
