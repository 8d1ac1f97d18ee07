import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { d1Around, Fault, rebind } from '../support/bindings.ts'
import {
  change,
  crash,
  fail,
  hastenProbe,
  tripBreaker,
  readWebhook,
  rewriteHealth,
  runAlarm,
  shardOfAccount,
} from '../support/outage.ts'
import {
  deliveries,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
  type Received,
} from '../support/relay.ts'

let receivers: Receivers
let answer: (request: Received) => Response | Promise<Response>
beforeEach(() => {
  receivers = new Receivers()
  answer = refused
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

const refused = (): Response => new Response(null, { status: 500 })
const ok = (): Response => new Response('ok')

async function withoutD1(account: string): Promise<Fault> {
  const fault = new Fault(() => true).on()
  await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
  return fault
}

/** A webhook whose breaker is tripped, and calls that it holds. The receiver is back, and nobody knows it yet. */
async function outage(name: string, count = 3) {
  const account = await newAccount()
  const url = receivers.add(name, (request) => answer(request))
  const webhook = await newWebhook(account, url)
  await tripBreaker(account, webhook)
  // No probe by itself: it would be an attempt more.
  await rewriteHealth(account, webhook, () => ({ nextProbeMs: Date.now() + 60_000 }))
  const calls = Array.from({ length: count }, (_, n) => `call-${n}`)
  await Promise.all(
    calls.map(async (call) => {
      for (let n = 0; n < 2; n += 1) await post(account, call)
    }),
  )
  const listed = async () => {
    const all = await deliveries(account, webhook, '&limit=250')
    return all.filter((each) => calls.includes(each.call_id))
  }
  await until('they are held', async () => {
    const all = await listed()
    return all.length === 2 * count && all.every((each) => each.status === 'held')
  })
  answer = ok
  const isAllDelivered = async () => (await listed()).every((each) => each.status === 'succeeded')
  /** Each call's events in order; one may have come again, as a crash may have it, and then before the next. */
  const inOrder = () => {
    for (const call of calls) {
      const got = receivers.got(url).filter((each) => each.callId === call)
      const positions = got.map((each) => each.position)
      expect(positions, call).toEqual(positions.toSorted((a, b) => a - b))
      expect(new Set(positions), call).toEqual(new Set([1, 2]))
    }
  }
  return { account, url, webhook, isAllDelivered, inOrder }
}

describe('the end of an outage', () => {
  test('needs no D1, nor does its beginning', async () => {
    const account = await newAccount()
    const url = receivers.add('without-d1', (request) => answer(request))
    const webhook = await newWebhook(account, url)
    await fail(account, webhook)
    const calls = ['a', 'b', 'c', 'd', 'e']
    await rewriteHealth(account, webhook, () => ({ faults: 100, calls, sinceMs: Date.now() - 60_000 }))
    const fault = await withoutD1(account)
    await post(account, 'call-1')
    await post(account, 'call-1')
    const isHeld = async () => {
      const { deliveries: found } = await shardOfAccount(account).deliveries({ status: 'held', limit: 10 })
      return found.length === 2
    }
    await until('both are held', isHeld)
    const before = receivers.got(url).length
    answer = ok
    await until('a probe has gone, and then the rest', () => receivers.got(url).length === before + 2, 10_000)
    fault.off()
    expect((await readWebhook(account, webhook)).health).toBe('healthy')
    expect(
      receivers
        .got(url)
        .map((each) => each.position)
        .slice(before),
    ).toEqual([1, 2])
  })

  test('is not lost if the shard dies while the probe is out', async () => {
    const { account, webhook, url, isAllDelivered, inOrder } = await outage('dies-in-probe')
    const before = receivers.got(url).length
    answer = () => new Promise<Response>(() => {})
    await hastenProbe(account, webhook)
    await until('a probe is out', () => receivers.got(url).length === before + 1)
    answer = ok
    await crash(account)
    await runAlarm(account)
    await until('all that was held is delivered', isAllDelivered, 20_000)
    inOrder()
  }, 40_000)

  test('is not lost if the shard dies as soon as the probe has been answered', async () => {
    const { account, webhook, url, isAllDelivered, inOrder } = await outage('dies-after-probe')
    const before = receivers.got(url).length
    await hastenProbe(account, webhook)
    await until('a probe has been answered', () => receivers.got(url).length > before)
    await crash(account)
    await runAlarm(account)
    await until('all that was held is delivered', isAllDelivered, 20_000)
    inOrder()
  }, 40_000)

  test('is not lost if the shard dies again and again while the backlog goes', async () => {
    const { account, webhook, url, isAllDelivered, inOrder } = await outage('dies-in-drain', 60)
    // An alarm has returned when all that it began is over.
    const begin = async () => runAlarm(account).catch(() => {})
    answer = async () => {
      await scheduler.wait(300)
      return ok()
    }
    await rewriteHealth(account, webhook, () => ({ nextProbeMs: 0 }))
    void begin()
    // Each death may cost an attempt of what is under way: a few more, and the schedule would be used up.
    for (let deaths = 0; deaths < 2; deaths += 1) {
      const before = receivers.got(url).length
      await until('more have gone', () => receivers.got(url).length > before, 20_000)
      await crash(account)
      void begin()
    }
    await until('all that was held is delivered', isAllDelivered, 30_000)
    inOrder()
    expect((await readWebhook(account, webhook)).health).toBe('healthy')
  }, 90_000)

  test('by enabling a paused webhook is not lost either', async () => {
    const account = await newAccount()
    answer = ok
    const url = receivers.add('dies-enabled', (request) => answer(request))
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    const calls = Array.from({ length: 60 }, (_, n) => `call-${n}`)
    await Promise.all(calls.map(async (call) => post(account, call)))
    await change(account, webhook, 'enable')
    await crash(account)
    await runAlarm(account)
    const isDone = async () => {
      return (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === calls.length
    }
    await until('all are delivered', isDone, 20_000)
  }, 40_000)
})
