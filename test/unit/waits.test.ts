import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeliveryWait, WaitWhy } from '../../src/contracts/deliveries.ts'
import {
  endMsOf,
  firstEndsAfter,
  holdsOf,
  nextWaits,
  waitsOf,
  type Before,
  type Timed,
} from '../../src/order/waits.ts'

const at = (received: number, released: number | null = received) => ({
  received_at: received,
  released_at: released,
})
const timed = (
  completed: number | null,
  attempts: [number, number][] = [],
  waits: DeliveryWait[] = [],
  firstCompleted: number | null = null,
): Timed => ({
  completed_at: completed,
  first_completed_at: firstCompleted,
  attempts: attempts.map(([started_at, duration_ms]) => ({ started_at, duration_ms })),
  waits,
})

/** One before it in its lane. */
const gone = (endMs: number | null, waits: DeliveryWait[] = []): Before => ({ endMs, holds: holdsOf(waits) })
const beforeOf = (delivery: Timed): Before => gone(endMsOf(delivery), [...delivery.waits])

describe('a delivery', () => {
  test('that went at once waited for nothing', () => {
    expect(waitsOf(at(1_000), timed(1_050, [[1_001, 49]]), [])).toEqual({ due_at: 1_000, waits: [] })
  })

  test('of an event that waits for a gap has no turn yet', () => {
    expect(waitsOf(at(1_000, null), timed(null), [])).toEqual({
      due_at: null,
      waits: [{ why: 'gap', from: 1_000, until: null }],
    })
  })

  test('waited for its gap, and then for its turn', () => {
    expect(waitsOf(at(1_000, 3_000), timed(5_100, [[5_001, 99]]), [gone(5_000)])).toEqual({
      due_at: 5_000,
      waits: [
        { why: 'gap', from: 1_000, until: 3_000 },
        { why: 'turn', from: 3_000, until: 5_000 },
      ],
    })
  })

  test('waits for its turn while the one before it has not ended', () => {
    expect(waitsOf(at(1_000), timed(null), [gone(null)])).toEqual({
      due_at: null,
      waits: [{ why: 'turn', from: 1_000, until: null }],
    })
  })

  test('that was discarded before its turn waited for it until then', () => {
    expect(waitsOf(at(1_000), timed(4_000), [gone(6_000)])).toEqual({
      due_at: null,
      waits: [{ why: 'turn', from: 1_000, until: 4_000 }],
    })
  })

  test('was not behind the one before it for as long as that was made again by hand, later', () => {
    const attempts: [number, number][] = [
      [1_000, 500],
      [89_000, 1_000],
    ]
    const before = timed(90_000, attempts, [], 1_500)
    expect(waitsOf(at(1_100), timed(1_600, [[1_502, 98]]), [beforeOf(before)])).toEqual({
      due_at: 1_500,
      waits: [{ why: 'turn', from: 1_100, until: 1_500 }],
    })
  })

  test('that was held behind others waited for its turn once the first of them had gone', () => {
    const held: DeliveryWait = { why: 'held', from: 1_000, until: 9_000 }
    expect(waitsOf(at(1_000), timed(9_100, [[9_000, 100]], [held]), [gone(7_000), gone(8_990)])).toEqual({
      due_at: 8_990,
      waits: [
        { why: 'held', from: 1_000, until: 7_000 },
        { why: 'turn', from: 7_000, until: 8_990 },
      ],
    })
  })

  test('was held as long as the first of its lane was, and then waited for its turn behind its retries', () => {
    const held: DeliveryWait = { why: 'held', from: 1_000, until: null }
    const retried = gone(null, [
      { ...held, until: 4_000 },
      { why: 'backoff', from: 4_100, until: null },
    ])
    expect(waitsOf(at(1_000), timed(null, [], [held]), [retried])).toEqual({
      due_at: null,
      waits: [
        { ...held, until: 4_000 },
        { why: 'turn', from: 4_000, until: null },
      ],
    })
  })

  test('was held by a breaker while the first of its lane was probed', () => {
    const breaker: DeliveryWait = { why: 'breaker', from: 1_000, until: null }
    const probed = gone(null, [
      { ...breaker, until: 2_000 },
      { ...breaker, from: 2_100 },
    ])
    expect(waitsOf(at(1_000), timed(null, [], [breaker]), [probed]).waits).toEqual([breaker])
  })

  test('that ended while it was held, as a disable has it, is held no longer', () => {
    const held: DeliveryWait = { why: 'held', from: 1_000, until: null }
    expect(waitsOf(at(1_000), timed(3_000, [], [held]), []).waits).toEqual([{ ...held, until: 3_000 }])
  })
})

test('a delivery that is made again by hand waited for nothing from its end until then', () => {
  const held: DeliveryWait = { why: 'held', from: 1_000, until: 3_000 }
  const again = timed(90_000, [[89_000, 1_000]], [held], 3_000)
  // Those before it are made again first.
  expect(waitsOf(at(900), again, [gone(950)])).toEqual({
    due_at: 950,
    waits: [
      { why: 'turn', from: 900, until: 950 },
      { why: 'held', from: 1_000, until: 3_000 },
    ],
  })
  const rate: DeliveryWait = { why: 'rate', from: 88_000, until: null }
  expect(waitsOf(at(900), timed(null, [], [held, rate], 3_000), []).waits).toEqual([held, rate])
})

test('of a lane the first to have ended after each time is found among a few of its ends', () => {
  const ends = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 300 })
  fc.assert(
    fc.property(ends, fc.nat(5), fc.array(fc.nat(60), { maxLength: 6 }), (some, open, times) => {
      const all = [...some.sort((a, b) => a - b), ...Array.from({ length: open }, () => Infinity)]
      const asked = new Set<number>()
      const endMs = (index: number): number => {
        asked.add(index)
        return all[index] ?? NaN
      }
      const expected = new Set(times.map((ms) => all.findIndex((end) => end > ms)))
      expected.delete(-1)
      expect(firstEndsAfter(times, all.length, endMs)).toEqual([...expected].sort((a, b) => a - b))
      expect(asked.size).toBeLessThanOrEqual((expected.size + 1) * 10)
    }),
  )
})

describe('what is on record of waits', () => {
  test('is nothing as long as nothing is waited for', () => {
    expect(nextWaits(undefined, null, 5, 5)).toBeUndefined()
  })

  test('ends one wait and begins the next, and goes on with one that is said again', () => {
    const backoff = nextWaits(undefined, 'backoff', 1_000, 1_000)
    const over = nextWaits(backoff, null, 6_010, 6_000)
    expect(over).toEqual([{ why: 'backoff', from: 1_000, until: 6_000 }])
    const held = nextWaits(over, 'breaker', 7_000, 7_000)
    expect(nextWaits(held, 'breaker', 8_000, 8_000)).toBe(held)
    expect(nextWaits(held, 'held', 9_000, 9_000)?.slice(1)).toEqual([
      { why: 'breaker', from: 7_000, until: 9_000 },
      { why: 'held', from: 9_000, until: null },
    ])
  })

  test('has none that was over at once', () => {
    const breaker: DeliveryWait[] = [{ why: 'breaker', from: 1_000, until: 2_000 }]
    const backoff = nextWaits(breaker, 'backoff', 2_100, 2_100)
    expect(nextWaits(backoff, 'breaker', 2_100, 2_100)).toEqual([
      ...breaker,
      { why: 'breaker', from: 2_100, until: null },
    ])
  })

  test('does not grow without end', () => {
    let waits: readonly DeliveryWait[] | undefined
    for (let n = 0; n < 100; n += 1) {
      waits = nextWaits(waits, 'backoff', n * 10, n * 10)
      waits = nextWaits(waits, null, n * 10 + 5, n * 10 + 5)
    }
    expect(waits).toHaveLength(20)
    expect(waits?.at(-1)).toEqual({ why: 'backoff', from: 990, until: 995 })
  })
})

/** A delivery as a lane makes one: waits and attempts one after the other, from a time on. */
function lived(
  steps: readonly (readonly [kind: WaitWhy | 'attempt', ms: number])[],
  fromMs: number,
  isOver: boolean,
): Timed {
  let nowMs = fromMs
  const attempts: [number, number][] = []
  let waits: readonly DeliveryWait[] | undefined
  for (const [kind, ms] of steps) {
    if (kind === 'attempt') attempts.push([nowMs, ms])
    else {
      waits = nextWaits(waits, kind, nowMs, nowMs)
      waits = nextWaits(waits, null, nowMs + ms, nowMs + ms)
    }
    nowMs += ms
  }
  return timed(isOver ? nowMs : null, attempts, [...(waits ?? [])])
}

test('what was held with the first of its lane was held as long as that, and waited for its turn since', () => {
  const step = fc.tuple(
    fc.constantFrom('rate', 'backoff', 'asked', 'attempt'),
    fc.integer({ min: 5, max: 60 }),
  )
  const steps = fc.array(step, { maxLength: 6 })
  const probe = fc.tuple(fc.constant('attempt'), fc.integer({ min: 5, max: 60 }))
  const hold = fc.tuple(fc.constantFrom('held', 'breaker'), fc.integer({ min: 5, max: 60 }))
  fc.assert(
    fc.property(
      hold,
      fc.option(fc.tuple(probe, hold)),
      steps,
      fc.boolean(),
      (first, probed, later, isOver) => {
        const outage = [first, ...(probed ?? [])]
        const releasedMs = outage.reduce((sum, [, ms]) => sum + ms, 0)
        const before = lived([...outage, ...later, ['attempt', 5]], 0, isOver)
        const held: DeliveryWait = { why: first[0], from: 0, until: before.completed_at }
        expect(waitsOf(at(0), timed(null, [], [held]), [beforeOf(before)]).waits).toEqual([
          { ...held, until: releasedMs },
          { why: 'turn', from: releasedMs, until: before.completed_at },
        ])
      },
    ),
  )
})

test('waits are in order, overlap neither each other nor an attempt, and explain all but what passed before the first', () => {
  const kind = fc.constantFrom('rate', 'backoff', 'asked', 'held', 'breaker', 'attempt', 'attempt')
  const steps = fc.array(fc.tuple(kind, fc.integer({ min: 0, max: 60 })), { maxLength: 8 })
  const delivery = fc.record({ steps, laterMs: fc.integer({ min: 0, max: 100 }) })
  const lane = fc.array(delivery, { minLength: 1, maxLength: 5 })
  const gap = fc.integer({ min: 0, max: 50 })
  fc.assert(
    fc.property(lane, gap, fc.boolean(), fc.boolean(), (deliveries, gapMs, isLastOver, isHeldBehind) => {
      const made: Timed[] = []
      let begunMs = 0
      for (const [index, each] of deliveries.entries()) {
        const isLast = index === deliveries.length - 1
        const fromMs = Math.max(gapMs, made.at(-1)?.completed_at ?? 0) + each.laterMs
        begunMs = fromMs
        made.push(lived(each.steps, fromMs, !isLast || isLastOver))
      }
      const last = made.pop()
      if (last === undefined) return
      // It was held with all before it, and its row said so until it was begun.
      const held: DeliveryWait[] = isHeldBehind ? [{ why: 'held', from: gapMs, until: begunMs }] : []
      const { due_at, waits } = waitsOf(
        at(0, gapMs),
        { ...last, waits: [...held, ...last.waits] },
        made.map(beforeOf),
      )
      let freeMs = 0
      for (const { from, until } of waits) {
        expect(from).toBeGreaterThanOrEqual(freeMs)
        expect(until ?? Infinity).toBeGreaterThan(from)
        freeMs = until ?? Infinity
        for (const { started_at, duration_ms } of last.attempts) {
          expect(started_at >= freeMs || started_at + duration_ms <= from || duration_ms === 0).toBe(true)
        }
        if (last.completed_at !== null) expect(freeMs).toBeLessThanOrEqual(last.completed_at)
      }
      if (last.completed_at !== null) {
        const spans = [
          ...last.attempts.map(({ duration_ms }) => duration_ms),
          ...waits.map(({ from, until }) => (until ?? NaN) - from),
        ]
        const explainedMs = spans.reduce((sum, ms) => sum + ms, 0)
        const { laterMs, steps: each } = deliveries.at(-1) ?? { laterMs: 0, steps: [] }
        // What is shorter is not listed: its gap, turn and hold, and each of its steps.
        const leftOutMs = 5 * (each.length + 3)
        expect(last.completed_at - explainedMs).toBeLessThanOrEqual(laterMs + leftOutMs)
      }
      const first = last.attempts[0]?.started_at
      if (due_at !== null && first !== undefined) expect(due_at).toBeLessThanOrEqual(first)
    }),
    { numRuns: 500 },
  )
})
