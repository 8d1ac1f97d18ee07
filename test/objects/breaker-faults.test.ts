import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { webhookObject } from '../../src/webhooks/webhook-key.ts'
import { d1Around, Fault, objectsAround, rebind } from '../support/bindings.ts'
import { openBreaker, readWebhook, rewriteHealth } from '../support/outage.ts'
import { deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
let status: number
beforeEach(() => {
  receivers = new Receivers()
  status = 500
})
afterEach(() => {
  vi.restoreAllMocks()
})

const isHealthUpdate = (sql: string): boolean => /^update .*"health"/is.test(sql)

/** A webhook whose breaker is open, and three calls that it holds. The receiver is back, and nobody knows it yet. */
async function outage(name: string) {
  const account = await newAccount()
  const url = receivers.add(name, () => new Response(null, { status }))
  const webhook = await newWebhook(account, url)
  await openBreaker(account, webhook)
  // No probe by itself: it would be an attempt more.
  await rewriteHealth(webhook, () => ({ nextProbeMs: Date.now() + 60_000 }))
  const calls = ['call-1', 'call-2', 'call-3']
  for (const call of calls) for (let n = 0; n < 2; n += 1) await post(account, call)
  const of = async (more: string) => deliveries(account, webhook, `&limit=250${more}`)
  await until('they are held', async () => {
    return (await of('&status=held')).filter((each) => calls.includes(each.call_id)).length === 6
  })
  status = 200
  const allDelivered = async (): Promise<boolean> => {
    const listed = (await of('')).filter((each) => calls.includes(each.call_id))
    return listed.length === 6 && listed.every((each) => each.status === 'succeeded')
  }
  const inOrder = () => {
    for (const call of calls) {
      const got = receivers.got(url).filter((each) => each.callId === call)
      expect(
        got.map((each) => each.position),
        call,
      ).toEqual([1, 2])
    }
  }
  return { account, webhook, object: webhookObject(env, webhook), allDelivered, inOrder }
}

describe('the end of an outage', () => {
  test('is not lost where D1 does not take it for a while', async () => {
    const { object, webhook, allDelivered, inOrder } = await outage('d1-away')
    await rewriteHealth(webhook, () => ({ nextProbeMs: 0 }))
    const fault = new Fault(isHealthUpdate).on()
    await rebind(object, ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    await runDurableObjectAlarm(object)
    const since = Date.now()
    // Reports and alarms come to it together at first: what counts is that alarms alone do, later.
    await until('D1 has refused it for a while', () => fault.met >= 3 && Date.now() - since > 2_500)
    fault.off()
    await until('all that was held is delivered', allDelivered)
    inOrder()
  })

  test('is not lost where its object dies before D1 has it', async () => {
    const { object, webhook, allDelivered, inOrder } = await outage('crash-before-d1')
    await rewriteHealth(webhook, () => ({ nextProbeMs: 0 }))
    const fault = new Fault(isHealthUpdate, () => new Promise(() => {})).on()
    await rebind(object, ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    await runDurableObjectAlarm(object)
    await until('D1 is being told', () => fault.met === 1)
    fault.off()
    await runInDurableObject(object, (_object, state) => state.abort('the test')).catch(() => {})
    await until('all that was held is delivered', allDelivered)
    inOrder()
  })

  test('is not lost where D1 has taken it and the answer is lost', async () => {
    const { account, object, webhook, allDelivered, inOrder } = await outage('d1-answer-lost')
    await rewriteHealth(webhook, () => ({ nextProbeMs: 0 }))
    const fault = new Fault(isHealthUpdate, async (next) => {
      await next()
      fault.off()
      throw new Error('Network connection lost.')
    }).on()
    await rebind(object, ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    await runDurableObjectAlarm(object)
    await until('all that was held is delivered', allDelivered)
    inOrder()
    expect((await readWebhook(account, webhook)).health).toBe('healthy')
  })

  test('wakes every call, however often they cannot be reached', async () => {
    const { object, webhook, allDelivered, inOrder } = await outage('wake-fails')
    await rewriteHealth(webhook, () => ({ nextProbeMs: 0 }))
    const fault = new Fault((method) => method === 'wake').on()
    await rebind(object, ({ CALLS }) => ({ CALLS: objectsAround(CALLS, fault.around) }))
    await runDurableObjectAlarm(object)
    await until('it has tried to wake some twice', () => fault.met >= 8)
    fault.off()
    await until('all that was held is delivered', allDelivered)
    inOrder()
  })
})

describe('a breaker', () => {
  test('opens although D1 does not take it at first, and holds from when it does', async () => {
    const account = await newAccount()
    const url = receivers.add('open-later', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url)
    const object = webhookObject(env, webhook)
    await post(account, 'call-0')
    await post(account, 'call-00')
    await until('it is failing', async () => (await readWebhook(account, webhook)).health === 'failing')
    await rewriteHealth(webhook, () => ({
      faults: 100,
      calls: ['a', 'b', 'c', 'd', 'e'],
      sinceMs: Date.now() - 60_000,
    }))
    const fault = new Fault(isHealthUpdate).on()
    await rebind(object, ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    await post(account, 'call-1')
    await until('D1 has refused it', () => fault.met >= 2)
    fault.off()
    await until('it is open', async () => (await readWebhook(account, webhook)).health === 'open')
    await scheduler.wait(600)
    await post(account, 'call-2')
    const isHeld = async () => (await deliveries(account, webhook, '&call_id=call-2'))[0]?.status === 'held'
    await until('a delivery is held', isHeld)
  })

  test('whose probes cannot be asked for goes on asking', async () => {
    const { webhook, object, allDelivered } = await outage('probe-unreachable')
    await rewriteHealth(webhook, () => ({ nextProbeMs: 0 }))
    const fault = new Fault((method) => method === 'probe').on()
    await rebind(object, ({ CALLS }) => ({ CALLS: objectsAround(CALLS, fault.around) }))
    await runDurableObjectAlarm(object)
    await until('it has tried twice', () => fault.met === 2)
    fault.off()
    await until('all that was held is delivered', allDelivered, 30_000)
  }, 40_000)
})
