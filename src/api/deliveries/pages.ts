import type { LogPage, LogQuery, LoggedDelivery } from '../../contracts/deliveries.ts'
import type { Env } from '../../contracts/env.ts'
import { shardOfCall } from '../../order/placement.ts'
import { shardOf } from '../../contracts/stub.ts'
import { shardsOf } from '../../store/shards.ts'

/**
 * A shard looks at some rows and then says where to go on, so that its deliveries have their turn. This often it is
 * asked to, before a page is answered with less than it could hold.
 */
const MOST_LOOKS = 10

/** A page of an account's deliveries, newest first, from all shards that may have some. */
export async function deliveryPage(env: Env, accountId: string, query: LogQuery): Promise<LogPage> {
  const shards = await shardsOf(env, accountId)
  const asked =
    query.call_id === undefined
      ? Array.from({ length: shards }, (_, shard) => shard)
      : [shardOfCall(query.call_id, shards)]
  const deliveries: LoggedDelivery[] = []
  let after = query.after
  for (let looks = 1; ; looks += 1) {
    const rest = { ...query, after, limit: query.limit - deliveries.length }
    const page = merged(
      await Promise.all(asked.map((shard) => shardOf(env, accountId, shard).deliveries(rest))),
      rest.limit,
    )
    deliveries.push(...page.deliveries)
    if (page.next === null || deliveries.length >= query.limit || looks === MOST_LOOKS) {
      return { deliveries, next: page.next }
    }
    after = page.next
  }
}

/** The pages of several shards as one. What comes after where a shard has stopped is not known to be whole. */
export function merged(pages: readonly LogPage[], limit: number): LogPage {
  const stops = pages.flatMap(({ next }) => next ?? [])
  const stop = stops.length === 0 ? null : stops.reduce((a, b) => (a > b ? a : b))
  const known = pages
    .flatMap((page) => page.deliveries)
    .filter(({ id }) => stop === null || id >= stop)
    .sort((a, b) => (a.id < b.id ? 1 : -1))
  const deliveries = known.slice(0, limit)
  return { deliveries, next: known.length > limit ? (deliveries.at(-1)?.id ?? null) : stop }
}
