import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferRequestType, InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

const ofAccount = v1.accounts[':account_id'].numbers
type NumbersPage = InferResponseType<typeof v1.numbers.$get, 200>
type NumbersQuery = InferRequestType<typeof v1.numbers.$get>['query']
export type OwnNumber = NumbersPage['data'][number]
export type NumbersReplaced = InferResponseType<typeof ofAccount.$put, 200>

/** All of an account's numbers, 1,000 at most, and the tag of the list. */
export function numbersQuery(accountId: string) {
  return queryOptions({
    queryKey: ['numbers', accountId],
    queryFn: async () => {
      const data: OwnNumber[] = []
      let cursor: string | null = null
      for (;;) {
        const query: NumbersQuery = {
          account_id: accountId,
          limit: '250',
          ...(cursor !== null && { cursor }),
        }
        const page: NumbersPage | null = await ask(v1.numbers.$get({ query }))
        if (page === null) throw new Error('not modified, which was not asked')
        data.push(...page.data)
        if (page.next_cursor === null) return { data, etag: page.etag }
        cursor = page.next_cursor
      }
    },
  })
}

/** Replaces all numbers, if they are still those that were read. */
export function useReplaceNumbers(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ numbers, etag }: { numbers: readonly OwnNumber[]; etag: string }) =>
      ask(
        ofAccount.$put(
          { param: { account_id: accountId }, json: { numbers: [...numbers] } },
          { headers: { 'if-match': etag } },
        ),
      ),
    onSuccess: ({ data, etag }) => queries.setQueryData(numbersQuery(accountId).queryKey, { data, etag }),
  })
}
