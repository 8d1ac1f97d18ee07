import { queryOptions } from '@tanstack/react-query'
import { ask, v1 } from './client.ts'

/** The accounts that an admin chooses from: the newest 250. */
export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: async () => ask(v1.accounts.$get({ query: { limit: '250' } })),
  staleTime: 60_000,
})

export function accountQuery(id: string) {
  return queryOptions({
    queryKey: ['accounts', id],
    queryFn: async () => ask(v1.accounts[':account_id'].$get({ param: { account_id: id } })),
    staleTime: 60_000,
  })
}

export async function createAccount(name: string) {
  // Safe: what is left out has a default, which the type does not say.
  const json = { name } as Parameters<typeof v1.accounts.$post>[0]['json']
  return ask(v1.accounts.$post({ json }))
}
