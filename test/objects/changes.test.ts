import { runInDurableObject } from 'cloudflare:test'
import { afterEach, expect, test, vi } from 'vitest'
import { observePace } from '../../src/delivery/pace.ts'
import { callObject } from '../../src/calls/call-key.ts'
import { webhookObject } from '../../src/webhooks/webhook-key.ts'
import {
  api,
  deliveries,
  env,
  event,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
} from '../support/relay.ts'
afterEach(() => {
  vi.restoreAllMocks()
})
test('a pause whose answer from D1 is lost is 503, holds all the same, and makes no call ask again and again', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  const url = receivers.add('lost')
  const id = await newWebhook(account, url)
  await post(account, 'call-0')
  await until('read', async () => (await deliveries(account, id)).length === 1)
  let reports = 0
  await runInDurableObject(webhookObject(env, id), (object) => {
    const o = object as unknown as { env: typeof env; report: (x: unknown) => Promise<unknown> }
    const { DB } = o.env
    const batch = DB.batch.bind(DB)
    let n = 0
    vi.spyOn(DB, 'batch').mockImplementation(async (s) => {
      const a = await batch(s)
      n += 1
      if (n === 1) throw new Error('Network connection lost')
      return a
    })
    const proto = Object.getPrototypeOf(object) as { report: (x: unknown) => Promise<unknown> }
    const report = proto.report
    vi.spyOn(proto, 'report').mockImplementation(async function (this: unknown, x) {
      reports += 1
      return report.call(this, x)
    })
    void o
  })
  const answer = await api<{ status: string }>('POST', `/v1/webhooks/${id}/pause?account_id=${account}`)
  const shown = (await api<{ status: string }>('GET', `/v1/webhooks/${id}?account_id=${account}`)).body.status
  await scheduler.wait(600)
  await post(account, 'call-1')
  await scheduler.wait(4000)
  expect([answer.status, shown]).toEqual([503, 'paused'])
  expect(reports).toBeLessThan(3)
})

test('one retry costs a few alarms, however slow the read of the configuration is', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  let status = 503
  const url = receivers.add('one', () => new Response(null, { status, headers: { 'retry-after': '1' } }))
  const webhook = await newWebhook(account, url)
  let alarms = 0
  await runInDurableObject(callObject(env, account, 'call-1'), (call) => {
    const proto = Object.getPrototypeOf(call) as { alarm: () => Promise<void> }
    const alarm = proto.alarm
    vi.spyOn(proto, 'alarm').mockImplementation(async function (this: unknown) {
      alarms += 1
      return alarm.call(this)
    })
    const { DB } = (call as unknown as { env: typeof env }).env
    const batch = DB.batch.bind(DB)
    vi.spyOn(DB, 'batch').mockImplementation(async (s) => {
      const a = await batch(s)
      await scheduler.wait(200)
      return a
    })
  })
  await post(account, 'call-1')
  await until('waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
  status = 200
  const before = alarms
  await until('done', async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1)
  expect(alarms - before).toBeLessThan(4)
}, 60_000)

test('however much goes out at once, slow receivers are sent to by the queue', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  const hooks: string[] = []
  for (const name of ['u1', 'u2']) {
    const url = receivers.add(name, async () => {
      await scheduler.wait(500)
      return new Response('ok')
    })
    const id = await newWebhook(account, url, { ordering: 'none' })
    for (let n = 0; n < 4; n += 1) observePace(id, 30_000)
    hooks.push(id)
  }
  await api('POST', '/v1/events/batch', {
    events: Array.from({ length: 100 }, () => event(account, 'call-1')),
  })
  await until(
    'all',
    async () => (await deliveries(account, hooks[0] ?? '', '&status=succeeded&limit=250')).length === 100,
    30_000,
  )
  const listed = await deliveries(account, hooks[0] ?? '', '&limit=250')
  const logged = await webhookObject(env, hooks[0] ?? '').deliveriesById(listed.map((each) => each.id))
  expect(new Set(logged.flatMap((each) => each.attempts.map((attempt) => attempt.via)))).toEqual(
    new Set(['queue']),
  )
}, 60_000)

test('when ordering is changed to per_call, no delivery starts before the one before it has ended', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  const answer = (position: number) =>
    new Response(null, { status: 503, headers: { 'retry-after': position === 1 ? '60' : '2' } })
  const url = receivers.add('p', ({ position }) => answer(position))
  const id = await newWebhook(account, url, { ordering: 'none' })
  await post(account, 'call-1')
  await post(account, 'call-1')
  await until('both tried', () => receivers.got(url).length === 2)
  await api('PATCH', `/v1/webhooks/${id}`, { ordering: 'per_call' })
  await scheduler.wait(3500)
  expect(receivers.got(url)).toHaveLength(2)
})

test('when ordering is changed to per_call, a lane that waits for a far retry is not looked at every five seconds', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  const url = receivers.add(
    'q',
    ({ position }) =>
      new Response(null, { status: position === 1 ? 503 : 200, headers: { 'retry-after': '600' } }),
  )
  const id = await newWebhook(account, url, { ordering: 'none' })
  await post(account, 'call-1')
  await until('the first is tried', () => receivers.got(url).length === 1)
  await post(account, 'call-1')
  await until('the second is tried', () => receivers.got(url).length === 2)
  await api('PATCH', `/v1/webhooks/${id}`, { ordering: 'per_call' })
  await post(account, 'call-1')
  await scheduler.wait(6000)
  const at = await runInDurableObject(callObject(env, account, 'call-1'), (_object, state) =>
    state.storage.getAlarm(),
  )
  expect((at ?? 0) - Date.now()).toBeGreaterThan(60_000)
})
