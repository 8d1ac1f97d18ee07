import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferRequestType, InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

const ofAccount = v1.accounts[':account_id'].keys
export type Key = InferResponseType<typeof v1.keys.$get, 200>['data'][number]
export type NewKey = InferResponseType<typeof v1.keys.$post, 201>
export type KeyCreate = InferRequestType<typeof ofAccount.$post>['json']
export type Scope = Key['scope']
/** The scopes of a key for every account. */
export type GlobalScope = InferRequestType<typeof v1.keys.$post>['json']['scope']

export const ACCOUNT_SCOPES = ['manage', 'read', 'ingest', 'portal', 'admin'] as const satisfies Scope[]
export const GLOBAL_SCOPES = ['ingest', 'portal', 'admin'] as const satisfies GlobalScope[]

/** @param accountId null: the keys for every account */
export function keysQuery(accountId: string | null) {
  return infiniteQueryOptions({
    queryKey: ['keys', accountId],
    queryFn: async ({ pageParam }) => {
      const query = { limit: '100', ...(pageParam !== '' && { cursor: pageParam }) }
      return accountId === null
        ? ask(v1.keys.$get({ query }))
        : ask(ofAccount.$get({ param: { account_id: accountId }, query }))
    },
    initialPageParam: '',
    getNextPageParam: ({ next_cursor }) => next_cursor,
  })
}

export function useCreateKey(accountId: string | null) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ scope, ...rest }: KeyCreate) => {
      if (accountId !== null)
        return ask(ofAccount.$post({ param: { account_id: accountId }, json: { ...rest, scope } }))
      const global = GLOBAL_SCOPES.find((each) => each === scope)
      if (global === undefined) throw new Error(`no key for every account is of scope ${scope}`)
      return ask(v1.keys.$post({ json: { ...rest, scope: global } }))
    },
    onSuccess: async () => queries.invalidateQueries({ queryKey: ['keys', accountId] }),
  })
}

export function useDeleteKey(accountId: string | null) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (key_id: string) =>
      accountId === null
        ? ask(v1.keys[':key_id'].$delete({ param: { key_id } }))
        : ask(ofAccount[':key_id'].$delete({ param: { account_id: accountId, key_id } })),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ['keys', accountId] })
      // They end with their key.
      await queries.invalidateQueries({ queryKey: ['sessions'] })
    },
  })
}
