import type { Env } from './env.ts'
import type { ShardApi } from './shard.ts'
import { settingsOf } from '../lib/settings.ts'

/**
 * The stub of one of an account's shards, from 0. An object stays where it was first asked for, and that may be an
 * operator's browser on another continent: so each asks with the region that the setting names.
 */
export function shardOf(env: Env, accountId: string, shard: number): DurableObjectStub<ShardApi> {
  const { region } = settingsOf(env)
  return env.SHARDS.getByName(`${accountId}/${shard}`, region === undefined ? {} : { locationHint: region })
}
