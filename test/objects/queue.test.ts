import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { objectsAround } from '../support/bindings.ts'
import { crash } from '../support/outage.ts'
import { consume, interceptQueue, slow } from '../support/queue.ts'
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
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function viaOf(delivery: string | undefined): Promise<string[]> {
  const path = `/v1/deliveries/${delivery ?? ''}?account_id=${account}`
  return (await api<{ attempts: { via: string }[] }>('GET', path)).body.attempts.map((attempt) => attempt.via)
}

async function succeeded(webhook: string): Promise<number> {
  return (await deliveries(account, webhook, '&status=succeeded&limit=250')).length
}

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

describe('the deliveries queue', () => {
  test('a slow receiver is sent to by the queue, in order, and the log says so', async () => {
    const url = receivers.add('slow')
    const webhook = await newWebhook(account, url)
    slow(webhook)
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until('all are delivered', async () => (await succeeded(webhook)) === 3)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2, 3])
    const first = (await deliveries(account, webhook)).at(-1)
    expect(await viaOf(first?.id)).toEqual(['queue'])
  })

  test('takes what finds none of the shard’s connections and none of the invocation’s', async () => {
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const url = receivers.add('many', async () => {
      await answered
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account)
    const events = Array.from({ length: 30 }, (_, n) => event(account, `call-${n}`))
    expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    await until('the others are queued', () => sent.length >= 20)
    await until(
      'as many as may be are out by themselves',
      () => receivers.got(url).length + sent.length === 30,
    )
    expect(receivers.got(url).length, 'six of the invocation, four of the shard').toBeLessThanOrEqual(10)
    answer()
    await consume('deliveries', sent)
    await until('all are delivered', async () => (await succeeded(webhook)) === 30)
    expect(receivers.got(url), 'each once').toHaveLength(30)
  })

  test('a message that comes twice, or after its claim is gone, makes no attempt', async () => {
    const url = receivers.add('twice')
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account)
    slow(webhook)
    await post(account, 'call-1')
    await until('a message is sent', () => sent.length === 1)
    const [message] = sent
    if (message === undefined) throw new Error('no message')
    await consume('deliveries', [message, message])
    expect((await consume('deliveries', [message])).explicitAcks).toHaveLength(1)
    await consume('deliveries', [{ ...message, token: message.token + 7 }])
    await until('it is on record', async () => (await succeeded(webhook)) === 1)
    expect((await consume('deliveries', [message])).explicitAcks).toHaveLength(1)
    expect(receivers.got(url)).toHaveLength(1)
  })

  test('a message of before a crash makes no attempt beside the one that the shard has made anew', async () => {
    const url = receivers.add('before-crash')
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account)
    slow(webhook)
    await post(account, 'call-1')
    await until('a message is sent', () => sent.length === 1)
    await crash(account)
    await consume('deliveries', sent)
    await until('it is made, or queued anew', () => receivers.got(url).length + sent.length === 2)
    await consume('deliveries', sent)
    await until('it is on record', async () => (await succeeded(webhook)) === 1)
    await consume('deliveries', sent)
    expect(receivers.got(url)).toHaveLength(1)
  })

  test('what the queue gave up on shows in the log and is made another way', async () => {
    const url = receivers.add('dead')
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account)
    slow(webhook)
    await post(account, 'call-1')
    for (let n = 1; n <= 3; n += 1) {
      await until(`message ${n} is sent`, () => sent.length === n)
      await consume('deliveries-dead', sent.slice(-1))
      if (n === 1) {
        const last = async () => (await deliveries(account, webhook))[0]?.last_error
        await until('the log says so', async () => (await last()) === 'dead_letter')
      }
    }
    await until('the shard makes it itself', async () => (await succeeded(webhook)) === 1)
    expect(receivers.got(url)).toHaveLength(1)
  })

  test('a queue that takes nothing loses nothing: after a few tries the shard makes the attempt itself', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const url = receivers.add('refused')
    const webhook = await newWebhook(account, url)
    await interceptQueue(account, () => Promise.reject(new Error('the queue is full')))
    slow(webhook)
    await post(account, 'call-1')
    await until('it is delivered all the same', () => receivers.got(url).length === 1, 15_000)
  })

  test('a queue that loses what it took loses nothing: the claim lapses', async () => {
    const url = receivers.add('lost')
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account)
    slow(webhook)
    await post(account, 'call-1')
    await until('a message is sent', () => sent.length === 1)
    const now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => now + 60 * 60 * 1000)
    await post(account, 'call-2')
    await until('it is queued anew', () => sent.filter((each) => each.call_id === 'call-1').length === 2)
    await consume('deliveries', sent)
    await until('both are delivered', async () => (await succeeded(webhook)) === 2)
    expect(receivers.got(url), 'the old message makes none').toHaveLength(2)
  })

  test('deliveries of a call never overlap if a send fails after the message has gone out', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { url, seen } = counting('sent-and-failed', 500)
    const webhook = await newWebhook(account, url)
    let sends = 0
    await interceptQueue(account, async (bodies) => {
      sends += 1
      void consume('deliveries', bodies)
      if (sends > 1) return
      await scheduler.wait(100)
      throw new Error('network connection lost')
    })
    slow(webhook)
    await post(account, 'call-1')
    await post(account, 'call-1')
    await until('both are delivered', async () => (await succeeded(webhook)) === 2)
    expect(seen.most).toBe(1)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
  })

  test('deliveries of a call never overlap if a consumer is slow to hear that it may make an attempt', async () => {
    const { url, seen } = counting('slow-consumer', 300)
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account)
    slow(webhook)
    await post(account, 'call-1')
    await until('a message is sent', () => sent.length === 1)
    // By then it may have been forbidden, or made by another: it is given back, and not made.
    const SHARDS = objectsAround(env.SHARDS, async (what, next) => {
      const answer = await next()
      if (what === 'begin') await scheduler.wait(400)
      return answer
    })
    await consume('deliveries', sent.slice(0, 1), { ...env, SHARDS })
    await until('it is queued again', () => sent.length === 2)
    expect(receivers.got(url)).toHaveLength(0)
    await consume('deliveries', sent.slice(1))
    await until('it is delivered', async () => (await succeeded(webhook)) === 1)
    expect([receivers.got(url).length, seen.most]).toEqual([1, 1])
    expect(receivers.got(url)[0]?.attempt, 'what was not made does not count').toBe(1)
  })
})

describe('an object that is thrown away', () => {
  test('goes on from its storage: what waited for a retry is retried, with the same webhook-id', async () => {
    let status = 503
    const url = receivers.add(
      'evicted',
      () => new Response(null, { status, headers: { 'retry-after': '1' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook))[0]?.last_error === 'status')
    status = 200
    await crash(account)
    await until('it is delivered', async () => (await succeeded(webhook)) === 1)
    const ids = receivers.got(url).map((request) => request.id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })
})
