import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferRequestType, InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

const account = v1.accounts[':account_id']
export type AccountSession = InferResponseType<typeof account.sessions.$get, 200>['data'][number]
export type PortalLinkCreate = InferRequestType<(typeof account)['portal-links']['$post']>['json']
export type PortalLink = InferResponseType<(typeof account)['portal-links']['$post'], 201>

/** An account's sessions that are not over, newest first. */
export function sessionsQuery(accountId: string) {
  return infiniteQueryOptions({
    queryKey: ['sessions', accountId],
    queryFn: async ({ pageParam }) =>
      ask(
        account.sessions.$get({
          param: { account_id: accountId },
          query: { limit: '50', ...(pageParam !== '' && { cursor: pageParam }) },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next_cursor }) => next_cursor,
    // Others sign in and out.
    refetchInterval: 15_000,
  })
}

/** @param id null: all of the account */
export function useEndSession(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (id: string | null) =>
      id === null
        ? ask(account.sessions.$delete({ param: { account_id: accountId } }))
        : ask(account.sessions[':session_id'].$delete({ param: { account_id: accountId, session_id: id } })),
    onSettled: async () => queries.invalidateQueries({ queryKey: ['sessions', accountId] }),
  })
}

export function useCreatePortalLink(accountId: string) {
  return useMutation({
    mutationFn: async (json: PortalLinkCreate) =>
      ask(account['portal-links'].$post({ param: { account_id: accountId }, json })),
  })
}
