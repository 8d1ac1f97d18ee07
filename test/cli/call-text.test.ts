import { expect, test } from 'vitest'
import { callText } from '../../scripts/cli/call-text.ts'
import type { TimelineEvent } from '../../scripts/cli/contract.ts'
import type { Paint } from '../../scripts/cli/tables.ts'
import { at, attempt, START, timelineDelivery, timelineEvent, webhookIdOf } from './samples.ts'

const NAMES = new Map(['crm', 'billing', 'warehouse'].map((name) => [webhookIdOf(name), name]))
const unpainted: Paint = (_style, text) => text

/** @param nowMs after the start */
function told(events: TimelineEvent[], nowMs = 60_000): string {
  const timeline = { call_id: '1783784576.231947', events }
  return callText(timeline, (id) => NAMES.get(id) ?? id, START + nowMs, unpainted).join('\n')
}

const of = (name: string) => ({ webhook_id: webhookIdOf(name) })

test('a call whose deliveries went well is told in a line for each', () => {
  const event = timelineEvent(1, 0, { deliveries: [timelineDelivery(1, 0, of('crm'))] })
  expect(told([event])).toBe(`call 1783784576.231947
inbound · +919000007179
1 event · 1 delivery: 1 succeeded

2026-07-11, times in UTC
15:42:56.000  #1    call_answered_by_agent
              crm                 succeeded  15:42:56.020  200 in 12 ms`)
})

test('a delivery that did not succeed is told with its waits, attempts, answers and id', () => {
  const failed = timelineDelivery(2, 1000, {
    ...of('billing'),
    status: 'failed',
    last_error: 'status',
    completed_at: at(9000),
    waits: [
      { why: 'turn', from: at(1000), until: at(3000) },
      { why: 'backoff', from: at(3020), until: at(8000) },
    ],
    attempts: [
      attempt(1, 3000, { status_code: 500, error: 'status', response_body: 'no database\nat all' }),
      attempt(2, 8000, { status_code: null, error: 'timeout', duration_ms: 10_000, via: 'manual' }),
    ],
  })
  const events = [
    timelineEvent(1, 0, { deliveries: [timelineDelivery(1, 0, of('billing'))] }),
    timelineEvent(2, 1000, { deliveries: [failed] }),
  ]
  expect(told(events).split('\n').slice(7).join('\n')).toBe(`
15:42:57.000  #2    call_answered_by_agent
              billing             failed     15:43:05.000
                waited 2.0 s for its turn behind #1
                waited 5.0 s for the next attempt of its schedule
                attempt 1  15:42:59.000    12 ms  500
                | no database
                | at all
                by hand 2  15:43:04.000   10.0 s  timeout: no answer in time
                ${failed.id}`)
})

test('what still waits is told by how long, and for what', () => {
  const held = timelineDelivery(1, 0, {
    ...of('warehouse'),
    status: 'held',
    completed_at: null,
    attempts: [],
    waits: [{ why: 'held', from: at(1000), until: null }],
  })
  const pending = timelineDelivery(1, 0, {
    ...of('crm'),
    status: 'pending',
    completed_at: null,
    next_attempt_at: at(65_000),
    attempts: [attempt(1, 10, { status_code: null, error: 'connection' })],
  })
  const text = told([timelineEvent(1, 0, { deliveries: [held, pending] })])
  expect(text).toContain('has waited 59.0 s for the webhook to be enabled')
  expect(text).toContain('next attempt in 5.0 s, at 15:44:01.000')
  expect(text).toContain('connection: nobody there')
  expect(text).toContain('1 event · 2 deliveries: 1 pending, 1 held')
})

test('an event says that it was late, waited for a gap or was posted late, and whom it was not for', () => {
  const event = timelineEvent(2, 0, {
    late: true,
    sequence_reused: true,
    occurred_at: at(-60_000),
    released_at: at(2000),
    skipped: [{ webhook_id: webhookIdOf('crm'), why: 'number' }],
  })
  const text = told([event])
  expect(text).toContain('late: it came after what follows it had gone out')
  expect(text).toContain('another event of the call had its sequence before')
  expect(text).toContain('the core posted it 1 min after it had happened')
  expect(text).toContain('waited 2.0 s for an event before it that was missing')
  expect(text).toContain('not for crm: it asks for other numbers')
  expect(told([timelineEvent(1, 0, { released_at: null })])).toContain(
    'has waited 1 min for an event before it that is missing',
  )
  expect(told([timelineEvent(1, 0)])).toContain('no webhook asks for it')
})

test('a gap is told of the event, once for all of its deliveries', () => {
  const waits = [{ why: 'gap' as const, from: at(0), until: at(2000) }]
  const deliveries = ['crm', 'billing'].map((name) => timelineDelivery(2, 0, { ...of(name), waits }))
  expect(told([timelineEvent(2, 0, { released_at: at(2000), deliveries })]).match(/waited/g)).toHaveLength(1)
})

test('a test is told as one', () => {
  const deliveries = [timelineDelivery(1, 0, { ...of('crm'), test: true })]
  expect(told([timelineEvent(1, 0, { deliveries })])).toContain('a test, sent by hand')
})

test('the day is told once, and again when it is another one', () => {
  const text = told([timelineEvent(1, 0), timelineEvent(2, 1), timelineEvent(3, 86_400_000)])
  expect(text.match(/times in UTC/g)).toHaveLength(2)
  expect(text).toContain('2026-07-12, times in UTC')
})

test('whatever names and answers hold, no line is wider than a terminal or has a control character', () => {
  const long = 'x'.repeat(300)
  const hostile = `\u001b[2J${long}\u0007`
  const event = timelineEvent(1, 0, {
    trigger: long,
    number: hostile,
    skipped: [{ webhook_id: hostile, why: 'unknown' }],
    deliveries: [
      timelineDelivery(1, 0, {
        webhook_name: hostile,
        status: 'failed',
        attempts: [
          attempt(1, 0, {
            status_code: 302,
            error: 'redirect',
            via: 'manual',
            response_body: hostile,
            cleaned_headers: [hostile],
          }),
        ],
        waits: [{ why: 'breaker', from: at(0), until: at(99_999_999) }],
      }),
    ],
  })
  for (const line of told([event]).split('\n')) {
    expect(line.length).toBeLessThanOrEqual(80)
    // oxlint-disable-next-line eslint/no-control-regex -- what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u007f]/)
  }
})
