import { expect } from 'vitest'
import type { StoredEvent } from '../../src/contracts/events.ts'
import { endMsOf, holdsOf, waitsOf, type Before, type Timed } from '../../src/order/waits.ts'
import type { DeliveryState } from '../../src/shard/rows.ts'

/**
 * What the timeline says of a lane whose deliveries have all ended: its waits are in order, overlap neither each other
 * nor an attempt, lie between the event and the end, and are over.
 * @param deliveries by rank
 * @param isOrdered the lane has kept the order of its call all the time
 * @returns how many waits that were
 */
export function waitsAreRight(
  deliveries: readonly { event: StoredEvent; name: string; state: DeliveryState }[],
  isOrdered: boolean,
): number {
  const before: Before[] = []
  let count = 0
  for (const { event, name, state } of deliveries) {
    const delivery: Timed = {
      ...state,
      first_completed_at: state.first_completed_at ?? null,
      waits: state.waits ?? [],
    }
    const { due_at, waits } = waitsOf(event, delivery, isOrdered ? before : [])
    before.push({ endMs: endMsOf(delivery), holds: holdsOf(delivery.waits) })
    count += waits.length
    const told = `${name}: ${JSON.stringify({ due_at, waits, state })}`
    let freeMs = event.received_at
    for (const { from, until } of waits) {
      expect(from, told).toBeGreaterThanOrEqual(freeMs)
      expect(until, told).not.toBeNull()
      freeMs = until ?? Infinity
      expect(freeMs, told).toBeGreaterThan(from)
      expect(freeMs, told).toBeLessThanOrEqual(state.completed_at ?? 0)
      for (const { started_at, duration_ms } of state.attempts) {
        const isBeside = started_at >= freeMs || started_at + duration_ms <= from
        expect(isBeside || duration_ms === 0, told).toBe(true)
      }
      const { first_completed_at: first } = state
      if (first !== undefined) expect(from < first && freeMs > first, told).toBe(false)
    }
    const firstMs = state.attempts[0]?.started_at
    if (due_at !== null && firstMs !== undefined) expect(due_at, told).toBeLessThanOrEqual(firstMs)
  }
  return count
}
