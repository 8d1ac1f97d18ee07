import type { AttemptError } from '../contracts/deliveries.ts'
import type { AttemptResult } from '../contracts/jobs.ts'

/** What an attempt's result means for its delivery. */
export type Verdict =
  | { kind: 'succeeded' }
  /** `asked`: the receiver named the time itself, by `Retry-After`. */
  | { kind: 'retry'; atMs: number; asked: boolean }
  /** `gone`: the receiver answered 410, so the webhook is to be disabled as well. */
  | { kind: 'failed'; gone: boolean }

/** Whether no byte of the request has left. So it says nothing of the receiver, and a retry would not help. */
export function isUnsent(error: AttemptError | null): boolean {
  return error === 'invalid_request' || error === 'blocked_target'
}

/** No receiver may put a delivery off for longer than this by `Retry-After`. */
const RETRY_AFTER_MOST_MS = 60 * 60 * 1000
/** Each delay is moved by up to a fifth, so that what failed together does not come back together. */
const JITTER = 0.2

/**
 * @param tries how many attempts count to the schedule, this one included
 * @param scheduleMs the delay before each retry; its length is the number of retries
 * @param random a number in [0, 1)
 */
export function verdict(
  result: AttemptResult,
  tries: number,
  scheduleMs: readonly number[],
  nowMs: number,
  random: number,
): Verdict {
  if (result.error === null) return { kind: 'succeeded' }
  if (result.status_code === 410) return { kind: 'failed', gone: true }
  // Nothing was sent, nor would be: the same event and webhook lead to the same refusal every time.
  if (isUnsent(result.error)) return { kind: 'failed', gone: false }
  const delayMs = scheduleMs[tries - 1]
  if (delayMs === undefined) return { kind: 'failed', gone: false }
  const jitteredMs = Math.round(delayMs * (1 - JITTER + 2 * JITTER * random))
  const askedMs = Math.min(result.retry_after_ms ?? 0, RETRY_AFTER_MOST_MS)
  return { kind: 'retry', atMs: nowMs + Math.max(jitteredMs, askedMs), asked: askedMs > jitteredMs }
}
