import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import type { DeliveryMessage } from '../../src/delivery/consumer.ts'
import { consume, slow } from '../support/queue.ts'
import { api, deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Stands between a call and the queue, at its binding: keeps what is sent, and answers as it is told. */
async function interceptQueue(
  account: string,
  callId: string,
  answer: () => Promise<void>,
): Promise<DeliveryMessage[]> {
  const sent: DeliveryMessage[] = []
  await runInDurableObject(callObject(env, account, callId), (call) => {
    // Safe: every object has the Worker's bindings; they are private to it but for a test.
    const { DELIVERIES } = (call as unknown as { env: typeof env }).env
    vi.spyOn(DELIVERIES, 'sendBatch').mockImplementation(async (messages) => {
      await answer()
      for (const message of messages) sent.push(message.body)
      return undefined as never // safe: the relay reads nothing of the answer
    })
  })
  return sent
}

async function viaOf(account: string, delivery: string): Promise<string[]> {
  const { body } = await api<{ attempts: { via: string }[] }>(
    'GET',
    `/v1/deliveries/${delivery}?account_id=${account}`,
  )
  return body.attempts.map((attempt) => attempt.via)
}

describe('the deliveries queue', () => {
  test('a slow receiver is sent to by the queue, in order, and the log says so', async () => {
    const account = await newAccount()
    const url = receivers.add('slow')
    const webhook = await newWebhook(account, url)
    slow(webhook)
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until(
      'all are delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 3,
    )
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2, 3])
    const first = (await deliveries(account, webhook)).at(-1)
    expect(await viaOf(account, first?.id ?? '')).toEqual(['queue'])
  })

  test('a message that comes twice, or after its claim is gone, makes no attempt', async () => {
    const account = await newAccount()
    const url = receivers.add('twice')
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account, 'call-1', async () => {})
    slow(webhook)
    await post(account, 'call-1')
    await until('a message is sent', () => sent.length === 1)
    const [message] = sent
    if (message === undefined) throw new Error('no message')
    await consume('deliveries', message)
    expect((await consume('deliveries', message)).explicitAcks).toHaveLength(1)
    await consume('deliveries', { ...message, token: message.token + 7 })
    await until(
      'it is on record',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
    )
    expect(receivers.got(url)).toHaveLength(1)
  })

  test('what the queue gave up on shows in the log and is made another way', async () => {
    const account = await newAccount()
    const url = receivers.add('dead')
    const webhook = await newWebhook(account, url)
    const sent = await interceptQueue(account, 'call-1', async () => {})
    slow(webhook)
    await post(account, 'call-1')
    for (let n = 1; n <= 3; n += 1) {
      await until(`message ${n} is sent`, () => sent.length === n)
      const message = sent.at(-1)
      if (message !== undefined) await consume('deliveries-dead', message)
      if (n === 1) {
        await until(
          'the log says so',
          async () => (await deliveries(account, webhook))[0]?.last_error === 'dead_letter',
        )
      }
    }
    await until(
      'the call makes it itself',
      async () => (await deliveries(account, webhook))[0]?.status === 'succeeded',
    )
    expect(receivers.got(url)).toHaveLength(1)
  })

  test('a queue that takes nothing loses nothing: after a few tries the call makes the attempt itself', async () => {
    const account = await newAccount()
    const url = receivers.add('refused')
    const webhook = await newWebhook(account, url)
    await interceptQueue(account, 'call-1', () => Promise.reject(new Error('the queue is full')))
    slow(webhook)
    await post(account, 'call-1')
    await until('it is delivered all the same', () => receivers.got(url).length === 1)
  })
})

describe('an object that is thrown away', () => {
  test('goes on from its storage: what waited for a retry is retried, with the same webhook-id', async () => {
    const account = await newAccount()
    let status = 500
    const url = receivers.add(
      'evicted',
      () => new Response(null, { status, headers: { 'retry-after': '1' } }),
    )
    const webhook = await newWebhook(account, url)
    status = 503
    await post(account, 'call-1')
    await until(
      'the first attempt is on record',
      async () => (await deliveries(account, webhook)).length === 1,
    )
    status = 200
    await evictDurableObject(callObject(env, account, 'call-1'))
    await until(
      'it is delivered',
      async () => (await deliveries(account, webhook))[0]?.status === 'succeeded',
    )
    const ids = receivers.got(url).map((request) => request.id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })
})
