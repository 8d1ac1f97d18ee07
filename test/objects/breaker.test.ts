import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  change,
  crash,
  hastenProbe,
  tripBreaker,
  readWebhook,
  rewriteDeliveries,
  runAlarm,
  shardOfAccount,
  storedHealth,
} from '../support/outage.ts'
import {
  api,
  deliveries,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
  type Received,
} from '../support/relay.ts'

let receivers: Receivers
/** What the receiver answers with, and when each request came. */
let status: number
let times: number[]
beforeEach(() => {
  receivers = new Receivers()
  status = 500
  times = []
})
afterEach(() => {
  vi.restoreAllMocks()
})

function receiver(name: string): string {
  return receivers.add(name, () => {
    times.push(Date.now())
    return new Response(null, { status })
  })
}

const held = async (account: string, webhook: string): Promise<number> =>
  (await deliveries(account, webhook, '&status=held&limit=250')).length

function positions(got: readonly Received[], callId: string): number[] {
  return got.filter((request) => request.callId === callId).map((request) => request.position)
}

describe('an outage', () => {
  test('opens the breaker, and when a probe succeeds all that was held goes, in order in each call', async () => {
    const account = await newAccount()
    const url = receiver('outage')
    const webhook = await newWebhook(account, url)
    for (let n = 0; (await readWebhook(account, webhook)).health !== 'open'; n += 1) {
      expect(n, 'it opens within a minute').toBeLessThan(200)
      await post(account, `outage-${n}`)
      await scheduler.wait(200)
    }
    await scheduler.wait(600)
    const calls = Array.from({ length: 20 }, (_, n) => `held-${n}`)
    for (const call of calls) for (let n = 0; n < 3; n += 1) await post(account, call)
    await until('all are held', async () => {
      const listed = await deliveries(account, webhook, '&status=held&limit=250')
      return listed.filter(({ call_id }) => call_id.startsWith('held')).length === 60
    })
    const before = receivers.got(url).length
    status = 200
    const isHealthy = async () => (await readWebhook(account, webhook)).health === 'healthy'
    await until('a probe finds it back', isHealthy, 20_000)
    const sinceMs = Date.now()
    const isDone = () => calls.every((call) => positions(receivers.got(url).slice(before), call).length === 3)
    await until('all are delivered', isDone)
    expect(Date.now() - sinceMs, 'seconds, and not the rest of a backoff').toBeLessThan(5_000)
    const after = receivers.got(url).slice(before)
    for (const call of calls) expect(positions(after, call), call).toEqual([1, 2, 3])
    await until('none is held', async () => (await held(account, webhook)) === 0)
  }, 60_000)

  test('cuts short the backoffs that it led to, however far off they are', async () => {
    const account = await newAccount()
    const url = receiver('backoff')
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    await post(account, 'call-1')
    await until(
      'it is held',
      async () => (await deliveries(account, webhook, '&call_id=call-1')).length === 1,
    )
    // As it would be if it had failed just before, with the schedule of a real relay.
    await rewriteDeliveries(account, 'call-1', (state) => {
      if (state.open === null) throw new Error('the delivery has ended')
      const stand = { kind: 'waiting', atMs: Date.now() + 8 * 3600 * 1000, why: 'backoff' } as const
      const open = { ...state.open, attempts: 1, stand }
      return { status: 'pending', state: { ...state, attempt_count: 1, open } }
    })
    await post(account, 'call-2')
    await until(
      'one is held',
      async () => (await deliveries(account, webhook, '&call_id=call-2')).length === 1,
    )
    status = 200
    const isDone = async () => {
      const listed = await deliveries(account, webhook, '&status=succeeded')
      return ['call-1', 'call-2'].every((call) => listed.some((each) => each.call_id === call))
    }
    await until('both are delivered', isDone, 20_000)
  }, 40_000)
})

describe('while the breaker is open', () => {
  test('one probe goes at a time, none before its delay since the failure of the last is over', async () => {
    const account = await newAccount()
    let now = 0
    let most = 0
    const url = receivers.add('probes', async () => {
      times.push(Date.now())
      now += 1
      most = Math.max(most, now)
      await scheduler.wait(300)
      now -= 1
      return new Response(null, { status })
    })
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    for (let n = 0; n < 10; n += 1) await post(account, `call-${n}`)
    await until('they are held', async () => (await held(account, webhook)) >= 10)
    now = most = 0
    times = []
    await until('four probes have gone', () => times.length === 4, 30_000)
    expect(most, 'one at a time').toBe(1)
    const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0) - 300)
    // 2, 4 and 5 s, each moved by up to a fifth: the third may be the shorter of the last two.
    for (const [n, leastMs] of [1_600, 3_200, 4_000].entries()) {
      expect(gaps[n], `${gaps.join(', ')} ms`).toBeGreaterThanOrEqual(leastMs - 50)
    }
    expect(
      await held(account, webhook),
      'a probe that has failed is held like the rest',
    ).toBeGreaterThanOrEqual(10)
  }, 60_000)

  test('a delivery that is retried by hand goes, and what is held stays held', async () => {
    const account = await newAccount()
    const url = receiver('by-hand')
    const webhook = await newWebhook(account, url)
    status = 200
    await post(account, 'call-1')
    await until(
      'it is delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
    )
    const [one] = await deliveries(account, webhook)
    status = 500
    await tripBreaker(account, webhook)
    await post(account, 'call-1')
    const isHeld = async () =>
      (await deliveries(account, webhook, '&status=held&call_id=call-1')).length === 1
    await until('the next is held', isHeld)
    expect((await api('POST', `/v1/deliveries/${one?.id ?? ''}/retry`)).status).toBe(202)
    const first = () => positions(receivers.got(url), 'call-1').filter((position) => position === 1).length
    await until('it goes', () => first() === 2)
    await until(
      'it ends',
      async () => (await deliveries(account, webhook, '&call_id=call-1'))[1]?.status === 'failed',
    )
    expect(await isHeld()).toBe(true)
    expect((await readWebhook(account, webhook)).health).toBe('open')
  })

  test('probes do not use up the retries of the delivery that they are of', async () => {
    const account = await newAccount()
    const url = receiver('schedule')
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    await post(account, 'call-1')
    const mine = () => positions(receivers.got(url), 'call-1').length
    for (let n = 0; n < 40 && mine() < 6; n += 1) {
      const before = times.length
      await hastenProbe(account, webhook)
      await until('a probe has gone', () => times.length > before)
      await scheduler.wait(50)
    }
    expect(mine(), 'more probes than the schedule has attempts').toBe(6)
    expect((await deliveries(account, webhook, '&call_id=call-1'))[0]).toMatchObject({
      status: 'held',
      attempt_count: 6,
    })
    status = 200
    await hastenProbe(account, webhook)
    const isDone = async () =>
      (await deliveries(account, webhook, '&call_id=call-1'))[0]?.status === 'succeeded'
    await until('it is delivered', isDone)
  })

  test('a pause stops the probes, and enabling starts with a clean slate', async () => {
    const account = await newAccount()
    const url = receiver('paused-open')
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    await post(account, 'call-1')
    await until('it is held', async () => (await held(account, webhook)) > 0)
    await change(account, webhook, 'pause')
    await scheduler.wait(300)
    const before = times.length
    await hastenProbe(account, webhook)
    await scheduler.wait(1_500)
    expect(times.length, 'no probe while paused').toBe(before)
    status = 200
    await change(account, webhook, 'enable')
    expect(await readWebhook(account, webhook)).toMatchObject({ status: 'active', health: 'healthy' })
    await until('what was held is delivered', async () => (await held(account, webhook)) === 0)
    expect(positions(receivers.got(url), 'call-1')).toEqual([1])
  })

  test('the shard may be thrown away: it goes on probing, and recovers by itself', async () => {
    const account = await newAccount()
    const url = receiver('evicted-open')
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    await post(account, 'call-1')
    await until('it is held', async () => (await held(account, webhook)) > 0)
    await evictDurableObject(shardOfAccount(account))
    await hastenProbe(account, webhook)
    await until('a probe fails', async () => {
      const [delivery] = await deliveries(account, webhook, '&call_id=call-1')
      return (delivery?.attempt_count ?? 0) > 0
    })
    const before = times.length
    await crash(account)
    await runAlarm(account)
    await until('the next goes its delay after that', () => times.length > before, 7_000)
    status = 200
    const isDone = async () =>
      (await deliveries(account, webhook, '&call_id=call-1'))[0]?.status === 'succeeded'
    await until('it is delivered', isDone, 20_000)
    await until('it is healthy', async () => (await readWebhook(account, webhook)).health === 'healthy')
  }, 40_000)

  test('each call is probed in its turn: one whose event is refused by a receiver that is back keeps none waiting', async () => {
    const account = await newAccount()
    const url = receivers.add('poison', ({ callId }) => {
      const isRefused = status === 500 || callId === 'third-to-fail'
      return new Response(null, { status: isRefused ? 500 : 200 })
    })
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    for (const call of ['call-1', 'call-2']) await post(account, call)
    await until('all are held', async () => (await held(account, webhook)) === 3)
    status = 200
    const isDone = async () => (await deliveries(account, webhook, '&status=succeeded')).length === 2
    await until('the others are delivered', isDone, 15_000)
  })

  test('a webhook that is paused, disabled or deleted does not keep its shard awake', async () => {
    for (const end of ['pause', 'disable', 'delete'] as const) {
      const account = await newAccount()
      const url = receiver(`rests-${end}`)
      const webhook = await newWebhook(account, url)
      await tripBreaker(account, webhook)
      if (end === 'delete') await api('DELETE', `/v1/webhooks/${webhook}`)
      else await change(account, webhook, end)
      if (end === 'delete') await runAlarm(account)
      else await hastenProbe(account, webhook)
      const alarm = await runInDurableObject(shardOfAccount(account), (_object, state) =>
        state.storage.getAlarm(),
      )
      expect((alarm ?? Infinity) - Date.now(), end).toBeGreaterThan(60_000)
      if (end === 'delete') expect(await storedHealth(account, webhook)).toBeNull()
    }
  })
})
