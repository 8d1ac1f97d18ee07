import { beforeAll, describe, expect, test } from 'vitest'
import { NO_TIME } from '../../src/lib/time.ts'
import { ADMIN_KEY, api, env, event, newAccount, post } from '../support/relay.ts'
import {
  createWebhook,
  newTenant,
  PLAIN,
  raw,
  type Page,
  type ProblemBody,
  type Webhook,
} from '../support/control.ts'

interface Timeline {
  call_id: string
  events: { sequence: number | null }[]
}

/** For events; webhooks are of another account, so that nothing is sent. */
let account: string
let manage: string
beforeAll(async () => {
  account = await newAccount()
  manage = (await newTenant()).manage
})

const json = { 'content-type': 'application/json' }
const sendEvents = async (path: string, body: string) => {
  const answer = await raw('POST', `/v1/events${path}`, { body, headers: json })
  return { status: answer.status, body: await answer.json<ProblemBody & Page<{ status: number }>>() }
}
const timelineOf = (callId: string) => {
  const query = new URLSearchParams({ call_id: callId, account_id: account })
  return api<Timeline>('GET', `/v1/call?${query.toString()}`)
}

describe('a header of a webhook', () => {
  const save = (key: string) =>
    api<ProblemBody>('POST', '/v1/webhooks', { ...PLAIN, headers: [{ key, value: 'x' }] }, manage)

  test.each([
    'CF-Access-Client-Id',
    'CF-Access-Client-Secret',
    'cf-access-token',
    'CF-Device-Type',
    'X-CF-Key',
    'X-Forwarded-For',
    'X-Real-IP',
  ])('may be %s, which the platform leaves alone', async (key) => {
    expect((await save(key)).status).toBe(201)
  })

  test.each([
    'CF-Connecting-IP',
    'Cf-Connecting-IPv6',
    'cf-ew-via',
    'CF-IPCountry',
    'CF-Pseudo-IPv4',
    'cf-ray',
    'CF-RAY',
    'CF-Visitor',
    'CF-Worker',
    'CDN-Loop',
    'webhook-test',
    'Webhook-Position',
    'Host',
  ])('may not be %s', async (key) => {
    const { status, body } = await save(key)
    expect([status, body.errors]).toEqual([
      422,
      [{ path: 'headers.0.key', message: 'is a header that the relay or its platform sets itself' }],
    ])
  })
})

describe('a sequence', () => {
  const take = (callId: string, sequence: string) =>
    sendEvents(
      '',
      JSON.stringify(event(account, callId, { sequence: 0 })).replace(
        '"sequence":0',
        `"sequence":${sequence}`,
      ),
    )

  test.each(['1.0', '1.000', '1e0', '10E-1', '0.1e1', '1.0e+0'])('spelled %s is 1', async (sequence) => {
    const callId = `whole ${sequence}`
    expect(await take(callId, sequence)).toMatchObject({ status: 202, body: { position: 1 } })
    expect((await timelineOf(callId)).body.events).toMatchObject([{ sequence: 1 }])
    // The same event once more, spelled the plain way.
    expect((await take(callId, '1')).status).toBe(202)
  })

  test.each([
    '1.5',
    '1.00000000000000000001',
    '15e-1',
    '9007199254740993.0',
    '1e400',
    '12345678901234567890',
  ])('spelled %s is 422', async (sequence) => {
    const { status, body } = await take('fraction', sequence)
    expect([status, body.errors]).toEqual([422, [{ path: 'sequence', message: 'must be a whole number' }]])
  })

  test.each(['0.0', '-1.0', '-0'])('spelled %s is too low', async (sequence) => {
    const { status, body } = await take('low', sequence)
    expect([status, body.errors]).toEqual([422, [{ path: 'sequence', message: 'must be at least 1' }]])
  })
})

test.each(['null', '"text"', '1', '1.50', 'true', '[]', '[{}]'])(
  'an item %s of a batch must be an object, and spoils no other',
  async (item) => {
    const good = JSON.stringify(event(account, `beside ${item}`))
    const { status, body } = await sendEvents('/batch', `{"events": [${item}, ${good}]}`)
    expect([status, body.data]).toMatchObject([
      202,
      [{ status: 422, error: { errors: [{ path: '', message: 'must be an object' }] } }, { status: 202 }],
    ])
  },
)

test.each(['id', 'call_id', 'number', 'account_id'])(
  'half of a surrogate pair in %s is 422',
  async (field) => {
    for (const half of ['\\ud800', 'a\\udc00b', '\\udc00\\ud800']) {
      const body = JSON.stringify(event(account, 'whole', { id: 'whole', [field]: 'HALF' })).replace(
        'HALF',
        half,
      )
      const answer = await sendEvents('', body)
      expect([half, answer.status, answer.body.errors]).toEqual([
        half,
        422,
        [{ path: field, message: 'must not hold half of a surrogate pair' }],
      ])
    }
    const pair = JSON.stringify(
      event(account, 'pair', field === 'account_id' ? {} : { [field]: '\u{1F600}' }),
    )
    expect((await sendEvents('', pair)).status).toBe(202)
  },
)

test('half of a surrogate pair in a text of a webhook is 422', async () => {
  const half = '\ud800'
  const texts: [object, string][] = [
    [{ name: half }, 'name'],
    [{ description: half }, 'description'],
    [{ parameters: [{ key: 'a', value: half }] }, 'parameters.0.value'],
    [{ headers: [{ key: 'X-Key', value: half }] }, 'headers.0.value'],
  ]
  for (const [fields, path] of texts) {
    const { status, body } = await api<ProblemBody>('POST', '/v1/webhooks', { ...PLAIN, ...fields }, manage)
    expect([status, body.errors.map((fault) => fault.path)]).toEqual([422, [path]])
  }
})

describe('the timeline of a call', () => {
  test.each(['.', '..', '%2e', '%2E%2e', 'a/../b', '?', 'a b&c=d#e', '//', 'नमस्ते'])(
    'with the id %s is there by a query',
    async (callId) => {
      expect((await post(account, callId)).status).toBe(202)
      expect(await timelineOf(callId)).toMatchObject({ status: 200, body: { call_id: callId, events: [{}] } })
    },
  )

  test('is the same by its path, for ids that a path carries', async () => {
    for (const callId of ['plain', 'a/b', '%2e']) {
      await post(account, callId)
      const byPath = await api('GET', `/v1/calls/${encodeURIComponent(callId)}?account_id=${account}`)
      expect(byPath).toEqual(await timelineOf(callId))
    }
  })

  test('of no call is 404, without an id 422, and of another account nothing', async () => {
    expect((await timelineOf('nobody')).status).toBe(404)
    expect(await api('GET', `/v1/call?account_id=${account}`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'call_id', message: 'is required' }] },
    })
    await post(account, 'mine')
    const other = await newTenant()
    expect((await api('GET', '/v1/call?call_id=mine', undefined, other.manage)).status).toBe(404)
  })
})

describe('a name', () => {
  const BAD = [
    '',
    ' ',
    '\u00a0\u2003',
    '\u200b',
    '\u3164',
    'a\u0000b',
    'a\nb',
    'a\rb',
    'a\tb',
    'a\u0085b',
    'a\u2028b',
    'a\u2029b',
    'x'.repeat(121),
  ]
  const GOOD = ['a', ' a ', 'नाम', '\u{1F468}‍\u{1F469}‍\u{1F467}', 'שם', '名前', '-', 'x'.repeat(120)]

  test('that is blank, or of more than one line, is 422, of whatever it is', async () => {
    const { id } = await createWebhook(manage)
    const asked: [string, string, object][] = [
      ['POST', `/v1/webhooks?account_id=${account}`, PLAIN],
      ['PATCH', `/v1/webhooks/${id}`, {}],
      ['POST', '/v1/accounts', {}],
      ['PATCH', `/v1/accounts/${account}`, {}],
      ['POST', `/v1/accounts/${account}/keys`, { scope: 'read' }],
      ['POST', '/v1/keys', { scope: 'ingest' }],
    ]
    for (const [method, path, fields] of asked) {
      for (const name of BAD) {
        const { status, body } = await api<ProblemBody>(method, path, { ...fields, name })
        expect([path, name, status, new Set(body.errors.map((fault) => fault.path))]).toEqual([
          path,
          name,
          422,
          new Set(['name']),
        ])
      }
    }
    const labels = { numbers: [{ number: '+918069010148', label: 'a\nb' }] }
    expect((await api('PUT', `/v1/accounts/${account}/numbers`, labels)).status).toBe(422)
  })

  test.each(GOOD)('%j is taken as it is', async (name) => {
    expect((await createWebhook(manage, { name })).name).toBe(name)
  })
})

describe('a search', () => {
  test.each([
    ['Müller GmbH', 'MÜLLER'],
    ['СТРОЙ Сервис', 'строй'],
    ['ΟΔΟΣ Αθηνών', 'οδοσ'],
    ['οδοσήμανση', 'ΟΔΟΣ'],
    ['Straße', 'STRASSE'],
    ['ქართული', 'ᲥᲐᲠᲗᲣᲚᲘ'],
    ['Ωmega', 'ωMEGA'],
    ['Caf\u00e9', 'CAFE\u0301'],
    ['कॉल सेंटर', 'सेंटर'],
    ['100%_\\', '%_\\'],
  ])('finds %s by %s', async (name, q) => {
    const tenant = await newTenant()
    await createWebhook(tenant.manage, { name: 'Another' })
    const { id } = await createWebhook(tenant.manage, { name })
    const found = await api<Page<Webhook>>(
      'GET',
      `/v1/webhooks?q=${encodeURIComponent(q)}`,
      undefined,
      tenant.manage,
    )
    expect(found.body.data.map((webhook) => webhook.id)).toEqual([id])
  })

  test('goes by pages, and on behind webhooks that do not fit', async () => {
    const tenant = await newTenant()
    const made: string[] = []
    for (const name of ['ЯК one', 'none', 'як two', 'none', 'Як three', 'none'])
      made.push((await createWebhook(tenant.manage, { name })).id)
    const found: string[] = []
    let cursor = ''
    do {
      const path = `/v1/webhooks?limit=1&q=${encodeURIComponent('яК')}${cursor === '' ? '' : `&cursor=${cursor}`}`
      const page = (await api<Page<Webhook>>('GET', path, undefined, tenant.manage)).body
      found.push(...page.data.map(({ id }) => id))
      cursor = page.next_cursor ?? ''
    } while (cursor !== '')
    expect(found).toEqual([made[4], made[2], made[0]])
  })

  test('looks through all of an account with many webhooks', async () => {
    const tenant = await newTenant()
    const { id } = await createWebhook(tenant.manage, { name: 'Ünten' })
    const columns = await env.DB.prepare("SELECT name FROM pragma_table_info('webhooks')").all<{
      name: string
    }>()
    const copied: Record<string, string> = { id: "'wh_9' || i", name: "'none'" }
    const names = columns.results.map(({ name }) => name)
    await env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1600)
       INSERT INTO webhooks (${names.join(', ')})
       SELECT ${names.map((name) => copied[name] ?? name).join(', ')} FROM webhooks JOIN n WHERE id = ?`,
    )
      .bind(id)
      .run()
    const search = async (q: string) => {
      const path = `/v1/webhooks?limit=5&q=${encodeURIComponent(q)}`
      return (await api<Page<Webhook>>('GET', path, undefined, tenant.manage)).body
    }
    expect((await search('üNTEN')).data.map((webhook) => webhook.id)).toEqual([id])
    expect((await search('NONE')).data.map((webhook) => webhook.id)).toEqual(
      [1600, 1599, 1598, 1597, 1596].map((n) => `wh_9${n}`),
    )
    expect(await search('nobody')).toEqual({ data: [], next_cursor: null })
  })
})

describe('an error', () => {
  test.each<[object, string, string]>([
    [{ method: 'PUT' }, 'method', 'must be POST or GET'],
    [{ call_type: 'both' }, 'call_type', 'must be one of inbound, outbound, all'],
    [{ outbound_types: ['fax'] }, 'outbound_types.0', 'must be one of click_to_call, call_broadcast, dialer'],
    [{ triggers: ['call_ring'] }, 'triggers.0', 'is not a trigger of the catalogue'],
    [{ triggers: 'dtmf_option' }, 'triggers', 'must be an array'],
    [{ triggers: [] }, 'triggers', 'must name at least one trigger'],
    [{ name: 7 }, 'name', 'must be a string'],
    [{ headers: [7] }, 'headers.0', 'must be an object'],
    [{ headers: [{ key: 'X-Key' }] }, 'headers.0.value', 'is required'],
    [{ rate_limit: '5' }, 'rate_limit', 'must be a number'],
    [{ rate_limit: 0 }, 'rate_limit', 'must be more than 0'],
    [{ rate_limit: 10_001 }, 'rate_limit', 'must be at most 10000'],
    [{ max_age_seconds: 1.5 }, 'max_age_seconds', 'must be a whole number'],
    [{ colour: 'red' }, 'colour', 'is not a known field'],
  ])('of a webhook with %j speaks as one of an event does', async (fields, path, message) => {
    const { status, body } = await api<ProblemBody>('POST', '/v1/webhooks', { ...PLAIN, ...fields }, manage)
    expect([status, body.errors]).toEqual([422, [{ path, message }]])
  })

  test('of a query does so too', async () => {
    const { id } = await createWebhook(manage)
    const asked: [string, string, string][] = [
      ['limit=0', 'limit', 'must be at least 1'],
      ['limit=251', 'limit', 'must be at most 250'],
      ['limit=x', 'limit', 'must be a number'],
      ['limit=1.5', 'limit', 'must be a whole number'],
      [
        'status=lost',
        'status',
        'must be one of pending, held, succeeded, failed, expired, discarded, unsucceeded',
      ],
      ['trigger=ring', 'trigger', 'is not a trigger of the catalogue'],
      ['colour=red', 'colour', 'is not a known field'],
      ['since=yesterday', 'since', NO_TIME],
    ]
    for (const [query, path, message] of asked) {
      const { status, body } = await api<ProblemBody>(
        'GET',
        `/v1/webhooks/${id}/deliveries?${query}`,
        undefined,
        manage,
      )
      expect([query, status, body.errors]).toEqual([query, 422, [{ path, message }]])
    }
  })

  test('never has the words of a library', async () => {
    const values = [null, true, 7, 7.5, 'x', '', [], [null], {}, { a: 1 }]
    for (const field of [
      'triggers',
      'url',
      'name',
      'headers',
      'numbers',
      'method',
      'rate_limit',
      'max_age_seconds',
    ]) {
      for (const value of values) {
        const draft = { ...PLAIN, [field]: value }
        const { body } = await api<ProblemBody>('POST', '/v1/webhooks/preview', { webhook: draft }, manage)
        for (const { message } of body.errors ?? []) {
          expect([field, value, message]).toEqual([
            field,
            value,
            expect.not.stringMatching(/invalid|expected|received|too (small|big)/i),
          ])
        }
      }
    }
  })

  test.each(['2026-07-11T00:00:00+05:30', '2026-07-11t00:00:00.5+0530', '2026-07-11 00:00:00+14:00'])(
    'of a time with a plus that is not encoded (%s) says so',
    async (time) => {
      const { id } = await createWebhook(manage)
      for (const path of [`/v1/webhooks/${id}/deliveries`, '/v1/audit']) {
        for (const bound of ['since', 'until']) {
          const { status, body } = await api<ProblemBody>(
            'GET',
            `${path}?${bound}=${time}`,
            undefined,
            ADMIN_KEY,
          )
          const faults = body.errors.filter((fault) => fault.path === bound)
          expect([path, status, faults]).toEqual([
            path,
            422,
            [
              {
                path: bound,
                message: `${NO_TIME}; in a URL the plus of its offset is spelled %2B`,
              },
            ],
          ])
        }
      }
    },
  )

  test('does not speak of a plus where that is not the fault', async () => {
    const { id } = await createWebhook(manage)
    const ask = (since: string) =>
      api<ProblemBody>('GET', `/v1/webhooks/${id}/deliveries?since=${since}`, undefined, manage)
    expect((await ask('2026-07-11T00:00:00%2B05:30')).status).toBe(200)
    expect((await ask('2026-07-11T00:00:00-05:30')).status).toBe(200)
    for (const since of ['2026-07-11', '2026-07-11+00:00:00', 'now']) {
      expect((await ask(since)).body.errors).toEqual([{ path: 'since', message: NO_TIME }])
    }
  })
})
