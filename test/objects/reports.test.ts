import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DeliveryMessage } from '../../src/contracts/jobs.ts'
import { Fault, objectsAround, rebind } from '../support/bindings.ts'
import { shardOfAccount } from '../support/outage.ts'
import { consume, slow } from '../support/queue.ts'
import { api, deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** The numbers of the attempts that are on record, by delivery, in order of position. */
async function attemptsOf(webhook: string): Promise<number[][]> {
  const listed = (await deliveries(account, webhook)).reverse()
  return Promise.all(
    listed.map(async ({ id }) => {
      const detail = await api<{ attempts: { number: number }[] }>('GET', `/v1/deliveries/${id}`)
      return detail.body.attempts.map((attempt) => attempt.number)
    }),
  )
}

/** A webhook whose receiver is slow, and whose messages are consumed with a faulty way back to the shard. */
async function queued(name: string, happens: (next: () => Promise<unknown>) => Promise<unknown>) {
  let now = 0
  let most = 0
  const url = receivers.add(name, async () => {
    now += 1
    most = Math.max(most, now)
    await scheduler.wait(50)
    now -= 1
    return new Response('ok')
  })
  const webhook = await newWebhook(account, url)
  const fault = new Fault((method) => method === 'report', happens).on()
  const DELIVERIES = {
    sendBatch: async (messages: Iterable<MessageSendRequest<DeliveryMessage>>) => {
      const bodies = [...messages].map(({ body }) => body)
      void consume('deliveries', bodies, { ...env, SHARDS: objectsAround(env.SHARDS, fault.around) })
    },
  } as unknown as Queue<DeliveryMessage> // safe: the relay uses no more of a queue
  await rebind(shardOfAccount(account), () => ({ DELIVERIES }))
  slow(webhook)
  await post(account, 'call-1')
  await post(account, 'call-1')
  const isDone = async () => (await deliveries(account, webhook, '&status=succeeded')).length === 2
  return { webhook, url, fault, isDone, overlapped: () => most }
}

describe('a consumer’s report to the shard', () => {
  test('that never comes has the attempt made again, once its claim has lapsed, and keeps the order', async () => {
    let lost = 0
    const { url, fault, isDone, overlapped } = await queued('never', () => {
      lost += 1
      // Those that are told again are lost as well.
      if (lost === 3) fault.off()
      return Promise.reject(new Error('Network connection lost.'))
    })
    await until('both are delivered', isDone, 15_000)
    const got = receivers.got(url)
    expect(got.map((request) => [request.position, request.attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ])
    expect(got[0]?.id).toBe(got[1]?.id)
    expect(overlapped()).toBe(1)
  })

  test('that comes after its claim has lapsed is on record, and ends nothing', async () => {
    let late = (): void => {}
    const released = new Promise<void>((resolve) => {
      late = resolve
    })
    const { webhook, url, fault, isDone } = await queued('too-late', async (next) => {
      fault.off()
      await released
      return next()
    })
    await until('both are delivered', isDone, 15_000)
    late()
    await until('the late one is on record', async () => (await attemptsOf(webhook))[0]?.length === 2)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 1, 2])
    const listed = await deliveries(account, webhook)
    expect(listed.map((each) => each.status)).toEqual(['succeeded', 'succeeded'])
  })

  test('that comes twice ends nothing twice, and is one attempt on record', async () => {
    const { webhook, url, isDone } = await queued('report-twice', async (next) => {
      await next()
      return next()
    })
    await until('both are delivered', isDone)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
    expect(await attemptsOf(webhook)).toEqual([[1], [1]])
  })
})
