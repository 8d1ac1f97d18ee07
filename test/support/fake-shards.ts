import type { Env } from '../../src/contracts/env.ts'
import type { ShardApi } from '../../src/contracts/shard.ts'
import { app } from '../../src/api/app.ts'
import { ADMIN_KEY, env } from './relay.ts'

/**
 * Shards that a test answers for. The request is made in the test's own context, since a binding cannot be replaced in
 * another.
 */
export function withShards(shardOf: (name: string) => Partial<ShardApi>): Env {
  // Safe: of a namespace the relay uses `getByName` alone, and of a stub what the test gives.
  const SHARDS = { getByName: shardOf } as unknown as Env['SHARDS']
  return { ...env, SHARDS }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the body's type is the test's to say
export async function ask<T>(
  bindings: Env,
  method: string,
  path: string,
  body?: unknown,
  key = ADMIN_KEY,
): Promise<{ status: number; headers: Headers; body: T }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await app.request(path, init, bindings)
  return { status: response.status, headers: response.headers, body: (await response.json()) as T }
}
