import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import type { DeliveryMessage } from '../../src/delivery/consumer.ts'
import { consume, slow } from '../support/queue.ts'
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
/** A receiver that answers after so long, and the most requests it has had at once. */
function counting(name: string, ms: number) {
  const seen = { now: 0, most: 0 }
  const url = receivers.add(name, async () => {
    seen.now += 1
    seen.most = Math.max(seen.most, seen.now)
    await scheduler.wait(ms)
    seen.now -= 1
    return new Response('ok')
  })
  return { url, seen }
}

describe('deliveries of a call never overlap', () => {
  test('when a send fails after the message has gone out', async () => {
    const account = await newAccount()
    const { url, seen } = counting('sent-and-failed', 2500)
    const webhook = await newWebhook(account, url)
    let sends = 0
    await runInDurableObject(callObject(env, account, 'call-1'), (call) => {
      const { DELIVERIES } = (call as unknown as { env: typeof env }).env
      vi.spyOn(DELIVERIES, 'sendBatch').mockImplementation(async (messages) => {
        sends += 1
        const all = [...messages]
        if (sends === 1) {
          const body = all[0]?.body
          if (body !== undefined) void consume('deliveries', body)
          await scheduler.wait(100)
          throw new Error('network connection lost')
        }
        for (const { body } of all) void consume('deliveries', body)
        return undefined as never
      })
    })
    slow(webhook)
    await post(account, 'call-1')
    await until(
      'one is delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
    )
    expect(seen.most).toBe(1)
  })

  test('when the configuration is slow to read before an attempt', async () => {
    const account = await newAccount()
    const { url, seen } = counting('slow-d1', 950)
    const webhook = await newWebhook(account, url)
    const sent: DeliveryMessage[] = []
    await runInDurableObject(callObject(env, account, 'call-1'), (call) => {
      const { DELIVERIES } = (call as unknown as { env: typeof env }).env
      vi.spyOn(DELIVERIES, 'sendBatch').mockImplementation(async (messages) => {
        for (const { body } of messages) sent.push(body)
        if (sent.length > 1) void consume('deliveries', sent.at(-1) as DeliveryMessage)
        return undefined as never
      })
    })
    slow(webhook)
    await post(account, 'call-1')
    await until('sent', () => sent.length === 1)
    await scheduler.wait(700)
    let reads = 0
    const DB = new Proxy(env.DB, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown
        if (name === 'batch')
          return async (...args: unknown[]) => {
            reads += 1
            if (reads === 1) await scheduler.wait(2200)
            return (target.batch as (...a: unknown[]) => unknown)(...args)
          }
        return typeof value === 'function' ? (value as (...a: unknown[]) => unknown).bind(target) : value
      },
    })
    await consume('deliveries', sent[0] as DeliveryMessage, { ...env, DB })
    await until(
      'delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
    )
    await scheduler.wait(1500)
    expect(receivers.got(url).length).toBe(1)
    expect(seen.most).toBe(1)
  })
})

describe('alarms', () => {
  test('a retry that is due while D1 is away does not spin', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'spin',
      () => new Response(null, { status: 503, headers: { 'retry-after': '1' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
    let reads = 0
    await runInDurableObject(callObject(env, account, 'call-1'), (call) => {
      const object = call as unknown as { env: typeof env }
      vi.spyOn(object.env.DB, 'batch').mockImplementation(async () => {
        reads += 1
        throw new Error('D1 is away')
      })
    })
    await scheduler.wait(4000)
    expect(reads).toBeLessThan(10)
  })
  test('a call held past its retention is left alone until it is woken', async () => {
    const account = await newAccount()
    const webhook = await newWebhook(account, receivers.add('held-long'))
    await api('POST', `/v1/webhooks/${webhook}/pause?account_id=${account}`)
    await post(account, 'call-1')
    await until('held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    const call = callObject(env, account, 'call-1')
    await runDurableObjectAlarm(call)
    const now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => now + 8 * 24 * 60 * 60 * 1000)
    await runDurableObjectAlarm(call)
    const at = await runInDurableObject(call, (_o, state) => state.storage.getAlarm())
    expect((at ?? 0) - Date.now()).toBeGreaterThan(60_000)
  })
})

describe('a long call', () => {
  test('whose webhook is disabled with a long backlog goes on', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'long',
      () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }),
    )
    const webhook = await newWebhook(account, url)
    for (let n = 0; n < 14; n += 1) {
      const events = Array.from({ length: 500 }, () => event(account, 'call-1'))
      expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    }
    await api('POST', `/v1/webhooks/${webhook}/disable?account_id=${account}`)
    await post(account, 'call-1')
    const row = await runInDurableObject(callObject(env, account, 'call-1'), (_object, state) =>
      state.storage.sql
        .exec<{ bytes: number }>('SELECT length(facts) AS bytes FROM record WHERE n = 0')
        .one(),
    )
    expect(row.bytes, 'the platform refuses a row over 2 MB').toBeLessThan(2_000_000)
  }, 60_000)
})

describe('a retry by hand', () => {
  test('of a delivery that a disable discarded works once it is enabled', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'again',
      () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
    await api('POST', `/v1/webhooks/${webhook}/disable?account_id=${account}`)
    await api('POST', `/v1/webhooks/${webhook}/enable?account_id=${account}`)
    const [one] = await deliveries(account, webhook)
    expect(one?.status).toBe('discarded')
    expect((await api('POST', `/v1/deliveries/${one?.id ?? ''}/retry`)).status).toBe(202)
  })
})

describe('a slow read', () => {
  test('from before a webhook was made does not decide on an event from after it', async () => {
    const account = await newAccount()
    const first = receivers.add('first')
    await newWebhook(account, first)
    await post(account, 'call-1')
    await until('it is delivered', () => receivers.got(first).length === 1)
    await scheduler.wait(700)
    let reads = 0
    await runInDurableObject(callObject(env, account, 'call-1'), (call) => {
      const { DB } = (call as unknown as { env: typeof env }).env
      const batch = DB.batch.bind(DB)
      vi.spyOn(DB, 'batch').mockImplementation(async (statements) => {
        reads += 1
        const answer = await batch(statements)
        if (reads === 1) await scheduler.wait(2500)
        return answer
      })
    })
    // `post` makes the Worker read the account as well; the object is asked as an account's own key would have it.
    const incoming = (id: string) => ({
      id,
      trigger: 'call_answered_by_agent' as const,
      call_type: 'inbound' as const,
      outbound_type: null,
      number: null,
      sequence: null,
      occurred_at: null,
      variables: '{}',
    })
    await callObject(env, account, 'call-1').accept(account, 'call-1', [incoming('a')])
    await until('the read is out', () => reads === 1)
    const second = receivers.add('second')
    await newWebhook(account, second)
    await scheduler.wait(700)
    await callObject(env, account, 'call-1').accept(account, 'call-1', [incoming('b')])
    await until('the first webhook has both', () => receivers.got(first).length === 3)
    await until(
      'the second webhook has the event from after it',
      () => receivers.got(second).length === 1,
      3000,
    )
  })
})
