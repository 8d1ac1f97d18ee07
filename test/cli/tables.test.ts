import { expect, test } from 'vitest'
import type { ListedCall } from '../../scripts/cli/contract.ts'
import {
  accountLine,
  answerOf,
  callLines,
  deliveryLines,
  endLines,
  webhookLines,
  type Paint,
} from '../../scripts/cli/tables.ts'
import { at, delivery } from './samples.ts'

const unpainted: Paint = (_style, text) => text
const hostile = `\u001b[31m${'x'.repeat(400)}`

test('a delivery is told in two lines: how it stands, and what it is asked for by', () => {
  const failed = delivery(4, 0, {
    status: 'failed',
    attempt_count: 3,
    last_status_code: 500,
    last_error: 'status',
    trigger: 'dtmf_option',
  })
  expect(deliveryLines(failed, () => 'billing', unpainted)).toEqual([
    '07-11 15:42:56  failed     500 ×3         billing       1783784576.231947',
    `  ${failed.id} #4 dtmf_option`,
  ])
})

test('the end of a delivery is a line, and has its id if it did not succeed', () => {
  expect(endLines(delivery(1, 0), () => 'crm', unpainted)).toEqual([
    '15:42:56.020  succeeded  200            crm           #1 1783784576.231947',
  ])
  const expired = delivery(2, 0, { status: 'expired', attempt_count: 0, last_status_code: null })
  expect(endLines(expired, () => 'crm', unpainted)).toEqual([
    '15:42:56.020  expired    -              crm           #2 1783784576.231947',
    `  ${expired.id}`,
  ])
})

test.each([
  [{ attempt_count: 1, last_status_code: 200, last_error: null }, '200'],
  [{ attempt_count: 2, last_status_code: 503, last_error: 'status' }, '503 ×2'],
  [{ attempt_count: 1, last_status_code: 302, last_error: 'redirect' }, 'redirect'],
  [{ attempt_count: 11, last_status_code: null, last_error: 'timeout' }, 'timeout ×11'],
  [{ attempt_count: 0, last_status_code: null, last_error: null }, '-'],
])('%j is told as %s', (last, text) => {
  expect(answerOf(last)).toBe(text)
})

test("a webhook's URL is told without its query, which may hold a token", () => {
  const webhook = {
    id: 'wh_01K0000000000000000000000A',
    name: 'wallboard',
    status: 'disabled',
    status_reason: 'The receiver answered 410 Gone',
    health: 'failing',
    url: 'https://example.com/wall?token=secret#x',
  }
  const lines = webhookLines(webhook, unpainted)
  expect(lines).toEqual([
    'wh_01K0000000000000000000000A   disabled  failing  wallboard',
    '  The receiver answered 410 Gone',
    '  https://example.com/wall?…',
  ])
})

test('a call is told by what stands worst first', () => {
  const event = { id: 'e', trigger: 'dtmf_option', position: 1, occurred_at: null, received_at: at(0) }
  const call: ListedCall = {
    call_id: '1783784576.231947',
    call_type: 'inbound',
    numbers: ['+919000000001'],
    first_event: event,
    last_event: event,
    event_count: 4,
    delivery_count: 12,
    deliveries: { pending: 0, held: 1, succeeded: 9, failed: 2, expired: 0, discarded: 0 },
  }
  expect(callLines(call, unpainted)).toEqual([
    '07-11 15:42:56  1783784576.231947           +919000000001',
    '  inbound, 4 events, deliveries: 2 failed, 1 held, 9 succeeded',
  ])
  const full = { ...call, call_id: hostile, numbers: [hostile, hostile] }
  for (const line of callLines(full, unpainted)) expect(line.length).toBeLessThanOrEqual(80)
})

test('whatever names hold, no line is wider than a terminal or has a control character', () => {
  const wide = delivery(1, 0, {
    status: 'discarded',
    call_id: hostile,
    trigger: hostile,
    last_error: hostile,
    attempt_count: 99,
  })
  const webhook = {
    id: 'wh_x',
    name: hostile,
    status: hostile,
    status_reason: hostile,
    health: 'open',
    url: hostile,
  }
  const lines = [
    ...deliveryLines(wide, () => hostile, unpainted),
    ...endLines(wide, () => hostile, unpainted),
    ...webhookLines(webhook, unpainted),
  ]
  for (const line of lines) {
    expect(line.length).toBeLessThanOrEqual(80)
    // oxlint-disable-next-line eslint/no-control-regex -- what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u007f]/)
  }
})

test('an account is told in a line: its id, whether its webhooks are on, and its name', () => {
  const account = { id: 'acc_01K0000000000000000000000A', name: hostile, webhooks_enabled: false }
  const line = accountLine(account, unpainted)
  expect(line).toMatch(/^acc_01K0000000000000000000000A {2}off {7}\S+…$/)
  expect(line).not.toContain('\u001b')
  expect(line.length).toBeLessThanOrEqual(80)
})
