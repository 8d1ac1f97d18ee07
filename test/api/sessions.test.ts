import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { audit } from '../support/audit.ts'
import { d1Around } from '../support/bindings.ts'
import {
  createWebhook,
  newKey,
  newTenant,
  raw,
  signIn,
  type Page,
  type ProblemBody,
} from '../support/control.ts'
import { ADMIN_KEY, api, env, event, until } from '../support/relay.ts'

const PANEL = 'https://panel.example.com'
const HOUR_MS = 60 * 60 * 1000
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' }
const JSON_TYPE = { 'content-type': 'application/json' }

interface Session {
  id: string
  scope: string
  account_id: string | null
  user: { id: string; name: string } | null
  embed_origin: string | null
  expires_at: string
  path: string | null
}
type Tenant = Awaited<ReturnType<typeof tenantWithPortal>>

async function tenantWithPortal() {
  const tenant = await newTenant()
  return { ...tenant, portal: (await newKey(tenant.account, 'portal')).key }
}

let mine: Tenant
beforeAll(async () => {
  mine = await tenantWithPortal()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Asked {
  cookie?: string
  headers?: Record<string, string>
  body?: object
  origin?: string
  bindings?: Partial<typeof env>
}

/** A request as a browser sends it: with a cookie, and nothing that says whose page it is of unless told. */
async function ask(method: string, path: string, asked: Asked = {}) {
  const { cookie, headers = {}, body, origin = 'https://relay.test', bindings = {} } = asked
  const ctx = createExecutionContext()
  const init = {
    method,
    headers: {
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : JSON_TYPE),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
  const answer = await app.request(origin + path, init, { ...env, ...bindings }, ctx)
  await waitOnExecutionContext(ctx)
  const text = await answer.text()
  // Safe: what is no such body fails where it is read.
  const read = (text.startsWith('{') ? JSON.parse(text) : {}) as Session & ProblemBody & Page<Session>
  return { status: answer.status, body: read, cookie: answer.headers.get('set-cookie') ?? '' }
}

const nameAndToken = (cookie: string): string => cookie.split(';')[0] ?? ''

async function statusOf(cookie: string, bindings: Partial<typeof env> = {}): Promise<[number, string]> {
  const { status, body } = await ask('GET', '/v1/session', { cookie, bindings })
  return [status, body.code]
}
const OVER = [401, 'session_expired']
const GOOD = [200, undefined]

async function newLink(tenant: Tenant, input: object = {}, bindings: Partial<typeof env> = {}) {
  const made = await ask('POST', `/v1/accounts/${tenant.account}/portal-links`, {
    headers: { authorization: `Bearer ${tenant.portal}` },
    body: { scope: 'manage', ...input },
    bindings,
  })
  // Safe: the contract's answer; a refusal has no URL and fails here.
  const { url, id, expires_at } = made.body as unknown as { url: string; id: string; expires_at: string }
  return { id, url, expires_at, portal_link: new URL(url).hash.replace('#portal_link=', '') }
}

const signInBy = async ({ portal_link }: { portal_link: string }) => signIn({ portal_link })

const open = async (body: object, more: Asked = {}) => ask('POST', '/v1/session', { body, ...more })

describe('a session by a key', () => {
  test('stands for the key, for 12 hours, in a cookie that no script and no other site gets', async () => {
    const { status, body, cookie } = await open({ key: mine.manage })
    expect(status).toBe(200)
    expect(body).toMatchObject({ scope: 'manage', account_id: mine.account })
    const lastsMs = Date.parse(body.expires_at) - Date.now()
    expect(lastsMs).toBeGreaterThan(12 * HOUR_MS - 10_000)
    expect(lastsMs).toBeLessThanOrEqual(12 * HOUR_MS)
    expect(cookie).toMatch(/^__Host-relay=rs_[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    expect(JSON.stringify(body)).not.toContain(nameAndToken(cookie).split('=')[1])
    const at = { cookie: nameAndToken(cookie) }
    expect((await ask('GET', '/v1/webhooks', at)).status).toBe(200)
    expect((await ask('GET', '/v1/accounts', at)).status).toBe(403)
    expect((await ask('GET', `/v1/accounts/${(await tenantWithPortal()).account}`, at)).status).toBe(404)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(body.expires_at) - 1 })
    expect(await statusOf(at.cookie)).toEqual(GOOD)
    vi.setSystemTime(Date.parse(body.expires_at))
    expect(await statusOf(at.cookie)).toEqual(OVER)
  })

  test('is not for the keys of programs, nor for what is no key', async () => {
    for (const [key, expected] of [
      [mine.ingest, 403],
      [mine.portal, 403],
      ['rk_unknown', 401],
    ] as const) {
      const { status, cookie } = await open({ key })
      expect([key, status, cookie]).toEqual([key, expected, ''])
    }
    const both = await open({ key: mine.manage, portal_link: 'rl_x' })
    expect([both.status, (await open({})).status]).toEqual([422, 422])
  })

  test('on plain http has a cookie without the prefix, and behind a proxy with TLS the one for https', async () => {
    const plain = await open({ key: mine.read }, { origin: 'http://127.0.0.1:8787' })
    expect(plain.cookie).toMatch(/^relay=rs_[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/)
    const cookie = nameAndToken(plain.cookie)
    expect((await ask('GET', '/v1/session', { cookie, origin: 'http://127.0.0.1:8787' })).status).toBe(200)
    expect((await ask('GET', '/v1/session', { cookie })).status, 'a name that http can set').toBe(401)
    const proxied = { origin: 'http://relay.test', headers: { 'x-forwarded-proto': 'https' } }
    expect((await open({ key: mine.read }, proxied)).cookie).toMatch(/^__Host-relay=.*Secure/)
  })

  test('of an admin ends an hour after its last use, is put off at most once a minute, and lasts 12 hours at most', async () => {
    let nowMs = Date.now()
    const startMs = nowMs
    vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
    const admin = await signIn({ key: ADMIN_KEY })
    let writes = 0
    const DB = d1Around(env.DB, async (sql, next) => {
      if (/^update "sessions"/i.test(sql)) writes += 1
      return next()
    })
    for (let n = 0; n < 5; n += 1) expect(await statusOf(admin, { DB })).toEqual(GOOD)
    nowMs += 59_999
    expect(await statusOf(admin, { DB })).toEqual(GOOD)
    expect(writes).toBe(0)
    nowMs += 1
    expect(await statusOf(admin, { DB })).toEqual(GOOD)
    expect(await statusOf(admin, { DB })).toEqual(GOOD)
    expect(writes).toBe(1)
    const idle = await signIn({ key: ADMIN_KEY })
    for (; nowMs - startMs < 11.5 * HOUR_MS; nowMs += 50 * 60_000) expect(await statusOf(admin)).toEqual(GOOD)
    expect(await statusOf(idle)).toEqual(OVER)
    expect(await statusOf(admin)).toEqual(GOOD)
    nowMs = startMs + 12 * HOUR_MS
    expect(await statusOf(admin)).toEqual(OVER)
  })

  test('never lasts longer than its key', async () => {
    const expires_at = new Date(Date.now() + HOUR_MS).toISOString()
    const path = `/v1/accounts/${mine.account}/keys`
    const { key } = (await api<{ key: string }>('POST', path, { name: 'Short', scope: 'read', expires_at }))
      .body
    expect((await open({ key })).body.expires_at).toBe(expires_at)
  })
})

describe('a new session', () => {
  test('has a token of its own, whatever the browser brought (fixation), and ends the former one', async () => {
    const chosen = `__Host-relay=rs_${'A'.repeat(43)}`
    const first = await open({ key: mine.manage }, { cookie: chosen })
    expect(nameAndToken(first.cookie)).not.toBe(chosen)
    expect(await statusOf(chosen)).toEqual(OVER)
    const former = nameAndToken(first.cookie)
    const other = await signIn({ key: mine.manage })
    const second = nameAndToken((await open({ key: mine.read }, { cookie: former })).cookie)
    expect(await statusOf(former)).toEqual(OVER)
    expect([await statusOf(second), await statusOf(other)]).toEqual([GOOD, GOOD])
  })

  test('cannot be opened in a browser by another page', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      const refused = await open({ key: mine.manage }, { headers })
      expect([headers, refused.status, refused.cookie]).toEqual([headers, 403, ''])
    }
    const form = 'application/x-www-form-urlencoded'
    expect(
      (await raw('POST', '/v1/session', { key: null, body: '{}', headers: { 'content-type': form } })).status,
    ).toBe(415)
  })
})

describe('a session ends', () => {
  test('with its key, at once', async () => {
    const { id, key } = await newKey(mine.account, 'manage')
    const [one, two] = [await signIn({ key }), await signIn({ key })]
    expect((await api('DELETE', `/v1/accounts/${mine.account}/keys/${id}`)).status).toBe(204)
    expect([await statusOf(one), await statusOf(two)]).toEqual([OVER, OVER])
  })

  test('with its account, and with its link’s key', async () => {
    const tenant = await tenantWithPortal()
    const { id, key } = await newKey(tenant.account, 'portal')
    const cookie = await signInBy(await newLink({ ...tenant, portal: key }))
    const byKey = await signIn({ key: tenant.read })
    expect((await api('DELETE', `/v1/accounts/${tenant.account}/keys/${id}`)).status).toBe(204)
    expect([await statusOf(cookie), await statusOf(byKey)]).toEqual([OVER, GOOD])
    expect((await api('DELETE', `/v1/accounts/${tenant.account}`)).status).toBe(204)
    expect(await statusOf(byKey)).toEqual(OVER)
  })

  test('if it is of the ADMIN_KEY and that is changed; a new ENCRYPTION_KEY leaves it', async () => {
    const admin = await signIn({ key: ADMIN_KEY })
    const link = await newLink({ ...mine, portal: ADMIN_KEY })
    const opened = await signInBy(await newLink({ ...mine, portal: ADMIN_KEY }))
    const changed = { ADMIN_KEY: 'another-admin-key-0123456789' }
    expect([await statusOf(admin, changed), await statusOf(opened, changed)]).toEqual([OVER, OVER])
    expect((await open({ portal_link: link.portal_link }, { bindings: changed })).status).toBe(401)
    const ENCRYPTION_KEYS_OLD = env.ENCRYPTION_KEY ?? ''
    const rotated = { ENCRYPTION_KEY: 'another-encryption-key-0123456789', ENCRYPTION_KEYS_OLD }
    expect([await statusOf(admin, rotated), await statusOf(opened, rotated)]).toEqual([GOOD, GOOD])
  })

  test('by signing out, here or everywhere', async () => {
    const tenant = await tenantWithPortal()
    const cookies = await Promise.all([1, 2, 3].map(async () => signIn({ key: tenant.manage })))
    const [one = '', two = '', three = ''] = cookies
    const out = await ask('DELETE', '/v1/session', { cookie: one, headers: OWN_PAGE })
    expect([out.status, out.cookie]).toEqual([
      204,
      expect.stringMatching(/^__Host-relay=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
    ])
    expect([await statusOf(one), await statusOf(two)]).toEqual([OVER, GOOD])
    const its = `/v1/accounts/${tenant.account}/sessions`
    const listed = (await api<Page<Session>>('GET', its, undefined, tenant.read)).body.data
    expect(listed).toHaveLength(2)
    const [newest] = listed
    expect((await api('DELETE', `${its}/${newest?.id ?? ''}`, undefined, mine.manage)).status).toBe(404)
    expect((await api('DELETE', `${its}/${newest?.id ?? ''}`, undefined, tenant.manage)).status).toBe(204)
    expect((await api<Page<Session>>('GET', its)).body.data).toHaveLength(1)
    const link = await newLink(tenant)
    expect((await api('DELETE', its, undefined, tenant.manage)).status).toBe(204)
    expect([await statusOf(two), await statusOf(three)]).toEqual([OVER, OVER])
    const again = await open({ portal_link: link.portal_link })
    expect(again.status, 'nor does an unopened link sign in again').toBe(401)
  })
})

describe('a portal link', () => {
  test('opens one session, as it says, within 5 minutes; its token is in the fragment', async () => {
    const user = { id: '42', name: 'Asha Rao' }
    const link = await newLink(mine, { scope: 'read', session_seconds: 600, user, path: '/webhooks?q=a#top' })
    expect(link.url).toMatch(/^https:\/\/relay\.test\/#portal_link=rl_[\w-]{43}$/)
    const { status, body, cookie } = await open({ portal_link: link.portal_link })
    expect([status, nameAndToken(cookie).split('=')[0]]).toEqual([200, '__Host-relay'])
    expect(body).toMatchObject({ scope: 'read', account_id: mine.account, user, path: '/webhooks?q=a#top' })
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThanOrEqual(600_000)
    const again = await open({ portal_link: link.portal_link })
    expect([again.status, again.body.code, again.cookie]).toEqual([401, 'unauthorized', ''])
    const late = await newLink(mine)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(late.expires_at) })
    expect((await open({ portal_link: late.portal_link })).status).toBe(401)
  })

  test('opened by many at once lets one in', async () => {
    const { portal_link } = await newLink(mine)
    const many = 8
    let found = 0
    const DB = d1Around(env.DB, async (sql, next) => {
      // Each has found the link before the first opens it.
      if (/insert into "sessions"/i.test(sql)) await until('all have found it', () => found === many)
      const answer = await next()
      if (/^select .* from "portal_links"/i.test(sql)) found += 1
      return answer
    })
    const opened = Array.from({ length: many }, async () => open({ portal_link }, { bindings: { DB } }))
    const answers = await Promise.all(opened)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status, cookie }) => status === 401 && cookie === '')).toHaveLength(many - 1)
  })

  test('opens nothing once its key is gone, or has expired', async () => {
    const { id, key } = await newKey(mine.account, 'portal')
    const link = await newLink({ ...mine, portal: key })
    expect((await api('DELETE', `/v1/accounts/${mine.account}/keys/${id}`)).status).toBe(204)
    expect((await open({ portal_link: link.portal_link })).status).toBe(401)
    const expires_at = new Date(Date.now() + 60_000).toISOString()
    const input = { name: 'Short', scope: 'portal', expires_at }
    const short = (await api<{ key: string }>('POST', `/v1/accounts/${mine.account}/keys`, input)).body
    const links = [
      await newLink({ ...mine, portal: short.key }),
      await newLink({ ...mine, portal: short.key }),
    ]
    expect((await open({ portal_link: links[0]?.portal_link })).body.expires_at).toBe(expires_at)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(expires_at) })
    expect((await open({ portal_link: links[1]?.portal_link })).status).toBe(401)
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/%2fevil.example',
    '/%5Cevil.example',
    '/a//b',
    'webhooks',
    '',
    ' /',
    '/é',
  ])('does not lead to %j', async (path) => {
    const made = await api<ProblemBody>('POST', `/v1/accounts/${mine.account}/portal-links`, {
      scope: 'read',
      path,
    })
    expect([made.status, made.body.errors.map((each) => each.path)]).toEqual([
      422,
      expect.arrayContaining(['path']),
    ])
  })

  test('is made by a portal key for its own account, or for all, and such a key does nothing else', async () => {
    const { key } = (await api<{ key: string }>('POST', '/v1/keys', { name: 'Panel', scope: 'portal' })).body
    const other = await tenantWithPortal()
    expect((await newLink({ ...other, portal: key })).url).toContain('#portal_link=')
    const make = async (as: string) =>
      (await api('POST', `/v1/accounts/${other.account}/portal-links`, { scope: 'read' }, as)).status
    expect([await make(mine.portal), await make(other.manage)]).toEqual([404, 403])
    for (const path of [
      `/v1/accounts/${other.account}`,
      '/v1/webhooks',
      `/v1/accounts/${other.account}/sessions`,
    ])
      expect((await api('GET', path, undefined, key)).status).toBe(403)
    for (const scope of ['admin', 'ingest', 'portal'])
      expect((await api('POST', `/v1/accounts/${mine.account}/portal-links`, { scope })).status).toBe(422)
  })

  test('made twice with one Idempotency-Key is one link', async () => {
    const headers = { ...JSON_TYPE, 'idempotency-key': crypto.randomUUID() }
    const make = async () =>
      (
        await raw('POST', `/v1/accounts/${mine.account}/portal-links`, { headers, body: '{"scope":"read"}' })
      ).text()
    expect(await make()).toBe(await make())
  })
})

describe('by cookie, what is no GET', () => {
  const FORGED: Record<string, string>[] = [
    {},
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'https://panel.relay.test' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'https://relay.test.evil.example' },
    { origin: 'http://relay.test' },
    { origin: 'null' },
    { referer: 'https://relay.test/' },
  ]

  test('is refused from another page: as a form, by fetch, and without a body', async () => {
    const cookie = await signIn({ key: mine.manage })
    const webhook = await createWebhook(mine.manage)
    const before = await audit(`&account_id=${mine.account}`)
    for (const headers of FORGED) {
      const form = { ...headers, cookie, 'content-type': 'application/x-www-form-urlencoded' }
      const answers = [
        raw('POST', '/v1/webhooks', { key: null, headers: form, body: 'name=x' }),
        raw('POST', '/v1/webhooks', {
          key: null,
          headers: { ...form, 'content-type': 'text/plain' },
          body: '{}',
        }),
        raw('POST', '/v1/webhooks', { key: null, headers: { ...form, ...JSON_TYPE }, body: '{}' }),
        raw('POST', `/v1/webhooks/${webhook.id}/disable`, { key: null, headers: { ...headers, cookie } }),
        raw('DELETE', `/v1/webhooks/${webhook.id}`, { key: null, headers: { ...headers, cookie } }),
        raw('DELETE', '/v1/session', { key: null, headers: { ...headers, cookie } }),
      ]
      for (const answer of await Promise.all(answers))
        expect([headers, answer.status]).toEqual([headers, 403])
    }
    expect(await audit(`&account_id=${mine.account}`)).toEqual(before)
    expect(await statusOf(cookie)).toEqual(GOOD)
  })

  test('is taken from our own page, and what only reads from wherever', async () => {
    const cookie = await signIn({ key: mine.manage })
    for (const headers of [
      OWN_PAGE,
      { origin: 'https://relay.test' },
      { ...OWN_PAGE, origin: 'https://relay.test' },
    ]) {
      const body = { name: 'x', triggers: ['dtmf_option'], url: 'https://example.com/hook' }
      expect((await ask('POST', '/v1/webhooks', { cookie, headers, body })).status).toBe(201)
    }
    expect((await ask('GET', '/v1/webhooks', { cookie, headers: FORGED[1] ?? {} })).status).toBe(200)
  })
})

test('what brings events takes no cookie', async () => {
  const cookie = await signIn({ key: ADMIN_KEY })
  const headers = { cookie, ...OWN_PAGE, ...JSON_TYPE }
  const body = JSON.stringify(event(mine.account, 'by-cookie'))
  // By both ways to the route: see `answer` in app.ts.
  for (const path of ['/v1/events', '/v1/events?x=1', '/v1/events/batch'])
    expect((await raw('POST', path, { key: null, headers, body })).status).toBe(401)
})

test('beside a key a cookie says nothing', async () => {
  const cookie = await signIn({ key: mine.manage })
  const by = async (key: string) =>
    ask('GET', '/v1/session', { cookie, headers: { authorization: `Bearer ${key}` } })
  expect([(await by(mine.read)).status, (await by('rk_unknown')).status]).toEqual([404, 401])
  // A key cannot be forged: no page has to be named.
  const headers = { authorization: `Bearer ${mine.read}` }
  expect((await ask('POST', '/v1/webhooks', { cookie, headers, body: {} })).body.code).toBe('forbidden')
  const basic = { authorization: 'Basic eDp5' }
  expect((await ask('GET', '/v1/session', { cookie, headers: basic })).status).toBe(200)
})

describe('in a frame', () => {
  const bindings = { PORTAL_ORIGINS: `${PANEL},http://localhost:3000` }

  test('the pages of PORTAL_ORIGINS may have /embed, and nobody has anything else', async () => {
    const framing = async (path: string, more: Partial<typeof env>) => {
      const { headers } = await app.request(`https://relay.test${path}`, {}, { ...env, ...more })
      const policy = headers.get('content-security-policy') ?? ''
      return [/frame-ancestors ([^;]*)/.exec(policy)?.[1], headers.get('x-frame-options')]
    }
    expect(await framing('/embed', bindings)).toEqual([`${PANEL} http://localhost:3000`, null])
    expect(await framing('/embed', {})).toEqual(["'none'", 'DENY'])
    for (const path of ['/', '/docs/style.css', '/v1/session', '/embed/', '/nothing'])
      expect([path, ...(await framing(path, bindings))]).toEqual([path, "'none'", 'DENY'])
  })

  test('a session has a cookie of its own, for its panel alone, and is by a link that names the panel', async () => {
    const link = await newLink(mine, { embed_origin: PANEL }, bindings)
    expect(link.url).toMatch(/^https:\/\/relay\.test\/embed#portal_link=rl_/)
    const { body, cookie } = await open({ portal_link: link.portal_link }, { bindings, headers: OWN_PAGE })
    expect(body).toMatchObject({ scope: 'manage', embed_origin: PANEL })
    expect(cookie).toMatch(
      /^__Host-relay-embed=rs_[\w-]+; Path=\/; HttpOnly; Secure; SameSite=None; Partitioned$/,
    )
    const framed = nameAndToken(cookie)
    expect(await statusOf(framed, bindings)).toEqual(GOOD)
    const token = framed.split('=')[1] ?? ''
    expect(await statusOf(`__Host-relay=${token}`, bindings), 'not as a page’s').toEqual(OVER)
    expect(await statusOf(framed, {}), 'nor once its origin is taken from the setting').toEqual(OVER)
    const refused = await api<ProblemBody>('POST', `/v1/accounts/${mine.account}/portal-links`, {
      scope: 'read',
      embed_origin: 'https://evil.example',
    })
    expect([refused.status, refused.body.errors.map((each) => each.path)]).toEqual([422, ['embed_origin']])
  })

  test('no session of a page counts, an admin’s least of all', async () => {
    const admin = await signIn({ key: ADMIN_KEY })
    const token = admin.split('=')[1] ?? ''
    expect(await statusOf(`__Host-relay-embed=${token}`, bindings)).toEqual(OVER)
    const inFrame = { 'relay-session': 'embed' }
    expect((await ask('GET', '/v1/session', { cookie: admin, headers: inFrame, bindings })).status).toBe(401)
    const link = await newLink(mine, { embed_origin: PANEL }, bindings)
    const framed = nameAndToken((await open({ portal_link: link.portal_link }, { bindings })).cookie)
    const cookie = `${admin}; ${framed}`
    const scopeBy = async (headers: Record<string, string>) =>
      (await ask('GET', '/v1/session', { cookie, headers, bindings })).body.scope
    expect([await scopeBy(inFrame), await scopeBy({})]).toEqual(['manage', 'admin'])
  })
})

test('the audit log names the session and the user', async () => {
  const user = { id: '42', name: 'Asha Rao' }
  const tenant = await tenantWithPortal()
  const link = await newLink(tenant, { user })
  const opened = await open({ portal_link: link.portal_link })
  const cookie = nameAndToken(opened.cookie)
  const body = { name: 'x', triggers: ['dtmf_option'], url: 'https://example.com/hook' }
  const made = await ask('POST', '/v1/webhooks', { cookie, headers: OWN_PAGE, body })
  await ask('DELETE', `/v1/webhooks/${made.body.id}`, { cookie, headers: OWN_PAGE })
  await ask('DELETE', '/v1/session', { cookie, headers: OWN_PAGE })
  const actor = { type: 'session', id: opened.body.id, user }
  const entries = await audit(`&account_id=${tenant.account}`)
  const of = (action: string) => entries.find((each) => each.action === action)
  for (const action of ['session.created', 'webhook.created', 'webhook.deleted', 'session.ended'])
    expect([action, of(action)?.actor]).toEqual([action, actor])
  expect(of('session.created')?.after).toMatchObject({ link_id: link.id, user })
  expect(of('portal_link.created')).toMatchObject({ actor: { type: 'key' }, object_id: link.id })
  expect(JSON.stringify(entries)).not.toContain(link.portal_link)
})

test('with D1 out it is 503 and never 401, and nothing is lost by it', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const cookie = await signIn({ key: mine.manage })
  const link = await newLink(mine)
  for (const message of ['Network connection lost.', 'D1_ERROR: no such thing']) {
    const bindings = { DB: d1Around(env.DB, () => Promise.reject(new Error(message))) }
    const answers = [
      ask('GET', '/v1/session', { cookie, bindings }),
      ask('DELETE', '/v1/session', { cookie, bindings, headers: OWN_PAGE }),
      open({ key: mine.manage }, { bindings }),
      open({ key: ADMIN_KEY }, { bindings }),
      open({ portal_link: link.portal_link }, { bindings }),
    ]
    for (const { status, body } of await Promise.all(answers))
      expect([status, body.code]).toEqual([503, 'unavailable'])
  }
  expect(await statusOf(cookie)).toEqual(GOOD)
  expect((await open({ portal_link: link.portal_link })).status).toBe(200)
})

test('whoever guesses keys, links or sessions is stopped as with keys; who has a session goes on', async () => {
  const cookie = await signIn({ key: mine.read })
  expect(await statusOf(cookie)).toEqual(GOOD)
  let left = 3
  const UNKNOWN_KEY_LIMIT = { limit: async () => Promise.resolve({ success: (left -= 1) >= 0 }) }
  const more = { bindings: { UNKNOWN_KEY_LIMIT }, headers: { 'cf-connecting-ip': '203.0.113.77' } }
  const statuses = [
    (await open({ key: 'rk_guess' }, more)).status,
    (await open({ portal_link: 'rl_guess' }, more)).status,
    (await ask('GET', '/v1/session', { cookie: '__Host-relay=rs_guess', ...more })).status,
    (await open({ portal_link: 'rl_guess' }, more)).status,
    (await open({ key: 'rk_guess' }, more)).status,
    (await ask('GET', '/v1/session', { cookie: '__Host-relay=rs_guess', ...more })).status,
  ]
  expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
  expect((await ask('GET', '/v1/session', { cookie, ...more })).status).toBe(200)
})

test('what is over is not listed, and goes from D1', async () => {
  const tenant = await tenantWithPortal()
  await signIn({ key: tenant.manage })
  await newLink(tenant)
  const its = `/v1/accounts/${tenant.account}/sessions`
  const rows = async () =>
    env.DB.prepare(
      `SELECT (SELECT count(*) FROM sessions WHERE account_id = ?1) AS sessions,
        (SELECT count(*) FROM portal_links WHERE account_id = ?1) AS links`,
    )
      .bind(tenant.account)
      .first()
  expect(await rows()).toEqual({ sessions: 1, links: 1 })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30 * 24 * HOUR_MS })
  expect((await api<Page<Session>>('GET', its)).body.data).toEqual([])
  await until('pruning has taken them', async () => (await rows())?.['sessions'] === 0)
  expect(await rows()).toEqual({ sessions: 0, links: 0 })
})
