/** A picture that is read while the call goes on. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitted, folded, unfolded, viewOf } from '../../../dashboard/src/timeline/fit.ts'
import { layout, subjectOf, type Picture } from '../../../dashboard/src/timeline/layout.ts'
import { msAt, scaleOf, WHOLE, xOf } from '../../../dashboard/src/timeline/scale.ts'
import type { Call } from '../../../dashboard/src/timeline/call.ts'
import { anyCall, at, attempt, call, delivery, event, START_MS } from './sample-call.ts'

const WIDTH_PX = 1000

function waiting(...codes: number[]): Call {
  const attempts = codes.map((code, index) => attempt(index + 1, index * 60_000, 40, code))
  const isOpen = codes.at(-1) !== 200
  const waits = attempts.slice(0, isOpen ? undefined : -1).map((_each, index) => ({
    why: 'backoff' as const,
    from: at(index * 60_000 + 40),
    until: attempts[index + 1] === undefined ? null : at((index + 1) * 60_000),
  }))
  const rest = isOpen ? ({ status: 'pending', completed_at: null } as const) : {}
  return call(event(1, 0, { deliveries: [delivery('crm', { attempts, waits, ...rest })] }))
}

function barsOf({ lanes }: Picture): number[] {
  return lanes.flatMap(({ tracks }) => tracks.flat().flatMap(({ kind, x }) => (kind === 'attempt' ? x : [])))
}

test('nothing that is being read moves when the call is read anew', () => {
  fc.assert(
    fc.property(anyCall, fc.nat(8), fc.nat(100_000), (shown, many, laterMs) => {
      const nowMs = START_MS + 100 * 3_600_000
      const before = subjectOf({ events: shown.events.slice(0, many) }, nowMs)
      const first = fitted(null, before, WIDTH_PX, true)
      const later = fitted(first, subjectOf({ events: before.events }, nowMs + laterMs), WIDTH_PX, true)
      const places = barsOf(layout(before, first.whole, WIDTH_PX, first.span))
      barsOf(layout(later.subject, later.whole, WIDTH_PX, later.span)).forEach((x, index) =>
        expect(x).toBeCloseTo(places[index] ?? NaN, 3),
      )
    }),
  )
})

test('an attempt that comes while one reads is drawn where "now" was, and what was there stays', () => {
  const first = fitted(null, subjectOf(waiting(502), START_MS + 50_000), WIDTH_PX, true)
  const later = fitted(first, subjectOf(waiting(502, 502), START_MS + 62_000), WIDTH_PX, true)
  const before = layout(first.subject, first.whole, WIDTH_PX, first.span)
  const [one, two] = barsOf(layout(later.subject, later.whole, WIDTH_PX, later.span))
  expect(one).toBeCloseTo(barsOf(before)[0] ?? NaN, 3)
  expect(two).toBeCloseTo(before.nowX ?? NaN, 3)
})

test('if nobody reads it, it is fitted anew once an end has come, and not before', () => {
  const first = fitted(null, subjectOf(waiting(502), START_MS + 50_000), WIDTH_PX, false)
  const waited = fitted(first, subjectOf(waiting(502), START_MS + 52_000), WIDTH_PX, false)
  expect(waited.whole).toBe(first.whole)
  const ended = fitted(waited, subjectOf(waiting(502, 200), START_MS + 62_000), WIDTH_PX, false)
  expect(ended.whole).not.toBe(first.whole)
  expect(fitted(waited, ended.subject, WIDTH_PX, true).whole).toBe(first.whole)
})

/** Two waits of a minute, each folded. */
const twice = subjectOf(waiting(502, 502, 200), START_MS + 200_000)

test('a fold that is opened is time as any other, the others stay, and it can be folded again', () => {
  const first = fitted(null, twice, WIDTH_PX, true)
  const [fold, other] = first.span.folds
  if (fold === undefined || other === undefined) throw new Error('nothing is folded')
  const open = unfolded(first, fold)
  expect(open.span.folds).toEqual([other])
  expect(open.opened).toEqual([fold])
  const { folds } = layout(twice, open.whole, WIDTH_PX, open.span, open.opened)
  expect(folds.map(({ text, isOpen }) => [text, isOpen])).toEqual([
    ['→ 1 m ←', true],
    ['⋯ 1 m', false],
  ])
  // All of it is still seen.
  expect(xOf(scaleOf(open.span, open.whole, WIDTH_PX), open.span.untilMs)).toBeLessThanOrEqual(WIDTH_PX)
  expect(folded(open, fold)).toEqual(first)
})

test('what has been opened stays so in the next read', () => {
  const before = subjectOf(waiting(502), START_MS + 50_000)
  const fold = fitted(null, before, WIDTH_PX, true).span.folds[0]
  if (fold === undefined) throw new Error('nothing is folded')
  const open = unfolded(fitted(null, before, WIDTH_PX, true), fold)
  for (const isRead of [true, false]) {
    const later = fitted(open, subjectOf(waiting(502), START_MS + 55_000), WIDTH_PX, isRead)
    expect(later.span.folds).toEqual([])
    expect(later.opened).toHaveLength(1)
  }
})

test('who looks at the whole call does so after a fold was opened; who looks from near by sees all that was folded', () => {
  const first = fitted(null, twice, WIDTH_PX, true)
  const fold = first.span.folds[1]
  if (fold === undefined) throw new Error('nothing is folded')
  const open = unfolded(first, fold)
  expect(viewOf(open, WHOLE, fold, true)).toBe(WHOLE)
  const near = { kind: 'part', pxPerMs: 5, leftMs: START_MS } as const
  const scale = scaleOf(open.span, viewOf(open, near, fold, true), WIDTH_PX)
  for (const ms of [fold.fromMs, fold.untilMs]) {
    expect(xOf(scale, ms)).toBeGreaterThan(0)
    expect(xOf(scale, ms)).toBeLessThan(WIDTH_PX)
  }
  expect(msAt(scale, 500)).toBeGreaterThan(fold.fromMs)
  const back = folded(open, fold)
  const x = xOf(scaleOf(back.span, viewOf(back, near, fold, false), WIDTH_PX), fold.fromMs)
  expect(x).toBeGreaterThan(0)
  expect(x).toBeLessThan(WIDTH_PX)
})
