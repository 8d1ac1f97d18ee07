import { describe, expect, test } from 'vitest'
import { ADMIN_KEY, api, env, newAccount } from '../support/relay.ts'
import {
  createWebhook,
  newKey,
  newTenant,
  raw,
  type NewKey,
  type Page,
  type ProblemBody,
} from '../support/control.ts'

interface Account {
  id: string
  name: string
  webhooks_enabled: boolean
  created_at: string
  updated_at: string
}

describe('accounts', () => {
  test('an account is created with webhooks enabled, read, renamed, switched off and deleted', async () => {
    const created = await api<Account>('POST', '/v1/accounts', { name: 'Acme' })
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({
      id: expect.stringMatching(/^acc_/),
      name: 'Acme',
      webhooks_enabled: true,
      country: 'IN',
    })
    expect(new Date(created.body.created_at).toISOString()).toBe(created.body.created_at)
    const path = `/v1/accounts/${created.body.id}`
    expect((await api('GET', path)).body).toEqual(created.body)
    const changed = await api<Account>('PATCH', path, { name: 'Acme Ltd', webhooks_enabled: false })
    expect(changed.body).toMatchObject({ name: 'Acme Ltd', webhooks_enabled: false })
    expect((await api('GET', path)).body).toEqual(changed.body)
    expect((await api('DELETE', path)).status).toBe(204)
    expect((await api('GET', path)).status).toBe(404)
    expect((await api('DELETE', path)).status).toBe(404)
  })

  test('accounts are listed newest first, page by page, each once', async () => {
    const made: string[] = []
    for (let n = 0; n < 5; n += 1) made.unshift(await newAccount(`List ${n}`))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const path: string = `/v1/accounts?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`
      const page: Page<Account> = (await api<Page<Account>>('GET', path)).body
      expect(page.data.length).toBeLessThanOrEqual(2)
      seen.push(...page.data.map((each) => each.id))
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(seen.slice(0, 5)).toEqual(made)
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('deleting an account takes its webhooks, keys and numbers with it', async () => {
    const { account, manage } = await newTenant()
    const webhooks = await Promise.all([createWebhook(manage), createWebhook(manage)])
    await api('PUT', `/v1/accounts/${account}/numbers`, {
      numbers: [{ number: '+918069010148', label: 'Main' }],
    })
    expect((await api('DELETE', `/v1/accounts/${account}`)).status).toBe(204)
    expect((await api('GET', '/v1/webhooks', undefined, manage)).status).toBe(401)
    for (const { id } of webhooks) expect((await api('GET', `/v1/webhooks/${id}`)).status).toBe(404)
    for (const table of ['keys', 'numbers', 'webhooks']) {
      const rows = await env.DB.prepare(`SELECT 1 FROM ${table} WHERE account_id = ?`).bind(account).all()
      expect(rows.results).toEqual([])
    }
  })
})

describe('keys', () => {
  test('a key is shown once, and only its hash is stored', async () => {
    const account = await newAccount()
    const created = await api<NewKey>('POST', `/v1/accounts/${account}/keys`, {
      name: 'CRM',
      scope: 'manage',
    })
    expect(created.status).toBe(201)
    expect(created.body.key).toMatch(/^rk_[\w-]{32,}$/)
    expect(created.body.hint).toBe(created.body.key.slice(-4))
    const listed = await raw('GET', `/v1/accounts/${account}/keys`)
    const text = await listed.text()
    expect(text).toContain(created.body.id)
    expect(text).not.toContain(created.body.key)
    const rows = await env.DB.prepare('SELECT * FROM keys').all()
    expect(JSON.stringify(rows.results)).not.toContain(created.body.key)
  })

  test('a deleted key opens nothing once its deletion has returned', async () => {
    const account = await newAccount()
    const { id, key } = await newKey(account, 'manage')
    expect((await api('GET', '/v1/webhooks', undefined, key)).status).toBe(200)
    expect((await api('DELETE', `/v1/accounts/${account}/keys/${id}`)).status).toBe(204)
    expect((await api('GET', '/v1/webhooks', undefined, key)).status).toBe(401)
    expect((await api('DELETE', `/v1/accounts/${account}/keys/${id}`)).status).toBe(404)
  })

  test('a key for every account is of no account, and can be listed and deleted', async () => {
    const created = await api<NewKey>('POST', '/v1/keys', { name: 'Core', scope: 'ingest' })
    expect(created.status).toBe(201)
    expect(created.body.account_id).toBeNull()
    const listed = await api<Page<NewKey>>('GET', '/v1/keys')
    expect(listed.body.data.map((each) => each.id)).toContain(created.body.id)
    expect((await api('DELETE', `/v1/keys/${created.body.id}`)).status).toBe(204)
    const manage = await api<ProblemBody>('POST', '/v1/keys', { name: 'All', scope: 'manage' })
    expect(manage.status).toBe(422)
    expect(manage.body.errors.map((each) => each.path)).toEqual(['scope'])
  })

  test('a key made with scope admin reaches every account', async () => {
    const [home, other] = [await newAccount(), await newAccount()]
    const { key } = await newKey(home, 'admin')
    expect((await api('GET', `/v1/accounts/${other}`, undefined, key)).status).toBe(200)
  })
})

describe('who may do what', () => {
  test('without a key, or with an unknown one, every /v1 route is 401', async () => {
    const routes = ['/v1/accounts', '/v1/webhooks', '/v1/triggers', '/v1/numbers', '/v1/nothing']
    for (const path of routes) {
      for (const key of [null, 'rk_unknown', `${ADMIN_KEY}x`]) {
        const answer = await raw('GET', path, { key })
        expect(answer.status).toBe(401)
        expect(answer.headers.get('content-type')).toBe('application/problem+json')
        expect((await answer.json<ProblemBody>()).code).toBe('unauthorized')
      }
    }
    const basic = await raw('GET', '/v1/accounts', {
      key: null,
      headers: { authorization: `Basic ${ADMIN_KEY}` },
    })
    expect(basic.status).toBe(401)
  })

  test('a key of the wrong scope is 403, and nothing changes', async () => {
    const { account, manage, read, ingest } = await newTenant()
    const webhook = await createWebhook(manage)
    const one = `/v1/webhooks/${webhook.id}`
    const refused: [string, string, string, object?][] = [
      ...[manage, read, ingest].flatMap((key): [string, string, string, object?][] => [
        [key, 'POST', '/v1/accounts', { name: 'Mine' }],
        [key, 'GET', '/v1/accounts'],
        [key, 'PATCH', `/v1/accounts/${account}`, { webhooks_enabled: false }],
        [key, 'DELETE', `/v1/accounts/${account}`],
        [key, 'POST', `/v1/accounts/${account}/keys`, { name: 'More', scope: 'admin' }],
        [key, 'POST', '/v1/keys', { name: 'More', scope: 'ingest' }],
        [key, 'PUT', `/v1/accounts/${account}/numbers`, { numbers: [] }],
      ]),
      ...[read, ingest].flatMap((key): [string, string, string, object?][] => [
        [key, 'POST', '/v1/webhooks', { name: 'x', triggers: ['dtmf_option'], url: 'https://example.com' }],
        [key, 'PATCH', one, { name: 'Changed' }],
        [key, 'DELETE', one],
        [key, 'POST', `${one}/pause`],
        [key, 'GET', `${one}/secret`],
        [key, 'POST', `${one}/secret/rotate`],
        [key, 'POST', `${one}/test`],
        [key, 'POST', '/v1/webhooks/preview', { webhook: webhook.id }],
      ]),
      [ingest, 'GET', '/v1/webhooks'],
      [ingest, 'GET', one],
      [ingest, 'GET', '/v1/triggers'],
      [ingest, 'GET', '/v1/numbers'],
      [ingest, 'GET', `/v1/accounts/${account}`],
    ]
    for (const [key, method, path, body] of refused) {
      const answer = await api<ProblemBody>(method, path, body, key)
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 403, 'forbidden'])
    }
    expect((await api('GET', one, undefined, manage)).body).toEqual(webhook)
    expect((await api<Account>('GET', `/v1/accounts/${account}`)).body.webhooks_enabled).toBe(true)
  })

  test("another account's objects are 404, whatever is asked of them", async () => {
    const [mine, other] = [await newTenant(), await newTenant()]
    const { id } = await createWebhook(other.manage)
    const asked: [string, string, object?][] = [
      ['GET', `/v1/webhooks/${id}`],
      ['PATCH', `/v1/webhooks/${id}`, { name: 'Taken' }],
      ['DELETE', `/v1/webhooks/${id}`],
      ['POST', `/v1/webhooks/${id}/enable`],
      ['POST', `/v1/webhooks/${id}/pause`],
      ['POST', `/v1/webhooks/${id}/disable`],
      ['POST', `/v1/webhooks/${id}/test`],
      ['GET', `/v1/webhooks/${id}/secret`],
      ['POST', `/v1/webhooks/${id}/secret/rotate`],
      ['POST', '/v1/webhooks/preview', { webhook: id }],
      ['GET', `/v1/webhooks?account_id=${other.account}`],
      ['GET', `/v1/numbers?account_id=${other.account}`],
      ['GET', `/v1/accounts/${other.account}`],
      ['GET', `/v1/accounts/${other.account}/keys`],
    ]
    for (const [method, path, body] of asked) {
      const answer = await api<ProblemBody>(method, path, body, mine.manage)
      expect([method, path, answer.status]).toEqual([method, path, 404])
    }
    expect((await api('GET', `/v1/webhooks/${id}`, undefined, other.manage)).body).toMatchObject({
      name: 'CRM sync',
      status: 'active',
    })
  })

  test('an admin key says whose in lists and creations; elsewhere the id does', async () => {
    const { account, manage } = await newTenant()
    const { id } = await createWebhook(manage)
    for (const [method, path] of [
      ['GET', '/v1/webhooks'],
      ['POST', '/v1/webhooks'],
      ['GET', '/v1/numbers'],
    ] as const) {
      const body =
        method === 'POST' ? { name: 'x', triggers: ['dtmf_option'], url: 'https://example.com' } : undefined
      const missing = await api<ProblemBody>(method, path, body)
      expect([missing.status, missing.body.errors.map((each) => each.path)]).toEqual([422, ['account_id']])
      expect((await api(method, `${path}?account_id=acc_none`, body)).status).toBe(404)
    }
    expect((await api('GET', `/v1/webhooks?account_id=${account}`)).status).toBe(200)
    expect((await api('GET', `/v1/webhooks/${id}`)).status).toBe(200)
    expect((await api('GET', `/v1/webhooks/${id}?account_id=${account}`)).status).toBe(200)
    expect((await api('GET', `/v1/webhooks/${id}?account_id=acc_other`)).status).toBe(404)
  })
})

describe('numbers', () => {
  test('what is put replaces what was there, in one go for any count', async () => {
    const { account, read } = await newTenant()
    const many = Array.from({ length: 300 }, (_, n) => ({
      number: `+9180690${10000 + n}`,
      label: `Line ${n}`,
    }))
    const put = await api('PUT', `/v1/accounts/${account}/numbers`, { numbers: many })
    expect(put.status).toBe(200)
    const first = (await api<Page<{ number: string }>>('GET', '/v1/numbers?limit=250', undefined, read)).body
    const rest = (
      await api<Page<{ number: string }>>(
        'GET',
        `/v1/numbers?limit=250&cursor=${first.next_cursor}`,
        undefined,
        read,
      )
    ).body
    expect([...first.data, ...rest.data]).toEqual(many)
    expect(rest.next_cursor).toBeNull()
    await api('PUT', `/v1/accounts/${account}/numbers`, { numbers: [{ number: '918069010148' }] })
    expect((await api('GET', '/v1/numbers', undefined, read)).body).toEqual({
      data: [{ number: '+918069010148', label: '' }],
      next_cursor: null,
      etag: expect.stringMatching(/^".+"$/),
    })
  })

  test('every bad number is named, and nothing is replaced', async () => {
    const { account, read } = await newTenant()
    await api('PUT', `/v1/accounts/${account}/numbers`, {
      numbers: [{ number: '+918069010148', label: 'Main' }],
    })
    const bad = await api<ProblemBody>('PUT', `/v1/accounts/${account}/numbers`, {
      numbers: [
        { number: 'none' },
        { number: '+918069010148' },
        { number: '(080) 6901-0148' },
        { label: 'x' },
        { number: '12' },
      ],
    })
    expect(bad.status).toBe(422)
    const paths = bad.body.errors.map((each) => each.path)
    for (const index of [0, 2, 3, 4]) expect(paths).toContain(`numbers.${index}.number`)
    expect(paths).not.toContain('numbers.1.number')
    expect((await api<Page<unknown>>('GET', '/v1/numbers', undefined, read)).body.data).toHaveLength(1)
  })
})
