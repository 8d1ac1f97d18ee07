import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { callObject } from '../../src/calls/call-key.ts'
import type { CallState } from '../../src/calls/journal.ts'
import type { Lane } from '../../src/order/lane.ts'
import type { Health } from '../../src/order/health.ts'
import { webhookObject } from '../../src/webhooks/webhook-key.ts'
import { api, env, post, until } from './relay.ts'

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

/** Rewrites what a Webhook object has stored of its health, and throws it away, so that it goes on from that. */
export async function rewriteHealth(webhook: string, rewrite: (health: Health) => Partial<Health>) {
  const object = webhookObject(env, webhook)
  await runInDurableObject(object, (_object, { storage }) => {
    const stored = storage.kv.get<{ health: Health }>('health')
    if (stored === undefined) throw new Error('the webhook is healthy')
    storage.kv.put('health', { ...stored, health: { ...stored.health, ...rewrite(stored.health) } })
  })
  await evictDurableObject(object)
}

/**
 * Has a webhook's breaker open without an outage of many seconds: it fails a little, and what is stored of that is
 * made to be long ago and of many calls. Its receiver has to fail by now.
 */
export async function openBreaker(account: string, webhook: string): Promise<void> {
  await post(account, 'first-to-fail')
  await post(account, 'second-to-fail')
  const isFailing = async () => (await readWebhook(account, webhook)).health === 'failing'
  await until('it is failing', isFailing)
  const calls = ['a', 'b', 'c', 'd', 'e']
  await rewriteHealth(webhook, () => ({ faults: 100, calls, sinceMs: Date.now() - 60_000 }))
  await post(account, 'third-to-fail')
  await until('it is open', async () => (await readWebhook(account, webhook)).health === 'open')
  // By then no read from before it is in use.
  await scheduler.wait(600)
}

/** Rewrites what a call has stored of its lanes, and throws it away, so that it goes on from that. */
export async function rewriteLanes(account: string, callId: string, rewrite: (lane: Lane) => Lane) {
  const object = callObject(env, account, callId)
  await runInDurableObject(object, (_object, { storage: { sql } }) => {
    const row = sql.exec<{ facts: string }>('SELECT facts FROM record WHERE n = 0').one()
    const state = JSON.parse(row.facts) as CallState // safe: row 0 is the call's state
    const facts = JSON.stringify({ ...state, lanes: state.lanes.map(rewrite) })
    sql.exec('UPDATE record SET facts = ? WHERE n = 0', facts)
  })
  await evictDurableObject(object)
}
