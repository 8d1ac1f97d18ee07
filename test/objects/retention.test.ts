import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, crash, fail, readWebhook, shardOfAccount, tripBreaker } from '../support/outage.ts'
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

const DAY_MS = 24 * 60 * 60 * 1000

const startedMs = Date.now()

let receivers: Receivers
let account: string
let status: number
beforeEach(async () => {
  at(0)
  receivers = new Receivers()
  account = await newAccount()
  status = 200
})
afterEach(() => {
  vi.restoreAllMocks()
})

function receiver(name: string): string {
  return receivers.add(name, () => new Response(null, { status }))
}

/**
 * Sets every clock to so many days after the noon of tomorrow, from where they go on. What an alarm is set for is then
 * always ahead, and it has to be run.
 */
function at(days: number): void {
  const noonMs = (Math.floor(startedMs / DAY_MS) + 1.5) * DAY_MS
  const startMs = performance.now()
  vi.spyOn(Date, 'now').mockImplementation(() =>
    Math.round(noonMs + days * DAY_MS + performance.now() - startMs),
  )
}

/** Runs the shard's alarm until it has done all that is due: it is set for a time that is ahead, or not at all. */
async function alarms(): Promise<void> {
  const shard = shardOfAccount(account)
  await until('nothing is due', async () => {
    if (!(await runDurableObjectAlarm(shard))) return true
    const nextMs = await runInDurableObject(shard, (_object, { storage }) => storage.getAlarm())
    return nextMs === null || nextMs > Date.now() + 60_000
  })
}

/** How many rows the shard has stored of events, deliveries, calls and replays, by table. */
async function contents(): Promise<Record<string, number>> {
  return runInDurableObject(shardOfAccount(account), (_object, { storage: { sql } }) => {
    const names = sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
      )
      .toArray()
      .map((row) => row.name)
      .filter((name) => !['account', 'webhook', 'health', 'mark', 'day', 'schema'].includes(name))
    const counts = names.map((name) => {
      const { count } = sql.exec<{ count: number }>(`SELECT COUNT(*) AS count FROM "${name}"`).one()
      return [name, count] as const
    })
    return Object.fromEntries(counts.filter(([, count]) => count > 0))
  })
}

/** Nothing is left, and nothing will be done: some hours later, since what is carried beyond its day is swept by the hour. */
async function expectNothing(days: number): Promise<void> {
  at(days + 0.1)
  await alarms()
  expect(await contents()).toEqual({})
  const alarm = await runInDurableObject(shardOfAccount(account), (_object, { storage }) =>
    storage.getAlarm(),
  )
  expect(alarm).toBeNull()
}

async function versions(webhook: string): Promise<number[]> {
  const rows = await env.DB.prepare(
    'SELECT version FROM webhook_versions WHERE webhook_id = ? ORDER BY version',
  )
    .bind(webhook)
    .all<{ version: number }>()
  return rows.results.map((row) => row.version)
}

async function delivered(webhook: string, callId: string, count = 1): Promise<void> {
  const filters = `&status=succeeded&call_id=${callId}`
  await until('it is delivered', async () => (await deliveries(account, webhook, filters)).length === count)
}

async function held(webhook: string, count: number): Promise<void> {
  const filters = '&status=held&limit=250'
  await until('it is held', async () => (await deliveries(account, webhook, filters)).length === count)
}

describe('once retention has passed', () => {
  test('nothing is left of a call, nor of the log of its webhook', async () => {
    const webhook = await newWebhook(account, receiver('over'))
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    at(6.9)
    await alarms()
    expect(await deliveries(account, webhook), 'and not before').toHaveLength(1)
    expect((await api('GET', `/v1/calls/call-1?account_id=${account}`)).status).toBe(200)

    at(7.6)
    await alarms()
    expect(await deliveries(account, webhook)).toEqual([])
    expect((await api('GET', `/v1/calls/call-1?account_id=${account}`)).status).toBe(404)
    await expectNothing(7.6)
    expect(await versions(webhook), 'the webhook is as it was').toEqual([1])
  })

  test('an event that comes late for its call begins it anew', async () => {
    const url = receiver('late')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1', { id: 'first' })
    await post(account, 'call-1', { id: 'second' })
    await delivered(webhook, 'call-1', 2)
    at(8)
    await alarms()
    const { body } = await post(account, 'call-1', { id: 'second' })
    expect([body.position, body.duplicate]).toEqual([1, false])
    await delivered(webhook, 'call-1')
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2, 1])
    await evictDurableObject(shardOfAccount(account))
    expect((await post(account, 'call-1', { id: 'second' })).body.duplicate).toBe(true)
    at(16)
    await alarms()
    await expectNothing(16)
  })

  test('a call that goes on keeps its order, its positions and its ids', async () => {
    const url = receiver('goes-on')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1', { id: 'first' })
    await delivered(webhook, 'call-1')
    for (const [index, day] of [5, 10, 15].entries()) {
      at(day)
      await alarms()
      await crash(account)
      const { body } = await post(account, 'call-1', { id: `of-day-${day}` })
      expect([body.position, body.duplicate]).toEqual([index + 2, false])
      const last = async () => (await deliveries(account, webhook))[0]
      await until('it is delivered', async () => {
        const { position, status: stands } = (await last()) ?? {}
        return position === index + 2 && stands === 'succeeded'
      })
    }
    expect((await post(account, 'call-1', { id: 'first' })).body).toMatchObject({
      position: 1,
      duplicate: true,
    })
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2, 3, 4])
    await delivered(webhook, 'call-1', 2)
    at(30)
    await alarms()
    await expectNothing(30)
  })

  test('what is held or waits for a retry is kept, however old, and is delivered', async () => {
    const url = receivers.add(
      'kept',
      () => new Response(null, { status, headers: { 'retry-after': '3600' } }),
    )
    const webhook = await newWebhook(account, url)
    status = 503
    await post(account, 'pending')
    const waits = async () =>
      (await deliveries(account, webhook, '&status=pending'))[0]?.last_error === 'status'
    await until('one waits', waits)
    await change(account, webhook, 'pause')
    await post(account, 'held')
    await until('one is held', async () => (await deliveries(account, webhook, '&call_id=held')).length === 1)
    at(30)
    await alarms()
    const left = async () => (await deliveries(account, webhook)).map((each) => [each.call_id, each.status])
    await until('both are held', async () => (await left()).every(([, each]) => each === 'held'))
    expect(await left()).toHaveLength(2)
    status = 200
    await change(account, webhook, 'enable')
    await delivered(webhook, 'pending')
    await delivered(webhook, 'held')
  })

  test('what was held for longer is delivered in the order of each call when it is enabled, with all that came since', async () => {
    const url = receiver('held-long')
    const webhook = await newWebhook(account, url)
    const bodies = (): (string | undefined)[] => receivers.got(url).map((request) => request.body)
    // One of the first call is delivered, and its place is before the others.
    await post(account, 'call-0', { variables: { n: 'delivered' } })
    await delivered(webhook, 'call-0')
    await change(account, webhook, 'pause')
    const calls = Array.from({ length: 20 }, (_, n) => `call-${n}`)
    const postAll = async (n: number): Promise<void> => {
      const events = calls.map((call) => event(account, call, { variables: { n: `n-${n}-of-${call}` } }))
      expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    }
    for (const n of [1, 2, 3]) await postAll(n)
    await held(webhook, 60)
    at(9)
    await alarms()
    await crash(account)
    await postAll(4)
    at(20)
    await alarms()
    await crash(account)
    expect(await deliveries(account, webhook, '&status=held&limit=250')).toHaveLength(80)
    await postAll(5)
    await change(account, webhook, 'enable')
    await until('all are delivered', () => receivers.got(url).length === 101)
    for (const call of calls) {
      const got = receivers.got(url).filter((request) => request.callId === call)
      const first = call === 'call-0' ? 1 : 0
      expect(got.map((request) => request.position)).toEqual(got.map((_each, index) => index + 1))
      const sent = got.slice(first).map((request) => JSON.parse(request.body) as { n: string })
      expect(sent.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5].map((n) => `n-${n}-of-${call}`))
    }
    expect(new Set(bodies()).size).toBe(101)
    at(30)
    await alarms()
    await expectNothing(30)
  })

  test('a replay is forgotten', async () => {
    const webhook = await newWebhook(account, receiver('replayed'))
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    const path = `/v1/webhooks/${webhook}/replay`
    const asked = { since: '2020-01-01T00:00:00Z', statuses: ['succeeded'] }
    const { id } = (await api<{ id: string }>('POST', path, asked)).body
    const read = async () => api<{ status: string }>('GET', `${path}s/${id}`)
    await until('it is done', async () => (await read()).body.status === 'done')
    at(8)
    await alarms()
    expect((await read()).status).toBe(404)
    await expectNothing(8)
  })

  test('a report that comes late changes nothing and leaves nothing behind', async () => {
    const webhook = await newWebhook(account, receiver('stray'))
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    at(8)
    await alarms()
    const result = {
      started_at: Date.now(),
      duration_ms: 5,
      status_code: 500,
      error: 'status' as const,
      response_body: null,
      version: 1,
      retry_after_ms: null,
    }
    const claim = { call_id: 'call-1', webhook_id: webhook, seq: 1, token: 1, attempt: 1 }
    expect(await shardOfAccount(account).report([{ ...claim, via: 'queue', result }], false)).toEqual([])
    expect(await deliveries(account, webhook)).toEqual([])
    await expectNothing(8)
  })

  test('a webhook that was failing is still known to be, and recovers', async () => {
    const webhook = await newWebhook(account, receiver('failing'))
    status = 500
    await fail(account, webhook)
    const isFailing = async () => (await readWebhook(account, webhook)).health === 'failing'
    expect(await isFailing()).toBe(true)
    // Not so long that it is disabled for it.
    at(4)
    await fail(account, webhook)
    at(4.9)
    await alarms()
    await evictDurableObject(shardOfAccount(account))
    expect(await isFailing()).toBe(true)
    status = 200
    await post(account, 'call-3')
    const isHealthy = async () => (await readWebhook(account, webhook)).health === 'healthy'
    await until('it is healthy', isHealthy)
  })
})

describe('the configurations that a webhook has had', () => {
  test('are kept as long as the log may have an attempt of theirs, and then forgotten but for the current one', async () => {
    const webhook = await newWebhook(account, receiver('versions'))
    const patch = async (name: string) => api('PATCH', `/v1/webhooks/${webhook}`, { name })
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    await patch('Two')
    at(1)
    await post(account, 'call-2')
    await delivered(webhook, 'call-2')
    at(2)
    await patch('Three')
    await post(account, 'call-3')
    await delivered(webhook, 'call-3')
    await alarms()
    expect(await versions(webhook)).toEqual([1, 2, 3])
    at(7.6)
    await alarms()
    await until('the first is of no attempt that is left', async () => (await versions(webhook)).length === 2)
    expect(await versions(webhook)).toEqual([2, 3])
    const [, second] = await deliveries(account, webhook)
    const shown = await api<{ request: object | null }>('GET', `/v1/deliveries/${second?.id ?? ''}`)
    expect(shown.body.request).not.toBeNull()
    at(10)
    await alarms()
    await until('one is left', async () => (await versions(webhook)).length === 1)
    expect(await versions(webhook)).toEqual([3])
    await expectNothing(10)
  })

  test('go with the log of a webhook that has been deleted, even while its breaker was open', async () => {
    const webhook = await newWebhook(account, receiver('deleted'))
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    status = 500
    await tripBreaker(account, webhook)
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length > 0)
    expect((await api('DELETE', `/v1/webhooks/${webhook}`)).status).toBe(204)
    const shard = shardOfAccount(account)
    expect((await shard.deliveries({ limit: 10, status: 'held' })).deliveries).toEqual([])
    await alarms()
    expect(await versions(webhook), 'its log may still be read').toEqual([1])
    at(8)
    await alarms()
    await until('none is left', async () => (await versions(webhook)).length === 0)
    await expectNothing(8)
  })

  test('go with the oldest day of the account’s log if their webhook never had a delivery', async () => {
    await newWebhook(account, receiver('used'))
    await post(account, 'call-1')
    const webhook = await newWebhook(account, receiver('unused'))
    await api('PATCH', `/v1/webhooks/${webhook}`, { name: 'Other' })
    await api('DELETE', `/v1/webhooks/${webhook}`)
    at(8)
    await alarms()
    await until('none is left', async () => (await versions(webhook)).length === 0)
  })
})

test('of a deleted account nothing is left in D1 but the audit log, and nothing in its shards once retention has passed', async () => {
  const webhook = await newWebhook(account, receiver('account'))
  await api('POST', `/v1/accounts/${account}/keys`, { name: 'k', scope: 'read' })
  await api('PUT', `/v1/accounts/${account}/numbers`, { numbers: [{ number: '+918069010148', label: 'n' }] })
  await post(account, 'call-1')
  await delivered(webhook, 'call-1')
  await change(account, webhook, 'pause')
  await post(account, 'call-1')
  await held(webhook, 1)
  expect((await api('DELETE', `/v1/accounts/${account}`)).status).toBe(204)

  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string
  }>()
  for (const { name } of tables.results.filter((each) => !/^(_cf_|d1_|sqlite_|audit$)/.test(each.name))) {
    const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
    const left = results.filter((row) => [account, webhook].some((id) => JSON.stringify(row).includes(id)))
    expect(left, name).toEqual([])
  }
  const page = await shardOfAccount(account).deliveries({ limit: 10, status: 'held' })
  expect(page.deliveries, 'what was held is discarded').toEqual([])
  at(8)
  await alarms()
  await expectNothing(8)
})

test('a log that is about to fill its storage forgets the oldest day, but nothing that has not ended, and says so', async () => {
  const shard = async () =>
    (
      await api<{ data: { share: number; held: number; [time: `${string}_at`]: string }[] }>(
        'GET',
        `/v1/accounts/${account}/shards`,
      )
    ).body.data[0]
  const webhook = await newWebhook(account, receiver('full'))
  for (const id of ['call-1', 'call-2']) {
    await post(account, id)
    await delivered(webhook, id)
  }
  await change(account, webhook, 'pause')
  await post(account, 'call-3')
  await held(webhook, 1)
  at(1)
  await post(account, 'call-4')
  const listed = async () => (await deliveries(account, webhook)).map((each) => each.call_id)
  expect(await listed()).toEqual(['call-4', 'call-3', 'call-2', 'call-1'])
  const before = await shard()
  await runInDurableObject(shardOfAccount(account), (_object, { storage: { sql } }) => {
    Object.defineProperty(sql, 'databaseSize', { value: 9.1e9 })
  })
  await runDurableObjectAlarm(shardOfAccount(account))
  await until('the oldest are gone', async () => (await listed()).length === 2)
  expect(await listed()).toEqual(['call-4', 'call-3'])
  const after = await shard()
  expect(after).toMatchObject({ share: 0.91, held: 2, oldest_waiting_at: before?.oldest_waiting_at })
  const dayOf = (time: string | undefined): number => Math.floor(Date.parse(time ?? '') / DAY_MS)
  // How far back the log goes; what is carried on because it waits is older.
  expect(dayOf(after?.oldest_event_at)).toBe(dayOf(before?.oldest_event_at) + 1)
  expect(dayOf(after?.oldest_waiting_at)).toBe(dayOf(before?.oldest_event_at))
})
