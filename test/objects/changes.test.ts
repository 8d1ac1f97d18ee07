import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { shardOfAccount } from '../support/outage.ts'
import { api, deliveries, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('one retry costs a few alarms', async () => {
  let status = 503
  const answer = () => new Response(null, { status, headers: { 'retry-after': '2' } })
  const webhook = await newWebhook(account, receivers.add('one', answer))
  let alarms = 0
  await runInDurableObject(shardOfAccount(account), (shard) => {
    const proto = Object.getPrototypeOf(shard) as { alarm: () => Promise<void> }
    const alarm = proto.alarm
    vi.spyOn(proto, 'alarm').mockImplementation(async function (this: unknown) {
      alarms += 1
      return alarm.call(this)
    })
  })
  await post(account, 'call-1')
  await until('it waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
  status = 200
  await until(
    'it is done',
    async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
  )
  expect(alarms).toBeLessThan(4)
})

test('if ordering is changed to per_call, no delivery starts before the one before it has ended', async () => {
  const answer = (position: number) =>
    new Response(null, { status: 503, headers: { 'retry-after': position === 1 ? '60' : '2' } })
  const url = receivers.add('p', ({ position }) => answer(position))
  const id = await newWebhook(account, url, { ordering: 'none' })
  await post(account, 'call-1')
  await post(account, 'call-1')
  await until('both are tried', () => receivers.got(url).length === 2)
  await api('PATCH', `/v1/webhooks/${id}`, { ordering: 'per_call' })
  await scheduler.wait(3_500)
  expect(receivers.got(url)).toHaveLength(2)
})

test('if ordering is changed to per_call, a shard that waits for a far retry sleeps until then', async () => {
  const answer = (position: number) =>
    new Response(null, { status: position === 1 ? 503 : 200, headers: { 'retry-after': '600' } })
  const url = receivers.add('q', ({ position }) => answer(position))
  const id = await newWebhook(account, url, { ordering: 'none' })
  await post(account, 'call-1')
  await until('the first is tried', () => receivers.got(url).length === 1)
  await post(account, 'call-1')
  await until('the second is tried', () => receivers.got(url).length === 2)
  await api('PATCH', `/v1/webhooks/${id}`, { ordering: 'per_call' })
  await post(account, 'call-1')
  await until('its alarm is far off', async () => {
    const atMs = await runInDurableObject(shardOfAccount(account), (_object, { storage }) =>
      storage.getAlarm(),
    )
    return (atMs ?? 0) - Date.now() > 60_000
  })
  expect(receivers.got(url)).toHaveLength(2)
})

test('a webhook that is changed in the middle of a call has what comes next in its new shape', async () => {
  const url = receivers.add('shape')
  const id = await newWebhook(account, url)
  await post(account, 'call-1')
  await until('the first is delivered', () => receivers.got(url).length === 1)
  const changed = await api('PATCH', `/v1/webhooks/${id}`, {
    content_type: 'application/x-www-form-urlencoded',
  })
  expect(changed.status).toBe(200)
  await api('POST', '/v1/events/batch', { events: [event(account, 'call-1'), event(account, 'call-1')] })
  await until('all are delivered', () => receivers.got(url).length === 3)
  expect(receivers.got(url).map(({ headers }) => headers['content-type'])).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded',
  ])
})
