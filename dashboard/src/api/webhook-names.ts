import { queryOptions, useQueries, useQuery } from '@tanstack/react-query'
import { ApiProblem } from './problem.ts'
import { ask, v1 } from './client.ts'

const LISTED = '250'
const FRESH_MS = 60_000

/** Webhooks to choose from: the newest, or the newest in which a text is. */
export function webhookChoicesQuery(accountId: string, q: string | undefined) {
  return queryOptions({
    queryKey: ['webhooks', accountId, 'choices', q ?? null],
    queryFn: async () => {
      const { data } = await ask(v1.webhooks.$get({ query: { account_id: accountId, q, limit: LISTED } }))
      return data.map(({ id, name }) => ({ id, name }))
    },
    staleTime: FRESH_MS,
  })
}

/** What a webhook is called; null if it is gone. */
function webhookNameQuery(accountId: string, id: string) {
  return queryOptions({
    queryKey: ['webhooks', accountId, 'name', id],
    queryFn: async () => {
      try {
        const webhook = await ask(v1.webhooks[':webhook_id'].$get({ param: { webhook_id: id } }))
        return webhook?.name ?? null
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null
        throw error
      }
    },
    staleTime: FRESH_MS,
  })
}

/** What webhooks are called: of each its name, null if it is gone, undefined as long as it is not known. */
export function useWebhookNames(
  accountId: string,
  ids: readonly string[],
): (id: string) => string | null | undefined {
  const choices = useQuery(webhookChoicesQuery(accountId, undefined))
  const names = new Map<string, string | null | undefined>(choices.data?.map(({ id, name }) => [id, name]))
  // What is not among the newest is asked for by itself.
  const others = choices.isPending ? [] : [...new Set(ids)].filter((id) => !names.has(id))
  const found = useQueries({ queries: others.map((id) => webhookNameQuery(accountId, id)) })
  others.forEach((id, index) => names.set(id, found[index]?.data))
  return (id) => names.get(id)
}
