/**
 * The order of a call's events. Pure. An event without a `sequence` has its place by arrival and goes at once.
 * One with a `sequence` waits for the gap before it, at most the reorder window, and then goes in sequence.
 */

/** An event that has arrived ahead of a gap. `n` is its number by arrival. */
export interface Waiting {
  readonly n: number
  readonly sequence: number
  readonly receivedAtMs: number
}

export interface Order {
  /** The sequence that the call goes on with: one more than the highest place released. */
  readonly next: number
  /** Ahead of a gap, by sequence and then by arrival. */
  readonly waiting: readonly Waiting[]
}

export const EMPTY_ORDER: Order = { next: 1, waiting: [] }

export interface Arrival {
  readonly order: Order
  readonly position: number
  /** It came after a later place had been released: it goes at once, out of its place. */
  readonly late: boolean
  /** The numbers by arrival of the events that may go now, in order. */
  readonly released: readonly number[]
}

/** Takes the call's `n`th event by arrival (from 1) into the order. */
export function arrive(
  order: Order,
  n: number,
  sequence: number | null,
  nowMs: number,
  windowMs: number,
): Arrival {
  if (sequence === null) {
    const passed = pass({ next: Math.max(order.next, n + 1), waiting: order.waiting }, nowMs, windowMs)
    return { order: passed.order, position: n, late: false, released: [n, ...passed.released] }
  }
  if (sequence < order.next) return { order, position: sequence, late: true, released: [n] }
  const waiting = [...order.waiting, { n, sequence, receivedAtMs: nowMs }].sort(
    (a, b) => a.sequence - b.sequence || a.n - b.n,
  )
  return { position: sequence, late: false, ...pass({ next: order.next, waiting }, nowMs, windowMs) }
}

/**
 * Lets go what need not wait: whatever follows without a gap, and, once an event's window has ended, that event
 * and all before it (an earlier one that arrived later must not be overtaken by it).
 */
export function pass(order: Order, nowMs: number, windowMs: number): { order: Order; released: number[] } {
  let expired = -1
  order.waiting.forEach((event, index) => {
    if (event.receivedAtMs + windowMs <= nowMs) expired = index
  })
  const released: number[] = []
  let next = order.next
  let taken = 0
  for (const event of order.waiting) {
    if (taken > expired && event.sequence > next) break
    released.push(event.n)
    next = Math.max(next, event.sequence + 1)
    taken += 1
  }
  return { order: { next, waiting: order.waiting.slice(taken) }, released }
}

/** When the next window ends (ms since epoch), or null where nothing waits. */
export function windowEndsAtMs(order: Order, windowMs: number): number | null {
  if (order.waiting.length === 0) return null
  return Math.min(...order.waiting.map((event) => event.receivedAtMs)) + windowMs
}
