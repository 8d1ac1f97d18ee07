import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
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

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

const FULL = 'database or disk is full: SQLITE_FULL'

/** Fills up an object's storage: nothing is written to it until it is thrown away. */
async function fill(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_object, { storage }) => {
    const { sql } = storage
    const exec = sql.exec.bind(sql)
    vi.spyOn(sql, 'exec').mockImplementation((query, ...values) => {
      if (!/^\s*select/i.test(query)) throw new Error(FULL)
      return exec(query, ...values)
    })
    vi.spyOn(storage.kv, 'put').mockImplementation(() => {
      throw new Error(FULL)
    })
  })
}

describe('a call whose storage is full', () => {
  test('answers 503 and never 202, and goes on from its storage once there is room', async () => {
    const account = await newAccount()
    const url = receivers.add('full')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1', { id: 'first' })
    await until('the first is delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 1
    })
    await fill(callObject(env, account, 'call-1'))
    const refused = await post(account, 'call-1', { id: 'second' })
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable'])
    // The object was thrown away, and what it had in memory of the second with it.
    const taken = await post(account, 'call-1', { id: 'second' })
    expect([taken.status, taken.body.position, taken.body.duplicate]).toEqual([202, 2, false])
    await until('the second is delivered', () => receivers.got(url).length === 2)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
  })

  test('refuses the events of a batch that are its own, and no others', async () => {
    const account = await newAccount()
    const url = receivers.add('full-batch')
    await newWebhook(account, url)
    await post(account, 'full')
    await until('it is delivered', () => receivers.got(url).length === 1)
    await fill(callObject(env, account, 'full'))
    const events = ['full', 'free', 'full'].map((call) => event(account, call))
    const { body } = await api<{ data: { status: number }[] }>('POST', '/v1/events/batch', { events })
    expect(body.data.map((each) => each.status)).toEqual([503, 202, 503])
    await until('the other call has its own', () => receivers.got(url).length === 2)
  })

  test('makes an attempt whose outcome it could not store again, with the same webhook-id', async () => {
    const account = await newAccount()
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const url = receivers.add('full-outcome', async ({ attempt }) => {
      if (attempt === 1) await answered
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('the attempt is out', () => receivers.got(url).length === 1)
    await post(account, 'call-1')
    const call = callObject(env, account, 'call-1')
    await fill(call)
    answer()
    await until('both are delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 2
    })
    const got = receivers.got(url)
    expect(got.map((request) => request.position)).toEqual([1, 1, 2])
    expect(got[0]?.id).toBe(got[1]?.id)
  })
})

describe('a Webhook object whose storage is full', () => {
  test('holds up no delivery, and has the log once there is room', async () => {
    const account = await newAccount()
    const url = receivers.add('full-log')
    const webhook = await newWebhook(account, url)
    const object = webhookObject(env, webhook)
    await post(account, 'call-0')
    await until('the log is made', async () => (await deliveries(account, webhook)).length === 1)
    await fill(object)
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until('all are delivered', () => receivers.got(url).length === 4)
    expect(await deliveries(account, webhook), 'the log has nothing of them').toHaveLength(1)
    vi.restoreAllMocks()
    receivers = new Receivers()
    await evictDurableObject(object)
    await until('the log has all', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 4
    })
  })
})

describe('an alarm', () => {
  test('that comes early starts nothing before its time', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'early',
      () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook)).length === 1)
    const call = callObject(env, account, 'call-1')
    for (let n = 0; n < 3; n += 1) await runDurableObjectAlarm(call)
    await scheduler.wait(300)
    expect(receivers.got(url)).toHaveLength(1)
    const at = await runInDurableObject(call, (_object, { storage }) => storage.getAlarm())
    expect((at ?? 0) - Date.now(), 'and it is set again').toBeGreaterThan(45_000)
  })

  test('that comes late makes what is due by then, in order', async () => {
    const account = await newAccount()
    let status = 503
    const url = receivers.add('late', () => new Response(null, { status, headers: { 'retry-after': '1' } }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook)).length === 1)
    const call = callObject(env, account, 'call-1')
    await runInDurableObject(call, (_object, { storage }) => storage.deleteAlarm())
    status = 200
    await scheduler.wait(1_500)
    expect(receivers.got(url), 'nothing goes by itself').toHaveLength(1)
    await runInDurableObject(call, (_object, { storage }) => storage.setAlarm(Date.now()))
    await until('both are delivered', () => receivers.got(url).length === 3)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 1, 2])
  })
})
