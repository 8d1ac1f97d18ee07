import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { change } from '../support/outage.ts'
import {
  api,
  deliveries,
  env,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
  type DeliveryView,
} from '../support/relay.ts'

/* Why there is no delivery: what the timeline says of the webhooks that an event was not for. */

const TRIGGER = 'call_hangup_missed_or_answered'
const OWN = ['+918069010148', '+918069010149']

interface Timeline {
  events: {
    id: string
    number: string | null
    call_type: string
    variables: Record<string, unknown> | null
    skipped: { webhook_id: string; why: string }[]
    deliveries: (DeliveryView & { webhook_id: string })[]
  }[]
}

let receivers: Receivers
let account: string
let url: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
  url = receivers.add('skipped')
  const numbers = OWN.map((number) => ({ number, label: '' }))
  expect((await api('PUT', `/v1/accounts/${account}/numbers`, { numbers })).status).toBe(200)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const webhook = (more: object = {}) => newWebhook(account, url, { triggers: [TRIGGER], ...more })
const inbound = (call: string, more: object = {}) =>
  post(account, call, { trigger: TRIGGER, number: OWN[0], ...more })

async function eventsOf(call: string): Promise<Timeline['events']> {
  return (await api<Timeline>('GET', `/v1/calls/${call}?account_id=${account}`)).body.events
}

/** Why the call's first event was not for a webhook; what is not said of it is undefined. */
async function why(call: string, id: string): Promise<string | undefined> {
  const [event] = await eventsOf(call)
  return event?.skipped.find(({ webhook_id }) => webhook_id === id)?.why
}

/** Has so many hours pass, as every clock shows it: a change at about the time of an event may be on either side of it. */
function pass(hours: number): void {
  const thenMs = Date.now() + hours * 60 * 60 * 1000
  const startMs = performance.now()
  vi.spyOn(Date, 'now').mockImplementation(() => Math.round(thenMs + performance.now() - startMs))
}

test('each webhook of the trigger has its delivery or a reason', async () => {
  const taking = await webhook()
  const outbound = await webhook({ call_type: 'outbound' })
  const dialer = await webhook({ outbound_types: ['dialer'] })
  const other = await webhook({ numbers: [OWN[1]] })
  const own = await webhook({ numbers: [OWN[0]] })
  const disabled = await webhook()
  await change(account, disabled, 'disable')
  const paused = await webhook()
  await change(account, paused, 'pause')
  const elsewhere = await newWebhook(account, url, { triggers: ['call_answered_by_agent'] })
  await inbound('call-in')
  await post(account, 'call-out', { trigger: TRIGGER, call_type: 'outbound', outbound_type: 'click_to_call' })
  const later = await webhook()

  const [event] = await eventsOf('call-in')
  const said = new Map(event?.skipped.map((each) => [each.webhook_id, each.why]))
  expect(said).toEqual(
    new Map([
      [outbound, 'call_type'],
      [other, 'number'],
      [disabled, 'disabled'],
      [later, 'created_later'],
    ]),
  )
  expect(new Set(event?.deliveries.map((each) => each.webhook_id))).toEqual(
    new Set([taking, dialer, own, paused]),
  )
  expect(await why('call-out', dialer)).toBe('outbound_type')
  expect(await why('call-out', other), 'numbers filter inbound calls').toBeUndefined()
  expect(await why('call-out', elsewhere)).toBeUndefined()
})

test('it is what held when the event came, whatever was changed since', async () => {
  const narrowed = await webhook({ numbers: [OWN[1]] })
  const turned = await newWebhook(account, url, { triggers: ['call_answered_by_agent'] })
  const wasOff = await webhook()
  const deleted = await webhook({ call_type: 'outbound' })
  const taken = await webhook()
  await change(account, wasOff, 'disable')
  pass(1)
  await inbound('call-1')
  pass(1)
  await api('PATCH', `/v1/webhooks/${narrowed}`, { numbers: [] })
  await api('PATCH', `/v1/webhooks/${narrowed}`, { call_type: 'outbound' })
  await api('PATCH', `/v1/webhooks/${turned}`, { triggers: [TRIGGER] })
  await api('PATCH', `/v1/webhooks/${taken}`, { call_type: 'outbound' })
  await change(account, wasOff, 'enable')
  await change(account, wasOff, 'pause')
  await api('DELETE', `/v1/webhooks/${deleted}`)
  expect(await why('call-1', narrowed)).toBe('number')
  expect(await why('call-1', turned)).toBe('trigger')
  expect(await why('call-1', wasOff)).toBe('disabled')
  expect(await why('call-1', deleted)).toBe('call_type')
  expect(await why('call-1', taken), 'it was for this one').toBeUndefined()
})

test("the account's switch is the reason for all, and for as long as it is off", async () => {
  const hook = await webhook()
  const path = `/v1/accounts/${account}`
  await inbound('call-on')
  pass(1)
  await api('PATCH', path, { webhooks_enabled: false })
  await inbound('call-off')
  await api('PATCH', path, { name: 'Acme Ltd' })
  pass(1)
  await api('PATCH', path, { webhooks_enabled: true })
  expect(await why('call-off', hook)).toBe('account_off')
  expect(await why('call-on', hook)).toBeUndefined()
})

test('what is not on record is not made up', async () => {
  const hook = await webhook()
  await change(account, hook, 'disable')
  pass(1)
  await inbound('call-1')
  pass(1)
  await change(account, hook, 'enable')
  expect(await why('call-1', hook)).toBe('disabled')
  await env.DB.prepare('DELETE FROM audit WHERE account_id = ?').bind(account).run()
  expect(await why('call-1', hook)).toBe('unknown')
})

test('the variables are there as they came, every digit, and the number that was called', async () => {
  await inbound('call-1', { variables: { uuid: 'u', nested: { list: [1, null] } } })
  const [event] = await eventsOf('call-1')
  expect(event).toMatchObject({
    number: OWN[0],
    call_type: 'inbound',
    variables: { uuid: 'u', nested: { list: [1, null] } },
    skipped: [],
    deliveries: [],
  })
  const text = `{"account_id":"${account}","call_id":"call-2","trigger":"${TRIGGER}","call_type":"inbound","variables":{"n":12345678901234567890,"f":1.50}}`
  const headers = { authorization: 'Bearer test-admin-key-0123456789', 'content-type': 'application/json' }
  const { app } = await import('../../src/api/app.ts')
  const { createExecutionContext } = await import('cloudflare:test')
  const context = createExecutionContext()
  expect(
    (await app.request('/v1/events', { method: 'POST', headers, body: text }, env, context)).status,
  ).toBe(202)
  const read = await app.request(`/v1/calls/call-2?account_id=${account}`, { headers }, env, context)
  expect(await read.text()).toContain('"variables":{"n":12345678901234567890,"f":1.50}')
})

test('what arrives while a webhook is disabled is never delivered, not by a replay either', async () => {
  const hook = await webhook()
  await change(account, hook, 'disable')
  await inbound('call-1')
  await change(account, hook, 'enable')
  const statuses = ['succeeded', 'failed', 'expired', 'discarded']
  const body = { since: '2020-01-01T00:00:00Z', statuses, dry_run: true }
  const asked = await api<{ count: number }>(
    'POST',
    `/v1/webhooks/${hook}/replay?account_id=${account}`,
    body,
  )
  expect(asked.body.count).toBe(0)
  await inbound('call-2')
  await until('the next is delivered', async () => (await deliveries(account, hook)).length === 1)
  expect(receivers.got(url).map(({ callId }) => callId)).toEqual(['call-2'])
  expect(await why('call-1', hook)).toBe('disabled')
})
