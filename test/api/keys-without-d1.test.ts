import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { app } from '../../src/api/app.ts'
import { KEY_RENEWED_AFTER_MS, KEY_USED_MS, KEY_USED_WITHOUT_D1_MS } from '../../src/api/auth/known-keys.ts'
import { d1Around, Fault } from '../support/bindings.ts'
import { newKey, type ProblemBody } from '../support/control.ts'
import { api, env, newAccount, until } from '../support/relay.ts'

const isKeyRead = (sql: string): boolean => /^select .* from "keys"/i.test(sql)

let nowMs: number
beforeEach(() => {
  nowMs = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Posts what is no event: 422 says that the key was taken. */
async function postWith(key: string, bindings: typeof env = env): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const ctx = createExecutionContext()
  const answer = await app.request('/v1/events', { method: 'POST', headers, body: '{}' }, bindings, ctx)
  await waitOnExecutionContext(ctx)
  return answer.status
}

/** A D1 whose reads of keys are counted, and may be made to fail. */
function watched(happens?: () => Promise<never>) {
  const reads = new Fault(isKeyRead, happens ?? ((next) => next())).on()
  return { reads, bindings: { ...env, DB: d1Around(env.DB, reads.around) } }
}
const away = () => watched(() => Promise.reject(new Error('D1_ERROR: no such thing')))

async function ingestKey() {
  const account = await newAccount()
  return { account, ...(await newKey(account, 'ingest')) }
}

describe('the key of an event', () => {
  test('is read once, and then behind an answer now and then', async () => {
    const { key } = await ingestKey()
    const { reads, bindings } = watched()
    for (let n = 0; n < 5; n += 1) expect(await postWith(key, bindings)).toBe(422)
    expect(reads.met).toBe(1)
    nowMs += KEY_RENEWED_AFTER_MS
    for (let n = 0; n < 5; n += 1) expect(await postWith(key, bindings)).toBe(422)
    await until('it is renewed', () => reads.met === 2)
    await scheduler.wait(100)
    nowMs += KEY_RENEWED_AFTER_MS - 1
    expect(await postWith(key, bindings)).toBe(422)
    expect(reads.met).toBe(2)
  })

  test('that was not used for a while is read first, and once for many events', async () => {
    const { key } = await ingestKey()
    const { reads, bindings } = watched()
    expect(await postWith(key, bindings)).toBe(422)
    nowMs += KEY_USED_MS
    const answers = await Promise.all(Array.from({ length: 20 }, async () => postWith(key, bindings)))
    expect(new Set(answers)).toEqual(new Set([422]))
    expect(reads.met).toBe(2)
  })

  test('that was never read is 503 while D1 is away', async () => {
    const { key } = await ingestKey()
    expect(await postWith(key, away().bindings)).toBe(503)
  })

  test('goes on to be good for an hour while D1 is away, and is read as soon as it is back', async () => {
    const { key } = await ingestKey()
    expect(await postWith(key)).toBe(422)
    const { reads, bindings } = away()
    for (let passedMs = 0; passedMs < KEY_USED_WITHOUT_D1_MS - 60_000; passedMs += 60_000) {
      nowMs += 60_000
      expect(await postWith(key, bindings)).toBe(422)
    }
    expect(reads.met).toBeGreaterThan(50)
    expect(await postWith(key)).toBe(422)
    nowMs += KEY_USED_WITHOUT_D1_MS
    expect(await postWith(key, bindings)).toBe(503)
    nowMs += 1_000
    expect(await postWith(key)).toBe(422)
  })

  test('is not waited for while D1 does not answer', async () => {
    const { key } = await ingestKey()
    expect(await postWith(key)).toBe(422)
    nowMs += KEY_USED_MS
    const { bindings } = watched(() => new Promise<never>(() => {}))
    const before = performance.now()
    expect(await postWith(key, bindings)).toBe(422)
    for (let n = 0; n < 10; n += 1) expect(await postWith(key, bindings)).toBe(422)
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  test('that is deleted is refused here at once, and in every isolate within a minute', async () => {
    const { account, id, key } = await ingestKey()
    expect(await postWith(key)).toBe(422)
    expect((await api('DELETE', `/v1/accounts/${account}/keys/${id}`)).status).toBe(204)
    expect(await postWith(key)).toBe(401)
    // As another isolate has it: the row goes without a word.
    const other = await ingestKey()
    expect(await postWith(other.key)).toBe(422)
    await env.DB.prepare('DELETE FROM keys WHERE id = ?').bind(other.id).run()
    nowMs += KEY_USED_MS - 1
    expect(await postWith(other.key)).toBe(422)
    await until('it is renewed', async () => (await postWith(other.key)) === 401)
    const third = await ingestKey()
    expect(await postWith(third.key)).toBe(422)
    await env.DB.prepare('DELETE FROM keys WHERE id = ?').bind(third.id).run()
    nowMs += KEY_USED_MS
    expect(await postWith(third.key)).toBe(401)
  })

  test('expires on the moment', async () => {
    const account = await newAccount()
    const made = await api<{ key: string }>('POST', `/v1/accounts/${account}/keys`, {
      name: 'Short',
      scope: 'ingest',
      expires_at: new Date(nowMs + 5_000).toISOString(),
    })
    const { key } = made.body
    expect(await postWith(key)).toBe(422)
    nowMs += 4_999
    expect(await postWith(key)).toBe(422)
    nowMs += 1
    expect(await postWith(key)).toBe(401)
  })
})

test('every other route reads the key each time, and is 503 while D1 is away', async () => {
  const { key } = await newKey(await newAccount(), 'read')
  const get = async (bindings: typeof env) =>
    app.request('/v1/webhooks', { headers: { authorization: `Bearer ${key}` } }, bindings)
  const { reads, bindings } = watched()
  for (let n = 0; n < 3; n += 1) expect((await get(bindings)).status).toBe(200)
  expect(reads.met).toBe(3)
  const answer = await get(away().bindings)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect((await answer.json<ProblemBody>()).code).toBe('unavailable')
})
