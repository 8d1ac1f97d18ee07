import type { LogPage, LogQuery } from '../../contracts/deliveries.ts'
import type { Env } from '../../contracts/env.ts'
import { shardOfCall } from '../../order/placement.ts'
import { shardOf } from '../../contracts/stub.ts'
import { shardsOf } from '../../store/shards.ts'
import { pageOfShards } from '../shard-pages.ts'

/** A page of an account's deliveries, newest first, from all shards that may have some. */
export async function deliveryPage(env: Env, accountId: string, query: LogQuery): Promise<LogPage> {
  const shards = await shardsOf(env, accountId)
  const asked =
    query.call_id === undefined
      ? Array.from({ length: shards }, (_, shard) => shard)
      : [shardOfCall(query.call_id, shards)]
  const { items, next } = await pageOfShards(
    query.after,
    query.limit,
    async (after, limit) =>
      Promise.all(
        asked.map(async (shard) => {
          const page = await shardOf(env, accountId, shard).deliveries({ ...query, after, limit })
          return { items: page.deliveries, next: page.next }
        }),
      ),
    ({ id }) => id,
  )
  return { deliveries: items, next }
}
