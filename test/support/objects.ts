import { runInDurableObject } from 'cloudflare:test'
import type { ShardApi } from '../../src/contracts/shard.ts'
import { shardOf } from '../../src/shard/stub.ts'
import { env } from './relay.ts'

/** The object of all of an account's calls, if the account has one shard. */
export function shard(account: string): DurableObjectStub<ShardApi> {
  return shardOf(env, account, 0)
}

/** Throws an object away at once, whatever it has under way. */
export async function kill(stub: DurableObjectStub<ShardApi>): Promise<void> {
  await runInDurableObject(stub, (_object, state) => {
    state.abort('thrown away by a test')
  }).catch(() => {})
}

/** When the object's alarm goes off (ms since epoch), or null. */
export async function alarmOf(stub: DurableObjectStub<ShardApi>): Promise<number | null> {
  return runInDurableObject(stub, (_object, { storage }) => storage.getAlarm())
}
