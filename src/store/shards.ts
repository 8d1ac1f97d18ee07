import type { Env } from '../contracts/env.ts'
import { readHead } from './accounts.ts'

/** Over how many shards an account's calls are spread; 1 if there is no such account. */
export async function shardsOf(env: Env, accountId: string): Promise<number> {
  return (await readHead(env, accountId))?.shards ?? 1
}
