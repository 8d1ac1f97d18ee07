/** A page of what a shard lists. `next` is where the list goes on, as the place that it goes on after; null at its end. */
export interface ShardPage<T> {
  items: T[]
  next: string | null
}

/**
 * A shard looks at some rows and then says where to go on, so that its deliveries have their turn; it is left alone for as
 * long as that took. This often it is asked to, and for so long (ms), before a page is answered with less than it could hold.
 */
const MOST_LOOKS = 20
const MOST_MS = 100

/**
 * A page of an account's list, newest first, from all shards that may have some of it.
 * @param ask a page of each shard, of what comes after a place
 * @param placeOf by which the list is sorted, falling
 */
export async function pageOfShards<T>(
  start: string | undefined,
  limit: number,
  ask: (after: string | undefined, limit: number) => Promise<ShardPage<T>[]>,
  placeOf: (item: T) => string,
): Promise<ShardPage<T>> {
  const items: T[] = []
  const startMs = Date.now()
  let after = start
  for (let looks = 1; ; looks += 1) {
    const lookMs = Date.now()
    const rest = limit - items.length
    const page = merged(await ask(after, rest), rest, placeOf)
    items.push(...page.items)
    const isLong = looks === MOST_LOOKS || Date.now() - startMs >= MOST_MS
    if (page.next === null || items.length >= limit || isLong) return { items, next: page.next }
    after = page.next
    await scheduler.wait(Date.now() - lookMs)
  }
}

/** The pages of several shards as one. What comes after where a shard has stopped is not known to be whole. */
function merged<T>(
  pages: readonly ShardPage<T>[],
  limit: number,
  placeOf: (item: T) => string,
): ShardPage<T> {
  const stops = pages.flatMap(({ next }) => next ?? [])
  const stop = stops.length === 0 ? null : stops.reduce((a, b) => (a > b ? a : b))
  const known = pages
    .flatMap((page) => page.items)
    .filter((item) => stop === null || placeOf(item) >= stop)
    .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
  const items = known.slice(0, limit)
  const last = items.at(-1)
  return { items, next: known.length > limit && last !== undefined ? placeOf(last) : stop }
}
