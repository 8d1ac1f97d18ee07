/**
 * What a delivery waited for, and how long. What nothing else tells is on record in its row (`nextWaits`): a hold, a
 * tripped breaker, a slot at a rate limit, a retry. The rest follows from times that are on record in any case
 * (`waitsOf`): a gap from its event's, its turn from the delivery before it. Pure.
 */

import type { DeliveryWait, WaitWhy } from '../contracts/deliveries.ts'

/** Of a delivery's waits that are on record the last so many are kept. */
const WAITS_KEPT = 20
/** A wait that was shorter (ms) is not worth a line: the clock of a busy machine is no more exact. */
const SHORTEST_MS = 5

/**
 * The waits of a delivery that are to be on record from now on; undefined if it never waited, so that its row has no such
 * field.
 * @param known those of before
 * @param why what it waits for from now on; null if it waits for nothing
 * @param endMs when what it waited for was over, if it is
 */
export function nextWaits(
  known: readonly DeliveryWait[] | undefined,
  why: WaitWhy | null,
  nowMs: number,
  endMs: number,
): readonly DeliveryWait[] | undefined {
  if (known === undefined && why === null) return undefined
  const last = known?.at(-1)
  if (last !== undefined && last.until === null) {
    // What is said again goes on: a hold is, when more comes to be held.
    if (last.why === why) return known
    // A wait that was over at once was none: a probe that fails has its delivery held again, and not in between.
    const ended = endMs > last.from ? [{ ...last, until: endMs }] : []
    return [...(known ?? []).slice(0, -1), ...ended, ...begun(why, nowMs)].slice(-WAITS_KEPT)
  }
  return why === null ? known : [...(known ?? []), ...begun(why, nowMs)].slice(-WAITS_KEPT)
}

function begun(why: WaitWhy | null, nowMs: number): DeliveryWait[] {
  return why === null ? [] : [{ why, from: nowMs, until: null }]
}

/** What the log has of a delivery that matters here. */
export interface Timed {
  readonly attempts: readonly { readonly started_at: number; readonly duration_ms: number }[]
  readonly completed_at: number | null
  readonly first_completed_at: number | null
  readonly waits: readonly DeliveryWait[]
}

/** What the waits of a delivery depend on of one before it in its lane. */
export interface Before {
  /** When it ended (ms since epoch); null if it has not. */
  readonly endMs: number | null
  /** When it was held (`holdsOf`). */
  readonly holds: readonly Hold[]
}

/** Times are ms since epoch; `until` is null while it goes on. */
export type Hold = Pick<DeliveryWait, 'from' | 'until'>

/** When a delivery was held. Between two holds of one outage there is a probe alone: what is behind it stays held. */
export function holdsOf(waits: readonly DeliveryWait[]): Hold[] {
  const holds: Hold[] = []
  for (const [index, { why, from, until }] of waits.entries()) {
    if (!isHold(why)) continue
    const last = isHold(waits[index - 1]?.why) ? holds.pop() : undefined
    holds.push({ from: last?.from ?? from, until })
  }
  return holds
}

function isHold(why: WaitWhy | undefined): boolean {
  return why === 'held' || why === 'breaker'
}

/** When a delivery ended as its lane knows it: what was made again by hand has held up none behind it. */
export function endMsOf({
  first_completed_at,
  completed_at,
}: Pick<Timed, 'completed_at'> & Partial<Pick<Timed, 'first_completed_at'>>): number | null {
  return first_completed_at ?? completed_at
}

/**
 * When a delivery's turn came, and what it waited for, in order: no wait overlaps another, or one of its attempts.
 * @param event when its event came, and when it was released: null while it waits for a gap
 * @param before the deliveries before it in its lane, in order; none if its webhook keeps no order. Of those that are
 * further back the ones that `firstEndsAfter` tells are enough.
 */
export function waitsOf(
  event: { readonly received_at: number; readonly released_at: number | null },
  delivery: Timed,
  before: readonly Before[],
): { due_at: number | null; waits: DeliveryWait[] } {
  const { received_at, released_at } = event
  const gap: Span = { why: 'gap', from: received_at, until: released_at ?? Infinity }
  if (released_at === null) return { due_at: null, waits: shown([gap]) }
  const endMs = endMsOf(delivery) ?? Infinity
  const attempts = delivery.attempts.map(({ started_at, duration_ms }) => ({
    from: started_at,
    until: started_at + duration_ms,
  }))
  const firstMs = Math.min(attempts[0]?.from ?? Infinity, endMs)
  const last = before.at(-1)
  const dueMs = Math.max(released_at, last === undefined ? 0 : (last.endMs ?? Infinity))
  const own = delivery.waits.map(({ why, from, until }): Span => {
    const overMs = until ?? delivery.completed_at ?? Infinity
    return { why, from, until: Math.min(overMs, movedMs(from, before)) }
  })
  const turn: Span = { why: 'turn', from: released_at, until: Math.min(dueMs, endMs) }
  const waits = [gap, ...without([turn], [...own, ...attempts]), ...without(own, attempts)]
  return { due_at: dueMs > firstMs || dueMs === Infinity ? null : dueMs, waits: shown(waits) }
}

interface Span {
  readonly why: WaitWhy
  readonly from: number
  readonly until: number
}

/**
 * When the lane went on after a time. What is held behind others has its row closed when it is begun; for it the hold was
 * over when that of the first of them was, or that one ended, and it waited for its turn since.
 */
function movedMs(fromMs: number, before: readonly Before[]): number {
  const isAfter = (ms: number | null): boolean => ms === null || ms > fromMs
  const first = before.find(({ endMs }) => isAfter(endMs))
  const hold = first?.holds.find(({ until }) => isAfter(until))
  return Math.min(first?.endMs ?? Infinity, hold?.until ?? Infinity)
}

/**
 * Of deliveries in the order of their lane, which is the order that they end in, the first that ended after each of these
 * times (ms since epoch). It asks for the end of a few of them alone: a lane may have thousands.
 * @param endMs when the delivery at an index ended; Infinity if it has not
 * @returns their indices, rising
 */
export function firstEndsAfter(
  timesMs: readonly number[],
  count: number,
  endMs: (index: number) => number,
): number[] {
  const found: number[] = []
  let reachedMs = -Infinity
  for (const timeMs of timesMs.toSorted((a, b) => a - b)) {
    // The one that was found last is the first for this time, too.
    if (timeMs < reachedMs) continue
    let low = found.at(-1) ?? 0
    let high = count
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (endMs(middle) > timeMs) high = middle
      else low = middle + 1
    }
    if (low === count) break
    found.push(low)
    reachedMs = endMs(low)
  }
  return found
}

/** What is left of each span outside of others. */
function without(spans: readonly Span[], others: readonly { from: number; until: number }[]): Span[] {
  let left = [...spans]
  for (const { from, until } of others) {
    left = left.flatMap((span) => {
      if (until <= span.from || from >= span.until) return [span]
      return [
        { ...span, until: Math.min(span.until, from) },
        { ...span, from: Math.max(span.from, until) },
      ].filter((each) => each.from < each.until)
    })
  }
  return left
}

function shown(spans: readonly Span[]): DeliveryWait[] {
  return spans
    .filter(({ from, until }) => until - from >= SHORTEST_MS)
    .sort((a, b) => a.from - b.from)
    .map(({ why, from, until }) => ({ why, from, until: until === Infinity ? null : until }))
}
