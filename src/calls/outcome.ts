import type { AttemptOutcome } from '../delivery/attempt.ts'
import type { Job } from '../delivery/job.ts'
import { newId } from '../lib/id.ts'
import type { AttemptEntry } from '../webhooks/log.ts'
import type { Outcome } from '../order/lane.ts'
import { verdict } from '../order/retry.ts'

/** What a report names: the claim it is about, and how the attempt was made. */
export type Claim = Pick<Job, 'webhook_id' | 'token' | 'rank' | 'attempt' | 'tries' | 'via'>

/** How long an attempt that found no valid read of its webhook waits at least, and at most (ms): D1 is slow. */
const STALE_RETRY_MS = 500
const STALE_RETRY_MOST_MS = 2_000

/** What a reported attempt means for its lane, and what the log is to have of it; null where none was made. */
export function outcomeOf(
  claim: Claim,
  reported: AttemptOutcome,
  scheduleMs: readonly number[],
  nowMs: number,
  random: () => number,
): { outcome: Outcome; attempt: AttemptEntry | null } {
  if (reported.kind === 'withdrawn') return { outcome: comeBack(reported, nowMs, random()), attempt: null }
  const { retry_after_ms: _decided, ...result } = reported.result
  return {
    outcome: verdict(reported.result, claim.tries, scheduleMs, nowMs, random()),
    attempt: {
      id: newId('atm', result.started_at, random),
      number: claim.attempt,
      via: claim.via,
      ...result,
    },
  }
}

function comeBack(
  reported: Extract<AttemptOutcome, { kind: 'withdrawn' }>,
  nowMs: number,
  random: number,
): Outcome {
  switch (reported.why) {
    case 'refused':
      return { kind: 'withdrawn', atMs: nowMs, turn: false }
    case 'stale':
      return {
        kind: 'withdrawn',
        atMs: nowMs + Math.round(STALE_RETRY_MS + random * (STALE_RETRY_MOST_MS - STALE_RETRY_MS)),
        turn: false,
      }
    case 'turn':
    case 'later':
      return { kind: 'withdrawn', atMs: nowMs + reported.inMs, turn: reported.why === 'turn' }
  }
}
