import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createWebhook, newTenant, PLAIN, type Page, type ProblemBody } from '../support/control.ts'
import { putOperational, type OperationalWebhook } from '../support/operational.ts'
import { api, env, Receivers } from '../support/relay.ts'

const PATH = '/v1/operational-webhook'
const URL = 'https://example.com/ops'
const ALL = ['webhook.failing', 'webhook.recovered', 'webhook.disabled', 'delivery.failed']

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function countOf(accountId: string): Promise<unknown> {
  return env.DB.prepare("SELECT count(*) AS n FROM webhooks WHERE account_id = ? AND kind = 'operational'")
    .bind(accountId)
    .first('n')
}

describe('the operational webhook', () => {
  test('is made by the first PUT and replaced by the next, with its id, secret and status', async () => {
    const { account, manage } = await newTenant()
    expect((await api('GET', PATH, undefined, manage)).status).toBe(404)
    const made = await api<OperationalWebhook>('PUT', PATH, { url: URL }, manage)
    expect(made.status).toBe(201)
    expect(made.body).toEqual({
      id: expect.stringMatching(/^wh_[0-9A-Z]{26}$/),
      account_id: account,
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      url: URL,
      events: ALL,
      headers: [],
      status: 'active',
      status_reason: null,
      status_changed_at: expect.any(String),
      health: 'healthy',
      warnings: [],
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
    const { id } = made.body
    const secretOf = async () =>
      (await api<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`, undefined, manage)).body.secret
    const secret = await secretOf()
    await api('POST', `/v1/webhooks/${id}/pause`, undefined, manage)
    const next = {
      url: `${URL}/2`,
      events: ['delivery.failed'],
      headers: [{ key: 'Authorization', value: 'Bearer ops' }],
    }
    const replaced = await api<OperationalWebhook>('PUT', PATH, next, manage)
    expect(replaced.status).toBe(200)
    expect(replaced.body).toMatchObject({ ...next, id, status: 'paused' })
    expect(await api('GET', PATH, undefined, manage)).toEqual(replaced)
    expect(await secretOf()).toEqual(secret)
    expect((await api<OperationalWebhook>('PUT', PATH, { url: URL }, manage)).body).toMatchObject({
      events: ALL,
      headers: [],
    })
  })

  test('is one for an account, whoever makes one at the same time', async () => {
    const { account, manage } = await newTenant()
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, n) =>
        api<OperationalWebhook>('PUT', PATH, { url: `${URL}/${n}` }, manage),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(await countOf(account)).toBe(1)
  })

  test('has its header values sealed, masked for a read key, and kept where the mask is sent back', async () => {
    const { manage, read } = await newTenant()
    const headers = [{ key: 'Authorization', value: 'Bearer planted-secret' }]
    const { id } = (await api<OperationalWebhook>('PUT', PATH, { url: URL, headers }, manage)).body
    const row = await env.DB.prepare('SELECT headers FROM webhooks WHERE id = ?').bind(id).first('headers')
    expect(row).not.toContain('planted-secret')
    const masked = [{ key: 'Authorization', value: '••••' }]
    expect((await api('GET', PATH, undefined, read)).body).toMatchObject({ headers: masked })
    const kept = await api('PUT', PATH, { url: `${URL}/2`, headers: masked }, manage)
    expect(kept).toMatchObject({ status: 200, body: { headers } })
  })

  test('names every fault at once', async () => {
    const { manage } = await newTenant()
    const bad = {
      url: 'https://user@example.com/',
      events: ['call_answered_by_agent'],
      headers: [
        { key: 'X-A', value: '1' },
        { key: 'x-a', value: '2' },
        { key: 'webhook-id', value: '3' },
      ],
      name: 'mine',
    }
    const refused = await api<ProblemBody>('PUT', PATH, bad, manage)
    expect(refused.status).toBe(422)
    expect(refused.body.errors.map(({ path }) => path).sort()).toEqual([
      'events.0',
      'headers.1.key',
      'headers.2.key',
      'name',
      'url',
    ])
    expect((await api('PUT', PATH, { url: URL, events: [] }, manage)).status).toBe(422)
    expect((await api('PUT', PATH, {}, manage)).status).toBe(422)
  })

  test('is read by a read key, and written by manage and admin alone, each in its account', async () => {
    const { account, manage, read, ingest } = await newTenant()
    const other = await newTenant()
    for (const key of [read, ingest]) {
      expect((await api('PUT', PATH, { url: URL }, key)).status).toBe(403)
      expect((await api('DELETE', PATH, undefined, key)).status).toBe(403)
    }
    expect((await api('GET', PATH, undefined, ingest)).status).toBe(403)
    expect((await putOperational(account, { url: URL })).status).toBe(201)
    expect((await api('GET', PATH, undefined, read)).status).toBe(200)
    expect((await api('PUT', PATH, { url: URL })).status).toBe(422) // An admin key says whose.
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { url: URL } : undefined
      const asked = await api(method, `${PATH}?account_id=${account}`, body, other.manage)
      expect([method, asked.status]).toEqual([method, 404])
    }
    expect((await api('GET', PATH, undefined, other.manage)).status).toBe(404)
    expect((await api('GET', PATH, undefined, manage)).status).toBe(200)
  })

  test('is gone once deleted, and another one may be made', async () => {
    const { account, manage } = await newTenant()
    expect((await api('DELETE', PATH, undefined, manage)).status).toBe(404)
    const first = (await api<OperationalWebhook>('PUT', PATH, { url: URL }, manage)).body.id
    expect((await api('DELETE', PATH, undefined, manage)).status).toBe(204)
    expect((await api('GET', PATH, undefined, manage)).status).toBe(404)
    const second = await api<OperationalWebhook>('PUT', PATH, { url: URL }, manage)
    expect(second.status).toBe(201)
    expect(second.body.id).not.toBe(first)
    expect((await api('DELETE', `/v1/accounts/${account}`)).status).toBe(204)
    expect(await countOf(account)).toBe(0)
  })
})

describe('the routes of one webhook', () => {
  test('know it where they are about its secret, status, test and deliveries', async () => {
    const { manage } = await newTenant()
    const url = receivers.add('ops-test')
    const { id } = (await api<OperationalWebhook>('PUT', PATH, { url }, manage)).body
    const rotated = await api<{ secret: string; previous: unknown[] }>(
      'POST',
      `/v1/webhooks/${id}/secret/rotate`,
      {},
      manage,
    )
    expect(rotated.body.previous).toHaveLength(1)
    for (const [action, status] of [
      ['disable', 'disabled'],
      ['pause', 'paused'],
      ['enable', 'active'],
    ] as const) {
      const changed = await api('POST', `/v1/webhooks/${id}/${action}`, undefined, manage)
      expect(changed).toMatchObject({ status: 200, body: { id, url, events: ALL, status } })
    }
    const listed = await api<Page<unknown>>('GET', `/v1/webhooks/${id}/deliveries`, undefined, manage)
    expect(listed).toMatchObject({ status: 200, body: { data: [] } })

    for (const trigger of [undefined, ...ALL]) {
      const tested = await api('POST', `/v1/webhooks/${id}/test`, trigger && { trigger }, manage)
      expect(tested).toMatchObject({ status: 200, body: { status_code: 200, via: 'test' } })
      const request = receivers.got(url).at(-1)
      const sent = new Verifier(rotated.body.secret).verify(request?.body ?? '', request?.headers ?? {})
      expect(sent).toMatchObject({
        type: trigger ?? 'webhook.failing',
        data: { webhook_id: expect.any(String) },
      })
    }
    const refused = await api('POST', `/v1/webhooks/${id}/test`, { trigger: 'dtmf_option' }, manage)
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'trigger' }] } })
    expect(receivers.got(url)).toHaveLength(1 + ALL.length)
  })

  test('do not know it where they are about a webhook for calls', async () => {
    const { manage } = await newTenant()
    const { id } = (await api<OperationalWebhook>('PUT', PATH, { url: URL }, manage)).body
    const ordinary = await createWebhook(manage)
    const list = await api<Page<{ id: string }>>('GET', '/v1/webhooks', undefined, manage)
    expect(list.body.data.map((webhook) => webhook.id)).toEqual([ordinary.id])
    for (const [method, path, body] of [
      ['GET', `/v1/webhooks/${id}`, undefined],
      ['PATCH', `/v1/webhooks/${id}`, { name: 'Mine' }],
      ['DELETE', `/v1/webhooks/${id}`, undefined],
      ['POST', '/v1/webhooks/preview', { webhook: id, trigger: 'dtmf_option' }],
    ] as const) {
      expect([method, (await api(method, path, body, manage)).status]).toEqual([method, 404])
    }
    expect((await api('GET', PATH, undefined, manage)).status).toBe(200)
  })
})

test('a webhook for calls can neither ask for operational events nor be tested with one', async () => {
  const { manage } = await newTenant()
  const asked = { ...PLAIN, triggers: ['webhook.failing'] }
  const refused = await api<ProblemBody>('POST', '/v1/webhooks', asked, manage)
  expect([refused.status, refused.body.errors.map(({ path }) => path)]).toEqual([422, ['triggers.0']])
  const { id } = await createWebhook(manage, { url: receivers.add('plain') })
  const tested = await api('POST', `/v1/webhooks/${id}/test`, { trigger: 'webhook.failing' }, manage)
  expect(tested).toMatchObject({ status: 422, body: { errors: [{ path: 'trigger' }] } })
  const triggers = await api<Page<{ slug: string }>>('GET', '/v1/triggers', undefined, manage)
  expect(triggers.body.data.filter(({ slug }) => ALL.includes(slug))).toEqual([])
})
