import { afterEach, describe, expect, test, vi } from 'vitest'
import { api, env, newAccount, until } from '../support/relay.ts'
import { newKey, type NewKey, type Page, type ProblemBody } from '../support/control.ts'

const HOUR_MS = 60 * 60 * 1000

interface Key extends NewKey {
  expires_at: string | null
  last_used_at: string | null
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function listed(account: string, id: string): Promise<Key | undefined> {
  const page = (await api<Page<Key>>('GET', `/v1/accounts/${account}/keys`)).body
  return page.data.find((each) => each.id === id)
}

describe('a key with an expiry', () => {
  test('opens what it may until then, and from then on nothing', async () => {
    const account = await newAccount()
    const expiresAtMs = Date.now() + HOUR_MS
    const input = { name: 'CRM', scope: 'manage', expires_at: new Date(expiresAtMs).toISOString() }
    const made = (await api<Key>('POST', `/v1/accounts/${account}/keys`, input)).body
    expect(made.expires_at).toBe(input.expires_at)
    vi.useFakeTimers({ toFake: ['Date'], now: expiresAtMs - 1 })
    expect((await api('GET', '/v1/webhooks', undefined, made.key)).status).toBe(200)
    // One millisecond later: the read of a moment ago is still in use, and must not let the key live on.
    vi.setSystemTime(expiresAtMs)
    const refused = await api<ProblemBody>('GET', '/v1/webhooks', undefined, made.key)
    expect([refused.status, refused.body.code]).toEqual([401, 'unauthorized'])
    expect(await listed(account, made.id)).toMatchObject({ expires_at: input.expires_at })
  })

  test('may be of every account, and takes any offset', async () => {
    const expires_at = new Date(Date.now() + HOUR_MS).toISOString().replace('Z', '+00:00')
    const made = await api<Key>('POST', '/v1/keys', { name: 'Core', scope: 'ingest', expires_at })
    expect([made.status, made.body.expires_at]).toEqual([201, expires_at.replace('+00:00', 'Z')])
    const small = await api<Key>('POST', '/v1/keys', {
      name: 'Core',
      scope: 'ingest',
      expires_at: '2999-01-01t05:30:00+05:30',
    })
    expect([small.status, small.body.expires_at]).toEqual([201, '2999-01-01T00:00:00.000Z'])
  })

  test('has to have it in the future, as an RFC 3339 time; every fault is named at once', async () => {
    const account = await newAccount()
    for (const path of [`/v1/accounts/${account}/keys`, '/v1/keys']) {
      for (const expires_at of [
        new Date(Date.now() - 1).toISOString(),
        '2030-01-01',
        '2030-02-30T00:00:00Z',
        '2030-01-01 00:00:00Z',
        'tomorrow',
        4102444800,
      ]) {
        const refused = await api<ProblemBody>('POST', path, { scope: 'none', expires_at })
        expect([refused.status, refused.body.errors.map((each) => each.path).sort()]).toEqual([
          422,
          ['expires_at', 'name', 'scope'],
        ])
      }
    }
    expect((await api<Page<Key>>('GET', `/v1/accounts/${account}/keys`)).body.data).toEqual([])
  })
})

describe('the last use of a key', () => {
  test('is shown, and written at most once an hour', async () => {
    const account = await newAccount()
    const { id, key } = await newKey(account, 'read')
    expect(await listed(account, id)).toMatchObject({ expires_at: null, last_used_at: null })
    await api('GET', '/v1/webhooks', undefined, key)
    await until('it is written', async () => (await listed(account, id))?.last_used_at !== null)
    const first = (await listed(account, id))?.last_used_at ?? ''
    expect(Date.now() - Date.parse(first)).toBeLessThan(10_000)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(first) + HOUR_MS - 1 })
    expect((await api('GET', '/v1/webhooks', undefined, key)).status).toBe(200)
    expect(await listed(account, id)).toMatchObject({ last_used_at: first })
    vi.setSystemTime(Date.parse(first) + HOUR_MS)
    await api('GET', '/v1/webhooks', undefined, key)
    await until('it is written again', async () => (await listed(account, id))?.last_used_at !== first)
  })

  test('that cannot be written fails no request', async () => {
    const account = await newAccount()
    const { id, key } = await newKey(account, 'read')
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const trigger = `CREATE TRIGGER refuse BEFORE UPDATE OF last_used_at ON keys
      BEGIN SELECT RAISE(ABORT, 'no room'); END`
    await env.DB.prepare(trigger).run()
    try {
      expect((await api('GET', '/v1/webhooks', undefined, key)).status).toBe(200)
      await until('it is reported', () => log.mock.calls.length > 0)
      expect(JSON.stringify(log.mock.calls)).toMatch(/last use of a key.*no room/)
      expect(JSON.stringify(log.mock.calls)).not.toContain(key)
    } finally {
      await env.DB.prepare('DROP TRIGGER refuse').run()
    }
    expect(await listed(account, id)).toMatchObject({ last_used_at: null })
  })
})
