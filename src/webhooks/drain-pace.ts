/**
 * How fast the calls of a backlog are woken. Pure. A recovery is a background job beside other people's live calls, so
 * it takes what is left over: it goes faster while turns come when they are due, and slower while they come late,
 * as LEDBAT does on a network (RFC 6817). Where each object has a thread of its own, nothing is late.
 */
export interface Pace {
  /** Between one call and the next (ms). */
  readonly gapMs: number
  /** How late turns have come of late (ms). */
  readonly lateMs: number
}

/** However busy the machine is, a call goes on each time that this has passed: a backlog has to end. */
export const SLOWEST: Pace = { gapMs: 6, lateMs: 0 }
const LEAST_GAP_MS = 1
/** The lateness that a drain may add to what others wait for (ms). */
const TARGET_MS = 1
/** The weight of the newest turn. */
const NEWEST = 0.1
const SLOWER = 1.1
const FASTER = 0.97

/** @param lateMs how much later than it asked for a turn came */
export function paced(pace: Pace, lateMs: number): Pace {
  const late = pace.lateMs * (1 - NEWEST) + Math.max(0, lateMs) * NEWEST
  const gapMs = pace.gapMs * (late > TARGET_MS ? SLOWER : FASTER)
  return { gapMs: Math.min(SLOWEST.gapMs, Math.max(LEAST_GAP_MS, gapMs)), lateMs: late }
}
