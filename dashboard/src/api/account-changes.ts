import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferRequestType, InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

const byId = v1.accounts[':account_id']
export type Account = InferResponseType<typeof v1.accounts.$get, 200>['data'][number]
export type AccountCreate = InferRequestType<typeof v1.accounts.$post>['json']
export type AccountUpdate = InferRequestType<typeof byId.$patch>['json']

/** All accounts, newest first, a page more each time. */
export const accountPagesQuery = infiniteQueryOptions({
  queryKey: ['accounts', 'pages'],
  queryFn: async ({ pageParam }) =>
    ask(v1.accounts.$get({ query: { limit: '100', ...(pageParam !== '' && { cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: ({ next_cursor }) => next_cursor,
})

export function useCreateAccount() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (json: AccountCreate) => ask(v1.accounts.$post({ json })),
    onSuccess: async () => queries.invalidateQueries({ queryKey: ['accounts'] }),
  })
}

/** Changes the account, if it is still as it was read. */
export function useUpdateAccount({ id, etag }: Account) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (json: AccountUpdate) =>
      ask(byId.$patch({ param: { account_id: id }, json }, { headers: { 'if-match': etag } })),
    onSettled: async () => queries.invalidateQueries({ queryKey: ['accounts'] }),
  })
}

export function useDeleteAccount({ id, etag }: Account) {
  return useMutation({
    mutationFn: async () =>
      ask(byId.$delete({ param: { account_id: id } }, { headers: { 'if-match': etag } })),
  })
}
