import { describe, expect, test } from 'vitest'
import { api, env } from '../support/relay.ts'
import {
  createWebhook,
  newTenant,
  PLAIN,
  raw,
  type Page,
  type ProblemBody,
  type Webhook,
} from '../support/control.ts'

describe('a webhook', () => {
  test('is created with the defaults of the contract', async () => {
    const { account, manage } = await newTenant()
    const created = await api<Webhook>('POST', '/v1/webhooks', PLAIN, manage)
    expect(created.status).toBe(201)
    expect(created.body).toEqual({
      ...PLAIN,
      id: expect.stringMatching(/^wh_[0-9A-Z]{26}$/),
      account_id: account,
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      description: '',
      method: 'POST',
      content_type: 'application/json',
      call_type: 'all',
      outbound_types: [],
      numbers: [],
      date_time_format: 'default',
      time_zone: 'IST',
      headers: [],
      parameters: [],
      body: 'all',
      value_types: 'typed',
      nested_form: 'json',
      ordering: 'per_call',
      rate_limit: null,
      max_age_seconds: null,
      status: 'active',
      status_reason: null,
      status_changed_at: expect.any(String),
      destination: [],
      numbers_missing: [],
      health: 'healthy',
      warnings: [],
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
    expect((await api('GET', `/v1/webhooks/${created.body.id}`, undefined, manage)).body).toEqual(
      created.body,
    )
  })

  test('keeps every field that is given', async () => {
    const { account, manage } = await newTenant()
    await api('PUT', `/v1/accounts/${account}/numbers`, { numbers: [{ number: '+918069010148' }] })
    const given = {
      name: 'Ünïcode 📞',
      description: 'All of it',
      triggers: ['dtmf_option', 'call_hangup_missed_or_answered'],
      url: 'https://example.com/hook?token=abc',
      method: 'GET',
      content_type: 'application/x-www-form-urlencoded',
      call_type: 'all',
      outbound_types: ['dialer'],
      numbers: ['+918069010148'],
      date_time_format: 'iso8601',
      time_zone: 'Asia/Dubai',
      headers: [{ key: 'X-Api-Key', value: 's3cret $uuid' }],
      parameters: [{ key: 'agent', value: '$answered_agent_name' }],
      body: 'parameters',
      value_types: 'strings',
      nested_form: 'brackets',
      ordering: 'none',
      rate_limit: 0.5,
      max_age_seconds: 60,
    }
    const webhook = await createWebhook(manage, given)
    expect(webhook).toMatchObject(given)
    expect(webhook['destination']).toEqual(['+918069010148', 'dialer'])
    expect((await api('GET', `/v1/webhooks/${webhook.id}`, undefined, manage)).body).toEqual(webhook)
  })

  test('says when a trigger that is chosen is deprecated', async () => {
    const { manage } = await newTenant()
    const webhook = await createWebhook(manage, { triggers: ['dtmf_option', 'call_hangup_missed'] })
    expect(webhook['warnings']).toEqual([
      { path: 'triggers.1', message: expect.stringContaining('deprecated') },
    ])
  })

  test('warns of what cannot act as it was meant, in each answer, and of header values only who may read them', async () => {
    const { manage, read } = await newTenant()
    const webhook = await createWebhook(manage, {
      url: 'http://example.com/hook',
      call_type: 'inbound',
      outbound_types: ['dialer'],
      headers: [{ key: 'X-Key', value: 'pa$swort' }],
      parameters: [{ key: 'agent', value: '$answered_agnet_name' }],
    })
    const pathsOf = (answer: Webhook | undefined) =>
      ((answer?.['warnings'] ?? []) as { path: string }[]).map((each) => each.path)
    const open = ['url', 'outbound_types', 'headers.0.value', 'parameters.0.value']
    const hidden = open.filter((path) => path !== 'headers.0.value')
    const path = `/v1/webhooks/${webhook.id}`
    expect(pathsOf(webhook)).toEqual(open)
    expect(pathsOf((await api<Webhook>('GET', path, undefined, manage)).body)).toEqual(open)
    expect(pathsOf((await api<Webhook>('PATCH', path, { description: 'x' }, manage)).body)).toEqual(open)
    expect(pathsOf((await api<Webhook>('POST', `${path}/pause`, undefined, manage)).body)).toEqual(open)
    expect(pathsOf((await api<Webhook>('GET', path, undefined, read)).body)).toEqual(hidden)
    const listed = (await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, manage)).body.data[0]
    expect(pathsOf(listed)).toEqual(hidden)
    const mended = await api<Webhook>(
      'PATCH',
      path,
      { url: 'https://example.com/hook', outbound_types: [], headers: null, parameters: [] },
      manage,
    )
    expect(pathsOf(mended.body)).toEqual([])
  })

  test('is changed in the fields given and no other; each configuration it has had is kept', async () => {
    const { manage } = await newTenant()
    const webhook = await createWebhook(manage, { headers: [{ key: 'X-Key', value: 'one' }] })
    const path = `/v1/webhooks/${webhook.id}`
    const changed = await api<Webhook>(
      'PATCH',
      path,
      { name: 'Renamed', headers: [{ key: 'X-Key', value: 'two' }] },
      manage,
    )
    expect(changed.status).toBe(200)
    expect(changed.body).toEqual({
      ...webhook,
      name: 'Renamed',
      headers: [{ key: 'X-Key', value: 'two' }],
      etag: changed.body['etag'],
      updated_at: changed.body['updated_at'],
    })
    expect((await api('GET', path, undefined, manage)).body).toEqual(changed.body)
    const versions = await env.DB.prepare(
      'SELECT version, config FROM webhook_versions WHERE webhook_id = ? ORDER BY version',
    )
      .bind(webhook.id)
      .all<{ version: number; config: string }>()
    expect(
      versions.results.map((row) => [row.version, (JSON.parse(row.config) as { name: string }).name]),
    ).toEqual([
      [1, 'CRM sync'],
      [2, 'Renamed'],
    ])
  })

  test('is not changed by a PATCH that changes nothing', async () => {
    const { manage } = await newTenant()
    const webhook = await createWebhook(manage)
    expect((await api('PATCH', `/v1/webhooks/${webhook.id}`, {}, manage)).body).toEqual(webhook)
    expect((await api('PATCH', `/v1/webhooks/${webhook.id}`, PLAIN, manage)).body).toEqual(webhook)
    const row = await env.DB.prepare('SELECT version FROM webhooks WHERE id = ?').bind(webhook.id).first()
    expect(row).toEqual({ version: 1 })
  })

  test('takes changes that meet one after the other, and loses none', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage)
    const changes = [{ name: 'A' }, { description: 'B' }, { rate_limit: 5 }]
    const answers = await Promise.all(
      changes.map((change) => api('PATCH', `/v1/webhooks/${id}`, change, manage)),
    )
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200])
    expect((await api('GET', `/v1/webhooks/${id}`, undefined, manage)).body).toMatchObject({
      name: 'A',
      description: 'B',
      rate_limit: 5,
    })
  })

  test('is paused, disabled and enabled, each as often as one likes', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage)
    for (const [action, status] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['disable', 'disabled'],
      ['enable', 'active'],
      ['enable', 'active'],
    ]) {
      const answer = await api<Webhook>('POST', `/v1/webhooks/${id}/${action}`, undefined, manage)
      expect([answer.status, answer.body['status']]).toEqual([200, status])
    }
  })

  test('is gone once it is deleted', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage)
    expect((await api('DELETE', `/v1/webhooks/${id}`, undefined, manage)).status).toBe(204)
    for (const method of ['GET', 'DELETE']) {
      expect((await api(method, `/v1/webhooks/${id}`, undefined, manage)).status).toBe(404)
    }
    expect((await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, manage)).body.data).toEqual([])
  })
})

describe('header values', () => {
  const headers = [
    { key: 'X-Api-Key', value: 'very-secret-value' },
    { key: 'X-Other', value: 'other-secret-value' },
  ]
  const masked = headers.map(({ key }) => ({ key, value: '••••' }))

  test('and signing secrets are nowhere in the database in clear', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage, { headers })
    const secret = (await api<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`, undefined, manage)).body
      .secret
    const rows = await Promise.all([
      env.DB.prepare('SELECT * FROM webhooks').all(),
      env.DB.prepare('SELECT * FROM webhook_versions').all(),
    ])
    const stored = JSON.stringify(rows.map((each) => each.results))
    expect(stored).toContain(id)
    for (const hidden of ['very-secret-value', 'other-secret-value', secret, secret.slice('whsec_'.length)]) {
      expect(stored).not.toContain(hidden)
    }
  })

  test('are masked in lists and for a read key, in clear for the key that manages', async () => {
    const { manage, read } = await newTenant()
    const { id } = await createWebhook(manage, { headers })
    for (const key of [manage, read]) {
      const list = await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, key)
      expect(list.body.data[0]?.headers).toEqual(masked)
    }
    expect((await api<Webhook>('GET', `/v1/webhooks/${id}`, undefined, read)).body.headers).toEqual(masked)
    expect((await api<Webhook>('GET', `/v1/webhooks/${id}`, undefined, manage)).body.headers).toEqual(headers)
  })

  test('sent back masked are kept, and a mask for a header that is not there is a fault', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage, { headers })
    const path = `/v1/webhooks/${id}`
    const kept = await api<Webhook>(
      'PATCH',
      path,
      {
        headers: [
          { key: 'x-api-key', value: '••••' },
          { key: 'X-New', value: 'n' },
        ],
      },
      manage,
    )
    expect(kept.body.headers).toEqual([
      { key: 'x-api-key', value: 'very-secret-value' },
      { key: 'X-New', value: 'n' },
    ])
    const unknown = await api<ProblemBody>(
      'PATCH',
      path,
      { headers: [{ key: 'X-Unknown', value: '••••' }] },
      manage,
    )
    expect([unknown.status, unknown.body.errors.map((each) => each.path)]).toEqual([422, ['headers.0.value']])
  })
})

describe('the signing secret', () => {
  interface Secret {
    secret: string
    previous: { secret: string; expires_at: string }[]
  }

  test('is made with the webhook, and rotating keeps the old one for the grace', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage)
    const first = (await api<Secret>('GET', `/v1/webhooks/${id}/secret`, undefined, manage)).body
    expect(first).toMatchObject({ secret: expect.stringMatching(/^whsec_/), previous: [] })
    const bytes = atob(first.secret.slice('whsec_'.length)).length
    expect(bytes).toBeGreaterThanOrEqual(24)
    const before = Date.now()
    const rotated = await api<Secret>('POST', `/v1/webhooks/${id}/secret/rotate`, undefined, manage)
    expect(rotated.body.secret).not.toBe(first.secret)
    expect(rotated.body.previous.map((each) => each.secret)).toEqual([first.secret])
    const until = Date.parse(rotated.body.previous[0]?.expires_at ?? '')
    expect(until - before).toBeGreaterThanOrEqual(86_400_000)
    expect(until - before).toBeLessThan(86_405_000)
    expect((await api('GET', `/v1/webhooks/${id}/secret`, undefined, manage)).body).toEqual(rotated.body)
  })

  test('rotated with no grace leaves no old one', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage)
    await api('POST', `/v1/webhooks/${id}/secret/rotate`, { grace_seconds: 60 }, manage)
    const rotated = await api<Secret>(
      'POST',
      `/v1/webhooks/${id}/secret/rotate`,
      { grace_seconds: 0 },
      manage,
    )
    expect(rotated.body.previous).toEqual([])
  })

  test('takes a grace from 0 to 7 days and no other', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage)
    for (const grace_seconds of [-1, 604_801, 1.5, '60']) {
      const answer = await api<ProblemBody>(
        'POST',
        `/v1/webhooks/${id}/secret/rotate`,
        { grace_seconds },
        manage,
      )
      expect([answer.status, answer.body.errors.map((each) => each.path)]).toEqual([422, ['grace_seconds']])
    }
  })
})

/** The columns of a webhook but for its id, whose it is, and its name. */
const COPIED = `description, triggers, url, method, content_type, call_type, outbound_types, numbers, date_time_format,
  time_zone, headers, parameters, body, value_types, nested_form, ordering, rate_limit, max_age_seconds, version,
  status, status_reason, status_changed_at, discards, secrets, created_at, updated_at`

describe('lists of webhooks', () => {
  test('are filtered by status, trigger, call type and text', async () => {
    const { manage } = await newTenant()
    const inbound = await createWebhook(manage, {
      name: 'Alpha',
      call_type: 'inbound',
      triggers: ['dialed_on_agent'],
    })
    const outbound = await createWebhook(manage, {
      name: 'Beta',
      call_type: 'outbound',
      description: '50% Off_line',
    })
    await api('POST', `/v1/webhooks/${outbound.id}/pause`, undefined, manage)
    const found = async (filter: string) =>
      (await api<Page<Webhook>>('GET', `/v1/webhooks?${filter}`, undefined, manage)).body.data.map(
        (each) => each.id,
      )
    expect(await found('')).toEqual([outbound.id, inbound.id])
    expect(await found('status=paused')).toEqual([outbound.id])
    expect(await found('trigger=dialed_on_agent')).toEqual([inbound.id])
    expect(await found('call_type=outbound')).toEqual([outbound.id])
    expect(await found('q=ALPHA')).toEqual([inbound.id])
    expect(await found(`q=${encodeURIComponent('50% off_')}`)).toEqual([outbound.id])
    expect(await found('q=%25')).toEqual([outbound.id])
    expect(await found('q=example.com&status=active')).toEqual([inbound.id])
  })

  test.each([
    ['Продажи', 'ПРОДАЖИ'],
    ['ΟΔΟΣ', 'οδος'],
    ['Straße', 'STRASSE'],
    ['Cafe\u0301', 'CAFÉ'],
    ['ÇAĞRI', 'çağri'],
    ['बिक्री', 'बिक्री'],
  ])('find %s by %s', async (name, q) => {
    const { manage } = await newTenant()
    const found = await createWebhook(manage, { name })
    await createWebhook(manage, { name: 'Another' })
    const path = `/v1/webhooks?q=${encodeURIComponent(q)}`
    const list = await api<Page<Webhook>>('GET', path, undefined, manage)
    expect(list.body.data.map((each) => each.id)).toEqual([found.id])
  })

  test('that are searched are of every page that there is, each webhook once', async () => {
    const { account, manage } = await newTenant()
    const { id } = await createWebhook(manage, { name: 'Ünique' })
    // More than a search looks at before it asks for more.
    await env.DB.prepare(
      `INSERT INTO webhooks SELECT 'wh_' || printf('%026d', value) AS id, account_id, kind, 'Same ' || value AS name,
         ${COPIED} FROM webhooks, json_each(?1) WHERE webhooks.id = ?2`,
    )
      .bind(JSON.stringify(Array.from({ length: 1_001 }, (_, n) => n)), id)
      .run()
    const listed = async (q: string, cursor: string | null) =>
      (
        await api<Page<Webhook>>(
          'GET',
          `/v1/webhooks?limit=3&q=${encodeURIComponent(q)}${cursor === null ? '' : `&cursor=${cursor}`}`,
          undefined,
          manage,
        )
      ).body
    expect((await listed('ÜNIQUE', null)).data.map((each) => each.id)).toEqual([id])
    const names: string[] = []
    let cursor: string | null = null
    do {
      const page: Page<Webhook> = await listed('same 10', cursor)
      names.push(...page.data.map((each) => each.name))
      cursor = page.next_cursor
    } while (cursor !== null)
    expect(names).toEqual([
      'Same 1000',
      ...Array.from({ length: 10 }, (_, n) => `Same ${109 - n}`),
      'Same 10',
    ])
    await env.DB.prepare('DELETE FROM webhooks WHERE account_id = ?').bind(account).run()
  })

  test('go on from their cursor, which is of no use to another list, account or filter', async () => {
    const [mine, other] = [await newTenant(), await newTenant()]
    const made: string[] = []
    for (let n = 0; n < 3; n += 1) made.unshift((await createWebhook(mine.manage)).id)
    const first = (
      await api<Page<Webhook>>('GET', '/v1/webhooks?limit=2&status=active', undefined, mine.manage)
    ).body
    expect(first.data.map((each) => each.id)).toEqual(made.slice(0, 2))
    const cursor = first.next_cursor ?? ''
    const next = await api<Page<Webhook>>(
      'GET',
      `/v1/webhooks?status=active&cursor=${cursor}`,
      undefined,
      mine.manage,
    )
    expect(next.body).toEqual({ data: [expect.objectContaining({ id: made[2] })], next_cursor: null })
    const misused: [string, string][] = [
      ['/v1/webhooks?', mine.manage],
      ['/v1/webhooks?status=paused&', mine.manage],
      ['/v1/webhooks?status=active&', other.manage],
      [`/v1/accounts/${mine.account}/keys?`, mine.manage],
      ['/v1/numbers?', mine.manage],
    ]
    for (const [path, key] of misused) {
      const answer = await api<ProblemBody>('GET', `${path}cursor=${cursor}`, undefined, key)
      expect([path, answer.status, answer.body.errors.map((each) => each.path)]).toEqual([
        path,
        422,
        ['cursor'],
      ])
    }
    const garbage = await raw('GET', '/v1/webhooks?cursor=%00garbage', { key: mine.manage })
    expect(garbage.status).toBe(422)
  })

  test('name every bad filter', async () => {
    const { manage } = await newTenant()
    const query = 'status=on&trigger=ring&call_type=both&limit=251&stauts=active'
    const answer = await api<ProblemBody>('GET', `/v1/webhooks?${query}`, undefined, manage)
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((each) => each.path).sort()).toEqual([
      'call_type',
      'limit',
      'status',
      'stauts',
      'trigger',
    ])
    for (const limit of ['0', '', 'x', '1.5', '-1']) {
      expect((await api('GET', `/v1/webhooks?limit=${limit}`, undefined, manage)).status).toBe(422)
    }
  })
})
