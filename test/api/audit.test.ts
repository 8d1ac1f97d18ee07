import { beforeAll, describe, expect, test } from 'vitest'
import { audit, type AuditEntry } from '../support/audit.ts'
import {
  createWebhook,
  newKey,
  newTenant,
  PLAIN,
  raw,
  type NewKey,
  type Page,
  type ProblemBody,
} from '../support/control.ts'
import { api, env, newAccount } from '../support/relay.ts'

const ADMIN = { type: 'admin', id: null }
const SECRET_VALUE = 'planted-header-value'

async function only(filters: string): Promise<AuditEntry> {
  const entries = await audit(filters)
  expect(entries).toHaveLength(1)
  return entries[0] as AuditEntry
}

describe('each change is in the log, with who made it, before and after:', () => {
  test('an account created, changed and deleted', async () => {
    const account = await newAccount('Acme')
    const { id: admin, key } = await newKey(account, 'admin')
    await api('PATCH', `/v1/accounts/${account}`, { webhooks_enabled: false }, key)
    await api('DELETE', `/v1/accounts/${account}`)
    const entries = await audit(`&object_id=${account}`)
    const [on, off] = [true, false].map((webhooks_enabled) => ({
      name: 'Acme',
      webhooks_enabled,
      country: 'IN',
    }))
    const common = { account_id: account, object_id: account }
    expect(entries).toMatchObject([
      { ...common, action: 'account.deleted', actor: ADMIN, before: off, after: null },
      { ...common, action: 'account.updated', actor: { type: 'key', id: admin }, before: on, after: off },
      { ...common, action: 'account.created', actor: ADMIN, before: null, after: on },
    ])
    for (const { id, created_at } of entries) {
      expect(id).toMatch(/^aud_[0-9A-Z]{26}$/)
      expect(new Date(created_at).toISOString()).toBe(created_at)
    }
  })

  test('a key made and deleted, without the key', async () => {
    const account = await newAccount()
    const { id, key } = await newKey(account, 'manage')
    await api('DELETE', `/v1/accounts/${account}/keys/${id}`)
    const facts = { name: 'manage', scope: 'manage', expires_at: null }
    const common = { account_id: account, actor: ADMIN }
    expect(await audit(`&object_id=${id}`)).toMatchObject([
      { ...common, action: 'key.deleted', before: facts, after: null },
      { ...common, action: 'key.created', before: null, after: facts },
    ])
    const core = await api<NewKey>('POST', '/v1/keys', { name: 'Core', scope: 'ingest' })
    expect((await only(`&object_id=${core.body.id}`)).account_id).toBeNull()
    const stored = JSON.stringify((await env.DB.prepare('SELECT * FROM audit').all()).results)
    for (const secret of [key, core.body.key]) expect(stored).not.toContain(secret)
  })

  test('numbers replaced', async () => {
    const account = await newAccount()
    const path = `/v1/accounts/${account}/numbers`
    const one = [{ number: '+918069010148', label: 'Main "line"' }]
    const two = [...one, { number: '+918069010149', label: '' }]
    await api('PUT', path, { numbers: one })
    await api('PUT', path, { numbers: two.toReversed() })
    const common = { account_id: account, object_id: account, actor: ADMIN }
    expect(await audit(`&account_id=${account}&action=numbers.replaced`)).toMatchObject([
      { ...common, before: { numbers: one }, after: { numbers: two } },
      { ...common, before: { numbers: [] }, after: { numbers: one } },
    ])
  })

  test('a webhook created and changed: of a change the fields that differ, header values masked', async () => {
    const { account, manage } = await newTenant()
    const headers = [{ key: 'X-Key', value: SECRET_VALUE }]
    const { id } = await createWebhook(manage, { headers })
    const changed = [{ key: 'X-Key', value: `${SECRET_VALUE}-2` }]
    await api('PATCH', `/v1/webhooks/${id}`, { name: 'CRM', headers: changed, method: 'POST' }, manage)
    const masked = [{ key: 'X-Key', value: '••••' }]
    const entries = await audit(`&object_id=${id}`)
    expect(entries).toMatchObject([
      { action: 'webhook.updated', account_id: account, actor: { type: 'key' } },
      { action: 'webhook.created', account_id: account, before: null },
    ])
    expect(entries[0]?.before).toEqual({ name: 'CRM sync', headers: masked })
    expect(entries[0]?.after).toEqual({ name: 'CRM', headers: masked })
    expect(entries[1]?.after).toMatchObject({ ...PLAIN, headers: masked, ordering: 'per_call' })
    const stored = JSON.stringify((await env.DB.prepare('SELECT * FROM audit').all()).results)
    expect(stored).not.toContain(SECRET_VALUE)
  })

  test('the operational webhook made and changed', async () => {
    const { account, manage } = await newTenant()
    const put = (fields: object) => api<{ id: string }>('PUT', '/v1/operational-webhook', fields, manage)
    const fields = { url: 'https://example.com/a', headers: [{ key: 'X-Key', value: SECRET_VALUE }] }
    const { id } = (await put(fields)).body
    await put({ ...fields, url: 'https://example.com/b' })
    await put({ ...fields, url: 'https://example.com/b' })
    const headers = [{ key: 'X-Key', value: '••••' }]
    const urls = ['https://example.com/a', 'https://example.com/b'].map((url) => ({ url }))
    expect(await audit(`&account_id=${account}&object_id=${id}`)).toMatchObject([
      { action: 'webhook.updated', before: urls[0], after: urls[1] },
      { action: 'webhook.created', before: null, after: { ...urls[0], headers } },
    ])
  })

  test('a secret rotated, both masked', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage)
    const { secret } = (await api<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`)).body
    const rotated = await api<{ secret: string; previous: { expires_at: string }[] }>(
      'POST',
      `/v1/webhooks/${id}/secret/rotate`,
    )
    const entry = await only(`&object_id=${id}&action=secret.rotated`)
    const previous = [{ secret: '••••', expires_at: rotated.body.previous[0]?.expires_at }]
    expect(entry.before).toEqual({ secret: '••••', previous: [] })
    expect(entry.after).toEqual({ secret: '••••', previous })
    expect(JSON.stringify(entry)).not.toContain(secret.slice('whsec_'.length))
  })
})

describe('nothing is entered', () => {
  test('by a change that changes nothing', async () => {
    const { account, manage } = await newTenant()
    const { id } = await createWebhook(manage, { headers: [{ key: 'X-Key', value: SECRET_VALUE }] })
    const numbers = [{ number: '+918069010148', label: 'Main' }]
    await api('PUT', `/v1/accounts/${account}/numbers`, { numbers })
    const read = (await api<object>('GET', `/v1/webhooks/${id}`)).body
    const account1 = (await api('GET', `/v1/accounts/${account}`)).body
    const before = await audit('')
    const again: [string, string, object][] = [
      ['PATCH', `/v1/accounts/${account}`, {}],
      ['PATCH', `/v1/accounts/${account}`, { name: 'Acme', webhooks_enabled: true }],
      ['PUT', `/v1/accounts/${account}/numbers`, { numbers }],
      ['PATCH', `/v1/webhooks/${id}`, {}],
      ['PATCH', `/v1/webhooks/${id}`, { headers: [{ key: 'X-Key', value: '••••' }] }],
    ]
    for (const [method, path, body] of again) expect((await api(method, path, body)).status).toBe(200)
    expect(await audit('')).toEqual(before)
    expect((await api('GET', `/v1/webhooks/${id}`)).body).toEqual(read)
    expect((await api('GET', `/v1/accounts/${account}`)).body).toEqual(account1)
  })

  test('by a change that is refused', async () => {
    const { account, manage } = await newTenant()
    const { id } = await createWebhook(manage)
    const before = await audit('')
    const refused: [string, string, object?][] = [
      ['POST', '/v1/accounts', {}],
      ['PATCH', '/v1/accounts/acc_none', { name: 'x' }],
      ['DELETE', '/v1/accounts/acc_none'],
      ['POST', '/v1/accounts/acc_none/keys', { name: 'x', scope: 'read' }],
      ['DELETE', `/v1/accounts/${account}/keys/key_none`],
      ['PUT', '/v1/accounts/acc_none/numbers', { numbers: [] }],
      ['PATCH', `/v1/webhooks/${id}`, { name: '' }],
    ]
    for (const [method, path, body] of refused)
      expect((await api(method, path, body)).status).toBeGreaterThan(400)
    expect(await audit('')).toEqual(before)
  })
})

test('a change whose entry cannot be written is not made', async () => {
  const { account, manage } = await newTenant()
  const webhook = await createWebhook(manage)
  const secret = (await api('GET', `/v1/webhooks/${webhook.id}/secret`)).body
  const kept = (await api('GET', `/v1/accounts/${account}`)).body
  const tables = ['accounts', 'keys', 'numbers', 'webhooks', 'webhook_versions']
  const count = async (): Promise<unknown> =>
    Promise.all(tables.map((table) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first('n')))
  const counts = await count()
  await env.DB.prepare(
    "CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END",
  ).run()
  try {
    const changes: [string, string, object?][] = [
      ['POST', '/v1/accounts', { name: 'x' }],
      ['POST', `/v1/accounts/${account}/keys`, { name: 'x', scope: 'read' }],
    ]
    for (const [method, path, body] of changes) {
      expect([method, path, (await api(method, path, body)).status]).toEqual([method, path, 500])
    }
    // What the shards are told of may have been made, for all that its answer says.
    const configuration: [string, string, object?][] = [
      ['PUT', `/v1/accounts/${account}/numbers`, { numbers: [{ number: '8069010148' }] }],
      ['PATCH', `/v1/accounts/${account}`, { name: 'x' }],
      ['POST', `/v1/webhooks?account_id=${account}`, PLAIN],
      ['PUT', `/v1/operational-webhook?account_id=${account}`, { url: PLAIN.url }],
      ['PATCH', `/v1/webhooks/${webhook.id}`, { name: 'x' }],
      ['POST', `/v1/webhooks/${webhook.id}/secret/rotate`],
      ['POST', `/v1/webhooks/${webhook.id}/pause`],
      ['DELETE', `/v1/webhooks/${webhook.id}`],
      ['DELETE', `/v1/accounts/${account}`],
    ]
    for (const [method, path, body] of configuration) {
      expect([method, path, (await api(method, path, body)).status]).toEqual([method, path, 503])
    }
  } finally {
    await env.DB.prepare('DROP TRIGGER refuse').run()
  }
  expect(await count()).toEqual(counts)
  expect((await api('GET', `/v1/accounts/${account}`)).body).toEqual(kept)
  expect((await api('GET', `/v1/webhooks/${webhook.id}`)).body).toEqual(webhook)
  expect((await api('GET', `/v1/webhooks/${webhook.id}/secret`)).body).toEqual(secret)
})

test('changes that meet enter what each found: the log is a chain without a gap', async () => {
  const { manage } = await newTenant()
  const { id } = await createWebhook(manage)
  const names = ['a', 'b', 'c', 'd']
  await Promise.all(names.map((name) => api('PATCH', `/v1/webhooks/${id}`, { name }, manage)))
  const chain = (await audit(`&object_id=${id}&action=webhook.updated`)).toSorted((a, b) =>
    a.created_at === b.created_at ? 0 : a.created_at < b.created_at ? -1 : 1,
  )
  const froms = new Map(chain.map((each) => [each.before?.['name'], each.after?.['name']]))
  const walked: unknown[] = []
  for (let name: unknown = 'CRM sync'; froms.has(name); name = froms.get(name)) walked.push(froms.get(name))
  expect(new Set(walked)).toEqual(new Set(names))
  expect(walked).toHaveLength(names.length)
  expect((await api('GET', `/v1/webhooks/${id}`)).body).toMatchObject({ name: walked.at(-1) })
})

describe('the log is read', () => {
  let mine: Awaited<ReturnType<typeof newTenant>>
  let other: Awaited<ReturnType<typeof newTenant>>
  beforeAll(async () => {
    mine = await newTenant()
    other = await newTenant()
  })

  test('by an admin of every account or of one, by manage and read keys of their own, by ingest not at all', async () => {
    const all = await audit('')
    const own = all.filter((each) => each.account_id === mine.account)
    expect(own).toHaveLength(4)
    expect(all.some((each) => each.account_id === other.account)).toBe(true)
    expect(await audit(`&account_id=${mine.account}`)).toEqual(own)
    for (const key of [mine.manage, mine.read]) {
      expect(await audit('', key)).toEqual(own)
      expect(await audit(`&account_id=${mine.account}`, key)).toEqual(own)
      expect((await raw('GET', `/v1/audit?account_id=${other.account}`, { key })).status).toBe(404)
    }
    expect((await raw('GET', '/v1/audit', { key: mine.ingest })).status).toBe(403)
  })

  test('newest first, page by page, each once, and by its filters', async () => {
    const own = await audit(`&account_id=${mine.account}`)
    expect(own.map((each) => each.id)).toEqual(
      own
        .map((each) => each.id)
        .toSorted()
        .toReversed(),
    )
    const seen: AuditEntry[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const path: string = `/v1/audit?account_id=${mine.account}&limit=3${cursor && `&cursor=${cursor}`}`
      const page: Page<AuditEntry> = (await api<Page<AuditEntry>>('GET', path)).body
      seen.push(...page.data)
      cursor = page.next_cursor
    }
    expect(seen).toEqual(own)
    const made = own.filter((each) => each.action === 'key.created')
    expect(await audit(`&account_id=${mine.account}&action=key.created`)).toEqual(made)
    expect(made).toHaveLength(3)
    const [, newest] = own
    const time = encodeURIComponent(newest?.created_at ?? '')
    const at = (since: boolean) => (each: AuditEntry) =>
      since ? each.created_at >= (newest?.created_at ?? '') : each.created_at < (newest?.created_at ?? '')
    expect(await audit(`&account_id=${mine.account}&since=${time}`)).toEqual(own.filter(at(true)))
    expect(await audit(`&account_id=${mine.account}&until=${time}`)).toEqual(own.filter(at(false)))
  })

  test('and a filter that is not one is named', async () => {
    const path = '/v1/audit?action=webhook.exploded&since=yesterday&colour=red'
    const { status, body } = await api<ProblemBody>('GET', path)
    expect([status, body.errors.map((each) => each.path).sort()]).toEqual([
      422,
      ['action', 'colour', 'since'],
    ])
  })

  test('also of an account that is gone', async () => {
    const account = await newAccount()
    await api('DELETE', `/v1/accounts/${account}`)
    expect((await audit(`&account_id=${account}`)).map((each) => each.action)).toEqual([
      'account.deleted',
      'account.created',
    ])
  })
})
