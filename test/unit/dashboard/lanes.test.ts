/** What waits in a lane beside its attempts, counted one by one. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Call, CallDelivery } from '../../../dashboard/src/timeline/call.ts'
import { lanesOf, type Lane, type Queue } from '../../../dashboard/src/timeline/lanes.ts'
import { anyCall, START_MS } from './sample-call.ts'

/** Later than all that `anyCall` makes, and earlier than some of it: a clock may be behind. */
const clocks = fc.constantFrom(START_MS + 100 * 3_600_000, START_MS + 5000)
const FIRST_SHOWN = ['held', 'breaker', 'rate', 'turn'] as const

function everyLane(check: (lane: Lane, nowMs: number) => void): void {
  fc.assert(
    fc.property(anyCall, clocks, (call: Call, nowMs) => {
      for (const lane of lanesOf(call, nowMs)) check(lane, nowMs)
    }),
    { numRuns: 150 },
  )
}

/** How many of a lane's deliveries wait so at a time. */
function waitingAt(
  deliveries: readonly CallDelivery[],
  kind: Queue['kind'],
  ms: number,
  nowMs: number,
): number {
  return deliveries
    .flatMap(({ waits }) => waits)
    .filter(({ why, fromMs, untilMs }) => why === kind && fromMs <= ms && ms < (untilMs ?? nowMs)).length
}

/** Between each two neighbouring instants of a lane. */
function middles({ deliveries, tracks }: Lane, nowMs: number): number[] {
  const waits = deliveries.flatMap((delivery) => delivery.waits)
  const pieces = tracks[0] ?? []
  const instants = [
    ...waits.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs ?? nowMs]),
    ...pieces.flatMap(({ fromMs, untilMs }) => [fromMs, Math.max(untilMs, fromMs + 1)]),
  ].toSorted((a, b) => a - b)
  return instants.slice(1).flatMap((ms, index) => {
    const before = instants[index] ?? ms
    return before < ms ? [(before + ms) / 2] : []
  })
}

test('between attempts, and there alone, it says what is waited for, and by how many at most', () => {
  everyLane((lane, nowMs) => {
    const most = new Map<Queue, number>()
    for (const ms of middles(lane, nowMs)) {
      const isBusy = (lane.tracks[0] ?? []).some(
        ({ fromMs, untilMs }) => fromMs <= ms && ms < Math.max(untilMs, fromMs + 1),
      )
      const kind = isBusy
        ? undefined
        : FIRST_SHOWN.find((each) => waitingAt(lane.deliveries, each, ms, nowMs) > 0)
      const queue = lane.queues.find(({ fromMs, untilMs }) => fromMs < ms && ms < untilMs)
      expect(queue?.kind).toBe(kind)
      if (queue === undefined || kind === undefined) continue
      most.set(queue, Math.max(most.get(queue) ?? 0, waitingAt(lane.deliveries, kind, ms, nowMs)))
    }
    for (const queue of lane.queues) expect(most.get(queue)).toBe(queue.count)
  })
})

test('a lane is the same whether or not it was laid out before', () => {
  fc.assert(
    fc.property(anyCall, clocks, clocks, (call: Call, beforeMs, nowMs) => {
      lanesOf(call, beforeMs)
      // Of other objects, and so made anew.
      expect(lanesOf(call, nowMs)).toEqual(lanesOf(structuredClone(call), nowMs))
    }),
    { numRuns: 100 },
  )
})
