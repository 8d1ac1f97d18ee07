import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import { newUlid, secureRandom } from '../../src/lib/id.ts'
import { STALE_REVISION } from '../../src/webhooks/log.ts'
import { webhookObject } from '../../src/webhooks/webhook-key.ts'
import { change, openBreaker, readWebhook } from '../support/outage.ts'
import { api, deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const NOTHING = { tables: [], keys: [], alarm: null }

let receivers: Receivers
let account: string
let status: number
beforeEach(async () => {
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

/** All that an object has stored. */
async function contents(stub: DurableObjectStub) {
  return runInDurableObject(stub, async (_object, { storage }) => ({
    tables: storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'")
      .toArray()
      .map((row) => row.name),
    keys: [...storage.kv.list()].map(([key]) => key),
    alarm: await storage.getAlarm(),
  }))
}

/** Has so many days pass, as every clock shows it. Alarms that are set from then on have to be run. */
function pass(days: number): void {
  const thenMs = Date.now() + days * DAY_MS
  const startMs = performance.now()
  vi.spyOn(Date, 'now').mockImplementation(() => Math.round(thenMs + performance.now() - startMs))
}

const call = (id: string) => callObject(env, account, id)

/** Runs the alarms of the objects that are left to themselves: what was taken is noted, what is over is cleared. */
async function alarms(...stubs: DurableObjectStub[]): Promise<void> {
  for (const stub of stubs) await runDurableObjectAlarm(stub)
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

describe('once retention has passed', () => {
  test('nothing is left of a call, nor of the log of its webhook', async () => {
    const webhook = await newWebhook(account, receiver('over'))
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    const log = webhookObject(env, webhook)
    await alarms(call('call-1'), log)
    expect((await contents(call('call-1'))).tables).toEqual(['record'])
    expect((await contents(log)).tables).toEqual(['delivery', 'waiting'])

    pass(6.9)
    await alarms(call('call-1'), log)
    expect((await contents(call('call-1'))).tables, 'and not before').toEqual(['record'])
    expect(await deliveries(account, webhook)).toHaveLength(1)

    pass(0.2)
    await alarms(call('call-1'), log)
    expect(await contents(call('call-1'))).toEqual(NOTHING)
    expect(await contents(log)).toEqual(NOTHING)
    expect(await deliveries(account, webhook)).toEqual([])
    expect((await api('GET', `/v1/calls/call-1?account_id=${account}`)).status).toBe(404)
    expect(await versions(webhook), 'the webhook is as it was').toEqual([1])
  })

  test('an event that comes late for its call begins it anew', async () => {
    const url = receiver('late')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1', { id: 'first' })
    await post(account, 'call-1', { id: 'second' })
    await delivered(webhook, 'call-1', 2)
    await alarms(call('call-1'), webhookObject(env, webhook))
    pass(8)
    await alarms(call('call-1'), webhookObject(env, webhook))
    const { body } = await post(account, 'call-1', { id: 'second' })
    expect([body.position, body.duplicate]).toEqual([1, false])
    await delivered(webhook, 'call-1')
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2, 1])
    await evictDurableObject(call('call-1'))
    expect((await post(account, 'call-1', { id: 'second' })).body.duplicate).toBe(true)
    expect((await contents(call('call-1'))).alarm, 'it will be cleared in its turn').not.toBeNull()
  })

  test('what is held or waits for a retry is kept, however old, and is delivered', async () => {
    const url = receivers.add(
      'kept',
      () => new Response(null, { status, headers: { 'retry-after': '3600' } }),
    )
    const webhook = await newWebhook(account, url)
    status = 503
    await post(account, 'pending')
    await until('one waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
    await change(account, webhook, 'pause')
    await post(account, 'held')
    await until('one is held', async () => (await deliveries(account, webhook, '&call_id=held')).length === 1)
    const all = [call('pending'), call('held'), webhookObject(env, webhook)]
    await alarms(...all)
    pass(30)
    await alarms(...all)
    await alarms(...all)
    const left = async () => (await deliveries(account, webhook)).map((each) => [each.call_id, each.status])
    await until('both are held', async () => (await left()).every(([, each]) => each === 'held'))
    expect(await left()).toHaveLength(2)
    status = 200
    await change(account, webhook, 'enable')
    await delivered(webhook, 'pending')
    await delivered(webhook, 'held')
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
    await alarms(call('call-1'), webhookObject(env, webhook))
    pass(8)
    await alarms(call('call-1'), webhookObject(env, webhook))
    expect((await read()).status).toBe(404)
    expect(await contents(webhookObject(env, webhook))).toEqual(NOTHING)
  })

  test('reports that come late, after newer ones, leave nothing behind', async () => {
    const webhook = await newWebhook(account, receiver('stray'))
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    const log = webhookObject(env, webhook)
    const lane = { account_id: account, webhook_id: webhook, call_id: 'call-1' }
    await log.report({ ...lane, entries: [], waits: 'backoff' })
    // An attempt whose claim had lapsed, heard of when all else of its delivery has been forgotten.
    const id = `dlv_${newUlid(Date.now(), secureRandom)}${webhook.slice('wh_'.length)}`
    const stale = {
      id,
      revision: STALE_REVISION,
      event_id: 'evt_1',
      call_id: 'call-1',
      trigger: 'call_answered_by_agent',
      position: 1,
      late: false,
      status: 'pending' as const,
      attempt_count: 1,
      next_attempt_at: null,
      last_status_code: null,
      last_error: null,
      created_at: Date.now(),
      completed_at: null,
      attempt: null,
    }
    await log.report({ ...lane, entries: [stale], waits: 'backoff' })
    await alarms(call('call-1'), log)
    pass(8)
    await alarms(call('call-1'), log, log)
    await until('nothing is left', async () => {
      await alarms(log)
      return (await contents(log)).tables.length === 0
    })
    expect(await contents(log)).toEqual(NOTHING)
  })

  test('a webhook that was failing is still known to be, and recovers', async () => {
    const webhook = await newWebhook(account, receiver('failing'))
    status = 500
    for (const id of ['call-1', 'call-2']) await post(account, id)
    const isFailing = async () => (await readWebhook(account, webhook)).health === 'failing'
    await until('it is failing', isFailing)
    const isOver = async () => (await deliveries(account, webhook, '&status=failed')).length === 2
    await until('both have failed', isOver)
    const log = webhookObject(env, webhook)
    const all = [call('call-1'), call('call-2'), log]
    await alarms(...all)
    pass(8)
    await alarms(...all)
    expect(await deliveries(account, webhook)).toEqual([])
    await evictDurableObject(log)
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
    const log = webhookObject(env, webhook)
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    await patch('Two')
    pass(1)
    await post(account, 'call-2')
    await delivered(webhook, 'call-2')
    pass(1)
    await patch('Three')
    await post(account, 'call-3')
    await delivered(webhook, 'call-3')
    await alarms(call('call-1'), call('call-2'), call('call-3'), log)
    expect(await versions(webhook)).toEqual([1, 2, 3])
    pass(5.5)
    await alarms(call('call-1'), log)
    expect(await versions(webhook), 'the first is of no attempt that is left').toEqual([2, 3])
    const [, second] = await deliveries(account, webhook)
    const shown = await api<{ request: object | null }>('GET', `/v1/deliveries/${second?.id ?? ''}`)
    expect(shown.body.request).not.toBeNull()
    pass(5)
    await alarms(call('call-2'), call('call-3'), log)
    expect(await versions(webhook)).toEqual([3])
    expect(await contents(log)).toEqual(NOTHING)
  })

  test('go with the log of a webhook that has been deleted, even while its breaker was open', async () => {
    const webhook = await newWebhook(account, receiver('deleted'))
    await post(account, 'call-1')
    await delivered(webhook, 'call-1')
    status = 500
    await openBreaker(account, webhook)
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length > 0)
    expect((await api('DELETE', `/v1/webhooks/${webhook}`)).status).toBe(204)
    const log = webhookObject(env, webhook)
    const calls = ['call-1', 'first-to-fail', 'second-to-fail', 'third-to-fail'].map(call)
    const isDiscarded = async () => (await log.deliveries({ limit: 10, status: 'held' })).length === 0
    await until('what was held is discarded', isDiscarded)
    await alarms(...calls, log)
    expect(await versions(webhook), 'its log may still be read').toEqual([1])
    pass(8)
    await until('its calls are over', async () => {
      await alarms(...calls)
      const left = await Promise.all(calls.map(async (each) => contents(each)))
      return left.every(({ tables }) => tables.length === 0)
    })
    await alarms(log)
    expect(await versions(webhook)).toEqual([])
    expect(await contents(log)).toEqual(NOTHING)
  })

  test('go at once with a webhook that never had a delivery', async () => {
    const webhook = await newWebhook(account, receiver('unused'))
    await api('PATCH', `/v1/webhooks/${webhook}`, { name: 'Other' })
    await api('DELETE', `/v1/webhooks/${webhook}`)
    expect(await versions(webhook)).toEqual([])
    expect(await contents(webhookObject(env, webhook))).toEqual(NOTHING)
  })
})

test('of a deleted account nothing is left in D1 but the audit log, and nothing in objects once retention has passed', async () => {
  const webhook = await newWebhook(account, receiver('account'))
  await api('POST', `/v1/accounts/${account}/keys`, { name: 'k', scope: 'read' })
  await api('PUT', `/v1/accounts/${account}/numbers`, { numbers: [{ number: '+918069010148', label: 'n' }] })
  await post(account, 'call-1')
  await delivered(webhook, 'call-1')
  await change(account, webhook, 'pause')
  await post(account, 'call-1')
  await until('one is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
  expect((await api('DELETE', `/v1/accounts/${account}`)).status).toBe(204)

  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string
  }>()
  for (const { name } of tables.results.filter((each) => !/^(_cf_|d1_|sqlite_|audit$)/.test(each.name))) {
    const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
    const left = results.filter((row) => [account, webhook].some((id) => JSON.stringify(row).includes(id)))
    expect(left, name).toEqual([])
  }
  const log = webhookObject(env, webhook)
  const isDiscarded = async () => (await log.deliveries({ limit: 10, status: 'held' })).length === 0
  await until('what was held is discarded', isDiscarded)
  await alarms(call('call-1'), log)
  pass(8)
  await alarms(call('call-1'), log)
  expect(await contents(call('call-1'))).toEqual(NOTHING)
  expect(await contents(log)).toEqual(NOTHING)
})

test('a log that is about to fill its storage forgets the oldest that have ended, and none that have not', async () => {
  const webhook = await newWebhook(account, receiver('full'))
  for (const id of ['call-1', 'call-2']) {
    await post(account, id)
    await delivered(webhook, id)
  }
  await change(account, webhook, 'pause')
  await post(account, 'call-3')
  await until('one is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
  const log = webhookObject(env, webhook)
  await runInDurableObject(log, (_object, { storage: { sql } }) => {
    Object.defineProperty(sql, 'databaseSize', { value: 9 * 1024 ** 3 })
  })
  await post(account, 'call-4')
  const listed = async () => (await deliveries(account, webhook)).map((each) => each.call_id)
  await until('the next is on record', async () => (await listed()).includes('call-4'))
  expect(await listed()).toEqual(['call-4', 'call-3'])
})
