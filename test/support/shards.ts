import { runInDurableObject } from 'cloudflare:test'
import type { WebhookRow } from '../../src/contracts/configuration.ts'
import { Configuration } from '../../src/shard/configuration.ts'
import { env } from './relay.ts'

/** What one of an account's shards has stored of its configuration. */
export interface ShardConfiguration {
  version: number
  exists: boolean
  /** A change was announced of which the shard does not know yet whether it was made. */
  isMarked: boolean
  webhooks: Record<string, WebhookRow | undefined>
}

export async function configurationOf(accountId: string, shard = 0): Promise<ShardConfiguration> {
  const stub = env.SHARDS.getByName(`${accountId}/${shard}`)
  return runInDurableObject(stub, (_object, { storage }) => {
    const stored = new Configuration(storage.sql)
    const webhooks = Object.fromEntries([...stored.webhookIds].map((id) => [id, stored.webhook(id)]))
    return { version: stored.version, exists: stored.exists, isMarked: stored.dueMs() !== null, webhooks }
  })
}

/** Spreads the account's calls over so many shards, as if its operator had said so. */
export async function setShards(accountId: string, shards: number): Promise<void> {
  await env.DB.prepare('UPDATE accounts SET shards = ?2, config_version = config_version + 1 WHERE id = ?1')
    .bind(accountId, shards)
    .run()
}
