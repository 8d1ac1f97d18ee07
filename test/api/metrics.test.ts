import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { newTenant, raw } from '../support/control.ts'
import { runAlarm } from '../support/outage.ts'
import { deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeAll(() => {
  receivers = new Receivers()
})
afterAll(() => vi.restoreAllMocks())

/** The metrics by name and labels. */
async function metrics(): Promise<Map<string, number>> {
  const answer = await raw('GET', '/metrics')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

test('the metrics tell of the Worker and of all shards, whatever they did', async () => {
  const before = await metrics()
  const account = await newAccount()
  const good = await newWebhook(account, receivers.add('metrics-good'))
  const bad = await newWebhook(
    account,
    receivers.add('metrics-bad', () => new Response('no', { status: 500 })),
  )
  await post(account, 'call-1', { id: 'event-1' })
  await post(account, 'call-1', { id: 'event-1' })
  await until('it failed', async () => (await deliveries(account, bad, '&status=failed')).length === 1)
  await until('it succeeded', async () => (await deliveries(account, good, '&status=succeeded')).length === 1)
  const after = await metrics()
  const more = (name: string): number => (after.get(name) ?? NaN) - (before.get(name) ?? NaN)
  expect(more('relay_events_total{outcome="accepted"}')).toBe(1)
  expect(more('relay_events_total{outcome="duplicate"}')).toBe(1)
  expect(more('relay_deliveries_total{status="succeeded"}')).toBe(1)
  expect(more('relay_deliveries_total{status="failed"}')).toBe(1)
  expect(more('relay_attempts_total{result="succeeded"}')).toBe(1)
  expect(more('relay_attempts_total{result="status"}')).toBe(4)
  expect(more('relay_retries_total')).toBe(3)
  expect(more('relay_ack_seconds_count')).toBe(2)
  expect(more('relay_receiver_seconds_count')).toBe(5)
  expect(more('relay_delivery_seconds_count')).toBe(2)
  expect(more('relay_d1_changes_total{outcome="made"}')).toBeGreaterThanOrEqual(2)
  expect(more('relay_group_changes_count')).toBeGreaterThan(1)
})

test('the metrics tell what is held and which breakers are open, once the shard has said so', async () => {
  const account = await newAccount()
  const webhook = await newWebhook(account, receivers.add('metrics-held'))
  await raw('POST', `/v1/webhooks/${webhook}/pause?account_id=${account}`)
  const before = (await metrics()).get('relay_held') ?? NaN
  await post(account, 'call-1')
  await runAlarm(account)
  await until('it is told', async () => (await metrics()).get('relay_held') === before + 1)
})

test('the metrics are for the operator alone', async () => {
  const { manage, read } = await newTenant()
  for (const [key, status] of [
    [manage, 403],
    [read, 403],
    [null, 401],
  ] as const) {
    expect((await raw('GET', '/metrics', { key })).status).toBe(status)
  }
})
