import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { d1Around, Fault, rebind } from '../support/bindings.ts'
import { putOperational } from '../support/operational.ts'
import { crash, readWebhook, runAlarm, shardOfAccount } from '../support/outage.ts'
import { api, deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

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

test('the account is told that a webhook has failed for good, and of its recovery, without D1', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const { account, types } = await setUp('without-d1')
  let answer = 500
  const url = receivers.add('without-d1', () => new Response('', { status: answer }))
  await newWebhook(account, url)
  const fault = new Fault(() => true).on()
  for (const call of ['a', 'b']) await post(account, call)
  await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
  const failed = () => types().filter((type) => type === 'delivery.failed').length
  await until('it is told of both', () => failed() === 2 && types().includes('webhook.failing'))
  answer = 200
  fault.off()
  await post(account, 'c')
  fault.on()
  await until('it is told of the recovery', () => types().includes('webhook.recovered'))
})

test('a disable that D1 does not take at first is told once, when it has been made', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const { account, types } = await setUp('kept')
  const url = receivers.add('kept', () => new Response('', { status: 410 }))
  const webhook = await newWebhook(account, url)
  const fault = new Fault((sql) => /update "webhooks" set .*"status" = /is.test(sql)).on()
  await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
  await post(account, 'call-1')
  await until('D1 has refused it', () => fault.met === 2)
  expect(types()).not.toContain('webhook.disabled')
  fault.off()
  await until('it is told', () => types().includes('webhook.disabled'))
  expect((await readWebhook(account, webhook)).status).toBe('disabled')
  await scheduler.wait(1_500)
  expect(types().filter((type) => type === 'webhook.disabled')).toHaveLength(1)
})

test('what was told outlives the shard: it is delivered although the shard dies before that', async () => {
  const account = await newAccount()
  let isBack = false
  const ops = receivers.add('dies-ops', () => new Response('', { status: isBack ? 200 : 503 }))
  const operational = (await putOperational(account, { url: ops, events: ['delivery.failed'] })).body.id
  const url = receivers.add('dies', () => new Response('', { status: 500 }))
  const webhook = await newWebhook(account, url)
  await post(account, 'call-1')
  await until(
    'it has failed',
    async () => (await deliveries(account, webhook, '&status=failed')).length === 1,
  )
  isBack = true
  await crash(account)
  await runAlarm(account)
  const isTold = async () => (await deliveries(account, operational, '&status=succeeded')).length === 1
  await until('it is told', isTold, 15_000)
  expect(new Set(receivers.got(ops).map(({ id }) => id)).size, 'one event, however often it is sent').toBe(1)
})

test('the account is told of a disable that D1 has made and whose answer the shard did not live to hear', async () => {
  const { account, types } = await setUp('dies-disabling')
  const url = receivers.add('dies-disabling', () => new Response('', { status: 410 }))
  const webhook = await newWebhook(account, url)
  const fault = new Fault(
    (sql) => /update "webhooks" set .*"status" = /is.test(sql),
    async (next) => {
      await next()
      return new Promise(() => {})
    },
  ).on()
  await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
  await post(account, 'call-1')
  await until('D1 has it', async () => (await readWebhook(account, webhook)).status === 'disabled')
  fault.off()
  await crash(account)
  await runAlarm(account)
  await until('it is told', () => types().includes('webhook.disabled'), 6_000)
})
