import { afterEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { shardOf } from '../../src/contracts/stub.ts'
import { disableByRelay } from '../../src/store/changes.ts'
import { audit } from '../support/audit.ts'
import { d1Around, Fault, objectsAround } from '../support/bindings.ts'
import { newKey, raw, type Page } from '../support/control.ts'
import { fail, readWebhook } from '../support/outage.ts'
import { ADMIN_KEY, api, env, newAccount, newWebhook, Receivers, until } from '../support/relay.ts'
import { configurationOf } from '../support/shards.ts'

interface Tagged {
  etag: string
  [field: string]: unknown
}

interface Answer {
  status: number
  etag: string | null
  body: Tagged & { code?: string; current?: Tagged | null }
}

interface More {
  body?: object | undefined
  key?: string
  headers?: Record<string, string>
}

async function ask(
  method: string,
  path: string,
  { body, key = ADMIN_KEY, headers = {} }: More = {},
): Promise<Answer> {
  const answer = await raw(method, path, {
    key,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  })
  const text = await answer.text()
  // Safe: what is not such a view fails where it is looked at.
  const view = (text === '' ? {} : JSON.parse(text)) as Answer['body']
  return { status: answer.status, etag: answer.headers.get('etag'), body: view }
}

const read = async (path: string, key?: string) =>
  (await ask('GET', path, key === undefined ? {} : { key })).body
const ifMatch = (etag: string) => ({ 'if-match': etag })

/** A webhook of one of the account's two numbers. */
async function setUp() {
  const account = await newAccount()
  await putNumbers(account, ['+918069010148', '+918069010149'])
  const id = await newWebhook(account, 'https://example.com/hook', {
    numbers: ['+918069010148'],
    headers: [{ key: 'X-Key', value: 'one' }],
  })
  return { account, id, path: `/v1/webhooks/${id}` }
}

async function putNumbers(account: string, numbers: string[], headers: Record<string, string> = {}) {
  const body = { numbers: numbers.map((number) => ({ number })) }
  return ask('PUT', `/v1/accounts/${account}/numbers`, { body, headers })
}

type SetUp = Awaited<ReturnType<typeof setUp>>

/** Every way to change a webhook over its routes, which take `If-Match`. */
const EDITS: Record<string, (path: string, headers: Record<string, string>) => Promise<Answer>> = {
  'a PATCH': async (path, headers) => ask('PATCH', path, { body: { name: 'Other' }, headers }),
  'another header value': async (path, headers) =>
    ask('PATCH', path, { body: { headers: [{ key: 'X-Key', value: 'two' }] }, headers }),
  'a pause': async (path, headers) => ask('POST', `${path}/pause`, { headers }),
  'an enable': async (path, headers) => ask('POST', `${path}/enable`, { headers }),
  'a disable': async (path, headers) => ask('POST', `${path}/disable`, { headers }),
  'another secret': async (path, headers) => ask('POST', `${path}/secret/rotate`, { headers }),
  'a delete': async (path, headers) => ask('DELETE', path, { headers }),
}

/** Every other way. */
const OTHERS: Record<string, (of: SetUp) => Promise<unknown>> = {
  'a number that leaves My Numbers': async ({ account }) => putNumbers(account, ['+918069010149']),
  'a number that comes back': async ({ account }) => putNumbers(account, ['+918069010148']),
  'a 410 of its receiver': async ({ account, id }) =>
    disableByRelay(env, {
      webhookId: id,
      reason: 'The receiver answered 410 Gone',
      unchangedSinceMs: null,
      reach: (shard) => shardOf(env, account, shard),
    }),
}

async function changeBy(name: string, of: SetUp): Promise<void> {
  await (EDITS[name]?.(of.path, {}) ?? OTHERS[name]?.(of))
}

afterEach(() => vi.restoreAllMocks())

describe('a webhook that was changed since it was read', () => {
  test('has another tag by every way to change it, and is not changed by the one before: 412, with what is there', async () => {
    const of = await setUp()
    let { etag } = await read(of.path)
    const ways = [...Object.keys(EDITS), ...Object.keys(OTHERS)].filter((name) => name !== 'a delete')
    for (const name of [
      ...ways.filter((each) => each !== 'a 410 of its receiver'),
      'an enable',
      'a 410 of its receiver',
    ]) {
      await changeBy(name, of)
      const after = await read(of.path)
      const refused = await ask('PATCH', of.path, { body: { description: 'late' }, headers: ifMatch(etag) })
      expect([name, refused.status, refused.etag, refused.body.current]).toEqual([
        name,
        412,
        after.etag,
        after,
      ])
      expect([name, after.etag === etag]).toEqual([name, false])
      etag = after.etag
    }
  })

  test('is not changed by any of the routes: each is 412, and nothing is in the audit log', async () => {
    const { account, path } = await setUp()
    const { etag } = await read(path)
    await ask('PATCH', path, { body: { description: 'sooner' } })
    const after = await read(path)
    const entries = (await audit(`&account_id=${account}`)).length
    for (const [name, edit] of Object.entries(EDITS)) {
      const { status, body } = await edit(path, ifMatch(etag))
      expect([name, status, body.code, body.current?.etag]).toEqual([
        name,
        412,
        'precondition_failed',
        after.etag,
      ])
      if (name !== 'another secret') expect([name, body.current]).toEqual([name, after])
    }
    expect(await read(path)).toEqual(after)
    expect(await audit(`&account_id=${account}`)).toHaveLength(entries)
  })

  test('at the same time, by another who has read the same: one of the two is told so, whatever they do', async () => {
    const meet = async (name: string) => {
      const { path } = await setUp()
      const { etag } = await read(path)
      const answers = await Promise.all([
        EDITS[name]?.(path, ifMatch(etag)),
        ask('PATCH', path, { body: { description: 'by the other' }, headers: ifMatch(etag) }),
      ])
      const statuses = answers.map((answer) => answer?.status ?? 0)
      expect([name, statuses.filter((status) => status < 300).length]).toEqual([name, 1])
      const refused = answers.find((answer) => answer?.status === 412)
      const now = await ask('GET', path)
      if (refused === undefined) expect([name, ...statuses, now.status]).toEqual(['a delete', 204, 404, 404])
      else expect([name, refused.etag]).toEqual([name, now.etag])
    }
    // To enable it changes nothing.
    await Promise.all(
      Object.keys(EDITS)
        .filter((name) => name !== 'an enable')
        .map(meet),
    )
  })

  test('between the look at it and the write is not changed either, whoever changed it', async () => {
    const isWrite = (sql: string) => /update "accounts" set "config_version"/i.test(sql)
    const meet = async (name: string) => {
      const of = await setUp()
      const { etag } = await read(of.path)
      let isFirst = true
      const late = new Fault(isWrite, async (next) => {
        if (isFirst) {
          isFirst = false
          await changeBy(name, of)
        }
        return next()
      }).on()
      const answer = await app.request(
        of.path,
        {
          method: 'PATCH',
          headers: {
            authorization: `Bearer ${ADMIN_KEY}`,
            'content-type': 'application/json',
            'if-match': etag,
          },
          body: JSON.stringify({ description: 'late' }),
        },
        { ...env, DB: d1Around(env.DB, late.around) },
      )
      const now = await ask('GET', of.path)
      return { name, status: answer.status, description: now.body['description'], is: now.status }
    }
    const ways = ['a PATCH', 'a delete', 'a number that leaves My Numbers', 'a 410 of its receiver']
    const met = await Promise.all(ways.map(meet))
    expect(met).toEqual(
      ways.map((name) =>
        name === 'a delete'
          ? { name, status: 404, description: undefined, is: 404 }
          : { name, status: 412, description: '', is: 200 },
      ),
    )
  })

  test('and not confirmed in every shard is so by the time of the 412, which tells of it', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { account, path, id } = await setUp()
    const { etag } = await read(path)
    const shards = objectsAround(env.SHARDS, new Fault((step) => step === 'configure').on().around)
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'if-match': etag }
    const pause = { method: 'POST', headers }
    expect((await app.request(`${path}/pause`, pause, { ...env, SHARDS: shards })).status).toBe(503)
    expect((await configurationOf(account)).webhooks[id]?.status).toBe('active')
    const again = await ask('POST', `${path}/pause`, { headers: ifMatch(etag) })
    expect([again.status, again.body.current?.['status']]).toEqual([412, 'paused'])
    expect((await configurationOf(account)).webhooks[id]?.status).toBe('paused')
  })
})

describe('the tag of a webhook', () => {
  test('is in every answer that shows it: alone, in the list, of whoever reads it', async () => {
    const { account, path } = await setUp()
    const { key } = await newKey(account, 'read')
    const body = { name: 'Made', triggers: ['dtmf_option'], url: 'https://example.com/' }
    const made = await ask('POST', `/v1/webhooks?account_id=${account}`, { body })
    expect([made.status, made.etag]).toEqual([201, made.body.etag])
    expect((await read(`/v1/webhooks/${String(made.body['id'])}`)).etag).toBe(made.etag)
    const alone = await ask('GET', path)
    expect(alone.etag).toBe(alone.body.etag)
    const masked = await ask('GET', path, { key })
    expect([masked.etag, masked.body['headers']]).toEqual([alone.etag, [{ key: 'X-Key', value: '••••' }]])
    expect((await ask('GET', `${path}/secret`)).etag).toBe(alone.etag)
    const listed = await api<Page<Tagged>>('GET', '/v1/webhooks', undefined, key)
    expect(listed.body.data.map(({ etag }) => etag)).toEqual([made.etag, alone.etag])
    for (const [name, edit] of Object.entries(EDITS).filter(([each]) => each !== 'a delete')) {
      const edited = await edit(path, {})
      const now = await read(path)
      expect([name, edited.status, edited.etag, edited.body.etag]).toEqual([name, 200, now.etag, now.etag])
    }
  })

  test('is not moved by what moves by itself, nor by a change that changes nothing', async () => {
    const receivers = new Receivers()
    const account = await newAccount()
    const id = await newWebhook(
      account,
      receivers.add('down', () => new Response(null, { status: 500 })),
    )
    const path = `/v1/webhooks/${id}`
    const { etag } = await read(path)
    await fail(account, id)
    await until('it is failing', async () => (await readWebhook(account, id)).health === 'failing')
    expect((await read(path)).etag).toBe(etag)
    await ask('PATCH', path, { body: { name: 'Test' } })
    await ask('POST', `${path}/enable`, {})
    await putNumbers(account, ['+918069010148'])
    expect((await read(path)).etag).toBe(etag)
  })

  test('is asked for by `If-Match` as RFC 9110 has it; what cannot be read is 422', async () => {
    const { path } = await setUp()
    const before = await read(path)
    for (const [given, status] of [
      ['W/ETAG', 412],
      ['"other", W/ETAG', 412],
      ['"other"', 412],
      ['other', 422],
      ['*, ETAG', 422],
    ] as const) {
      const headers = ifMatch(given.replace('ETAG', before.etag))
      expect([given, (await ask('PATCH', path, { body: { name: 'Other' }, headers })).status]).toEqual([
        given,
        status,
      ])
    }
    expect(await read(path)).toEqual(before)
    for (const given of ['*', '"other", ETAG', 'ETAG, ']) {
      const headers = ifMatch(given.replace('ETAG', (await read(path)).etag))
      expect(await ask('PATCH', path, { body: { name: given }, headers })).toMatchObject({
        status: 200,
        body: { name: given },
      })
    }
  })

  test('is of no use where there is no such webhook: 404, and 403 for who may not', async () => {
    const { account, path } = await setUp()
    const headers = ifMatch('"other"')
    const { key } = await newKey(await newAccount(), 'manage')
    expect((await ask('PATCH', path, { key, body: {}, headers })).status).toBe(404)
    const reader = await newKey(account, 'read')
    expect((await ask('PATCH', path, { key: reader.key, body: {}, headers })).status).toBe(403)
    await ask('DELETE', path, {})
    expect((await ask('DELETE', path, { headers: ifMatch('*') })).status).toBe(404)
  })

  test('goes back with the webhook as it was read, and changes nothing by itself', async () => {
    const { path } = await setUp()
    const webhook = await read(path)
    const sent = await ask('PATCH', path, { body: { ...webhook, etag: '"other"' } })
    expect([sent.status, sent.body]).toEqual([200, webhook])
  })
})

test.each<[string, (of: SetUp) => string]>([
  ['a webhook', ({ path }) => path],
  ['its secret', ({ path }) => `${path}/secret`],
  ['the operational webhook', ({ account }) => `/v1/operational-webhook?account_id=${account}`],
  ['an account', ({ account }) => `/v1/accounts/${account}`],
  ['My Numbers', ({ account }) => `/v1/numbers?account_id=${account}`],
])('who has read %s is told by `If-None-Match` that it is the same: 304', async (_what, pathOf) => {
  const of = await setUp()
  await ask('PUT', `/v1/operational-webhook?account_id=${of.account}`, {
    body: { url: 'https://example.com/' },
  })
  const path = pathOf(of)
  const { status, etag, body } = await ask('GET', path)
  expect([status, etag]).toEqual([200, body.etag])
  for (const given of [etag ?? '', `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await raw('GET', path, { headers: { 'if-none-match': given } })
    expect([given, again.status, again.headers.get('etag'), await again.text()]).toEqual([
      given,
      304,
      etag,
      '',
    ])
  }
  expect((await ask('GET', path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  expect((await ask('GET', path, { headers: { 'if-none-match': 'other' } })).status).toBe(422)
  const kept = await raw('GET', path)
  // Cloudflare makes the tag of what it compresses weak.
  expect(kept.headers.get('cache-control')).toBe('no-store, no-transform')
})

describe('everything else that can be changed has a tag and heeds it', () => {
  test('an account', async () => {
    const account = await newAccount()
    const path = `/v1/accounts/${account}`
    const { etag } = await read(path)
    const listed = await api<Page<Tagged>>('GET', '/v1/accounts')
    expect(listed.body.data.find(({ id }) => id === account)?.etag).toBe(etag)
    // The configuration of its webhooks is not its own.
    await newWebhook(account, 'https://example.com/hook')
    const headers = ifMatch(etag)
    const both = await Promise.all(
      ['A', 'B'].map(async (name) => ask('PATCH', path, { body: { name }, headers })),
    )
    expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 412])
    const now = await read(path)
    expect(both.find(({ status }) => status === 412)?.body.current).toEqual(now)
    const gone = await ask('DELETE', path, { headers })
    expect([gone.status, gone.body.current]).toEqual([412, now])
    expect((await ask('DELETE', path, { headers: ifMatch(now.etag) })).status).toBe(204)
  })

  test('My Numbers', async () => {
    const account = await newAccount()
    const path = `/v1/numbers?account_id=${account}`
    await putNumbers(account, ['+918069010148', '+918069010149'])
    const { etag } = await read(path)
    expect((await read(`${path}&limit=1`)).etag).toBe(etag)
    const both = await Promise.all(
      ['+918069010150', '+918069010151'].map(async (number) => putNumbers(account, [number], ifMatch(etag))),
    )
    expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 412])
    const now = await read(path)
    expect(both.map((answer) => (answer.status === 200 ? answer.body : answer.body.current))).toEqual([
      { ...now, webhooks: [] },
      { ...now, webhooks: [] },
    ])
    expect(await audit(`&account_id=${account}&action=numbers.replaced`)).toHaveLength(2)
  })

  test('a key, which nothing but a delete changes', async () => {
    const account = await newAccount()
    const made = await ask('POST', `/v1/accounts/${account}/keys`, { body: { name: 'CRM', scope: 'read' } })
    expect([made.status, made.etag]).toEqual([201, made.body.etag])
    await api('GET', '/v1/webhooks', undefined, String(made.body['key']))
    const [listed] = (await api<Page<Tagged>>('GET', `/v1/accounts/${account}/keys`)).body.data
    expect(listed).toMatchObject({ id: made.body['id'], etag: made.etag })
    const path = `/v1/accounts/${account}/keys/${String(made.body['id'])}`
    const refused = await ask('DELETE', path, { headers: ifMatch('"other"') })
    expect([refused.status, refused.body.current]).toMatchObject([412, { id: made.body['id'] }])
    expect(JSON.stringify(refused.body)).not.toContain(String(made.body['key']))
    expect((await ask('DELETE', path, { headers: ifMatch(made.body.etag) })).status).toBe(204)
  })

  test('the operational webhook, which is made by one of two who find none', async () => {
    const account = await newAccount()
    const path = `/v1/operational-webhook?account_id=${account}`
    const put = async (url: string, headers: Record<string, string>) =>
      ask('PUT', path, { body: { url }, headers })
    const none = await put('https://example.com/', ifMatch('*'))
    expect([none.status, none.body.current]).toEqual([412, null])
    const made = await Promise.all(
      ['a', 'b'].map(async (name) => put(`https://example.com/${name}`, { 'if-none-match': '*' })),
    )
    expect(made.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 412])
    const now = await read(path)
    expect(made.map((answer) => (answer.status === 201 ? answer.body : answer.body.current))).toEqual([
      now,
      now,
    ])
    const changed = await put('https://example.com/c', ifMatch(now.etag))
    expect([changed.status, changed.etag]).toEqual([200, changed.body.etag])
    const late = await Promise.all([
      put('https://example.com/d', ifMatch(now.etag)),
      ask('DELETE', path, { headers: ifMatch(now.etag) }),
      ask('POST', `/v1/webhooks/${String(now['id'])}/pause`, { headers: ifMatch(now.etag) }),
    ])
    expect(late.map(({ status, body }) => [status, body.current])).toEqual(
      late.map(() => [412, changed.body]),
    )
    expect(await audit(`&account_id=${account}`)).toHaveLength(3)
  })
})

describe('with an Idempotency-Key', () => {
  test('a change whose answer was lost is asked for again by the same version, and gets that answer with its tag', async () => {
    const { account, path } = await setUp()
    const { etag } = await read(path)
    const headers = { ...ifMatch(etag), 'idempotency-key': crypto.randomUUID() }
    const first = await ask('POST', `${path}/secret/rotate`, { headers })
    expect([first.status, first.etag]).toEqual([200, first.body.etag])
    expect(await ask('POST', `${path}/secret/rotate`, { headers })).toEqual(first)
    const other = { ...headers, ...ifMatch(first.body.etag) }
    expect((await ask('POST', `${path}/secret/rotate`, { headers: other })).status).toBe(409)
    const numbers = { 'idempotency-key': crypto.randomUUID() }
    const put = await putNumbers(account, ['+918069010150'], numbers)
    await putNumbers(account, ['+918069010151'])
    expect(await putNumbers(account, ['+918069010150'], numbers)).toEqual(put)
    expect((await read(`/v1/numbers?account_id=${account}`)).etag).not.toBe(put.etag)
  })

  test('a change that was refused is made by the version that is there', async () => {
    const { path } = await setUp()
    const key = { 'idempotency-key': crypto.randomUUID() }
    const rotate = async (etag: string) =>
      ask('POST', `${path}/secret/rotate`, { headers: { ...key, ...ifMatch(etag) } })
    const refused = await rotate('"other"')
    expect(refused.status).toBe(412)
    expect((await rotate(refused.body.current?.etag ?? '')).status).toBe(200)
  })
})
