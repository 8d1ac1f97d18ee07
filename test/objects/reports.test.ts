import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import type { DeliveryMessage } from '../../src/delivery/consumer.ts'
import { webhookObject } from '../../src/webhooks/webhook-key.ts'
import { Fault, objectsAround, rebind } from '../support/bindings.ts'
import { change, readWebhook } from '../support/outage.ts'
import { consume, slow } from '../support/queue.ts'
import { deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

const isReport = (method: string): boolean => method === 'report'

/** The attempts of a call's deliveries as the log has them, in order of position. */
async function attemptsOf(account: string, webhook: string, call: string): Promise<number[][]> {
  const listed = (await deliveries(account, webhook, `&call_id=${call}`)).reverse()
  const logged = await webhookObject(env, webhook).deliveriesById(listed.map((each) => each.id))
  return logged.map((each) => each.attempts.map((attempt) => attempt.number))
}

/** A call whose reports to its Webhook object go through a fault. */
async function withFault(account: string, happens?: (next: () => Promise<unknown>) => Promise<unknown>) {
  const fault = new Fault(isReport, happens).on()
  await rebind(callObject(env, account, 'call-1'), ({ WEBHOOKS }) => ({
    WEBHOOKS: objectsAround(WEBHOOKS, fault.around),
  }))
  return fault
}

describe('a report to the Webhook object', () => {
  test('that cannot be made waits, and holds up no delivery; then the log has every attempt', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'unreachable',
      ({ attempt }) => new Response(null, { status: attempt === 1 ? 500 : 200 }),
    )
    const webhook = await newWebhook(account, url)
    const fault = await withFault(account)
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until('all are delivered', () => receivers.got(url).length === 6)
    expect(await deliveries(account, webhook), 'the log has nothing yet').toEqual([])
    fault.off()
    const isDone = async () => (await deliveries(account, webhook, '&status=succeeded')).length === 3
    await until('the log has them', isDone)
    expect(await attemptsOf(account, webhook, 'call-1')).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
  })

  test('that comes twice, or whose answer is lost, changes nothing: neither the log nor the health', async () => {
    const account = await newAccount()
    const url = receivers.add('twice', () => new Response(null, { status: 500 }))
    const webhook = await newWebhook(account, url)
    let lost = 0
    await withFault(account, async (next) => {
      await next()
      const answer = await next()
      lost += 1
      if (lost % 2 === 1) throw new Error('Network connection lost.')
      return answer
    })
    await post(account, 'call-1')
    await until(
      'it has failed',
      async () => (await deliveries(account, webhook, '&status=failed')).length === 1,
    )
    expect(await attemptsOf(account, webhook, 'call-1')).toEqual([[1, 2, 3, 4]])
    expect((await readWebhook(account, webhook)).health, 'four failures, and five are failing').toBe(
      'healthy',
    )
    expect(lost).toBeGreaterThan(1)
  })

  test('on a hold that comes late, after the hold has ended, does not leave its call waiting', async () => {
    const account = await newAccount()
    const url = receivers.add('late-hold')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    const fault = await withFault(account)
    await post(account, 'call-1')
    await until('it has tried to say that it holds', () => fault.met >= 1)
    await change(account, webhook, 'enable')
    expect(receivers.got(url)).toEqual([])
    fault.off()
    await until('it is delivered', () => receivers.got(url).length === 1)
  })
})

describe('a consumer’s report to the call', () => {
  /** A call whose receiver is slow, and whose messages are consumed with a faulty way back to it. */
  async function queued(name: string, happens: (next: () => Promise<unknown>) => Promise<unknown>) {
    const account = await newAccount()
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
    const fault = new Fault(isReport, happens).on()
    const DELIVERIES = {
      sendBatch: async (messages: Iterable<MessageSendRequest<DeliveryMessage>>) => {
        for (const { body } of messages) {
          void consume('deliveries', body, { ...env, CALLS: objectsAround(env.CALLS, fault.around) })
        }
      },
    } as unknown as Queue<DeliveryMessage> // safe: the relay uses no more of a queue
    await rebind(callObject(env, account, 'call-1'), () => ({ DELIVERIES }))
    slow(webhook)
    await post(account, 'call-1')
    await post(account, 'call-1')
    return { account, webhook, url, fault, overlapped: () => most }
  }

  test('that never comes has the attempt made again, once its claim has lapsed, and keeps the order', async () => {
    const { account, webhook, url, fault, overlapped } = await queued('never', () => {
      fault.off()
      return Promise.reject(new Error('Network connection lost.'))
    })
    const isDone = async () => (await deliveries(account, webhook, '&status=succeeded')).length === 2
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
    const { account, webhook, url, fault } = await queued('too-late', async (next) => {
      fault.off()
      await released
      return next()
    })
    const isDone = async () => (await deliveries(account, webhook, '&status=succeeded')).length === 2
    await until('both are delivered', isDone, 15_000)
    late()
    const hasBoth = async () => (await attemptsOf(account, webhook, 'call-1'))[0]?.length === 2
    await until('the late one is on record', hasBoth)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 1, 2])
    expect((await deliveries(account, webhook)).map((each) => each.status)).toEqual([
      'succeeded',
      'succeeded',
    ])
  })

  test('that comes twice ends nothing twice', async () => {
    const { account, webhook, url } = await queued('report-twice', async (next) => {
      await next()
      return next()
    })
    const isDone = async () => (await deliveries(account, webhook, '&status=succeeded')).length === 2
    await until('both are delivered', isDone)
    await scheduler.wait(300)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
  })
})
