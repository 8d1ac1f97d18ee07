import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import { webhookObject } from '../../src/webhooks/webhook-key.ts'
import { change } from '../support/outage.ts'
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

/*
 * New code, or a machine that goes away, throws an object away in the middle of what it does. It goes on from its
 * storage: at least once, in order, nothing lost.
 */

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Throws an object away at once, whatever it has under way. */
async function kill(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_object, state) => {
    state.abort('thrown away by a test')
  }).catch(() => {})
}

describe('a call that is thrown away', () => {
  test('while a request is out makes it again, with its webhook-id, before what comes after it', async () => {
    const account = await newAccount()
    const times: number[] = []
    const url = receivers.add('in-flight', async ({ attempt, position }) => {
      times.push(Date.now())
      // The first request is never answered: nobody is left to hear of it.
      await scheduler.wait(position === 1 && attempt === 1 ? 60_000 : 20)
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until('the first is out', () => receivers.got(url).length === 1)
    await kill(callObject(env, account, 'call-1'))
    await until('all are delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 3
    })
    const got = receivers.got(url)
    expect(got.map((request) => [request.position, request.attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [3, 1],
    ])
    expect(got[0]?.id).toBe(got[1]?.id)
    expect((times[1] ?? 0) - (times[0] ?? 0), 'not before the first has timed out').toBeGreaterThan(1_000)
  })

  test('again and again while it works through a backlog ends it all, in order', async () => {
    const account = await newAccount()
    const url = receivers.add('again', async () => {
      await scheduler.wait(20)
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    const events = Array.from({ length: 60 }, () => event(account, 'call-1'))
    expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    for (let n = 1; n <= 3; n += 1) {
      await until('it goes on', () => (receivers.got(url).at(-1)?.position ?? 0) >= n * 8)
      await kill(callObject(env, account, 'call-1'))
    }
    await until(
      'all are delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === 60,
      20_000,
    )
    const positions = receivers.got(url).map((request) => request.position)
    expect(positions, 'never back').toEqual([...positions].sort((a, b) => a - b))
    expect(positions.length, 'no more repeats than it was thrown away').toBeLessThanOrEqual(63)
  }, 40_000)

  test('before what it took has been matched delivers it', async () => {
    const account = await newAccount()
    const url = receivers.add('unmatched')
    await newWebhook(account, url)
    await scheduler.wait(600)
    const incoming = {
      id: 'a',
      trigger: 'call_answered_by_agent' as const,
      call_type: 'inbound' as const,
      outbound_type: null,
      number: null,
      sequence: null,
      occurred_at: null,
      variables: '{}',
    }
    const call = callObject(env, account, 'call-1')
    await call.accept(account, 'call-1', [incoming])
    await kill(call)
    await until('it is delivered', () => receivers.got(url).length === 1)
  })
})

describe('a Webhook object that is thrown away', () => {
  test('while it wakes what a pause held wakes the rest', async () => {
    const account = await newAccount()
    const url = receivers.add('drain')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    const events = Array.from({ length: 200 }, (_, n) => event(account, `call-${n}`))
    expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    const isHeld = async () => (await deliveries(account, webhook, '&status=held&limit=250')).length === 200
    await until('all are held', isHeld, 20_000)
    await change(account, webhook, 'enable')
    await kill(webhookObject(env, webhook))
    await until('all are delivered', () => receivers.got(url).length >= 200, 20_000)
    expect(new Set(receivers.got(url).map((request) => request.id)).size).toBe(200)
  }, 60_000)

  test('keeps its status: a pause that has returned holds', async () => {
    const account = await newAccount()
    const url = receivers.add('pause-kept')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it is delivered', async () => (await deliveries(account, webhook)).length === 1)
    await change(account, webhook, 'pause')
    await evictDurableObject(webhookObject(env, webhook))
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    await evictDurableObject(webhookObject(env, webhook))
    await evictDurableObject(callObject(env, account, 'call-1'))
    await change(account, webhook, 'enable')
    await until('it is delivered', () => receivers.got(url).length === 2)
  })
})
