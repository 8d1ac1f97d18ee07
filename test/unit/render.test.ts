import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TriggerSlug } from '../../src/catalogue/triggers.ts'
import { ALIASES, TRIGGERS, triggerOf } from '../../src/catalogue/triggers.ts'
import type { WebhookConfig } from '../../src/contracts/webhook.ts'
import { renderRequest } from '../../src/delivery/render.ts'
import { isIdentifier } from '../../src/delivery/template.ts'
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../src/lib/json.ts'
import { contextWith, eventWith, webhookWith } from '../support/sample-webhook.ts'

const HANGUP: TriggerSlug = 'call_hangup_missed_or_answered'

function rendered(variables: JsonObject, config: Partial<WebhookConfig> = {}, trigger: TriggerSlug = HANGUP) {
  const context = contextWith(eventWith({ trigger, variables }))
  const request = renderRequest(webhookWith({ triggers: [trigger], ...config }), context, 'Asia/Kolkata')
  if (!request.ok) throw new Error(request.faults.map((fault) => `${fault.path} ${fault.message}`).join('; '))
  return request
}

function object(text: string): JsonObject {
  const value = parseJson(text)
  if (!isJsonObject(value)) throw new Error(`${text} is not an object`)
  return value
}

const bodyOf = (...given: Parameters<typeof rendered>): JsonObject => object(rendered(...given).body ?? '')

/** What a webhook with one parameter sends of it. */
const filled = (value: string, variables: JsonObject, trigger?: TriggerSlug): Json | undefined =>
  bodyOf(variables, { body: 'parameters', parameters: [{ key: 'p', value }] }, trigger)['p']

describe('the body', () => {
  test('is the trigger’s variables in the catalogue’s order, then what else came, then parameters', () => {
    const body = bodyOf(
      { zeta: 1, uuid: 'u-1', custom_identifier: 'c', alpha: null, end_stamp: '' },
      { parameters: [{ key: 'source', value: 'relay' }] },
    )
    const documented = triggerOf(HANGUP).variables.map((variable) => variable.name)
    expect(Object.keys(body)).toEqual([...documented, 'zeta', 'custom_identifier', 'alpha', 'source'])
    expect(body).toMatchObject({ uuid: 'u-1', zeta: 1, alpha: null, source: 'relay' })
  })

  test('has every documented variable, blank of its type where the event lacks it', () => {
    const body = bodyOf({})
    expect(body).toMatchObject({ hangup_cause: '', call_connected: '', answered_agent: {}, missed_agent: [] })
    expect(body).toMatchObject({ digits_dialed: [], call_flow: [], billing_circle: {}, end_time: '' })
    expect(bodyOf({}, {}, 'call_answered_on_ivr')).toMatchObject({ ivr_id: '', ivr_name: '' })
    expect(bodyOf({}, {}, 'dialed_on_agent')).toMatchObject({ ivr_name: [], dept_name: [] })
  })

  test('has an empty object or list where a live line writes "" for one, and other shapes as they came', () => {
    const agents = [{ name: 'Asha' }]
    expect(bodyOf({ answered_agent: '', missed_agent: '', call_flow: '' })).toMatchObject({
      answered_agent: {},
      missed_agent: [],
      call_flow: [],
    })
    expect(bodyOf({ ivr_name: '', dept_name: '' }, {}, 'dialed_on_agent')).toMatchObject({
      ivr_name: [],
      dept_name: [],
    })
    expect(bodyOf({ ivr_name: '' }, {}, 'call_answered_on_ivr')).toMatchObject({ ivr_name: '' })
    const came = {
      answered_agent: agents,
      broadcast_lead_fields: { city: 'Lucknow' },
      call_connected: '1',
      billsec: 7,
      billing_circle: 'Delhi',
      call_flow: '[{"type":"init"}]',
    }
    expect(bodyOf(came)).toMatchObject(came)
  })

  test('has a documented variable that came as null blank of its type, and a null beyond as it came', () => {
    const variables = { billsec: null, answered_agent: null, missed_agent: null, beyond: null, deep: [null] }
    const blank = { billsec: '', answered_agent: {}, missed_agent: [] }
    expect(bodyOf(variables)).toMatchObject({ ...blank, beyond: null, deep: [null] })
    expect(filled('$answered_agent', variables)).toEqual({})
    expect(filled('<$answered_agent_number$beyond>', variables)).toBe('<>')
    expect(bodyOf(variables, { value_types: 'strings' })).toMatchObject({
      billsec: '',
      answered_agent: '{}',
      missed_agent: '[]',
      beyond: '',
      deep: '[null]',
    })
    const alias = { customer_number_with_prefix: null, customer_no_with_prefix: '+919000000003' }
    expect(bodyOf(alias)).toHaveProperty('customer_number_with_prefix', '+919000000003')
  })

  test('has a parameter in the place of a key of its name', () => {
    const body = bodyOf(
      { custom: 'theirs', last: 1 },
      {
        parameters: [
          { key: 'uuid', value: 'call $uuid' },
          { key: 'custom', value: 'ours' },
        ],
      },
    )
    expect(Object.keys(body)[0]).toBe('uuid')
    expect(Object.keys(body).slice(-2)).toEqual(['custom', 'last'])
    expect(body).toMatchObject({ uuid: 'call ', custom: 'ours' })
  })

  test('is the parameters alone where the webhook says so', () => {
    const parameters = [
      { key: '10', value: '$billsec' },
      { key: '9', value: '$$5 for $uuid' },
    ]
    expect(rendered({ uuid: 'u', billsec: '7', extra: 1 }, { body: 'parameters', parameters }).body).toBe(
      '{"10":"7","9":"$5 for u"}',
    )
  })

  test('is text throughout where the webhook asks for strings, with objects and lists as JSON text', () => {
    const body = bodyOf(
      object('{"billing_circle":{"circle":"Delhi"},"big":12345678901234567890,"yes":true,"none":null}'),
      { value_types: 'strings', parameters: [{ key: 'attempt', value: '$attempt' }] },
    )
    expect(Object.values(body).every((value) => typeof value === 'string')).toBe(true)
    expect(body).toMatchObject({
      billing_circle: '{"circle":"Delhi"}',
      answered_agent: '{}',
      missed_agent: '[]',
    })
    expect(body).toMatchObject({ big: '12345678901234567890', yes: 'true', none: '', attempt: '2' })
  })

  test('keeps keys that JavaScript has a use for', () => {
    const { body } = rendered(object('{"__proto__":{"a":1},"constructor":2,"7":3,"in":{"__proto__":4}}'))
    expect(body).toMatch(/,"7":3,"__proto__":\{"a":1\},"constructor":2,"in":\{"__proto__":4\}\}$/)
    expect(filled('$__proto__', object('{"__proto__":{"a":1}}'))).toEqual({ a: 1 })
    expect(filled('$constructor|$toString', {})).toBe('|')
  })
})

describe('what live lines get wrong', () => {
  test('a key with a space at its end is its name', () => {
    const body = bodyOf({ 'customer_no_with_prefix ': '+919000000003' }, {}, 'call_received_on_server')
    expect(body).toHaveProperty('customer_no_with_prefix', '+919000000003')
    expect(body).not.toHaveProperty(['customer_no_with_prefix '])
    expect(bodyOf({ uuid: 'clean', ' uuid': 'padded' })).toHaveProperty('uuid', 'clean')
  })

  test('a variable that was not filled in is blank of its type, wherever it stands', () => {
    const variables = {
      recording_url: '$recording_url',
      campaign_name: '$campaign_name',
      answered_agent: '$answered_agent',
      duration: '$billsec',
      beyond: '$beyond',
      price: '$100',
      word: '$tatus',
    }
    const body = bodyOf(variables)
    expect(body).toMatchObject({
      recording_url: '',
      campaign_name: '',
      answered_agent: {},
      duration: '',
      beyond: '',
    })
    expect(body).toMatchObject({ price: '$100', word: '$tatus' })
    expect(filled('<$campaign_name>', variables)).toBe('<>')
    expect(filled('$answered_agent', variables)).toEqual({})
  })

  test.each([
    ['customer_number_with_prefix', 'customer_no_with_prefix', HANGUP],
    ['customer_no_with_prefix', 'customer_number_with_prefix', 'call_received_on_server'],
    ['answered_agent_number', 'answer_agent_number', 'call_answered_by_agent'],
    ['answer_agent_number', 'answered_agent_number', 'call_answered_by_customer_click_to_call'],
    ['sub_dispositon', 'sub_disposition', 'disposition_status_updated_dialer'],
  ] as const)('%s is filled from %s, and either is known to templates', (documented, other, trigger) => {
    for (const variables of [
      { [other]: 'x' },
      { [other]: 'x', [documented]: '' },
      { [other]: 'x', [documented]: `$${documented}` },
    ]) {
      expect(bodyOf(variables, {}, trigger)).toMatchObject({ [documented]: 'x', [other]: 'x' })
      expect(filled(`$${documented}/$${other}`, variables, trigger)).toBe('x/x')
    }
    expect(bodyOf({ [documented]: 'x' }, {}, trigger)).not.toHaveProperty(other)
    expect(filled(`$${documented}/$${other}`, { [documented]: 'x' }, trigger)).toBe('x/x')
    expect(filled(`$${documented}/$${other}`, {}, trigger)).toBe('/')
    const both = { [documented]: 'one', [other]: 'two' }
    expect(bodyOf(both, {}, trigger)).toMatchObject(both)
  })

  test('a call id is the event’s where the variables have none', () => {
    expect(bodyOf({})).toHaveProperty('call_id', '1628364922.6274679')
    expect(bodyOf({ call_id: 'theirs' })).toHaveProperty('call_id', 'theirs')
    // Not documented for this trigger, so not in its body; a template may name it all the same.
    expect(bodyOf({}, {}, 'call_answered_by_customer_click_to_call')).not.toHaveProperty('call_id')
    expect(filled('$call_id', {}, 'call_answered_by_customer_click_to_call')).toBe('1628364922.6274679')
  })

  test('stamps of a dialer queue, in the manner of the USA, are stamps', () => {
    const stamps = {
      start_stamp: '7/11/2026, 9:12:56 PM',
      answer_stamp: '',
      end_stamp: '7/11/2026, 9:14:45 PM',
    }
    expect(bodyOf(stamps, { date_time_format: 'iso8601', time_zone: 'UTC' })).toMatchObject({
      start_stamp: '2026-07-11T15:42:56Z',
      answer_stamp: '',
      end_stamp: '2026-07-11T15:44:45Z',
      start_date: '2026-07-11',
      start_time: '15:42:56',
      end_time: '15:44:45',
    })
  })
})

describe('times', () => {
  const variables = {
    start_stamp: '2021-08-09 23:58:44',
    answer_stamp: 'soon',
    end_stamp: '',
    call_flow: [{ time: 1628512124 }],
  }

  test('are in the webhook’s format and zone, except for what is not a stamp', () => {
    expect(bodyOf(variables)).toMatchObject({
      ...variables,
      start_date: '2021-08-09',
      start_time: '23:58:44',
    })
    expect(bodyOf(variables, { date_time_format: 'epoch', time_zone: 'UTC' })).toMatchObject({
      ...variables,
      start_stamp: '1628533724',
      start_date: '2021-08-09',
      start_time: '18:28:44',
    })
    expect(bodyOf(variables, { date_time_format: 'iso8601', time_zone: 'Asia/Tokyo' })).toMatchObject({
      start_stamp: '2021-08-10T03:28:44+09:00',
      start_date: '2021-08-10',
      start_time: '03:28:44',
    })
  })

  test('of another trigger are formatted, too', () => {
    const config: Partial<WebhookConfig> = { date_time_format: 'iso8601' }
    expect(bodyOf({ date: '2021-08-10 01:43:47' }, config)).toHaveProperty(
      'date',
      '2021-08-10T01:43:47+05:30',
    )
    // A date without a time would be another day in another zone.
    expect(bodyOf({ date: '2021-08-10' }, config, 'call_received_on_department')).toHaveProperty(
      'date',
      '2021-08-10',
    )
    expect(bodyOf({ my_stamp: '2021-08-10 01:43:47' }, config)).toHaveProperty(
      'my_stamp',
      '2021-08-10 01:43:47',
    )
  })

  test('split in two follow the zone, by the stamp if it can be read, else by themselves', () => {
    const split = { start_date: '2021-08-09', start_time: '23:58:44', end_time: '23:59:00' }
    const inTokyo = { start_date: '2021-08-10', start_time: '03:28:44' }
    const tokyo: Partial<WebhookConfig> = { time_zone: 'Asia/Tokyo', date_time_format: 'epoch' }
    expect(bodyOf({ ...variables, ...split, start_time: '01:00:00' }, tokyo)).toMatchObject(inTokyo)
    // An end_time of no day is left as it came.
    expect(bodyOf(split, tokyo)).toMatchObject({ ...inTokyo, start_stamp: '', end_time: '23:59:00' })
    expect(bodyOf({ ...split, start_stamp: 'soon' }, tokyo)).toMatchObject({
      ...inTokyo,
      start_stamp: 'soon',
    })
    expect(bodyOf({ start_date: '2/24/2026', start_time: '2:19:58 AM' }, tokyo)).toMatchObject({
      start_date: '2026-02-24',
      start_time: '05:49:58',
    })
    const unread = { start_date: '9 Foo', start_time: '23:58:44' }
    expect(bodyOf(unread, tokyo)).toMatchObject(unread)
    // A hangup documents no end_date: not in its body, but there to be named.
    expect(bodyOf({ end_stamp: '2021-08-09 23:59:00' })).not.toHaveProperty('end_date')
    expect(filled('$end_date', { end_stamp: '2021-08-09 23:59:00' })).toBe('2021-08-09')
  })

  test('without a zone are read in the zone of the deployment', () => {
    const context = contextWith(eventWith({ variables: { start_stamp: '2021-08-09 12:00:00' } }))
    const request = renderRequest(webhookWith({ time_zone: 'UTC' }), context, 'America/New_York')
    expect(request).toMatchObject({
      ok: true,
      body: expect.stringContaining('"start_stamp":"2021-08-09 16:00:00"'),
    })
  })
})

describe('templates', () => {
  test('know the delivery, and no variable of the event hides it', () => {
    const template = '$trigger|$trigger_name|$event_id|$position|$attempt|$account_id|$webhook_id'
    const expected = `${HANGUP}|Call hangup (Missed or Answered)|core-7731|3|2|acc_1|wh_1`
    expect(filled(template, {})).toBe(expected)
    expect(
      filled(template, { trigger: 'x', event_id: 'x', position: 'x', attempt: 'x', webhook_id: 'x' }),
    ).toBe(expected)
    expect(filled('$position', {})).toBe(3)
  })

  test('know what any trigger documents, blank of its type', () => {
    expect(filled('<$ivr_id$disposition>', {})).toBe('<>')
    expect(filled('$billing_circle', {}, 'disposition_status_updated_dialer')).toEqual({})
    expect(filled('$ivr_name', {}, 'dialed_on_agent')).toEqual([])
    expect(filled('$digits_dialed', {}, 'dtmf_option')).toEqual([])
    expect(filled('$disposition_x$sub_disposition_x', {})).toBe('_x_x')
  })

  test('know keys beyond the catalogue, whatever their characters', () => {
    expect(filled('$ref_x-$ref', { ref: 1, ref_x: 'two' })).toBe('two-1')
    const variables = { 'lead-id': 7, 'order id ': 'o-1', नाम: 'Asha', lead: 'L' }
    expect(filled('$lead-id', variables)).toBe(7)
    expect(filled('$order id/$नाम/${lead}-id/$lead-ids', variables)).toBe('o-1/Asha/L-id/7s')
    const headers = [{ key: 'X-Lead', value: 'key-$lead-id' }]
    expect(rendered(variables, { headers }).headers).toContainEqual(['X-Lead', 'key-7'])
  })

  test('find by the identifier all that the catalogue names', () => {
    const documented = TRIGGERS.flatMap(({ variables }) => variables.map(({ name }) => name))
    expect([...documented, ...ALIASES.keys()].filter((name) => !isIdentifier(name))).toEqual([])
  })

  test('stand in header values and parameter values, and in nothing else', () => {
    const request = rendered(
      { uuid: 'u-1' },
      {
        url: 'https://crm.example.com/$uuid?id=$uuid',
        headers: [{ key: 'X-$uuid', value: 'call $uuid of $answered_agent_name' }],
        parameters: [{ key: '$uuid', value: 'v' }],
      },
    )
    expect(request.url).toBe('https://crm.example.com/$uuid?id=$uuid')
    expect(request.headers).toContainEqual(['X-$uuid', 'call u-1 of '])
    expect(object(request.body ?? '')).toHaveProperty('$uuid', 'v')
  })
})

describe('headers', () => {
  test('lose the line breaks and control characters that variables bring, and it is noted which', () => {
    const headers = [
      { key: 'X-Ok', value: '$tabbed' },
      { key: 'X-Break', value: 'by $broken, $$' },
      { key: 'X-Nul', value: '$nul' },
      { key: 'X-Name', value: '$hindi\t$tabbed' },
      { key: 'X-Nested', value: '$nested' },
    ]
    const variables = {
      tabbed: 'a\tb',
      broken: 'Asha\r\nX-Evil: 1',
      nul: '\u0000',
      hindi: 'आशा',
      nested: { 'a\nb': 'c\u0085d' },
    }
    const request = rendered(variables, { headers })
    expect(request.headers).toEqual([
      ['X-Ok', 'a\tb'],
      ['X-Break', 'by AshaX-Evil: 1, $'],
      ['X-Nul', ''],
      ['X-Name', 'आशा\ta\tb'],
      // JSON spells the line break, and not the other.
      ['X-Nested', '{"a\\nb":"cd"}'],
      ['content-type', 'application/json'],
    ])
    expect(request.cleaned).toEqual(['X-Break', 'X-Nul', 'X-Nested'])
    expect(rendered({ broken: 'Asha' }, { headers }).cleaned).toEqual([])
    expect(rendered(variables, { headers, method: 'GET' }).cleaned).toEqual(request.cleaned)
  })

  test('with a line break in the template itself are faults, every one of them', () => {
    const headers = [
      { key: 'X-Ok', value: '$broken' },
      { key: 'X-Break', value: 'a\r\n$broken' },
      { key: 'X-Nul', value: '\u0000' },
    ]
    const context = contextWith(eventWith({ variables: { broken: 'Evil\n' } }))
    const request = renderRequest(webhookWith({ headers }), context, 'UTC')
    expect(request).toEqual({
      ok: false,
      faults: [
        { path: 'headers.1.value', message: 'of X-Break holds a control character' },
        { path: 'headers.2.value', message: 'of X-Nul holds a control character' },
      ],
    })
  })

  test('have U+FFFD for half a surrogate pair, which has no UTF-8', () => {
    const request = rendered({ name: 'a\ud800b🦊' }, { headers: [{ key: 'X-Name', value: '$name\udc00' }] })
    expect(request.headers).toContainEqual(['X-Name', 'a\ufffdb🦊\ufffd'])
  })

  test('never hold a control character but a tab', () => {
    for (let code = 0; code < 0x100; code += 1) {
      const name = `a${String.fromCharCode(code)}b`
      const { headers, cleaned } = rendered({ name }, { headers: [{ key: 'X', value: '$name' }] })
      const mayStand = code === 9 || (code >= 0x20 && code < 0x7f) || code >= 0xa0
      expect([headers[0], cleaned], `code ${code}`).toEqual([
        ['X', mayStand ? name : 'ab'],
        mayStand ? [] : ['X'],
      ])
    }
  })

  test('say the content type of a body, and there is none on GET', () => {
    expect(rendered({}).headers).toEqual([['content-type', 'application/json']])
    const form = 'application/x-www-form-urlencoded'
    expect(rendered({}, { content_type: form }).headers).toEqual([['content-type', form]])
    expect(rendered({}, { method: 'GET', content_type: form })).toMatchObject({ headers: [], body: null })
  })
})

describe('GET', () => {
  const one: Partial<WebhookConfig> = {
    method: 'GET',
    body: 'parameters',
    parameters: [{ key: 'id', value: '$uuid' }],
  }

  test.each([
    ['https://crm.example.com', 'https://crm.example.com/?id=u%201', 'id=u%201'],
    ['https://crm.example.com/a', 'https://crm.example.com/a?id=u%201', 'id=u%201'],
    ['https://crm.example.com/a?', 'https://crm.example.com/a?id=u%201', 'id=u%201'],
    [
      'https://crm.example.com/a?t=A%2fb+%zz&t=?&=',
      'https://crm.example.com/a?t=A%2fb+%zz&t=?&=&id=u%201',
      't=A%2fb+%zz&t=?&=&id=u%201',
    ],
    ['https://crm.example.com/a?t=1#top?x=2', 'https://crm.example.com/a?t=1&id=u%201', 't=1&id=u%201'],
    [
      "https://crm.example.com/a?n='é'",
      'https://crm.example.com/a?n=%27%C3%A9%27&id=u%201',
      'n=%27%C3%A9%27&id=u%201',
    ],
  ])('%s has the values after its own query, which stays as it is', (url, expected, signed) => {
    const request = rendered({ uuid: 'u 1' }, { ...one, url })
    expect(request).toMatchObject({ method: 'GET', url: expected, body: null, signed })
    // What is signed is what is sent: fetch changes nothing in it any more.
    expect(new Request(request.url).url).toBe(expected)
  })

  test('with nothing to add signs the query that the URL has', () => {
    const config: Partial<WebhookConfig> = { method: 'GET', body: 'parameters' }
    expect(rendered({}, { ...config, url: 'https://x.example/a?b=1' })).toMatchObject({ signed: 'b=1' })
    expect(rendered({}, { ...config, url: 'https://x.example/a' })).toMatchObject({
      url: 'https://x.example/a',
      signed: '',
    })
  })

  test.each(['json', 'brackets'] as const)(
    'carries everything in the query, nested values as %s',
    (nested_form) => {
      const request = rendered(
        { billing_circle: { circle: 'Delhi' }, call_flow: '' },
        { method: 'GET', nested_form },
      )
      const query = new URL(request.url).searchParams
      expect(query.get(nested_form === 'json' ? 'billing_circle' : 'billing_circle[circle]')).toBe(
        nested_form === 'json' ? '{"circle":"Delhi"}' : 'Delhi',
      )
      expect(query.get('call_flow')).toBe(nested_form === 'json' ? '[]' : '')
      expect(request.signed).toBe(new URL(request.url).search.slice(1))
    },
  )
})

describe('the URL is the one that will be sent', () => {
  test.each([
    ['https://crm.example.com/a?token=A%2fb#top', 'https://crm.example.com/a?token=A%2fb'],
    ['https://crm.example.com', 'https://crm.example.com/'],
    ['https://crm.example.com/a b/ü', 'https://crm.example.com/a%20b/%C3%BC'],
    ['https://crm.example.com/a/../b/./c/%2e%2E/d', 'https://crm.example.com/b/d'],
    ['https://crm.example.com\\a\\..\\b', 'https://crm.example.com/b'],
    ['https://crm.example.com/%zz?q=ü&r="<\'>#', 'https://crm.example.com/%zz?q=%C3%BC&r=%22%3C%27%3E'],
    ['HTTPS://CRM.Example.COM:443/A', 'https://crm.example.com/A'],
    ['https://münchen.example/', 'https://xn--mnchen-3ya.example/'],
    ['https://crm.example.com/a?', 'https://crm.example.com/a?'],
  ])('for POST to %s', (url, expected) => {
    const request = rendered({}, { url })
    expect(request).toMatchObject({ method: 'POST', url: expected, signed: request.body })
    expect(new Request(request.url).url).toBe(expected)
  })

  test('for GET, whose query is put to it', () => {
    const config: Partial<WebhookConfig> = {
      method: 'GET',
      body: 'parameters',
      url: 'https://x.example/a b/../ü#x',
    }
    expect(rendered({}, { ...config, parameters: [{ key: 'id', value: '1' }] })).toMatchObject({
      url: 'https://x.example/%C3%BC?id=1',
      signed: 'id=1',
    })
  })
})

describe('a URL that is longer than workerd sends', () => {
  const BASE = 'https://x.example/a?v='
  const get = (text: string) => {
    const parameters = [{ key: 'v', value: '$uuid' }]
    const config = webhookWith({ method: 'GET', body: 'parameters', url: 'https://x.example/a', parameters })
    return renderRequest(config, contextWith(eventWith({ variables: { uuid: text } })), 'UTC')
  }

  test('is a fault that says how long it is, and how long it may be', () => {
    expect(get('a'.repeat(65_534 - BASE.length))).toMatchObject({ ok: true })
    expect(get('a'.repeat(65_535 - BASE.length))).toEqual({
      ok: false,
      faults: [{ path: 'url', message: 'is 65535 bytes long with its query, and at most 65534 can be sent' }],
    })
  })

  test('is measured as it is sent, percent-encoded', () => {
    const most = Math.floor((65_534 - BASE.length) / '%E0%A4%86'.length)
    expect(get('आ'.repeat(most))).toMatchObject({ ok: true })
    expect(get('आ'.repeat(most + 1))).toMatchObject({ ok: false, faults: [{ path: 'url' }] })
  })

  test('is none of a POST: its fields are in the body', () => {
    expect(rendered({ uuid: 'a'.repeat(100_000) })).toMatchObject({ method: 'POST' })
  })
})

describe('a request that would come to many times its event', () => {
  const render = (variables: JsonObject, config: Partial<WebhookConfig>) =>
    renderRequest(
      webhookWith({ triggers: [HANGUP], ...config }),
      contextWith(eventWith({ variables })),
      'UTC',
    )
  const FORM = 'application/x-www-form-urlencoded'
  const big = 'a'.repeat(60_000)
  const fault = (path: string, most: number) => ({
    ok: false,
    faults: [{ path, message: `would hold more than ${most} characters, and at most so many are sent` }],
  })

  test('by a template that names a variable again and again is a fault, and is not filled to its end', () => {
    const body = fault('parameters', 2 ** 20)
    for (const method of ['POST', 'GET'] as const) {
      const parameters = [{ key: 'p', value: '$a'.repeat(4_000) }]
      expect(render({ a: big }, { method, body: 'parameters', parameters })).toEqual(body)
    }
    const many = Array.from({ length: 100 }, (_, n) => ({ key: `p${n}`, value: '$a' }))
    expect(render({ a: big }, { parameters: many })).toEqual(body)
    expect(render({ a: big }, { parameters: many.slice(0, 15) })).toMatchObject({ ok: true })
    const headers = [
      { key: 'X-One', value: '$a' },
      { key: 'X-Two', value: '$a$a' },
    ]
    expect(render({ a: big }, { headers })).toEqual(fault('headers', 2 ** 17))
    expect(render({ a: big }, { headers: headers.slice(0, 1) })).toMatchObject({ ok: true })
  })

  test('by fields in brackets, each with the names of all that it is in, is a fault too', () => {
    const config = { content_type: FORM, nested_form: 'brackets' } as const
    const nested = { [`n${'a'.repeat(30_000)}`]: Array.from({ length: 10_000 }, () => 1) }
    expect(render(nested, config)).toEqual(fault('body', 2 ** 20))
    const parameters = [{ key: 'p'.repeat(128), value: '$list' }]
    const list = { list: Array.from({ length: 30_000 }, () => 1) }
    expect(render(list, { ...config, body: 'parameters', parameters })).toEqual(fault('parameters', 2 ** 20))
  })

  test('and none is left out of one that may be sent', () => {
    const list = Array.from({ length: 20_000 }, (_, n) => n)
    const config = { content_type: FORM, nested_form: 'brackets', body: 'parameters' } as const
    const request = render({ list }, { ...config, parameters: [{ key: 'p', value: '$list' }] })
    const read = [...new URLSearchParams(request.ok ? (request.body ?? '') : '').values()]
    expect(read).toEqual(list.map(String))
  })
})

describe('no digit is lost on the way', () => {
  const number = fc.stringMatching(/^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?$/)
  const shapes: Partial<WebhookConfig>[] = [
    { value_types: 'typed' },
    { value_types: 'strings' },
    { content_type: 'application/x-www-form-urlencoded' },
    { content_type: 'application/x-www-form-urlencoded', nested_form: 'brackets' },
    { method: 'GET' },
  ]

  const said: [string][] = [['12345678901234567890'], ['1783784606.075'], ['1.50'], ['1e400'], ['-0']]

  test.each(shapes)('%o', (shape) => {
    fc.assert(
      fc.property(number, (digits) => {
        const variables = object(`{"top":${digits},"deep":[{"n":${digits}}]}`)
        const parameters = [
          { key: 'whole', value: '$top' },
          { key: 'mixed', value: '<$top>' },
        ]
        const request = rendered(variables, { ...shape, parameters })
        const text = request.method === 'GET' ? request.signed : (request.body ?? '')
        const readable =
          shape.value_types === undefined ? decodeURIComponent(text) : text.replaceAll('\\"', '"')
        for (const name of ['top', 'whole']) {
          const isSaid = [`"${name}":${digits},`, `"${name}":"${digits}",`, `${name}=${digits}&`]
          expect(isSaid.some((way) => readable.includes(way))).toBe(true)
        }
        expect(readable).toContain(`<${digits}>`)
        expect([`{"n":${digits}}`, `deep[0][n]=${digits}&`].some((way) => readable.includes(way))).toBe(true)
      }),
      { examples: said },
    )
  })

  test('in a call flow and where a template names it', () => {
    const numbers = said.map(([digits]) => digits)
    const flow = `[${numbers.map((digits) => `{"type":"Agent","time":${digits}}`).join(',')}]`
    const parameters = [
      { key: 'flow', value: '$call_flow' },
      { key: 'text', value: 'flow: $call_flow' },
    ]
    const { body } = rendered(object(`{"call_flow":${flow}}`), { parameters })
    expect(body).toContain(`"call_flow":${flow},`)
    expect(body).toContain(`"flow":${flow},`)
    expect(body).toContain(`"text":${JSON.stringify(`flow: ${flow}`)}`)
    const strings = rendered(object(`{"call_flow":${flow}}`), { value_types: 'strings' })
    expect(strings.body).toContain(`"call_flow":${JSON.stringify(flow)}`)
  })
})
