import type { AttemptResult } from '../contracts/jobs.ts'
import type { Outcome } from './lane.ts'
import { verdict } from './retry.ts'

export type { Outcome }

/**
 * What an attempt's result means for its lane.
 * @param tries how many attempts count to the schedule, this one included
 * @param random a number in [0, 1)
 */
export function outcomeOf(
  result: AttemptResult,
  tries: number,
  scheduleMs: readonly number[],
  nowMs: number,
  random: number,
): Outcome {
  const decided = verdict(result, tries, scheduleMs, nowMs, random)
  return decided.kind === 'failed' ? { kind: 'failed' } : decided
}
