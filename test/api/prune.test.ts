import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newId, secureRandom } from '../../src/lib/id.ts'
import { settingsOf } from '../../src/lib/settings.ts'
import { KEY_KEPT_MS } from '../../src/store/idempotency.ts'
import { prune, PRUNED_AT_ONCE } from '../../src/store/prune.ts'
import { audit } from '../support/audit.ts'
import { d1Around } from '../support/bindings.ts'
import { ADMIN_KEY, api, env, newAccount, until } from '../support/relay.ts'
import { raw } from '../support/control.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const HOUR_MS = 60 * 60 * 1000

beforeEach(async () => {
  // What other tests have left.
  await env.DB.batch([env.DB.prepare('DELETE FROM audit'), env.DB.prepare('DELETE FROM idempotent_requests')])
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Writes entries that were made at a time. */
async function entries(account: string, count: number, atMs: number): Promise<void> {
  const rows = Array.from({ length: count }, () => newId('aud', atMs, secureRandom))
  await env.DB.prepare(
    `INSERT INTO audit SELECT value, ?, 'admin', 'account.updated', ?, NULL, NULL, ?, NULL FROM json_each(?)`,
  )
    .bind(account, account, atMs, JSON.stringify(rows))
    .run()
}

/** Writes requests with a key that came at a time. */
async function requests(count: number, atMs: number): Promise<void> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID())
  await env.DB.prepare(`INSERT INTO idempotent_requests SELECT value, '', '', NULL, ?, ? FROM json_each(?)`)
    .bind(atMs, atMs, JSON.stringify(ids))
    .run()
}

async function rowsOf(table: 'audit' | 'idempotent_requests'): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')) ?? Number.NaN
}

/** Bindings whose D1 tells what its statements have read and written. */
function counting() {
  const rows = { read: 0, written: 0 }
  const db = d1Around(env.DB, async (_sql, next) => {
    const results = (await next()) as D1Result[] // safe: `prune` makes one batch
    for (const { meta } of results) {
      rows.read += meta.rows_read
      rows.written += meta.rows_written
    }
    return results
  })
  return { rows, bindings: { ...env, DB: db } }
}

test('an entry of the audit log is kept for 400 days unless AUDIT_DAYS says otherwise', () => {
  const keys = { ADMIN_KEY, ENCRYPTION_KEY: 'encryption-key-0123456789' }
  expect(settingsOf(keys).auditMs).toBe(400 * DAY_MS)
  expect(settingsOf({ ...keys, AUDIT_DAYS: '30' }).auditMs).toBe(30 * DAY_MS)
  for (const AUDIT_DAYS of ['0', '-1', 'long', '']) {
    expect(() => settingsOf({ ...keys, AUDIT_DAYS }), AUDIT_DAYS).toThrow('AUDIT_DAYS')
  }
})

describe('what is old goes', () => {
  test('from the audit log, a bounded number of entries at a time, and nothing younger', async () => {
    const account = await newAccount()
    const nowMs = Date.now()
    await entries(account, 2 * PRUNED_AT_ONCE + 1, nowMs - 400 * DAY_MS - 1)
    await entries(account, 3, nowMs - 400 * DAY_MS + 1_000)
    const young = (await rowsOf('audit')) - (2 * PRUNED_AT_ONCE + 1)
    expect(await audit(`&account_id=${account}`), 'not shown before they are gone either').toHaveLength(young)
    expect(await prune(env, nowMs)).toBe(true)
    expect(await rowsOf('audit')).toBe(young + PRUNED_AT_ONCE + 1)
    expect(await prune(env, nowMs)).toBe(true)
    expect(await prune(env, nowMs)).toBe(false)
    expect(await rowsOf('audit')).toBe(young)
  })

  test('of requests with an Idempotency-Key, in the same way', async () => {
    const nowMs = Date.now()
    await requests(PRUNED_AT_ONCE + 1, nowMs - KEY_KEPT_MS)
    await requests(3, nowMs - KEY_KEPT_MS + 1_000)
    expect(await prune(env, nowMs)).toBe(true)
    expect(await rowsOf('idempotent_requests')).toBe(4)
    expect(await prune(env, nowMs)).toBe(false)
    expect(await rowsOf('idempotent_requests')).toBe(3)
  })

  test('and where nothing is old little is read and nothing written', async () => {
    const account = await newAccount()
    const nowMs = Date.now()
    await entries(account, 2_000, nowMs)
    await requests(2_000, nowMs)
    const { rows, bindings } = counting()
    expect(await prune(bindings, nowMs)).toBe(false)
    expect(rows.written).toBe(0)
    expect(rows.read).toBeLessThanOrEqual(2 * PRUNED_AT_ONCE + 10)
  })
})

describe('a request to the configuration has it go, behind its answer', () => {
  test('once an hour, and sooner while there is more', async () => {
    const account = await newAccount()
    let nowMs = Date.now() + 2 * HOUR_MS
    vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
    await entries(account, PRUNED_AT_ONCE + 1, nowMs - 401 * DAY_MS)
    const all = await rowsOf('audit')
    await api('GET', '/v1/triggers')
    await until('a portion is gone', async () => (await rowsOf('audit')) === all - PRUNED_AT_ONCE)
    await until('the rest goes a minute later', async () => {
      nowMs += 60_000
      await api('GET', '/v1/triggers')
      return (await rowsOf('audit')) === all - PRUNED_AT_ONCE - 1
    })

    await entries(account, 1, nowMs - 401 * DAY_MS)
    nowMs += HOUR_MS - 5 * 60_000
    await api('GET', '/v1/triggers')
    await scheduler.wait(100)
    expect(await rowsOf('audit'), 'not within the hour').toBe(all - PRUNED_AT_ONCE)
    nowMs += 10 * 60_000
    await api('GET', '/v1/triggers')
    await until('it is gone', async () => (await rowsOf('audit')) === all - PRUNED_AT_ONCE - 1)
  })

  test('and not one without a good key', async () => {
    const account = await newAccount()
    const nowMs = Date.now() + 20 * HOUR_MS
    vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
    await entries(account, 1, nowMs - 401 * DAY_MS)
    const all = await rowsOf('audit')
    expect((await raw('GET', '/v1/triggers', { key: 'nobody' })).status).toBe(401)
    await scheduler.wait(100)
    expect(await rowsOf('audit')).toBe(all)
  })
})
