import { describe, expect, test } from 'vitest'
import { operationalWarningsOf, warningsOf } from '../../src/api/webhooks/warnings.ts'
import type { WebhookConfig } from '../../src/contracts/webhook.ts'
import { DELIVERY_NAMES } from '../../src/delivery/vocabulary.ts'
import { renderRequest } from '../../src/delivery/render.ts'
import { contextWith, eventWith, webhookWith } from '../support/sample-webhook.ts'

const warnings = (more: Partial<WebhookConfig>, missing: string[] = []) =>
  warningsOf(webhookWith(more), missing, true)
const paths = (more: Partial<WebhookConfig>) => warnings(more).map(({ path }) => path)
const values = (...texts: string[]) => texts.map((value, n) => ({ key: `k${n}`, value }))

test('a webhook that can do all that it says has no warning', () => {
  const numbers = ['+918069010148']
  expect(warnings({})).toEqual([])
  expect(warnings({ numbers, outbound_types: ['dialer'] })).toEqual([])
  expect(warnings({ numbers, call_type: 'inbound' })).toEqual([])
  expect(warnings({ outbound_types: ['dialer'], call_type: 'outbound' })).toEqual([])
})

describe('filters that nothing comes to', () => {
  test.each<[string, Partial<WebhookConfig>, string[]]>([
    ['numbers, outbound calls alone', { numbers: ['101'], call_type: 'outbound' }, ['numbers']],
    [
      'numbers, and triggers that fire for outbound calls alone',
      { numbers: ['101'], triggers: ['call_missed_by_customer_click_to_call'] },
      ['numbers'],
    ],
    [
      'outbound types, inbound calls alone',
      { outbound_types: ['dialer'], call_type: 'inbound' },
      ['outbound_types'],
    ],
    [
      'outbound types, and triggers that fire for inbound calls alone',
      { outbound_types: ['dialer'], triggers: ['dialed_on_agent'] },
      ['outbound_types'],
    ],
  ])('%s', (_, more, expected) => {
    expect(paths(more)).toEqual(expected)
  })
})

test('each deprecated trigger and each number that is gone is named in its place', () => {
  const triggers = ['dtmf_option', 'call_hangup_missed', 'call_hangup_answered'] as const
  expect(paths({ triggers: [...triggers] })).toEqual(['triggers.1', 'triggers.2'])
  const missing = warnings({ numbers: ['101', '102', '103'] }, ['103', '101'])
  expect(missing.map(({ path }) => path)).toEqual(['numbers.0', 'numbers.2'])
})

describe('the URL', () => {
  test.each([
    ['http://example.com/hook', 'is http to a public host'],
    ['HTTP://93.184.216.34/hook', 'is http to a public host'],
    ['https://169.254.169.254/hook', 'no request is made'],
  ])('%s: %s', (url, message) => {
    expect(warnings({ url })).toEqual([{ path: 'url', message: expect.stringContaining(message) }])
  })

  test.each(['https://example.com/hook', 'http://127.0.0.1:9000/hook', 'http://crm.internal/hook'])(
    '%s is fine',
    (url) => {
      expect(warnings({ url })).toEqual([])
    },
  )

  test('that is not allowed any more is said to lead nowhere', () => {
    const message = 'must be an https URL: no request is made'
    const webhook = webhookWith({ url: 'http://127.0.0.1/hook' })
    expect(warningsOf(webhook, [], false)).toEqual([{ path: 'url', message }])
  })
})

describe('a GET that carries lists', () => {
  test.each<[string, Partial<WebhookConfig>, boolean]>([
    ['of its trigger', { method: 'GET' }, true],
    ['as POST', { method: 'POST' }, false],
    ['of its trigger, and does not send it', { method: 'GET', body: 'parameters' }, false],
    ['in a parameter', { method: 'GET', body: 'parameters', parameters: values('$call_flow') }, true],
    ['none, by its trigger', { method: 'GET', triggers: ['call_answered_by_agent'] }, false],
  ])('%s', (_, more, isWarned) => {
    const said = warnings(more).filter(({ path }) => path === 'method')
    expect(said).toEqual(isWarned ? [{ path: 'method', message: expect.stringContaining('call_flow') }] : [])
  })
})

describe('names in templates that nothing fits', () => {
  test.each([
    ['$caler_id_number', 'caller_id_number'],
    ['$Caller_ID_Number', 'caller_id_number'],
    ['from $call_statuss to', null],
    ['$trigger_nam', 'trigger_name'],
    ['$answered_agent_nmae', 'answered_agent_name'],
    ['$uuid_1 and $uuid', null],
    ['$$typo costs $5', null],
    ['$customer_no_with_prefix $attempt', null],
  ])('%s: did you mean %s?', (value, near) => {
    const expected = near === null ? [] : [expect.stringContaining(`did you mean $${near}?`)]
    for (const field of ['headers', 'parameters'] as const) {
      const said = warnings({ [field]: values('plain', value) })
      expect(said.map(({ message }) => message)).toEqual(expected)
      expect(said.every(({ path }) => path === `${field}.1.value`)).toBe(true)
    }
  })

  test('are said to be blank, if nothing is near, and each once in its place', () => {
    const said = warnings({ parameters: values('$zzzzzzzz $zzzzzzzz', '$qqqqqqqq') })
    expect(said.map(({ path }) => path)).toEqual(['parameters.0.value', 'parameters.1.value'])
    expect(said[0]?.message).toBe('$zzzzzzzz is not documented, and blank unless the event carries it')
  })

  test('are looked at up to a bound, however many there are', () => {
    const many = Array.from({ length: 2_000 }, (_, n) => `$zz${n}qq`).join(' ')
    expect(warnings({ parameters: values(many, many) }).length).toBeLessThanOrEqual(20)
  })

  test('of an operational webhook are those that its deliveries do not have', () => {
    const headers = values('$event_id $position', '$call_id', '$atempt')
    const said = operationalWarningsOf({ url: 'https://example.com', headers }, true)
    expect(said.map(({ path }) => path)).toEqual(['headers.1.value', 'headers.2.value'])
    expect(said[1]?.message).toContain('did you mean $attempt?')
  })

  test('leave out just what a delivery has', () => {
    const parameters = DELIVERY_NAMES.map((name) => ({ key: name, value: `<$${name}>` }))
    const webhook = webhookWith({ parameters, body: 'parameters' })
    const rendered = renderRequest(webhook, contextWith(eventWith()), 'Asia/Kolkata')
    const filled = JSON.parse(rendered.ok ? (rendered.body ?? '') : '') as Record<string, string>
    expect(Object.keys(filled)).toEqual(DELIVERY_NAMES)
    expect(Object.values(filled).filter((value) => value === '<>')).toEqual([])
  })
})
