/** A call's picture: what holds of it for any call, at any width, wherever one looks. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  layout as layoutOf,
  subjectOf,
  type Drawn,
  type Picture,
} from '../../../dashboard/src/timeline/layout.ts'
import { fitted, unfolded } from '../../../dashboard/src/timeline/fit.ts'
import type { Call } from '../../../dashboard/src/timeline/call.ts'
import { textPx } from '../../../dashboard/src/timeline/labels.ts'
import {
  brought,
  mostFolds,
  msAt,
  panned,
  scaleOf,
  WHOLE,
  xOf,
  zoomed,
  type View,
} from '../../../dashboard/src/timeline/scale.ts'
import { spanOf, timesOf } from '../../../dashboard/src/timeline/span.ts'
import { anyCall, at, attempt, call, delivery, event, START_MS } from './sample-call.ts'

const width = fc.integer({ min: 320, max: 2400 })
/** Later than all that `anyCall` makes. */
const NOW_MS = START_MS + 100 * 3_600_000
/** Places (px) differ by what floating point makes of them. */
const NEAR = 0.01

function layout(shown: Call, view: View, widthPx: number, nowMs: number): Picture {
  return layoutOf(subjectOf(shown, nowMs), view, widthPx)
}

/** Any place to look at: nearer by steps, at places, and along. */
const steps = fc.array(
  fc.record({
    factor: fc.double({ min: 0.3, max: 6, noNaN: true }),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    pan: fc.integer({ min: -900, max: 900 }),
  }),
  { maxLength: 5 },
)

function looked(shown: Call, widthPx: number, at_: { factor: number; at: number; pan: number }[]): View {
  const span = spanOf(timesOf(shown, NOW_MS), mostFolds(widthPx))
  return at_.reduce<View>(
    (view, { factor, at: share, pan }) =>
      panned(span, zoomed(span, view, widthPx, factor, share * widthPx), widthPx, pan),
    WHOLE,
  )
}

/** With any of its folds opened. */
function everyPicture(check: (picture: Picture, shown: Call, widthPx: number, view: View) => void): void {
  fc.assert(
    fc.property(anyCall, width, steps, fc.array(fc.nat(9)), (shown, widthPx, at_, opened) => {
      const subject = subjectOf(shown, NOW_MS)
      const view = looked(shown, widthPx, at_)
      const fit = opened.reduce(
        (before, index) => {
          const fold = before.span.folds[index]
          return fold === undefined ? before : unfolded(before, fold)
        },
        fitted(null, subject, widthPx, true),
      )
      check(layoutOf(subject, view, widthPx, fit.span, fit.opened), shown, widthPx, view)
    }),
    { numRuns: 150 },
  )
}

function expectApart(all: readonly Drawn[]): void {
  const sorted = all.toSorted((a, b) => a.x - b.x || a.px - b.px)
  sorted.slice(1).forEach(({ x }, index) => {
    const before = sorted[index]
    if (before !== undefined) expect(before.x + before.px).toBeLessThanOrEqual(x + NEAR)
  })
}

describe('what is drawn of any call', () => {
  test('later is never further to the left, and each place has its time', () => {
    everyPicture(({ scale, span }) => {
      const times = Array.from(
        { length: 60 },
        (_, n) => span.fromMs + ((span.untilMs - span.fromMs) * n) / 59,
      )
      times.slice(1).forEach((ms, index) => {
        expect(xOf(scale, ms)).toBeGreaterThan(xOf(scale, times[index] ?? 0))
        expect(Math.abs(xOf(scale, msAt(scale, xOf(scale, ms))) - xOf(scale, ms))).toBeLessThan(NEAR)
      })
    })
  })

  test('every attempt is drawn once, and every event', () => {
    everyPicture(({ lanes, events }, shown) => {
      const drawn = lanes.flatMap(({ tracks }) =>
        tracks.flat().flatMap((piece) => (piece.kind === 'attempt' ? piece.attempt.id : [])),
      )
      const deliveries = shown.events.flatMap((each) => each.deliveries)
      const made = deliveries.flatMap(({ attempts }) => attempts.map(({ id }) => id))
      expect(drawn.toSorted()).toEqual(made.toSorted())
      expect(events.map((mark) => mark.event.id).toSorted()).toEqual(
        shown.events.map(({ id }) => id).toSorted(),
      )
      expect(
        lanes
          .flatMap(({ caps }) => caps.flatMap(({ ends }) => ends.map((end) => end.delivery.id)))
          .toSorted(),
      ).toEqual(deliveries.flatMap(({ id, completed_at }) => (completed_at === null ? [] : id)).toSorted())
    })
  })

  test('nothing overlaps within a lane', () => {
    everyPicture(({ lanes, events }) => {
      expectApart(events)
      for (const { tracks, queues, caps } of lanes) {
        tracks.forEach((pieces) => expectApart(pieces))
        expectApart(caps)
        // A bar that is shorter than can be seen is drawn into what follows it.
        expectApart([...queues, ...(tracks[0] ?? []).map((each) => ({ ...each, px: 0 }))])
      }
    })
  })

  test('no label overlaps another, or an end, or leaves the picture', () => {
    everyPicture(({ lanes, eventLabels, ticks }, _shown, widthPx) => {
      for (const labels of [eventLabels, ...lanes.flatMap((each) => [each.labels, ...each.waitLabels])]) {
        expectApart(labels)
        for (const { x, px } of labels) {
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x + px).toBeLessThanOrEqual(widthPx)
        }
      }
      for (const { labels, caps } of lanes) {
        for (const label of labels) {
          for (const cap of caps) expect(label.x + label.px <= cap.x || label.x >= cap.x + cap.px).toBe(true)
        }
      }
      expect(ticks.length).toBeLessThan(widthPx / 10)
    })
  })

  test('no tick is written over another, over a fold, over what has been opened or over "now"', () => {
    everyPicture(({ ticks, folds, nowX }) => {
      const written = ticks.map(({ x, text }) => ({ x, px: textPx(text) }))
      expectApart([...written, ...folds.map(({ pill }) => pill)])
      for (const { x, px } of written) expect(nowX === null || x + px < nowX || x > nowX + 24).toBe(true)
    })
  })

  test('what has been opened is drawn as long as it is, and can be folded where it stands', () => {
    everyPicture(({ folds, scale }) => {
      for (const { isOpen, fromMs, untilMs, x, px, pill } of folds) {
        expect(pill.x).toBeGreaterThanOrEqual(x - NEAR)
        expect(pill.x + pill.px).toBeLessThanOrEqual(x + px + NEAR)
        if (!isOpen) continue
        expect(px / ((untilMs - fromMs) * scale.pxPerMs)).toBeCloseTo(1, 3)
      }
    })
  })

  test('nothing begins or ends in a fold, and no attempt is folded', () => {
    everyPicture(({ folds }, shown) => {
      for (const each of shown.events.flatMap(({ deliveries }) =>
        deliveries.flatMap(({ attempts }) => attempts),
      )) {
        const [from, until] = [each.startedMs, each.endedMs]
        for (const fold of folds) expect(until <= fold.fromMs || from >= fold.untilMs).toBe(true)
      }
    })
  })

  test('the whole of it fits its width', () => {
    fc.assert(
      fc.property(anyCall, width, (shown, widthPx) => {
        const { scale, events } = layout(shown, WHOLE, widthPx, NOW_MS)
        expect(scale.contentPx).toBeCloseTo(widthPx, 3)
        for (const { x, px } of events) {
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x + px).toBeLessThanOrEqual(widthPx + NEAR)
        }
      }),
    )
  })
})

describe('looking nearer', () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const nearer = fc.double({ min: 1.05, max: 4, noNaN: true })

  test('keeps what is under the pointer there', () => {
    fc.assert(
      fc.property(anyCall, width, steps, place, nearer, (shown, widthPx, at_, share, factor) => {
        const span = spanOf(timesOf(shown, NOW_MS), mostFolds(widthPx))
        const view = looked(shown, widthPx, at_)
        const x = share * widthPx
        const ms = msAt(scaleOf(span, view, widthPx), x)
        // Beside the call there is no time that could stay.
        fc.pre(ms >= span.fromMs && ms <= span.untilMs)
        const after = scaleOf(span, zoomed(span, view, widthPx, factor, x), widthPx)
        expect(Math.abs(xOf(after, ms) - x)).toBeLessThan(0.5)
      }),
    )
  })

  test('and as far away again is where one was', () => {
    fc.assert(
      fc.property(
        anyCall,
        width,
        place,
        fc.double({ min: 1.05, max: 2, noNaN: true }),
        (shown, widthPx, share, factor) => {
          const span = spanOf(timesOf(shown, NOW_MS), mostFolds(widthPx))
          const ms = span.fromMs + share * (span.untilMs - span.fromMs)
          const x = xOf(scaleOf(span, WHOLE, widthPx), ms)
          const once = zoomed(span, WHOLE, widthPx, 2, x)
          if (scaleOf(span, once, widthPx).pxPerMs * factor > 10) return
          const back = zoomed(span, zoomed(span, once, widthPx, factor, x), widthPx, 1 / factor, x)
          const [a, b] = [scaleOf(span, once, widthPx), scaleOf(span, back, widthPx)]
          expect(b.pxPerMs / a.pxPerMs).toBeCloseTo(1, 5)
          expect(Math.abs(b.leftPx - a.leftPx)).toBeLessThan(0.5)
          expect(zoomed(span, once, widthPx, 0.4, x)).toEqual(WHOLE)
        },
      ),
    )
  })

  test('what one goes to comes into the picture', () => {
    fc.assert(
      fc.property(anyCall, width, steps, place, (shown, widthPx, at_, share) => {
        const span = spanOf(timesOf(shown, NOW_MS), mostFolds(widthPx))
        const ms = span.fromMs + share * (span.untilMs - span.fromMs)
        const x = xOf(scaleOf(span, brought(span, looked(shown, widthPx, at_), widthPx, ms), widthPx), ms)
        expect(x).toBeGreaterThanOrEqual(0)
        expect(x).toBeLessThanOrEqual(widthPx)
      }),
    )
  })
})

describe('a picture', () => {
  test('folds the long wait before a retry, and says how long it was', () => {
    const retried = delivery('helpdesk', {
      attempts: [attempt(1, 0, 50, 502), attempt(2, 298_050, 40)],
      waits: [{ why: 'backoff', from: at(50), until: at(298_050) }],
      completed_at: at(298_090),
    })
    const { folds, lanes, nowX } = layout(call(event(1, 0, { deliveries: [retried] })), WHOLE, 900, NOW_MS)
    expect(folds.map(({ text }) => text)).toEqual(['⋯ 4 m 58 s'])
    expect(lanes[0]?.labels.map(({ text }) => text)).toEqual(['1 · 502', '2 · 200'])
    expect(lanes[0]?.waitLabels[0]?.map(({ text }) => text)).toEqual(['4 m 58 s'])
    expect(nowX).toBeNull()
  })

  test('of an event that waited for one before it says for which, and of a late one that it is', () => {
    const shown = call(event(1, 0), event(2, 5000, { late: true }), event(3, 1000, { released_at: at(2800) }))
    const { eventLabels, events } = layout(shown, WHOLE, 1200, NOW_MS)
    expect(eventLabels.map(({ text }) => text)).toContain('#3 · waited 1.8 s for #2')
    expect(eventLabels.map(({ text }) => text)).toContain('#2 late · call received on server')
    expect(events.filter(({ gap }) => gap !== null).map((mark) => mark.event.position)).toEqual([3])
  })

  test('of events that came together has one label for all', () => {
    const { eventLabels } = layout(
      call(event(1, 0), event(2, 0), event(3, 0), event(4, 9000)),
      WHOLE,
      900,
      NOW_MS,
    )
    expect(eventLabels.map(({ text }) => text)).toEqual(['#1–#3', '#4 call received on server'])
  })

  test('shows what is held as one stretch up to now, with how many', () => {
    const held = (position: number) =>
      event(position, position * 100, {
        deliveries: [
          delivery('warehouse', {
            id: `dlv_${position}`,
            status: 'held',
            attempts: [],
            completed_at: null,
            waits: [{ why: 'held', from: at(position * 100), until: null }],
          }),
        ],
      })
    const { lanes, nowX } = layout(call(held(1), held(2), held(3)), WHOLE, 1000, START_MS + 60_000)
    expect(lanes[0]?.queues.map(({ kind, count, label }) => [kind, count, label])).toEqual([
      ['held', 3, 'held 1 m ×3'],
    ])
    expect(nowX).not.toBeNull()
  })
})
