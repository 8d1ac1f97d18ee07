import QuickLRU from 'quick-lru'

/**
 * Over how many shards each account's calls are spread, as this isolate has heard: no event waits for D1 to say it. One
 * who asks by an old count is told the new one (`moved`), and the count only grows, so what is not known is 1.
 */
const counts = new QuickLRU<string, number>({ maxSize: 10_000 })

export function countOf(accountId: string): number {
  return counts.get(accountId) ?? 1
}

/** A shard of the account has said how many there are. */
export function learnt(accountId: string, shards: number): void {
  counts.set(accountId, Math.max(shards, countOf(accountId)))
}
