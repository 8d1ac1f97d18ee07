import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { callObject } from '../../src/calls/call-key.ts'
import { webhookObject } from '../../src/webhooks/webhook-key.ts'
import { d1Around, Fault, rebind } from '../support/bindings.ts'
import { newKey, type ProblemBody } from '../support/control.ts'
import { change, readWebhook } from '../support/outage.ts'
import { consume, slow } from '../support/queue.ts'
import type { DeliveryMessage } from '../../src/delivery/consumer.ts'
import {
  ADMIN_KEY,
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

const isRead = (sql: string): boolean => /from "?accounts"?.*from "?webhooks"?/is.test(sql)
const isStatusChange = (sql: string): boolean => /update "webhooks" set .*"status" = /is.test(sql)

/** By then no read of the configuration from before is in use. */
async function readsRunOut(): Promise<void> {
  await scheduler.wait(600)
}

async function postWith(bindings: typeof env, body: object, key = ADMIN_KEY): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return app.request('/v1/events', { method: 'POST', headers, body: JSON.stringify(body) }, bindings)
}

describe('an event, while D1 is away', () => {
  test('is refused with 503 and a time to come back where the account has to be looked up, and never taken', async () => {
    const account = await newAccount()
    await newWebhook(account, receivers.add('looked-up'))
    await readsRunOut()
    const isLookUp = (sql: string): boolean => /^select "id" from "accounts"/i.test(sql)
    const fault = new Fault(isLookUp, () => Promise.reject(new Error('D1_ERROR: no such thing'))).on()
    const DB = d1Around(env.DB, fault.around)
    const answer = await postWith({ ...env, DB }, event(account, 'call-1'))
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await answer.json<ProblemBody>()).code).toBe('unavailable')
    expect(fault.met).toBe(1)
    expect(await callObject(env, account, 'call-1').timeline()).toEqual([])
  })

  test('is taken with the account’s own key, and delivered once D1 is back', async () => {
    const account = await newAccount()
    const url = receivers.add('own-key')
    const webhook = await newWebhook(account, url)
    const { key } = await newKey(account, 'ingest')
    expect((await postWith(env, event(account, 'warm-up'), key)).status).toBe(202)
    await until('the key is known', () => receivers.got(url).length === 1)
    await readsRunOut()
    const fault = new Fault(isRead).on()
    await rebind(callObject(env, account, 'call-1'), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    for (let n = 0; n < 2; n += 1) {
      expect((await postWith(env, event(account, 'call-1'), key)).status).toBe(202)
    }
    await until('D1 has failed it again and again', () => fault.met >= 2)
    expect(receivers.got(url)).toHaveLength(1)
    fault.off()
    await until('both are delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded&call_id=call-1')).length === 2
    })
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 1, 2])
  })
})

describe('an attempt', () => {
  test('does not start while D1 is too slow to say that it may, does not count, and goes when D1 is quick again', async () => {
    const account = await newAccount()
    const url = receivers.add('slow-d1')
    const webhook = await newWebhook(account, url)
    await readsRunOut()
    const fault = new Fault(isRead, async (next) => {
      const answer = await next()
      await scheduler.wait(700)
      return answer
    }).on()
    const call = callObject(env, account, 'call-1')
    await rebind(call, ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    const { key } = await newKey(account, 'ingest')
    for (let n = 0; n < 2; n += 1) await postWith(env, event(account, 'call-1'), key)
    await until('it has asked again and again', () => fault.met >= 6)
    expect(receivers.got(url)).toEqual([])
    fault.off()
    await until('both are delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 2
    })
    expect(receivers.got(url).map((request) => [request.position, request.attempt])).toEqual([
      [1, 1],
      [2, 1],
    ])
  })

  test('of a consumer that cannot read the configuration is made again, and does not count', async () => {
    const account = await newAccount()
    const url = receivers.add('consumer')
    const webhook = await newWebhook(account, url)
    const sent: DeliveryMessage[] = []
    const DELIVERIES = {
      sendBatch: async (messages: Iterable<MessageSendRequest<DeliveryMessage>>) => {
        for (const { body } of messages) sent.push(body)
      },
    } as unknown as Queue<DeliveryMessage> // safe: the relay uses no more of a queue
    await rebind(callObject(env, account, 'call-1'), () => ({ DELIVERIES }))
    slow(webhook)
    await post(account, 'call-1')
    await until('a message is sent', () => sent.length === 1)
    await readsRunOut()
    const fault = new Fault(isRead).on()
    const [message] = sent
    if (message === undefined) throw new Error('no message')
    await consume('deliveries', message, { ...env, DB: d1Around(env.DB, fault.around) })
    await until('it has failed', () => fault.met === 1)
    await until('it is sent again', () => sent.length === 2)
    const again = sent[1]
    if (again !== undefined) await consume('deliveries', again)
    await until('it is delivered', async () => {
      return (await deliveries(account, webhook))[0]?.status === 'succeeded'
    })
    expect(receivers.got(url).map((request) => request.attempt)).toEqual([1])
  })
})

describe('a change of status', () => {
  test('that D1 does not take is not 200, and changes nothing', async () => {
    const account = await newAccount()
    const url = receivers.add('refused-change')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it is delivered', async () => (await deliveries(account, webhook)).length === 1)
    const fault = new Fault(isStatusChange).on()
    await rebind(webhookObject(env, webhook), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    expect((await change(account, webhook, 'pause')).status).toBe(503)
    expect((await readWebhook(account, webhook)).status).toBe('active')
    await post(account, 'call-1')
    await until('the next is delivered', () => receivers.got(url).length === 2)
    fault.off()
    expect((await change(account, webhook, 'pause')).body.status).toBe('paused')
  })

  test('that D1 takes slowly holds from when it has returned, whatever came meanwhile', async () => {
    const account = await newAccount()
    const url = receivers.add('slow-change')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-0')
    await until('it is delivered', async () => (await deliveries(account, webhook)).length === 1)
    const fault = new Fault(isStatusChange, async (next) => {
      await scheduler.wait(1_000)
      return next()
    }).on()
    await rebind(webhookObject(env, webhook), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    const pausing = change(account, webhook, 'pause')
    const isPaused = async () =>
      Promise.race([pausing.then(() => true), scheduler.wait(100).then(() => false)])
    for (let n = 0; !(await isPaused()); n += 1) await post(account, `call-${n % 3}`)
    const before = receivers.got(url).length
    await post(account, 'call-1')
    await scheduler.wait(1_000)
    expect(receivers.got(url), 'none has started since').toHaveLength(before)
    fault.off()
    await change(account, webhook, 'enable')
    await until('all are delivered', async () => {
      const listed = await deliveries(account, webhook, '&limit=250')
      return listed.every((each) => each.status === 'succeeded')
    })
    for (const call of ['call-0', 'call-1', 'call-2']) {
      const got = receivers.got(url).filter((request) => request.callId === call)
      expect(got.map((request) => request.position)).toEqual(got.map((_, n) => n + 1))
    }
  })

  test('whose object cannot read the status while it drains goes on when it can', async () => {
    const account = await newAccount()
    const url = receivers.add('drain')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await post(account, 'call-2')
    await until(
      'they are held',
      async () => (await deliveries(account, webhook, '&status=held')).length === 2,
    )
    // The write arrives, its answer does not: the object has to ask what the status is, and cannot.
    const fault = new Fault(
      (sql) => isStatusChange(sql) || /^select "status" from/i.test(sql),
      async (next) => {
        await next()
        throw new Error('Network connection lost.')
      },
    ).on()
    await rebind(webhookObject(env, webhook), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    expect((await change(account, webhook, 'enable')).status).toBe(503)
    await until('the drain has failed', () => fault.met >= 3)
    fault.off()
    await until('both are delivered', () => receivers.got(url).length === 2)
  })
})
