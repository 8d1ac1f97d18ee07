/**
 * The order of a call's events. Pure. An event with a `sequence` waits for the gap before it, at most the reorder
 * window, and then goes in sequence. One without has its place by arrival: it goes at once, but never before what has
 * arrived before it.
 *
 * Places are on one line: the numbers 1, 2, 3, … of the sender, and each event without a number right behind the
 * highest number that had arrived by then. A place is final on arrival, no two events have the same, and whatever is
 * not late goes in the order of places.
 */

import type { StoredEvent } from '../contracts/events.ts'

/** An event that has arrived ahead of a gap, or behind one that has. `n` is its number by arrival. */
export interface Waiting {
  readonly n: number
  /** Null: it waits for what had arrived before it, and for no number. */
  readonly sequence: number | null
  readonly position: number
  readonly receivedAtMs: number
}

export interface Order {
  /** The sequence that the call goes on with: one more than the highest released. */
  readonly next: number
  /** The highest sequence that has arrived. */
  readonly top: number
  /** How many events without a sequence (`total`) have their places up to right behind `after`; rising. */
  readonly between: readonly { readonly after: number; readonly total: number }[]
  /** By place. */
  readonly waiting: readonly Waiting[]
}

export const EMPTY_ORDER: Order = { next: 1, top: 0, between: [], waiting: [] }

export interface Arrival {
  readonly order: Order
  readonly position: number
  /** It came after a later place had been released: it goes at once, out of its place. */
  readonly late: boolean
  /** The numbers by arrival of the events that may go now, in order. */
  readonly released: readonly number[]
}

/**
 * Takes the call's `n`th event by arrival (from 1) into the order.
 * @param sequence null if it has none, and if another event of the call has it already
 */
export function arrive(
  order: Order,
  n: number,
  sequence: number | null,
  nowMs: number,
  windowMs: number,
): Arrival {
  const { next, top } = order
  const position = placeOf(order, sequence)
  if (sequence !== null && sequence < next) return { order, position, late: true, released: [n] }
  const between = sequence === null ? oneMore(order) : order.between
  const waiting = [...order.waiting, { n, sequence, position, receivedAtMs: nowMs }].sort(
    (a, b) => a.position - b.position,
  )
  const arrived: Order = { next, top: Math.max(top, sequence ?? 0), between, waiting }
  return { position, late: false, ...pass(arrived, nowMs, windowMs) }
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
  for (const { n, sequence } of order.waiting) {
    if (taken > expired && sequence !== null && sequence > next) break
    released.push(n)
    if (sequence !== null) next = Math.max(next, sequence + 1)
    taken += 1
  }
  return { order: { ...order, next, waiting: order.waiting.slice(taken) }, released }
}

/** When the next window ends (ms since epoch), or null where nothing waits. */
export function windowEndsAtMs(order: Order, windowMs: number): number | null {
  if (order.waiting.length === 0) return null
  return Math.min(...order.waiting.map((event) => event.receivedAtMs)) + windowMs
}

/** An event as far as the order has to know it, to be made again. */
export interface Placed {
  readonly n: number
  readonly sequence: number | null
  readonly position: number
  readonly received_at: number
  readonly rank: number | null
}

/** The order that stored events stand in. @param events by arrival */
export function orderOf(events: readonly Placed[]): Order {
  const known = new Set<number>()
  const waiting: Waiting[] = []
  let order = EMPTY_ORDER
  for (const { n, position, received_at, rank, ...event } of events) {
    const isOwn = event.sequence !== null && !known.has(event.sequence)
    const sequence = isOwn ? event.sequence : null
    if (sequence === null) {
      const after = position - (order.between.at(-1)?.total ?? 0) - 1
      // What an earlier version has placed by another rule must not lead back.
      order = { ...order, between: oneMore({ ...order, top: Math.max(after, lastOf(order)) }) }
    } else {
      known.add(sequence)
      order = { ...order, top: Math.max(order.top, sequence) }
      if (rank !== null) order = { ...order, next: Math.max(order.next, sequence + 1) }
    }
    if (rank === null) waiting.push({ n, sequence, position, receivedAtMs: received_at })
  }
  return { ...order, waiting: waiting.sort((a, b) => a.position - b.position) }
}

function placeOf({ top, between }: Order, sequence: number | null): number {
  if (sequence === null) return top + (between.at(-1)?.total ?? 0) + 1
  return sequence + (between.findLast(({ after }) => after < sequence)?.total ?? 0)
}

/** One more event without a sequence has its place behind the highest that has arrived. */
function oneMore(order: Order): Order['between'] {
  const { top: after, between } = order
  const total = (between.at(-1)?.total ?? 0) + 1
  return [...(lastOf(order) === after ? between.slice(0, -1) : between), { after, total }]
}

function lastOf({ between }: Order): number {
  return between.at(-1)?.after ?? -1
}

/** The order in which a call's events were released; those that still wait for a gap come last, by their places. */
export function byPlace(a: StoredEvent, b: StoredEvent): number {
  if (a.rank !== null && b.rank !== null) return a.rank - b.rank
  if (a.rank !== null || b.rank !== null) return a.rank === null ? 1 : -1
  return a.position - b.position || a.n - b.n
}

/**
 * Whether an event came with a `sequence` that another of its call had: it was placed as if it had none.
 * @param events those of the call, by arrival
 */
export function reusesSequence({ n, sequence }: StoredEvent, events: readonly StoredEvent[]): boolean {
  return sequence !== null && events.find((event) => event.sequence === sequence)?.n !== n
}
