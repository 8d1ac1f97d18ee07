import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { putOperational } from '../support/operational.ts'
import { crash } from '../support/outage.ts'
import { api, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

interface Told {
  type: string
  data: Record<string, unknown>
}

/** An account with an operational webhook, and what that has been told. */
async function setUp(name: string): Promise<{ account: string; told: () => Told[]; types: () => string[] }> {
  const account = await newAccount()
  const url = receivers.add(`${name}-ops`)
  await putOperational(account, { url })
  const told = (): Told[] => receivers.got(url).map(({ body }) => JSON.parse(body) as Told)
  return { account, told, types: () => told().map(({ type }) => type) }
}

test('the account is told when a webhook begins to fail, once, and when it has recovered', async () => {
  const { account, told, types } = await setUp('health')
  let answer = 500
  const url = receivers.add('health', () => new Response('', { status: answer }))
  const webhook = await newWebhook(account, url)
  for (const call of ['a', 'b', 'c']) await post(account, call)
  await until('it is told of the failure', () => types().includes('webhook.failing'))
  answer = 200
  await post(account, 'd')
  await until('it is told of the recovery', () => types().includes('webhook.recovered'))
  const health = told().filter(({ type }) => type.startsWith('webhook.'))
  expect(health.map(({ type }) => type)).toEqual(['webhook.failing', 'webhook.recovered'])
  expect(health[0]?.data).toMatchObject({
    account_id: account,
    webhook_id: webhook,
    name: 'Test',
    status: 'active',
    health: 'failing',
    last_status_code: 500,
    last_error: 'status',
  })
  expect(health[1]?.data).toMatchObject({ health: 'healthy', last_status_code: 200, last_error: null })
  expect(health[1]?.data['since']).toBe(health[0]?.data['since'])
})

test('the account is told of each delivery that fails for good', async () => {
  const { account, told } = await setUp('failed')
  const url = receivers.add('failed', () => new Response('', { status: 500 }))
  const webhook = await newWebhook(account, url)
  await post(account, 'call-1', { id: 'event-1' })
  await until('it is told', () => told().some(({ type }) => type === 'delivery.failed'))
  expect(told().find(({ type }) => type === 'delivery.failed')?.data).toMatchObject({
    webhook_id: webhook,
    event_id: 'event-1',
    call_id: 'call-1',
    position: 1,
    attempt_count: 4,
    last_status_code: 500,
    last_error: 'status',
  })
})

test('the account is told when a receiver that answers 410 has its webhook disabled, and not of a disable by hand', async () => {
  const { account, told, types } = await setUp('gone')
  const url = receivers.add('gone', () => new Response('', { status: 410 }))
  const webhook = await newWebhook(account, url)
  const byHand = await newWebhook(account, receivers.add('by-hand'))
  await api('POST', `/v1/webhooks/${byHand}/disable`)
  await post(account, 'call-1')
  await until('it is told', () => types().includes('webhook.disabled'))
  const disabled = told().filter(({ type }) => type === 'webhook.disabled')
  expect(disabled).toHaveLength(1)
  expect(disabled[0]?.data).toMatchObject({
    webhook_id: webhook,
    status: 'disabled',
    reason: 'The receiver answered 410 Gone',
  })
})

test('what was told of a failure stands after a crash, and is not told again', async () => {
  const { account, told } = await setUp('kept')
  let isDown = true
  const url = receivers.add('kept', () => new Response('', { status: 500 }))
  const ops = receivers.add('kept-ops', () => new Response('', { status: isDown ? 503 : 200 }))
  await putOperational(account, { url: ops })
  await newWebhook(account, url)
  await post(account, 'call-1', { id: 'event-1' })
  await until('it was told once, and refused', () => told().length >= 1)
  await crash(account)
  isDown = false
  const isTold = () => told().some(({ type }) => type === 'delivery.failed')
  await until('it is told of the delivery', isTold)
  const ids = new Set(receivers.got(ops).map(({ id }) => id))
  expect(ids.size, 'one event, however often it is sent').toBe(1)
})
