import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrive, EMPTY_ORDER, pass, windowEndsAtMs, type Order } from '../../src/order/order.ts'

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

  test('a sequence goes on from events that came without one', () => {
    expect(post([null, 2]).released).toEqual([1, 2])
  })

  test('whatever arrives whenever: each event goes once, in sequence but for the late, none waits longer than the window', () => {
    const arrivals = fc.array(
      fc.record({ sequence: fc.option(fc.integer({ min: 1, max: 12 })), gapMs: fc.nat(1_500) }),
      {
        maxLength: 40,
      },
    )
    fc.assert(
      fc.property(arrivals, (script) => {
        let order: Order = EMPTY_ORDER
        let nowMs = 0
        const events: { n: number; position: number; late: boolean; atMs: number }[] = []
        const released: number[] = []
        for (const [index, { sequence, gapMs }] of script.entries()) {
          nowMs += gapMs
          const passed = pass(order, nowMs, WINDOW_MS)
          released.push(...passed.released)
          const arrival = arrive(passed.order, index + 1, sequence, nowMs, WINDOW_MS)
          order = arrival.order
          events.push({ n: index + 1, position: arrival.position, late: arrival.late, atMs: nowMs })
          released.push(...arrival.released)
          for (const waiting of order.waiting) expect(waiting.receivedAtMs + WINDOW_MS).toBeGreaterThan(nowMs)
        }
        released.push(...pass(order, nowMs + WINDOW_MS, WINDOW_MS).released)
        expect([...released].sort((a, b) => a - b)).toEqual(events.map((event) => event.n))
        const sequenced = released.filter(
          (n) => script[n - 1]?.sequence != null && events[n - 1]?.late === false,
        )
        const positions = sequenced.map((n) => events[n - 1]?.position ?? 0)
        expect(positions).toEqual([...positions].sort((a, b) => a - b))
      }),
      { numRuns: 2_000 },
    )
  })
})
