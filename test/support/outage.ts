import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import type { DeliveryStatus } from '../../src/contracts/deliveries.ts'
import type { ShardApi } from '../../src/contracts/shard.ts'
import type { Health } from '../../src/order/health.ts'
import { shardOf } from '../../src/contracts/stub.ts'
import type { DeliveryState } from '../../src/shard/rows.ts'
import { api, deliveries, env, post, until } from './relay.ts'

interface Shown {
  status: string
  status_reason: string | null
  health: string
}

export async function readWebhook(account: string, webhook: string): Promise<Shown> {
  return (await api<Shown>('GET', `/v1/webhooks/${webhook}?account_id=${account}`)).body
}

export async function change(account: string, webhook: string, to: 'enable' | 'pause' | 'disable') {
  return api<Shown>('POST', `/v1/webhooks/${webhook}/${to}?account_id=${account}`)
}

/** The account's only shard. */
export function shardOfAccount(account: string): DurableObjectStub<ShardApi> {
  return shardOf(env, account, 0)
}

/** Ends the account's shard at once, as a crash does; it starts again with whatever asks for it next. */
export async function crash(account: string): Promise<void> {
  await runInDurableObject(shardOfAccount(account), (_object, state) => {
    state.abort('the test')
  }).catch(() => {})
}

/**
 * Waits until the account's shard is at rest: it has written what it has counted, and owes nothing but by its alarm. To
 * be asked once something was counted: what it wrote is in rows of their own if their minute was over by then.
 */
export async function rests(account: string): Promise<void> {
  await until('the shard is at rest', () =>
    runInDurableObject(
      shardOfAccount(account),
      (_object, { storage }) =>
        storage.sql.exec('SELECT 1 FROM stat_kept UNION ALL SELECT 1 FROM stat').toArray().length > 0,
    ),
  )
}

/** Runs the alarm of the account's shard. An object that owes work always has one. */
export async function runAlarm(account: string): Promise<void> {
  if (!(await runDurableObjectAlarm(shardOfAccount(account)))) throw new Error('no alarm is set')
}

function keptOf(sql: SqlStorage, webhook: string): { health: Health } | null {
  const row = sql.exec<{ kept: string }>('SELECT kept FROM health WHERE webhook_id = ?', webhook).toArray()[0]
  return row === undefined ? null : (JSON.parse(row.kept) as { health: Health }) // safe: as it is written
}

/** What the shard keeps of a webhook that is not healthy; null if it keeps nothing. */
export async function storedHealth(account: string, webhook: string): Promise<Health | null> {
  return runInDurableObject(
    shardOfAccount(account),
    (_object, { storage }) => keptOf(storage.sql, webhook)?.health ?? null,
  )
}

/** Rewrites what the shard has stored of a webhook's health, and ends the object at once, so that it goes on from that. */
export async function rewriteHealth(
  account: string,
  webhook: string,
  rewrite: (health: Health) => Partial<Health>,
): Promise<void> {
  const health = await storedHealth(account, webhook)
  if (health === null) throw new Error('the webhook is healthy')
  await runInDurableObject(shardOfAccount(account), async (_object, state) => {
    state.storage.sql.exec(
      "UPDATE health SET kept = json_set(kept, '$.health', json(?)) WHERE webhook_id = ?",
      JSON.stringify({ ...health, ...rewrite(health) }),
      webhook,
    )
    await state.storage.sync()
    // At once: what it has in memory is not to be written over that.
    state.abort('the test')
  }).catch(() => {})
}

/** Has the next probe go now, instead of at the end of its delay. */
export async function hastenProbe(account: string, webhook: string): Promise<void> {
  await rewriteHealth(account, webhook, () => ({ nextProbeMs: 0 }))
  await runAlarm(account)
}

/** Has a webhook fail until it is shown as failing and nothing of it is under way. Its receiver has to fail by now. */
export async function fail(account: string, webhook: string): Promise<void> {
  for (const call of ['first-to-fail', 'second-to-fail']) await post(account, call)
  await until(
    'it has failed',
    async () => (await deliveries(account, webhook, '&status=failed')).length === 2,
  )
}

/**
 * Has a webhook's breaker trip without an outage of many seconds: it fails a little, and what is stored of that is
 * made to be long ago and of many calls. Its receiver has to fail by now.
 */
export async function tripBreaker(account: string, webhook: string): Promise<void> {
  await fail(account, webhook)
  const calls = ['a', 'b', 'c', 'd', 'e']
  await rewriteHealth(account, webhook, () => ({ faults: 100, calls, sinceMs: Date.now() - 60_000 }))
  await post(account, 'third-to-fail')
  await until('it is open', async () => (await readWebhook(account, webhook)).health === 'open')
}

/** Rewrites how a call's deliveries stand in the shard, and throws the object away, so that it goes on from that. */
export async function rewriteDeliveries(
  account: string,
  callId: string,
  rewrite: (state: DeliveryState) => { status: DeliveryStatus; state: DeliveryState },
): Promise<void> {
  const shard = shardOfAccount(account)
  await runInDurableObject(shard, (_object, { storage: { sql } }) => {
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE name GLOB 'delivery_[0-9]*'",
    )
    for (const { name } of tables.toArray()) {
      const rows = sql.exec<{ seq: number; webhook_id: string; state: string }>(
        `SELECT d.* FROM ${name} d JOIN ${name.replace('delivery', 'event')} e USING (seq)
         WHERE e.facts ->> 'call_id' = ?`,
        callId,
      )
      for (const { seq, webhook_id, state } of rows.toArray()) {
        const next = rewrite(JSON.parse(state) as DeliveryState) // safe: as the shard writes it
        const key = [seq, webhook_id]
        const values = [next.status, JSON.stringify(next.state), ...key]
        sql.exec(`UPDATE ${name} SET status = ?, state = ? WHERE seq = ? AND webhook_id = ?`, ...values)
      }
    }
  })
  await evictDurableObject(shard)
}
