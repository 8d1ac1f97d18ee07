import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, crash, rests, shardOfAccount } from '../support/outage.ts'
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

interface Item {
  status: number
  position?: number
  duplicate?: boolean
}

async function postAll(events: object[]): Promise<Item[]> {
  return (await api<{ data: Item[] }>('POST', '/v1/events/batch', { events })).body.data
}

/** Fills up the storage of the account's shard: nothing is written to it until what is returned is called. */
async function fill(): Promise<() => void> {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return runInDurableObject(shardOfAccount(account), (_object, { storage: { sql } }) => {
    const exec = sql.exec.bind(sql)
    const full = vi.spyOn(sql, 'exec').mockImplementation((query, ...values) => {
      if (!/^\s*(select|with)/i.test(query)) throw new Error('database or disk is full: SQLITE_FULL')
      return exec(query, ...values)
    })
    return () => {
      full.mockRestore()
    }
  })
}

/** Has the storage refuse each new row of these tables in which a marker stands. */
async function spoil(table: 'event' | 'delivery', column: string, marker: string): Promise<void> {
  await runInDurableObject(shardOfAccount(account), (_object, { storage: { sql } }) => {
    const tables = sql
      .exec<{ name: string }>(
        `SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '${table}_[0-9]*'`,
      )
      .toArray()
    expect(tables.length).toBeGreaterThan(1)
    for (const { name } of tables) {
      sql.exec(
        `CREATE TRIGGER spoil_${name} BEFORE INSERT ON ${name} WHEN new.${column} LIKE '%${marker}%'
         BEGIN SELECT RAISE(ABORT, 'it cannot be stored'); END`,
      )
    }
  })
}

/** When the alarm of the account's shard goes off (ms since epoch), or null. */
async function alarm(): Promise<number | null> {
  return runInDurableObject(shardOfAccount(account), (_object, { storage }) => storage.getAlarm())
}

async function isDelivered(webhook: string, count: number): Promise<boolean> {
  return (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === count
}

describe('an event that cannot be stored', () => {
  test('is 503 and nothing of it is kept; its neighbours in the group are 202 and delivered', async () => {
    const url = receivers.add('spoiled')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-0')
    await until('the first is delivered', async () => isDelivered(webhook, 1))
    await spoil('event', 'variables', 'marker')
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const isSpoiled = (n: number): boolean => n === 7 || n === 20
    const events = Array.from({ length: 40 }, (_, n) =>
      event(account, `call-${n % 4}`, { id: `e${n}`, variables: { what: isSpoiled(n) ? 'marker' : 'good' } }),
    )
    const answers = await postAll(events)
    expect(answers.map(({ status }) => status)).toEqual(events.map((_each, n) => (isSpoiled(n) ? 503 : 202)))
    await until('the others are delivered', async () => isDelivered(webhook, 39))
    expect(receivers.got(url), 'each once').toHaveLength(39)
    for (const call of ['call-0', 'call-1', 'call-2', 'call-3']) {
      const own = answers.filter((each, n) => `call-${n % 4}` === call && each.status === 202)
      const first = call === 'call-0' ? 2 : 1
      const inOrder = own.map((_each, n) => n + first)
      expect(own.map((each) => each.position)).toEqual(inOrder)
      const got = receivers.got(url).filter((request) => request.callId === call)
      expect(got.map((request) => request.position)).toEqual(first === 2 ? [1, ...inOrder] : inOrder)
    }
    const path = `/v1/calls/call-3?account_id=${account}`
    const timeline = async () => (await api<{ events: { id: string }[] }>('GET', path)).body.events
    expect((await timeline()).map(({ id }) => id)).not.toContain('e7')
    // The same after a restart: neither memory nor disk has anything of it.
    await crash(account)
    expect((await timeline()).map(({ id }) => id)).not.toContain('e7')
    const again = await post(account, 'call-3', { id: 'e7', variables: { what: 'good' } })
    expect([again.status, again.body.position, again.body.duplicate]).toEqual([202, 10, false])
    await until('it is delivered', async () => isDelivered(webhook, 40))
  }, 30_000)

  test('stops nobody if a client sends it again and again', async () => {
    const url = receivers.add('spoiled-again')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-0')
    await until('the first is delivered', async () => isDelivered(webhook, 1))
    await spoil('event', 'variables', 'marker')
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const bad = { id: 'bad', variables: { what: 'marker' } }
    for (let n = 1; n <= 10; n += 1) {
      const [refused, taken] = await Promise.all([post(account, 'call-1', bad), post(account, 'call-1')])
      expect([refused.status, taken.status, taken.body.position]).toEqual([503, 202, n])
    }
    await until('the others are delivered', async () => isDelivered(webhook, 11))
    const got = receivers.got(url).filter((request) => request.callId === 'call-1')
    expect(got.map((request) => request.position)).toEqual(Array.from({ length: 10 }, (_, n) => n + 1))
  })
})

describe('an outcome that cannot be stored for what the receiver said', () => {
  test('is stored without that, and holds up neither what comes after it nor its neighbours', async () => {
    const url = receivers.add(
      'spoiled-answer',
      ({ position }) => new Response(position === 1 ? 'marker' : 'ok'),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-0', { sequence: 2 })
    await until('the first is delivered', async () => isDelivered(webhook, 1))
    await spoil('delivery', 'state', 'marker')
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await postAll([1, 1, 2, 2].map((call) => event(account, `call-${call}`)))
    await until('all are delivered', async () => isDelivered(webhook, 5))
    expect(receivers.got(url), 'each once').toHaveLength(5)
  })
})

describe('a shard whose storage is full', () => {
  test('answers 503 and never 202, sends nothing of it, and goes on once there is room', async () => {
    const url = receivers.add('full')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1', { id: 'first' })
    await until('the first is delivered', async () => isDelivered(webhook, 1))
    const empty = await fill()
    const refused = await post(account, 'call-1', { id: 'second' })
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable'])
    const events = ['call-1', 'call-2', 'call-2'].map((call) => event(account, call))
    expect((await api('POST', '/v1/events/batch', { events })).status).toBe(503)
    expect((await deliveries(account, webhook)).length, 'and can be read').toBe(1)
    empty()
    const taken = await post(account, 'call-1', { id: 'second' })
    expect([taken.status, taken.body.position, taken.body.duplicate]).toEqual([202, 2, false])
    await until('the second is delivered', async () => isDelivered(webhook, 2))
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
  })

  test('loses no outcome and no delivery: what was under way then is over, and what waits goes, once there is room', async () => {
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const url = receivers.add('full-outcome', async ({ attempt, position }) => {
      if (attempt === 1 && position === 1) await answered
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('the attempt is out', () => receivers.got(url).length === 1)
    await post(account, 'call-1')
    const empty = await fill()
    answer()
    await scheduler.wait(300)
    expect(receivers.got(url), 'the next waits').toHaveLength(1)
    empty()
    await until('both are delivered', async () => isDelivered(webhook, 2))
    const got = receivers.got(url)
    const positions = got.map((request) => request.position)
    expect(positions, 'in order').toEqual([...positions].sort((a, b) => a - b))
    expect(new Set(got.map((request) => request.id)).size).toBe(2)
  })

  test('makes an attempt whose outcome it could not store again if it is thrown away, with the same webhook-id', async () => {
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const url = receivers.add('full-then-gone', async ({ attempt, position }) => {
      if (attempt === 1 && position === 1) await answered
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('the attempt is out', () => receivers.got(url).length === 1)
    await post(account, 'call-1')
    await fill()
    answer()
    await scheduler.wait(100)
    await crash(account)
    await until('both are delivered', async () => isDelivered(webhook, 2))
    const got = receivers.got(url)
    // A maker outside of the shard outlives it, and tells its next life.
    const isToldAgain = env.ATTEMPTS_BY === 'invocation'
    expect(got.map((request) => request.position)).toEqual(isToldAgain ? [1, 2] : [1, 1, 2])
    expect(new Set(got.map((request) => request.id)).size).toBe(2)
  })

  test('makes a retry that came due meanwhile, once there is room', async () => {
    let status = 503
    const url = receivers.add(
      'full-retry',
      () => new Response(null, { status, headers: { 'retry-after': '1' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook))[0]?.last_error === 'status')
    const empty = await fill()
    status = 200
    await scheduler.wait(1_500)
    expect(receivers.got(url), 'not without a row').toHaveLength(1)
    empty()
    await until('it is delivered', async () => isDelivered(webhook, 1))
    expect(receivers.got(url).map((request) => request.attempt)).toEqual([1, 2])
  })
})

describe('an alarm', () => {
  test('is set for whatever the shard owes by the clock', async () => {
    let status = 200
    let isHanging = false
    const url = receivers.add('armed', async () => {
      if (isHanging) await scheduler.wait(5_000)
      return new Response(null, { status, headers: { 'retry-after': '60' } })
    })
    const webhook = await newWebhook(account, url)
    const dueIn = async (): Promise<number> => ((await alarm()) ?? Infinity) - Date.now()

    isHanging = true
    await post(account, 'under-way')
    expect(await dueIn(), 'an attempt under way').toBeLessThanOrEqual(5_000)
    isHanging = false
    await until(
      'it has ended',
      async () => (await deliveries(account, webhook, '&status=pending')).length === 0,
    )

    status = 503
    await post(account, 'waits')
    await until('it waits', async () => (await deliveries(account, webhook))[0]?.last_error === 'status')
    expect(await dueIn(), 'a retry').toBeLessThanOrEqual(60_000)

    status = 200
    await post(account, 'gap', { sequence: 2 })
    expect(await dueIn(), 'the window of a gap').toBeLessThanOrEqual(5_000)
  })

  test('that comes early starts nothing before its time', async () => {
    const url = receivers.add(
      'early',
      () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook))[0]?.last_error === 'status')
    await rests(account)
    for (let n = 0; n < 3; n += 1) await runDurableObjectAlarm(shardOfAccount(account))
    await scheduler.wait(300)
    expect(receivers.got(url)).toHaveLength(1)
    const at = await alarm()
    expect((at ?? 0) - Date.now(), 'and it is set again').toBeGreaterThan(45_000)
    expect((at ?? 0) - Date.now()).toBeLessThanOrEqual(60_000)
  })

  // Again if it was no test of that: whatever asks the object after its eviction wakes it, and then no alarm is late.
  test('that comes late makes what is due by then, in order', { retry: 2 }, async () => {
    let status = 503
    const url = receivers.add('late', () => new Response(null, { status, headers: { 'retry-after': '3' } }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook))[0]?.last_error === 'status')
    // A timer that is still to come would wake it again.
    await rests(account)
    await runInDurableObject(shardOfAccount(account), (_object, { storage }) => storage.deleteAlarm())
    await evictDurableObject(shardOfAccount(account))
    status = 200
    await scheduler.wait(2_500)
    expect(receivers.got(url), 'nothing goes by itself').toHaveLength(1)
    await runInDurableObject(shardOfAccount(account), (_object, { storage }) => storage.setAlarm(Date.now()))
    await until('both are delivered', () => receivers.got(url).length === 3)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 1, 2])
  })

  test('is set by an enable, before anything of what was held has gone', async () => {
    const url = receivers.add('held')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    await change(account, webhook, 'enable')
    await crash(account)
    await until('it is delivered', () => receivers.got(url).length >= 1)
  })
})
