/** What is under a pointer in a call's picture, what belongs to it, and where its card stands. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cardTop } from '../../../dashboard/src/timeline/card-place.ts'
import type { Call } from '../../../dashboard/src/timeline/call.ts'
import { boxesOf, EVENT_Y, frameOf, stopUnder, TRACK_PX } from '../../../dashboard/src/timeline/geometry.ts'
import { layout, subjectOf } from '../../../dashboard/src/timeline/layout.ts'
import { relatedTo } from '../../../dashboard/src/timeline/related.ts'
import { WHOLE } from '../../../dashboard/src/timeline/scale.ts'
import { allStops, stopAt, stopsOf } from '../../../dashboard/src/timeline/stops.ts'
import { anyCall, at, attempt, call, delivery, event, START_MS } from './sample-call.ts'

const NOW_MS = START_MS + 100 * 3_600_000

function drawn(shown: Call) {
  const picture = layout(subjectOf(shown, NOW_MS), WHOLE, 1200)
  const stops = stopsOf(picture)
  const boxes = boxesOf(picture.lanes)
  const of = (id: string) => {
    const stop = allStops(stops).find((each) => each.id === id)
    if (stop === undefined) throw new Error(`no stop ${id}`)
    return stop
  }
  return {
    picture,
    stops,
    of,
    middle: (id: string) => {
      const { x, px, top, height } = frameOf(of(id), boxes)
      return { x: x + px / 2, y: top + height / 2 }
    },
    under: (x: number, y: number) => stopUnder(picture, stops, boxes, x, y),
    box: boxes[0] ?? { top: 0, height: 0 },
    related: (id: string) => relatedTo(of(id), picture).map((each) => each.id),
  }
}

/** One of a webhook that keeps no order, so that two of its deliveries are under way at once. */
const overlapping = call(
  event(1, 0, {
    deliveries: [
      delivery('crm', { id: 'dlv_1', attempts: [attempt(1, 0, 900)], completed_at: at(900) }),
      delivery('helpdesk', { id: 'dlv_3', attempts: [attempt(1, 5, 600)], completed_at: at(605) }),
    ],
  }),
  event(2, 100, {
    deliveries: [
      delivery('crm', {
        id: 'dlv_2',
        event_id: 'evt_2',
        attempts: [attempt(1, 100, 300, 502), attempt(2, 600, 200)],
        waits: [{ why: 'backoff', from: at(400), until: at(600) }],
        completed_at: at(800),
      }),
    ],
  }),
)

describe('in a lane with two tracks', () => {
  const { under, middle, of, box, picture } = drawn(overlapping)

  test('what is pointed at is that of the track', () => {
    const { x } = middle('atm_1_100')
    expect(picture.lanes[0]?.tracks.length).toBe(2)
    expect(under(x, middle('atm_1_0').y)?.id).toBe('atm_1_0')
    expect(under(x, middle('atm_1_100').y)?.id).toBe('atm_1_100')
    expect(middle('atm_1_100').y - middle('atm_1_0').y).toBe(TRACK_PX)
  })

  test('an end and a label above them lead to what they are of', () => {
    const end = of('atm_2_600')
    expect(under(end.x + end.px, box.top + 8)?.id).toBe('atm_2_600')
    const label = picture.lanes[0]?.labels.find((each) => each.of === 'atm_1_100')
    expect(label?.text).toBe('1 · 502')
    expect(under((label?.x ?? 0) + 30, box.top + 12)?.id).toBe('atm_1_100')
  })

  test('a wait is pointed at on the track of its own', () => {
    const wait = middle('dlv_2 ' + String(START_MS + 400))
    expect(under(wait.x, wait.y)?.what).toMatchObject({ kind: 'wait', why: 'backoff' })
    expect(under(wait.x, middle('atm_1_0').y)?.id).toBe('atm_1_0')
  })
})

test('a thin bar is pointed at beside the long wait behind it', () => {
  const retried = delivery('helpdesk', {
    attempts: [attempt(1, 0, 1, 502), attempt(2, 900_000, 1)],
    waits: [{ why: 'backoff', from: at(1), until: at(900_000) }],
    completed_at: at(900_001),
  })
  const { under, of, middle } = drawn(call(event(1, 0, { deliveries: [retried] })))
  const { x, px } = of('atm_1_0')
  const { y } = middle('atm_1_0')
  expect(under(x + px + 3, y)?.id).toBe('atm_1_0')
  expect(under(x + px + 12, y)?.what.kind).toBe('wait')
})

test('all that is drawn apart is found in its middle', () => {
  fc.assert(
    fc.property(anyCall, (shown) => {
      const { stops, under, middle } = drawn(shown)
      const bars = allStops(stops).filter(({ what }) => what.kind === 'attempt')
      for (const bar of bars) {
        const { x, y } = middle(bar.id)
        const found = under(x, y)
        expect(found?.row).toBe(bar.row)
        expect(found?.track).toBe(bar.track)
        if (bar.px > 14) expect(found?.id).toBe(bar.id)
      }
    }),
    { numRuns: 60 },
  )
})

test('what one stood on is found again after a lane has come above its own', () => {
  const before = drawn(overlapping)
  const [first, second] = overlapping.events
  if (first === undefined || second === undefined) throw new Error('two events')
  const above = delivery('above', { id: 'dlv_above', attempts: [attempt(1, 1, 1)] })
  const { picture, stops } = drawn({
    events: [...call(event(9, 0, { deliveries: [above] })).events, first, second],
  })
  const place = before.of('atm_1_5')
  expect(stopAt(place, picture, stops)).toMatchObject({ id: 'atm_1_5', row: place.row + 1 })
  expect(stopAt({ ...place, webhookId: 'wh_gone' }, picture, stops)).toBeNull()
})

describe('what is marked with', () => {
  const { related } = drawn(overlapping)

  test('an event: its bars in all lanes', () => {
    expect(related('evt_1')).toEqual(['atm_1_0', 'atm_1_5'])
    expect(related('evt_2')).toEqual(['atm_1_100', 'atm_2_600'])
  })

  test('an attempt: its event, and the other attempts of its delivery', () => {
    expect(related('atm_1_100')).toEqual(['evt_2', 'atm_2_600'])
    expect(related('atm_1_5')).toEqual(['evt_1'])
  })

  test('a wait of several: their events', () => {
    const held = (position: number) =>
      event(position, position * 100, {
        deliveries: [
          delivery('crm', {
            id: `dlv_${position}`,
            event_id: `evt_${position}`,
            status: 'held',
            attempts: [],
            completed_at: null,
            waits: [{ why: 'held', from: at(position * 100), until: null }],
          }),
        ],
      })
    const shown = drawn(call(held(1), held(2), event(3, 900)))
    expect(shown.related(`wh_crm ${START_MS + 100}`)).toEqual(['evt_1', 'evt_2'])
    expect(shown.under(shown.middle('evt_3').x, EVENT_Y)?.id).toBe('evt_3')
  })
})

describe('a card', () => {
  const row = { top: 100, bottom: 140 }
  const seen = { pictureTop: 200, fromPx: 52, untilPx: 900 }

  test('stands on the side that it would rather, if it is seen there as a whole', () => {
    expect(cardTop({ row, heightPx: 150, isAbove: true }, seen)).toBe(-56)
    expect(cardTop({ row, heightPx: 150, isAbove: false }, seen)).toBe(146)
  })

  test('else on the other; and below if there is no room at all', () => {
    expect(cardTop({ row, heightPx: 150, isAbove: true }, { ...seen, pictureTop: 100 })).toBe(146)
    expect(cardTop({ row, heightPx: 150, isAbove: false }, { ...seen, untilPx: 450 })).toBe(-56)
    expect(cardTop({ row, heightPx: 900, isAbove: true }, seen)).toBe(146)
  })
})
