/** The cards of a call's picture: what each thing in it says of itself. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Call, ToldDelivery } from '../../../dashboard/src/timeline/call.ts'
import { factsOf } from '../../../dashboard/src/timeline/facts.ts'
import { layout, subjectOf } from '../../../dashboard/src/timeline/layout.ts'
import { WHOLE } from '../../../dashboard/src/timeline/scale.ts'
import { allStops, stopsOf, type Stop } from '../../../dashboard/src/timeline/stops.ts'
import { anyCall, at, attempt, call, delivery, event, START_MS } from './sample-call.ts'

/** Times as seconds of the call. */
const seconds = (ms: number): string => `${(ms - START_MS) / 1000}`
const instants = {
  at: seconds,
  range: (fromMs: number, untilMs: number) => `${seconds(fromMs)} to ${seconds(untilMs)}`,
}

function stops(shown: Call, nowMs: number): Stop[] {
  return allStops(stopsOf(layout(subjectOf(shown, nowMs), WHOLE, 1200)))
}

/** What stands on the card of the first stop that is one of these. */
function card(shown: Call, isMeant: (stop: Stop) => boolean, nowMs = START_MS + 600_000) {
  const stop = stops(shown, nowMs).find(isMeant)
  const facts = stop === undefined ? null : factsOf(stop, { events: shown.events, nowMs, instants })
  return facts === null ? null : { title: facts.title, lines: facts.lines.map(({ text }) => text) }
}

const waitsFor =
  (why: ToldDelivery['waits'][number]['why']) =>
  ({ what }: Stop): boolean =>
    what.kind === 'wait' && what.why === why

function waiting(why: ToldDelivery['waits'][number]['why'], fromMs: number, untilMs: number | null) {
  return { why, from: at(fromMs), until: untilMs === null ? null : at(untilMs) }
}

describe('the card of a wait says for what, from when to when and how long', () => {
  const retried = delivery('helpdesk', {
    attempts: [attempt(1, 0, 50, 502), attempt(2, 5050, 40)],
    waits: [waiting('backoff', 50, 5050)],
    completed_at: at(5090),
  })
  const second = delivery('helpdesk', {
    id: 'dlv_second',
    event_id: 'evt_2',
    waits: [waiting('turn', 100, 5090)],
    attempts: [attempt(1, 5095, 10)],
    completed_at: at(5105),
  })

  test('for a retry: after which attempt, and who waits behind it', () => {
    const shown = call(event(1, 0, { deliveries: [retried] }), event(2, 100, { deliveries: [second] }))
    expect(card(shown, waitsFor('backoff'))).toEqual({
      title: '#1 to helpdesk waited 5.0 s for its next attempt',
      lines: ['0.05 to 5.05', 'after attempt 1: 502 in 50 ms', 'behind it: #2'],
    })
  })

  test('for a time that the receiver asked for', () => {
    const asked = { ...retried, waits: [waiting('asked', 50, 5050)] }
    expect(card(call(event(1, 0, { deliveries: [asked] })), waitsFor('asked'))).toEqual({
      title: '#1 to helpdesk waited 5.0 s as long as the receiver asked',
      lines: ['0.05 to 5.05', 'asked for by the answer to attempt 1: 502 in 50 ms'],
    })
  })

  test('behind another delivery: which, and when that ended', () => {
    const first = delivery('crm', { attempts: [attempt(1, 0, 40)], completed_at: at(100) })
    const behind = delivery('crm', {
      id: 'dlv_second',
      event_id: 'evt_2',
      waits: [waiting('turn', 20, 100)],
      attempts: [attempt(1, 100, 10)],
      completed_at: at(110),
    })
    const shown = call(event(1, 0, { deliveries: [first] }), event(2, 20, { deliveries: [behind] }))
    expect(card(shown, waitsFor('turn'))).toEqual({
      title: '#2 to crm waited 80 ms behind the delivery before it',
      lines: ['0.02 to 0.1', 'behind #1, which ended 0.1'],
    })
  })

  test.each([
    ['rate', 'for a slot at the rate limit'],
    ['held', 'for the webhook to be enabled'],
    ['breaker', 'for the receiver to be up again'],
  ] as const)('%s', (why, what) => {
    const slow = delivery('crm', {
      waits: [waiting(why, 0, 2000)],
      attempts: [attempt(1, 2000, 10)],
      completed_at: at(2010),
    })
    expect(card(call(event(1, 0, { deliveries: [slow] })), waitsFor(why))).toEqual({
      title: `#1 to crm waited 2.0 s ${what}`,
      lines: ['0 to 2'],
    })
  })

  test('while it goes on it says since when', () => {
    const held = delivery('crm', {
      status: 'held',
      waits: [waiting('held', 0, null)],
      attempts: [],
      completed_at: null,
    })
    expect(card(call(event(1, 0, { deliveries: [held] })), waitsFor('held'), START_MS + 3000)).toEqual({
      title: '#1 to crm has waited 3.0 s for the webhook to be enabled',
      lines: ['since 0'],
    })
  })

  test('of several that wait at once it tells each', () => {
    const held = (position: number) =>
      event(position, position * 1000, {
        deliveries: [
          delivery('crm', {
            id: `dlv_${position}`,
            event_id: `evt_${position}`,
            status: 'held',
            waits: [waiting('held', position * 1000, null)],
            attempts: [],
            completed_at: null,
          }),
        ],
      })
    expect(card(call(held(1), held(2)), waitsFor('held'), START_MS + 5000)).toEqual({
      title: '2 deliveries to crm have waited 4.0 s for the webhook to be enabled',
      lines: ['since 1', '#1: 4.0 s', '#2: 3.0 s'],
    })
  })
})

describe('the card of a gap says', () => {
  const isGap = ({ what }: Stop): boolean => what.kind === 'gap'
  const waits = { released_at: at(2800) }

  test('when what was missing came', () => {
    expect(card(call(event(1, 0), event(3, 1000, waits), event(2, 2800)), isGap)).toEqual({
      title: '#3 waited 1.8 s for #2',
      lines: ['1 to 2.8', '#2 came 2.8'],
    })
  })

  test('that it went out without it', () => {
    expect(card(call(event(1, 0), event(3, 1000, waits)), isGap)?.lines).toEqual([
      '1 to 2.8',
      'went out without #2, which never came',
    ])
    expect(card(call(event(1, 0), event(3, 1000, waits), event(2, 9000)), isGap)?.lines).toContain(
      'went out before #2, which came 9',
    )
  })

  test('that it has not come yet', () => {
    expect(card(call(event(1, 0), event(3, 1000, { released_at: null })), isGap, START_MS + 2000)).toEqual({
      title: '#3 has waited 1.0 s for #2',
      lines: ['since 1', '#2 has not come yet'],
    })
  })
})

test('the card of a fold says how long it is, from when to when, and who waits meanwhile', () => {
  const retried = delivery('helpdesk', {
    attempts: [attempt(1, 0, 50, 502), attempt(2, 298_050, 40)],
    waits: [waiting('backoff', 50, 298_050)],
    completed_at: at(298_090),
  })
  const facts = card(call(event(1, 0, { deliveries: [retried] })), ({ what }) => what.kind === 'fold')
  expect(facts?.title).toBe('4 m 58 s, folded')
  expect(facts?.lines.slice(1)).toEqual([
    '1 delivery waits for its next attempt',
    'A click or Enter opens it.',
  ])
})

test('the card of an attempt tells all that its delivery did, in the order of time, and marks the attempt', () => {
  const retried = delivery('helpdesk', {
    attempts: [attempt(1, 1500, 50, 502), attempt(2, 5050, 40)],
    waits: [waiting('rate', 0, 1500), waiting('backoff', 1550, 5050)],
    completed_at: at(5090),
  })
  expect(card(call(event(1, 0, { deliveries: [retried] })), ({ id }) => id === 'atm_2_5050')).toEqual({
    title: '#1 to helpdesk: Succeeded',
    lines: [
      'waited 1.5 s for a slot at the rate limit',
      'attempt 1: 502 in 50 ms',
      'waited 3.5 s for its next attempt',
      '▸ attempt 2: 200 in 40 ms',
      '5.05 to 5.09',
      'ended 5.09',
      '5.1 s from arrival to end',
    ],
  })
})

test('everything in the picture of any call has a card', () => {
  fc.assert(
    fc.property(anyCall, (shown) => {
      const nowMs = START_MS + 100 * 3_600_000
      for (const stop of stops(shown, nowMs)) {
        const facts = factsOf(stop, { events: shown.events, nowMs, instants })
        expect(facts?.title).toBeTruthy()
        expect(facts?.lines.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 60 },
  )
})
