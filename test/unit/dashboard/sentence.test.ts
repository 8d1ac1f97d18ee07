/** What is said first of a call, for each way in which it can stand. */
import { describe, expect, test } from 'vitest'
import type { Call } from '../../../dashboard/src/timeline/call.ts'
import { rowsOf } from '../../../dashboard/src/timeline/rows.ts'
import { sentenceOf } from '../../../dashboard/src/timeline/sentence.ts'
import { at, attempt, call, delivery, event, START_MS } from './sample-call.ts'

const retried = [attempt(1, 0, 50, 502), attempt(2, 5050, 60, null), attempt(3, 9000, 2100)]
const held = delivery('warehouse', {
  status: 'held',
  attempts: [],
  completed_at: null,
  waits: [{ why: 'held', from: at(0), until: null }],
})
const underWay = delivery('crm', { status: 'pending', attempts: [], completed_at: null })
const inBackoff = delivery('crm', {
  status: 'pending',
  completed_at: null,
  attempts: [attempt(1, 0, 10, 500)],
  waits: [{ why: 'backoff', from: at(10), until: null }],
})
const ended = (name: string, status: 'failed' | 'expired' | 'discarded') =>
  delivery(name, { status, attempts: status === 'discarded' ? [] : [attempt(1, 0, 10, 500)] })

const CASES: [string, Call, string, string][] = [
  [
    'all delivered',
    call(
      event(1, 0, { deliveries: [delivery('crm'), delivery('helpdesk', { attempts: retried })] }),
      event(2, 100, { deliveries: [delivery('crm')] }),
    ),
    '2 events, 2 webhooks, all delivered in order; helpdesk retried 2 times; slowest 2.1 s.',
    'good',
  ],
  ['nobody asked', call(event(1, 0)), '1 event, no webhook asked for it.', 'quiet'],
  [
    'a gap',
    call(event(2, 0, { released_at: null })),
    '1 event, #2 waiting for an event before it.',
    'waiting',
  ],
  [
    'under way',
    call(event(1, 0, { deliveries: [underWay] })),
    '1 event, 1 webhook, 1 under way (crm), none delivered.',
    'waiting',
  ],
  [
    'in backoff',
    call(event(1, 0, { deliveries: [inBackoff, delivery('erp')] })),
    '1 event, 2 webhooks, 1 waiting, 1 of 2 delivered; slowest 10 ms.',
    'waiting',
  ],
  [
    'held',
    call(event(1, 0, { deliveries: [held] })),
    '1 event, 1 webhook, 1 held (warehouse), none delivered.',
    'waiting',
  ],
  [
    'failed, expired and discarded',
    call(
      event(1, 0, {
        deliveries: [
          ended('billing', 'failed'),
          ended('reports', 'expired'),
          ended('archive', 'discarded'),
          delivery('crm'),
        ],
      }),
    ),
    '1 event, 4 webhooks, 1 failed for good (billing), 1 expired (reports), 1 discarded (archive), 1 of 4 delivered; slowest 10 ms.',
    'bad',
  ],
  [
    'late',
    call(event(1, 0), event(2, 9, { late: true, deliveries: [delivery('crm')] })),
    '2 events, 1 webhook, all delivered; #2 came late; slowest 10 ms.',
    'good',
  ],
]

test.each(CASES)('%s', (_name, shown, text, tone) => {
  expect(sentenceOf(shown, true)).toEqual({ text, tone })
})

test('a call of which only the first page has been read says so', () => {
  expect(sentenceOf(call(event(1, 0)), false).text).toMatch(/^The first event/)
})

describe('the table', () => {
  test('has each event with what it waited for, and each delivery with its attempts', () => {
    const shown = call(
      event(1, 0, { deliveries: [delivery('helpdesk', { attempts: retried, completed_at: at(11_100) })] }),
      event(3, 1000, { released_at: at(2800), deliveries: [held] }),
    )
    const said = rowsOf(shown, START_MS + 60_000).map((row) =>
      row.kind === 'event'
        ? [row.event.position, ...row.notes]
        : [row.delivery.webhook_name, row.tookMs, ...row.waits, ...row.attempts],
    )
    expect(said).toEqual([
      [1],
      ['helpdesk', 11_100, '1: 502 in 50 ms', '2: no answer (timeout) in 60 ms', '3: 200 in 2.1 s'],
      [3, 'waited 1.8 s for #2'],
      ['warehouse', null, 'has waited 1 m for the webhook to be enabled'],
    ])
  })
})
