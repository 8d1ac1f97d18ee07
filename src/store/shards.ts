import type { Env } from '../contracts/env.ts'

/** Over how many shards an account's calls are spread. Every account has one. */
export async function shardsOf(_env: Env, _accountId: string): Promise<number> {
  return 1
}
