import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, crash, shardOfAccount } from '../support/outage.ts'
import { api, deliveries, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

/*
 * New code, or a machine that goes away, throws an object away in the middle of what it does. It goes on from its
 * storage: at least once, in order, nothing lost.
 */

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('a shard that is thrown away', () => {
  test('while a request is out makes it again by itself, with its webhook-id, before what comes after it', async () => {
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
    await crash(account)
    // Nobody asks the shard for anything: its alarm alone wakes it.
    await until('all are made', () => receivers.got(url).length === 4, 20_000)
    const got = receivers.got(url)
    expect(got.map((request) => [request.position, request.attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [3, 1],
    ])
    expect(got[0]?.id).toBe(got[1]?.id)
    expect((times[1] ?? 0) - (times[0] ?? 0), 'not before the first has timed out').toBeGreaterThan(1_000)
    await until('all are on record', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 3
    })
  }, 40_000)

  test('again and again while it works through a backlog ends it all, in order', async () => {
    const url = receivers.add('again', async () => {
      await scheduler.wait(20)
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    const events = Array.from({ length: 60 }, () => event(account, 'call-1'))
    expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    for (let n = 1; n <= 3; n += 1) {
      await until('it goes on', () => (receivers.got(url).at(-1)?.position ?? 0) >= n * 8, 20_000)
      await crash(account)
    }
    await until(
      'all are delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === 60,
      30_000,
    )
    const positions = receivers.got(url).map((request) => request.position)
    expect(positions, 'never back').toEqual([...positions].sort((a, b) => a - b))
    expect(positions.length, 'no more repeats than it was thrown away').toBeLessThanOrEqual(63)
  }, 80_000)

  test('as soon as an event is on disk, before anything is made of it, delivers it once and knows its repeat', async () => {
    const url = receivers.add('stored')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-0')
    await until('the first is delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 1
    })
    await runInDurableObject(shardOfAccount(account), (_object, state) => {
      const { storage } = state
      const sync = storage.sync.bind(storage)
      vi.spyOn(storage, 'sync').mockImplementation(async () => {
        await sync()
        state.abort('thrown away by a test')
        await new Promise(() => {})
      })
    })
    expect((await post(account, 'call-1', { id: 'core-1' })).status, 'it did not live to say so').toBe(503)
    expect(receivers.got(url)).toHaveLength(1)
    const again = await post(account, 'call-1', { id: 'core-1' })
    expect([again.status, again.body.position, again.body.duplicate]).toEqual([202, 1, true])
    await until('it is delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 2
    })
    expect(receivers.got(url)).toHaveLength(2)
  })

  test('as soon as it has answered for an event delivers it', async () => {
    const url = receivers.add('answered')
    await newWebhook(account, url)
    for (let n = 0; n < 3; n += 1) {
      const callId = `call-${n}`
      expect((await post(account, callId)).status).toBe(202)
      await crash(account)
    }
    const got = () => new Set(receivers.got(url).map((request) => request.callId))
    await until('each is delivered', () => got().size === 3, 20_000)
  }, 40_000)

  test('while what a pause held goes on makes the rest', async () => {
    const url = receivers.add('drain')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    const events = Array.from({ length: 200 }, (_, n) => event(account, `call-${n}`))
    expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    const isHeld = async () => (await deliveries(account, webhook, '&status=held&limit=250')).length === 200
    await until('all are held', isHeld, 20_000)
    await change(account, webhook, 'enable')
    await crash(account)
    await until('some are made', () => receivers.got(url).length >= 50, 20_000)
    await crash(account)
    await until(
      'all are delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === 200,
      30_000,
    )
    expect(new Set(receivers.got(url).map((request) => request.id)).size).toBe(200)
  }, 80_000)

  test('keeps each status: a pause that has returned holds', async () => {
    const url = receivers.add('pause-kept')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it is delivered', async () => (await deliveries(account, webhook)).length === 1)
    await change(account, webhook, 'pause')
    await evictDurableObject(shardOfAccount(account))
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    await crash(account)
    expect(await deliveries(account, webhook, '&status=held')).toHaveLength(1)
    await evictDurableObject(shardOfAccount(account))
    await change(account, webhook, 'enable')
    await until('it is delivered', () => receivers.got(url).length === 2)
  })
})
