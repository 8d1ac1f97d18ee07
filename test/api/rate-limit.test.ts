import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { senderOf } from '../../src/api/auth/rate-limit.ts'
import { newKey, type ProblemBody } from '../support/control.ts'
import { env, event, newAccount } from '../support/relay.ts'

// Safe: vitest.config.ts makes it, a limit of 2 in a minute.
const { TEST_LIMIT } = bindings as unknown as { TEST_LIMIT: RateLimit }

interface Ask {
  key?: string
  from?: string
  method?: string
  path?: string
  body?: object
}

async function ask(
  given: Partial<typeof env>,
  { key, from, method = 'GET', path, body }: Ask,
): Promise<Response> {
  const ctx = createExecutionContext()
  const headers = {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(from === undefined ? {} : { 'cf-connecting-ip': from }),
    'content-type': 'application/json',
  }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const answer = await app.request(path ?? '/v1/triggers', init, { ...env, ...given }, ctx)
  await waitOnExecutionContext(ctx)
  return answer
}

/** The statuses of so many requests, one after the other, in order and counted. */
async function statuses(count: number, given: Partial<typeof env>, asked: Ask): Promise<[number, number][]> {
  const runs: [number, number][] = []
  for (let n = 0; n < count; n += 1) {
    const { status } = await ask(given, asked)
    const last = runs.at(-1)
    if (last?.[0] === status) last[1] += 1
    else runs.push([status, 1])
  }
  return runs
}

/** A limit that is spied on: what it is asked for, and what it says. */
function limitOf(allowed: () => boolean | Promise<boolean>) {
  const keys: string[] = []
  const limit: RateLimit = {
    limit: async ({ key }) => {
      keys.push(key)
      return { success: await allowed() }
    },
  }
  return { limit, keys }
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A window of TEST_LIMIT begins with each minute; what a test asks has to fall into one. */
async function withinOneWindow(): Promise<void> {
  const leftMs = 60_000 - (Date.now() % 60_000)
  if (leftMs < 5_000) await scheduler.wait(leftMs)
}

describe('a key that asks too much', () => {
  test('is answered 429 with Retry-After, as a problem; another key is not', async () => {
    const account = await newAccount()
    const [one, two] = [await newKey(account, 'read'), await newKey(account, 'read')]
    await withinOneWindow()
    // A limit of 2 lots, of 10 requests each.
    expect(await statuses(25, { API_LIMIT: TEST_LIMIT }, { key: one.key })).toEqual([
      [200, 20],
      [429, 5],
    ])
    const refused = await ask({ API_LIMIT: TEST_LIMIT }, { key: one.key })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10'])
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect((await refused.json<ProblemBody>()).code).toBe('rate_limited')
    expect((await ask({ API_LIMIT: TEST_LIMIT }, { key: two.key })).status).toBe(200)
  })

  test('takes no event: a 429 is never a 202', async () => {
    const account = await newAccount()
    const { key } = await newKey(account, 'ingest')
    const refusing = limitOf(() => false)
    const post = { key, method: 'POST', path: '/v1/events', body: event(account, 'call-1') }
    expect((await ask({ INGEST_LIMIT: refusing.limit }, post)).status).toBe(429)
    expect((await ask({ INGEST_LIMIT: refusing.limit }, { ...post, path: '/v1/events/batch' })).status).toBe(
      429,
    )
    const reader = await newKey(account, 'read')
    expect((await ask({}, { key: reader.key, path: '/v1/calls/call-1' })).status).toBe(404)
  })

  test('is let in again when the limit says so', async () => {
    const { key } = await newKey(await newAccount(), 'read')
    let open = false
    const limit = limitOf(() => open)
    expect((await ask({ API_LIMIT: limit.limit }, { key })).status).toBe(429)
    open = true
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 })
    expect((await ask({ API_LIMIT: limit.limit }, { key })).status).toBe(200)
  })
})

describe('the limits', () => {
  test('of events and of other routes are apart, each by the id of the key and asked once a lot', async () => {
    const account = await newAccount()
    const { id, key } = await newKey(account, 'admin')
    const [ingest, api] = [limitOf(() => true), limitOf(() => true)]
    const given = { INGEST_LIMIT: ingest.limit, API_LIMIT: api.limit }
    expect(await statuses(101, given, { key, method: 'POST', path: '/v1/events', body: {} })).toEqual([
      [422, 101],
    ])
    expect(api.keys).toEqual([])
    expect(ingest.keys).toEqual([id, id, id])
    expect(await statuses(21, given, { key })).toEqual([[200, 21]])
    expect([ingest.keys.length, api.keys]).toEqual([3, [id, id, id]])
  })

  test('that cannot be asked refuse nobody, and that is in the log', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { key } = await newKey(await newAccount(), 'read')
    const broken = limitOf(() => Promise.reject(new Error('out of reach')))
    expect((await ask({ API_LIMIT: broken.limit }, { key })).status).toBe(200)
    expect(log.mock.calls).toEqual([['rate limit:', 'Error', 'out of reach']])
  })
})

describe('requests without a known key', () => {
  test('are counted by their sender, whatever key they try: 401, then 429', async () => {
    const given = { UNKNOWN_KEY_LIMIT: TEST_LIMIT }
    const from = '203.0.113.7'
    await withinOneWindow()
    expect((await ask(given, { from })).status).toBe(401)
    expect((await ask(given, { from, key: 'rk_guess-1' })).status).toBe(401)
    const refused = await ask(given, { from, key: 'rk_guess-2' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10'])
    expect((await ask(given, { from })).status).toBe(429)
    expect((await ask(given, { from: '203.0.113.8' })).status).toBe(401)
  })

  test('cost no question to D1 once their sender is refused; a key known before goes on from there', async () => {
    const { key } = await newKey(await newAccount(), 'read')
    const from = '203.0.113.9'
    let asked = 0
    const DB = new Proxy(env.DB, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name === 'prepare') asked += 1
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    const given = { DB, UNKNOWN_KEY_LIMIT: limitOf(() => false).limit }
    expect((await ask(given, { from, key })).status).toBe(200)
    expect((await ask(given, { from, key: 'rk_guess-1' })).status).toBe(429)
    expect(asked).toBeGreaterThan(0)
    asked = 0
    for (let n = 2; n < 10; n += 1) {
      expect((await ask(given, { from, key: `rk_guess-${n}` })).status).toBe(429)
    }
    expect(asked).toBe(0)
    // Its read has run out, and is done again.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600 })
    expect((await ask(given, { from, key })).status).toBe(200)
  })

  test('come from one sender where they come from one IPv6 /64', () => {
    expect(senderOf('2001:db8:1:2:3:4:5:6')).toBe(senderOf('2001:db8:1:2::1'))
    expect(senderOf('2001:db8:1:2::1')).not.toBe(senderOf('2001:db8:1:3::1'))
    expect(senderOf('::ffff:203.0.113.7')).toBe(senderOf('203.0.113.7'))
    expect(senderOf('203.0.113.7')).not.toBe(senderOf('203.0.113.8'))
    expect([senderOf(undefined), senderOf('nonsense')]).toEqual(['', ''])
  })
})
