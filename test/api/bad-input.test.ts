import { beforeAll, describe, expect, test } from 'vitest'
import { app } from '../../src/api/app.ts'
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

let manage: string
let account: string
let webhook: Webhook
beforeAll(async () => {
  const tenant = await newTenant()
  manage = tenant.manage
  account = tenant.account
  await api('PUT', `/v1/accounts/${account}/numbers`, { numbers: [{ number: '+918069010148' }] })
  webhook = await createWebhook(manage, { numbers: ['918069010148'], call_type: 'inbound' })
})

async function nothingChanged(): Promise<void> {
  const list = await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, manage)
  expect(list.body.data).toEqual([webhook])
}

/** Each as a new webhook and as a change of one that exists: the faults' paths have to be just these. */
const FAULTY: [what: string, fields: object, paths: string[]][] = [
  ['an unknown field', { colour: 'red' }, ['colour']],
  ['a field that reads like a read-only one', { status: 'paused', state: 'paused' }, ['state']],
  ['an empty name', { name: '' }, ['name']],
  ['a name of 121 characters', { name: 'x'.repeat(121) }, ['name']],
  ['a description of 1,001 characters', { description: 'x'.repeat(1001) }, ['description']],
  ['no trigger', { triggers: [] }, ['triggers']],
  ['an unknown trigger', { triggers: ['dtmf_option', 'call_ring'] }, ['triggers.1']],
  ['null where there is no default', { name: null, triggers: null }, ['name', 'triggers']],
  [
    'a trigger that does not fire for the call type',
    { triggers: ['dialed_on_agent'], call_type: 'outbound' },
    ['call_type'],
  ],
  [
    'a trigger that does not fire for the outbound types',
    {
      triggers: ['call_missed_by_customer_click_to_call'],
      call_type: 'outbound',
      outbound_types: ['dialer'],
    },
    ['outbound_types'],
  ],
  ['an unknown call type', { call_type: 'both' }, ['call_type']],
  ['an unknown outbound type', { outbound_types: ['fax'] }, ['outbound_types.0']],
  ["a number that is not the account's", { numbers: ['8069010148', '8069010149'] }, ['numbers.1']],
  ['a number too short to stand for one', { numbers: ['10148'] }, ['numbers.0']],
  ['a URL that is none', { url: 'example.com/hook' }, ['url']],
  ['a URL of another scheme', { url: 'ftp://example.com/hook' }, ['url']],
  ['a URL that is too long', { url: `https://example.com/${'x'.repeat(2048)}` }, ['url']],
  ['an unknown method', { method: 'PUT' }, ['method']],
  ['an unknown content type', { content_type: 'text/plain' }, ['content_type']],
  ['an unknown zone', { time_zone: 'Asia/Atlantis' }, ['time_zone']],
  ['an offset for a zone', { time_zone: '+05:30' }, ['time_zone']],
  ['a rate limit of 0', { rate_limit: 0 }, ['rate_limit']],
  ['a rate limit beyond the bound', { rate_limit: 10_001 }, ['rate_limit']],
  ['an age that is not whole', { max_age_seconds: 1.5 }, ['max_age_seconds']],
  ['an age of 0', { max_age_seconds: 0 }, ['max_age_seconds']],
  ...[
    'Host',
    'content-length',
    'Content-Type',
    'transfer-encoding',
    'Connection',
    'user-agent',
    'Webhook-Id',
    'webhook-x',
  ].map((key): [string, object, string[]] => [
    `the header ${key}`,
    { headers: [{ key, value: 'x' }] },
    ['headers.0.key'],
  ]),
  ['a header name with a space', { headers: [{ key: 'X Key', value: 'x' }] }, ['headers.0.key']],
  ['a header name that is empty', { headers: [{ key: '', value: 'x' }] }, ['headers.0.key']],
  ...['a\r\nX-Injected: 1', 'a\nb', 'a\rb', 'a\u0000b', 'a\u007fb'].map(
    (value): [string, object, string[]] => [
      `the header value ${JSON.stringify(value)}`,
      { headers: [{ key: 'X-Key', value }] },
      ['headers.0.value'],
    ],
  ),
  ['a header without its value', { headers: [{ key: 'X-Key' }] }, ['headers.0.value']],
  [
    'a header given twice',
    {
      headers: [
        { key: 'X-Key', value: '1' },
        { key: 'x-key', value: '2' },
      ],
    },
    ['headers.1.key'],
  ],
  [
    '21 headers',
    { headers: Array.from({ length: 21 }, (_, n) => ({ key: `X-${n}`, value: 'x' })) },
    ['headers'],
  ],
  [
    '101 parameters',
    { parameters: Array.from({ length: 101 }, (_, n) => ({ key: `p${n}`, value: 'x' })) },
    ['parameters'],
  ],
  [
    'a parameter given twice',
    {
      parameters: [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
    },
    ['parameters.1.key'],
  ],
  [
    'many things at once',
    {
      name: 1,
      triggers: ['call_ring'],
      url: 'nowhere',
      numbers: ['000'],
      headers: [{ key: 'Host', value: 'a\nb' }],
      parameters: [
        { key: 'a', value: '1' },
        { key: 'a', value: 2 },
      ],
      time_zone: 'Nowhere',
      extra: true,
    },
    [
      'extra',
      'headers.0.key',
      'headers.0.value',
      'name',
      'numbers.0',
      'parameters.1.key',
      'parameters.1.value',
      'time_zone',
      'triggers.0',
      'url',
    ],
  ],
]

describe('a webhook with', () => {
  test.each(FAULTY)(
    '%s is refused, new and as a change, and nothing changes',
    async (_what, fields, paths) => {
      const attempts = [
        await api<ProblemBody>('POST', '/v1/webhooks', { ...PLAIN, ...fields }, manage),
        await api<ProblemBody>('PATCH', `/v1/webhooks/${webhook.id}`, fields, manage),
      ]
      for (const { status, body } of attempts) {
        expect([status, body.code]).toEqual([422, 'invalid'])
        expect([...new Set(body.errors.map((each) => each.path))].sort()).toEqual(paths)
      }
      await nothingChanged()
    },
  )

  test('its required fields missing names each', async () => {
    const { status, body } = await api<ProblemBody>('POST', '/v1/webhooks', {}, manage)
    expect(status).toBe(422)
    expect(body.errors).toEqual(['name', 'triggers', 'url'].map((path) => ({ path, message: 'is required' })))
  })

  test('a change that is fine by itself and not with the rest is refused', async () => {
    const answer = await api<ProblemBody>(
      'PATCH',
      `/v1/webhooks/${webhook.id}`,
      { triggers: ['call_missed_by_customer_click_to_call'] },
      manage,
    )
    expect([answer.status, answer.body.errors.map((each) => each.path)]).toEqual([422, ['call_type']])
    await nothingChanged()
  })

  test('a private target is refused where those are not allowed', async () => {
    const strict = { ...env, ALLOW_PRIVATE_TARGETS: 'false' }
    for (const url of [
      'http://127.0.0.1:9000/hook',
      'https://10.0.0.1/hook',
      'https://localhost/hook',
      'http://example.com/',
    ]) {
      const answer = await app.request(
        '/v1/webhooks',
        {
          method: 'POST',
          headers: { authorization: `Bearer ${manage}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ...PLAIN, url }),
        },
        strict,
      )
      expect([url, answer.status]).toEqual([url, 422])
      expect((await answer.json<ProblemBody>()).errors.map((each) => each.path)).toEqual(['url'])
    }
    await nothingChanged()
  })
})

describe('a body', () => {
  const post = (body: string | ReadableStream, type: string | null = 'application/json') =>
    raw('POST', '/v1/webhooks', { key: manage, body, headers: type === null ? {} : { 'content-type': type } })

  async function refused(answer: Response, status: number, code: string): Promise<string> {
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    const text = await answer.text()
    expect([answer.status, (JSON.parse(text) as ProblemBody).code]).toEqual([status, code])
    await nothingChanged()
    return text
  }

  test('that is not well-formed JSON is 400, and is not sent back', async () => {
    for (const body of ['{"name": "s3cret-text"', '', 'name=x', '{"name":"x"}}', '\uFEFF\uFEFF{}']) {
      expect(await refused(await post(body), 400, 'malformed_json')).not.toContain('s3cret-text')
    }
  })

  test('that is not UTF-8 is 400', async () => {
    const bytes = new Blob([new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]).stream()
    await refused(await post(bytes), 400, 'malformed_json')
  })

  test('that is not said to be JSON is 415', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonx',
      'application/xml',
    ]) {
      await refused(await post(JSON.stringify(PLAIN), type), 415, 'unsupported_media_type')
    }
  })

  test('with a charset beside its type is fine', async () => {
    const answer = await post('{}', 'application/json; charset=utf-8')
    await refused(answer, 422, 'invalid')
  })

  test('that is JSON but no object is 422', async () => {
    for (const body of ['[]', 'null', '"text"', '1']) await refused(await post(body), 422, 'invalid')
  })

  test('beyond 64 KiB is 413, also where no content-length tells', async () => {
    const large = JSON.stringify({ ...PLAIN, description: 'x'.repeat(65 * 1024) })
    await refused(await post(large), 413, 'too_large')
    await refused(await post(new Blob([large]).stream()), 413, 'too_large')
  })

  test('names its faults without repeating its values', async () => {
    const fields = {
      name: 7,
      url: 'not-a-url-s3cret',
      method: 's3cret',
      headers: [{ key: 'X-Key', value: 's3cret\n' }],
    }
    const text = await refused(await post(JSON.stringify({ ...PLAIN, ...fields })), 422, 'invalid')
    expect(text).not.toContain('s3cret')
  })
})

test('an account, a key and their changes name their faults, and nothing changes', async () => {
  const cases: [string, string, object, string[]][] = [
    ['POST', '/v1/accounts', {}, ['name']],
    ['POST', '/v1/accounts', { name: '', plan: 'x' }, ['name', 'plan']],
    ['PATCH', `/v1/accounts/${account}`, { webhooks_enabled: 'no', id: 'acc_1' }, ['id', 'webhooks_enabled']],
    ['POST', `/v1/accounts/${account}/keys`, { scope: 'root' }, ['name', 'scope']],
    ['POST', `/v1/webhooks/${webhook.id}/test`, { trigger: 'ring', now: true }, ['now', 'trigger']],
  ]
  for (const [method, path, body, paths] of cases) {
    const answer = await api<ProblemBody>(method, path, body)
    expect([path, answer.status, answer.body.errors.map((each) => each.path).sort()]).toEqual([
      path,
      422,
      paths,
    ])
  }
  await nothingChanged()
})
