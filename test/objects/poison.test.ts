import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runInDurableObject,
} from 'cloudflare:test'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import type { DeliveryMessage } from '../../src/delivery/consumer.ts'
import worker from '../../src/index.ts'
import { rebind } from '../support/bindings.ts'
import { slow } from '../support/queue.ts'
import { deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Bodies that no version of the relay has put on its queue. */
const MALFORMED: unknown[] = [
  null,
  undefined,
  'text',
  7,
  [],
  {},
  { account_id: 'acc_1' },
  { account_id: 'acc_1', call_id: 'call-1', webhook_id: 'wh_1' },
  { account_id: 'acc_1', call_id: 'call-1', webhook_id: 'wh_1', token: '1' },
  { account_id: {}, call_id: [], webhook_id: null, token: 1 },
]

async function consumeAll(queue: string, bodies: readonly unknown[]) {
  const messages = bodies.map((body, n) => ({ id: String(n), timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch(
    queue,
    messages as Parameters<typeof createMessageBatch<DeliveryMessage>>[1],
  )
  const ctx = createExecutionContext()
  await worker.queue(batch, env, ctx)
  return getQueueResult(batch, ctx)
}

for (const queue of ['deliveries', 'deliveries-dead']) {
  test(`a malformed message on ${queue} is dropped at once, with a word in the log, and makes no object`, async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const result = await consumeAll(queue, MALFORMED)
    expect(result.retryMessages).toEqual([])
    expect(result.explicitAcks).toHaveLength(MALFORMED.length)
    expect(log).toHaveBeenCalledTimes(MALFORMED.length)
    expect(JSON.stringify(log.mock.calls), 'never a body').not.toContain('call-1')
  })

  test(`a message on ${queue} of a call, a webhook or a claim that is not there is dropped, and stores nothing`, async () => {
    const account = await newAccount()
    const webhook = await newWebhook(account, receivers.add(`unknown-${queue}`))
    await post(account, 'call-1')
    await until('it is delivered', async () => (await deliveries(account, webhook)).length === 1)
    const message = { account_id: account, call_id: 'call-1', webhook_id: webhook, token: 1 }
    const result = await consumeAll(queue, [
      { ...message, call_id: 'no such call' },
      { ...message, account_id: 'acc_of nobody' },
      { ...message, webhook_id: 'wh_of nobody' },
      { ...message, token: 99 },
      { ...message, token: -1 },
      message,
    ])
    expect(result.retryMessages).toEqual([])
    expect(result.explicitAcks).toHaveLength(6)
    const tables = await runInDurableObject(
      callObject(env, account, 'no such call'),
      (_object, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'record'").toArray(),
    )
    expect(tables).toEqual([])
    expect((await deliveries(account, webhook)).map((each) => each.status)).toEqual(['succeeded'])
  })
}

test('a good message is not held up by bad ones in its batch', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const account = await newAccount()
  const url = receivers.add('among-bad')
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
  const result = await consumeAll('deliveries', [...MALFORMED, ...sent, ...MALFORMED])
  expect(result.retryMessages).toEqual([])
  await until('it is delivered', () => receivers.got(url).length === 1)
})
