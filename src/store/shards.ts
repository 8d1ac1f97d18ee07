import QuickLRU from 'quick-lru'
import type { Env } from '../contracts/env.ts'

/** More accounts than an isolate serves at a time; about so many are remembered, the last used. */
const MOST_ACCOUNTS = 10_000

const known = new QuickLRU<string, number>({ maxSize: MOST_ACCOUNTS })

/**
 * Over how many shards an account's calls are spread, as this isolate last learned it: no event waits for a read of D1.
 * Every account begins with one.
 */
export async function shardsOf(_env: Env, accountId: string): Promise<number> {
  return known.get(accountId) ?? 1
}

/** Somebody who knows has said how many there are. */
export function rememberShards(accountId: string, shards: number): void {
  known.set(accountId, shards)
}
