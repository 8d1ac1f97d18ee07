import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  arrive,
  EMPTY_ORDER,
  orderOf,
  pass,
  windowEndsAtMs,
  type Order,
  type Placed,
} from '../../src/order/order.ts'

const WINDOW_MS = 2_000

/** Posts events (their sequences) a step apart, and says in what order they were let go. */
function post(sequences: (number | null)[], stepMs = 0) {
  let order: Order = EMPTY_ORDER
  let nowMs = 0
  const released: number[] = []
  const arrivals = sequences.map((sequence, index) => {
    nowMs += stepMs
    const before = pass(order, nowMs, WINDOW_MS)
    released.push(...before.released)
    const arrival = arrive(before.order, index + 1, sequence, nowMs, WINDOW_MS)
    order = arrival.order
    released.push(...arrival.released)
    return arrival
  })
  return { order, released, arrivals, nowMs }
}

describe('the order of a call', () => {
  test('events without a sequence go by arrival, at once', () => {
    const { released, arrivals } = post([null, null, null])
    expect(released).toEqual([1, 2, 3])
    expect(arrivals.map((arrival) => arrival.position)).toEqual([1, 2, 3])
  })

  test('the sequence and not arrival decides', () => {
    const { released, arrivals } = post([2, 3, 1])
    expect(released).toEqual([3, 1, 2])
    expect(arrivals.map((arrival) => arrival.position)).toEqual([2, 3, 1])
    expect(arrivals.some((arrival) => arrival.late)).toBe(false)
  })

  test('an early event waits for the gap up to the reorder window, then goes', () => {
    const { order, released } = post([1, 3])
    expect(released).toEqual([1])
    expect(windowEndsAtMs(order, WINDOW_MS)).toBe(WINDOW_MS)
    expect(pass(order, WINDOW_MS - 1, WINDOW_MS).released).toEqual([])
    expect(pass(order, WINDOW_MS, WINDOW_MS).released).toEqual([2])
  })

  test('an event that comes later than the window goes at once, marked late', () => {
    const { order } = post([1, 3])
    const passed = pass(order, WINDOW_MS, WINDOW_MS)
    const late = arrive(passed.order, 3, 2, WINDOW_MS + 1, WINDOW_MS)
    expect(late).toMatchObject({ late: true, position: 2, released: [3] })
  })

  test('an earlier event is not overtaken by one whose window ends first', () => {
    const { order } = post([5, 4], 1_000)
    expect(pass(order, 1_000 + WINDOW_MS, WINDOW_MS).released).toEqual([2, 1])
  })

  test('events without a sequence use up none, and places rise by what goes first', () => {
    const { released, arrivals } = post([1, null, null, 2])
    expect(released).toEqual([1, 2, 3, 4])
    expect(arrivals.map(({ position, late }) => [position, late])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, false],
    ])
  })

  test('a sequence begins at 1, whatever came without one before', () => {
    expect(post([null, null, 1, 2]).arrivals.map(({ position }) => position)).toEqual([1, 2, 3, 4])
    expect(post([null, 2]).released, 'number 1 may still come').toEqual([1])
  })

  test('an event without a sequence does not overtake what has arrived before it', () => {
    const { released, arrivals, order } = post([1, 3, null])
    expect(released).toEqual([1])
    expect(arrive(order, 4, 2, 0, WINDOW_MS)).toMatchObject({ position: 2, late: false, released: [4, 2, 3] })
    expect(arrivals.map(({ position }) => position)).toEqual([1, 3, 4])
    expect(pass(order, WINDOW_MS, WINDOW_MS).released, 'it waits no longer than that').toEqual([2, 3])
  })

  test('a late event has the place that it would have had', () => {
    const { order } = post([1, null, 4, null])
    const passed = pass(order, WINDOW_MS, WINDOW_MS)
    expect(arrive(passed.order, 5, 3, WINDOW_MS, WINDOW_MS)).toMatchObject({ late: true, position: 4 })
    expect(arrive(passed.order, 5, 5, WINDOW_MS, WINDOW_MS)).toMatchObject({ late: false, position: 7 })
  })

  test('whatever arrives whenever: all goes once, by place but for the late, and none waits longer than the window', () => {
    const arrivals = fc.array(
      fc.record({ sequence: fc.option(fc.integer({ min: 1, max: 30 })), gapMs: fc.nat(1_500) }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(arrivals, (script) => {
        let order: Order = EMPTY_ORDER
        let nowMs = 0
        const used = new Set<number>()
        const events: Placed[] = []
        const lates: boolean[] = []
        const goes = (numbers: readonly number[]): void => {
          for (const n of numbers) {
            const { position, rank } = events[n - 1] ?? {}
            expect(rank, `${n} goes once`).toBeNull()
            const highest = Math.max(0, ...events.map((each) => (each.rank === null ? 0 : each.position)))
            expect(lates[n - 1], `${n} is at ${position} behind ${highest}`).toBe((position ?? 0) < highest)
            events[n - 1] = { ...(events[n - 1] as Placed), rank: n } // safe: it was looked at above
          }
        }
        for (const { sequence: given, gapMs } of script) {
          nowMs += gapMs
          const passed = pass(order, nowMs, WINDOW_MS)
          goes(passed.released)
          const sequence = given !== null && used.has(given) ? null : given
          if (sequence !== null) used.add(sequence)
          const n = events.length + 1
          const {
            order: after,
            position,
            late,
            released,
          } = arrive(passed.order, n, sequence, nowMs, WINDOW_MS)
          expect(
            events.map((each) => each.position),
            'a place is one event alone',
          ).not.toContain(position)
          if (sequence === null) expect(late).toBe(false)
          order = after
          events.push({ n, sequence: given, position, received_at: nowMs, rank: null })
          lates.push(late)
          goes(released)
          for (const waiting of order.waiting) expect(waiting.receivedAtMs + WINDOW_MS).toBeGreaterThan(nowMs)
          expect(orderOf(events), 'it is made again as it was').toEqual(order)
        }
        goes(pass(order, nowMs + WINDOW_MS, WINDOW_MS).released)
        expect(events.every(({ rank }) => rank !== null)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
