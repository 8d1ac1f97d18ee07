import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createWebhook,
  newTenant,
  PLAIN,
  raw,
  type Page,
  type ProblemBody,
  type Webhook,
} from '../support/control.ts'
import { api, Receivers } from '../support/relay.ts'

const OPTIONAL = [
  'description',
  'method',
  'content_type',
  'call_type',
  'outbound_types',
  'numbers',
  'date_time_format',
  'time_zone',
  'headers',
  'parameters',
  'body',
  'value_types',
  'nested_form',
  'ordering',
  'rate_limit',
  'max_age_seconds',
]
const NULLS = Object.fromEntries(OPTIONAL.map((field) => [field, null]))

afterEach(() => vi.restoreAllMocks())

describe('a webhook as it was read', () => {
  test('is taken by PATCH, and changes nothing', async () => {
    const { manage, read } = await newTenant()
    const headers = [{ key: 'X-Key', value: 'secret' }]
    const webhook = await createWebhook(manage, { headers, triggers: ['call_hangup_missed'] })
    const listed = (await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, manage)).body.data[0]
    const masked = (await api<Webhook>('GET', `/v1/webhooks/${webhook.id}`, undefined, read)).body
    for (const each of [webhook, listed, masked]) {
      const sent = await api('PATCH', `/v1/webhooks/${webhook.id}`, each, manage)
      expect([sent.status, sent.body]).toEqual([200, webhook])
    }
  })

  test('is taken by POST and makes another one, whatever its read-only fields say', async () => {
    const { manage } = await newTenant()
    const webhook = await createWebhook(manage)
    await api('POST', `/v1/webhooks/${webhook.id}/pause`, undefined, manage)
    const paused = (await api<Webhook>('GET', `/v1/webhooks/${webhook.id}`, undefined, manage)).body
    const copy = await api<Webhook>('POST', '/v1/webhooks', { ...paused, health: 7 }, manage)
    expect([copy.status, copy.body['status'], copy.body.id === webhook.id]).toEqual([201, 'active', false])
  })

  test('is previewed with the headers, secret and id of the saved one, masked or not, and with what is changed', async () => {
    const { manage } = await newTenant()
    const headers = [{ key: 'X-Key', value: 'secret' }]
    const { id } = await createWebhook(manage, { headers })
    const masked = (await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, manage)).body.data[0]
    const webhook = { ...masked, parameters: [{ key: 'of', value: '$webhook_id' }], body: 'parameters' }
    const preview = await api<{ headers: { key: string; value: string }[]; body: string }>(
      'POST',
      '/v1/webhooks/preview',
      { webhook },
      manage,
    )
    expect(preview.status).toBe(200)
    expect(preview.body.headers).toContainEqual({ key: 'X-Key', value: 'secret' })
    expect(JSON.parse(preview.body.body)).toEqual({ of: id })
  })

  test('of another account gives a preview nothing of what it hides', async () => {
    const [mine, other] = [await newTenant(), await newTenant()]
    await createWebhook(other.manage, { headers: [{ key: 'X-Key', value: 'secret' }] })
    const webhook = (await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, other.manage)).body.data[0]
    const answer = await api<ProblemBody>('POST', '/v1/webhooks/preview', { webhook }, mine.manage)
    expect([answer.status, answer.body.errors.map(({ path }) => path)]).toEqual([
      422,
      ['webhook.headers.0.value'],
    ])
  })

  test('with a field that no webhook has is refused everywhere', async () => {
    const { manage } = await newTenant()
    const webhook = await createWebhook(manage)
    for (const [method, path, body, at] of [
      ['POST', '/v1/webhooks', { ...webhook, state: 'active' }, 'state'],
      ['PATCH', `/v1/webhooks/${webhook.id}`, { ...webhook, state: 'active' }, 'state'],
      ['POST', '/v1/webhooks/preview', { webhook: { ...webhook, state: 'active' } }, 'webhook.state'],
    ] as const) {
      const answer = await api<ProblemBody>(method, path, body, manage)
      expect([path, answer.status, answer.body.errors]).toEqual([
        path,
        422,
        [{ path: at, message: 'is not a known field' }],
      ])
    }
  })
})

test('an operational webhook as it was read is taken by PUT', async () => {
  const { account } = await newTenant()
  const path = `/v1/operational-webhook?account_id=${account}`
  const made = await api<object>('PUT', path, { url: 'https://example.com/ops', events: null, headers: null })
  expect(made.status).toBe(201)
  const sent = await api('PUT', path, made.body)
  expect([sent.status, sent.body]).toEqual([200, made.body])
  expect((await api('PUT', path, { ...made.body, state: 1 })).status).toBe(422)
})

describe('null for an optional field is as if it were not there', () => {
  test('in a new webhook and in a draft, for each of them', async () => {
    const { manage } = await newTenant()
    const plain = await createWebhook(manage)
    const nulls = await createWebhook(manage, NULLS)
    for (const field of OPTIONAL) expect([field, nulls[field]]).toEqual([field, plain[field]])
    const preview = await api(
      'POST',
      '/v1/webhooks/preview',
      { webhook: { ...PLAIN, ...NULLS }, event: null },
      manage,
    )
    expect(preview.status).toBe(200)
  })

  test('in a PATCH it is the default, since the field is one that has a value', async () => {
    const { manage } = await newTenant()
    const plain = await createWebhook(manage)
    const webhook = await createWebhook(manage, {
      method: 'GET',
      headers: [{ key: 'X-Key', value: '1' }],
      rate_limit: 5,
      time_zone: 'UTC',
    })
    const patched = await api<Webhook>('PATCH', `/v1/webhooks/${webhook.id}`, NULLS, manage)
    expect(patched.status).toBe(200)
    for (const field of OPTIONAL) expect([field, patched.body[field]]).toEqual([field, plain[field]])
  })

  test('in an event, alone and in a batch, with an id in the header too', async () => {
    const { account, ingest } = await newTenant()
    const bare = { trigger: 'call_answered_by_agent', call_id: 'call-1', call_type: 'inbound', id: 'evt-1' }
    const fields = ['account_id', 'outbound_type', 'number', 'sequence', 'occurred_at', 'variables']
    const nulls = Object.fromEntries(fields.map((field) => [field, null]))
    const send = async (event: object, headers: Record<string, string> = {}) => {
      const answer = await raw('POST', '/v1/events', {
        key: ingest,
        body: JSON.stringify(event),
        headers: { 'content-type': 'application/json', ...headers },
      })
      return { status: answer.status, body: await answer.json() }
    }
    expect(await send({ ...bare, ...nulls })).toMatchObject({ status: 202, body: { duplicate: false } })
    expect(await send(bare), 'the same event').toMatchObject({ status: 202, body: { duplicate: true } })
    expect(await send({ ...bare, ...nulls, id: null }, { 'idempotency-key': 'evt-1' })).toMatchObject({
      status: 202,
      body: { id: 'evt-1', duplicate: true },
    })
    expect(await send({ ...bare, id: null })).toMatchObject({ status: 202, body: { duplicate: false } })
    const batch = await api<{ data: { status: number }[] }>('POST', '/v1/events/batch', {
      events: [{ ...bare, ...nulls, account_id: account, id: null }],
    })
    expect(batch.body.data.map(({ status }) => status)).toEqual([202])
    for (const field of ['trigger', 'call_id', 'call_type']) {
      expect([field, (await send({ ...bare, [field]: null })).status]).toEqual([field, 422])
    }
  })

  test('in every other body', async () => {
    const { account, manage } = await newTenant()
    const { id } = await createWebhook(manage, { url: new Receivers().add('nulls') })
    const made = await api('POST', '/v1/accounts', { name: 'Acme', webhooks_enabled: null, country: null })
    expect(made).toMatchObject({ status: 201, body: { webhooks_enabled: true, country: 'IN' } })
    await api('PATCH', `/v1/accounts/${account}`, { webhooks_enabled: false })
    const patched = await api('PATCH', `/v1/accounts/${account}`, { webhooks_enabled: null, name: null })
    expect(patched).toMatchObject({ status: 200, body: { webhooks_enabled: false, name: 'Acme' } })
    const numbers = [{ number: '+918069010148', label: null }]
    expect(await api('PUT', `/v1/accounts/${account}/numbers`, { numbers })).toMatchObject({
      status: 200,
      body: { data: [{ label: '' }] },
    })
    for (const [path, body, status] of [
      [`/v1/webhooks/${id}/test`, { trigger: null }, 200],
      [`/v1/webhooks/${id}/secret/rotate`, { grace_seconds: null }, 200],
      [
        `/v1/webhooks/${id}/replay`,
        { since: '2020-01-01T00:00:00Z', until: null, statuses: null, dry_run: null },
        202,
      ],
    ] as const) {
      expect([path, (await api('POST', path, body, manage)).status]).toEqual([path, status])
    }
  })
})

test.each(['', ' ', '\t', '\u00A0\u2003', '\u200B', 'a\nb', 'a\rb', 'a\u2028b', 'a\u0000b', '\u0007'])(
  'the name %j is refused, of a webhook, an account and a key',
  async (name) => {
    const { account, manage } = await newTenant()
    const { id } = await createWebhook(manage)
    for (const [method, path, body] of [
      ['POST', `/v1/webhooks?account_id=${account}`, { ...PLAIN, name }],
      ['PATCH', `/v1/webhooks/${id}`, { name }],
      ['POST', '/v1/accounts', { name }],
      ['PATCH', `/v1/accounts/${account}`, { name }],
      ['POST', `/v1/accounts/${account}/keys`, { name, scope: 'read' }],
    ] as const) {
      const answer = await api<ProblemBody>(method, path, body)
      expect([path, answer.status, new Set(answer.body.errors.map((each) => each.path))]).toEqual([
        path,
        422,
        new Set(['name']),
      ])
    }
  },
)
