import { runInDurableObject } from 'cloudflare:test'
import { afterEach, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import { deliveries, env, newAccount, newWebhook, post, api, event, Receivers, until } from '../support/relay.ts'
afterEach(() => { vi.restoreAllMocks() })
test('limit', async () => {
  await runInDurableObject(callObject(env, 'x', 'limit'), (_o, state) => {
    state.storage.sql.exec('CREATE TABLE t (a TEXT)')
    for (const mb of [1.9, 2.05, 2.3, 3, 5, 20]) {
      try { state.storage.sql.exec('INSERT INTO t VALUES (?)', 'x'.repeat(mb * 1e6)); console.log(mb, 'ok') } catch (e) { console.log(mb, String(e)) }
    }
  })
})
test('state row after a disable with a backlog; alarms and rows for one plain delivery and one retry', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  const url = receivers.add('long', () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }))
  const webhook = await newWebhook(account, url)
  for (let n = 0; n < 14; n += 1) await api('POST', '/v1/events/batch', { events: Array.from({ length: 500 }, () => event(account, 'call-1')) })
  await api('POST', `/v1/webhooks/${webhook}/disable?account_id=${account}`)
  await post(account, 'call-1')
  await scheduler.wait(50)
  await runInDurableObject(callObject(env, account, 'call-1'), (_o, state) => {
    console.log('state row bytes', state.storage.sql.exec('SELECT length(facts) AS l FROM record WHERE n = 0').one())
  })
}, 60_000)
test('alarms of one retry', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  let status = 503
  const url = receivers.add('one', () => new Response(null, { status, headers: { 'retry-after': '1' } }))
  const webhook = await newWebhook(account, url)
  let alarms = 0, sets = 0
  await runInDurableObject(callObject(env, account, 'call-1'), (call, state) => {
    const object = call as unknown as { alarm: () => Promise<void> }
    const alarm = object.alarm.bind(call)
    Object.getPrototypeOf(call)
    object.alarm = async () => { alarms += 1; await alarm() }
    const storage = state.storage as unknown as { setAlarm: (n: number) => Promise<void> }
    try { const set = storage.setAlarm.bind(state.storage); storage.setAlarm = async (n) => { sets += 1; return set(n) } } catch (e) { console.log(String(e)) }
  })
  await post(account, 'call-1')
  await until('waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
  status = 200
  await until('done', async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1)
  await scheduler.wait(7000)
  console.log({ alarms, sets })
  expect(1).toBe(1)
}, 60_000)
