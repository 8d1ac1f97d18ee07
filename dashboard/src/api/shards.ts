import { queryOptions } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

const shards = v1.accounts[':account_id'].shards
export type Shards = InferResponseType<typeof shards.$get, 200>
export type Shard = Shards['data'][number]

/** How full each shard of an account is. */
export function shardsQuery(account: string) {
  return queryOptions({
    queryKey: ['accounts', account, 'shards'],
    queryFn: async () => ask(shards.$get({ param: { account_id: account } })),
  })
}
