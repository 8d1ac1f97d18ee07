import { playedAtMs, SAMPLE_TRIGGERS } from './sample-call.ts'

/**
 * How what was sent fares. `idle`: nothing was sent; `waiting`: not all of it has come to an end; `nothing`: by now some of
 * it should have been sent on, and none was; `trouble`: something was not taken.
 */
export type Outcome = 'idle' | 'waiting' | 'nothing' | 'trouble' | 'arrived'

interface Sent {
  readonly status: 'pending' | 'held' | 'succeeded' | 'failed' | 'expired' | 'discarded'
  readonly last_error: string | null
}

/** Events wait this long at most for one before them that does not come. */
const OVERDUE_MS = 10_000

/**
 * @param call the id of the sample call that was played, whose deliveries these are; without it they are all of the webhook
 * @param nowMs when they were read
 */
export function outcomeOf(arrivals: readonly Sent[], call: string | undefined, nowMs: number): Outcome {
  if (call === undefined && arrivals.length === 0) return 'idle'
  if (arrivals.some(({ status, last_error }) => status !== 'succeeded' && last_error !== null))
    return 'trouble'
  if (arrivals.some(({ status }) => status === 'failed' || status === 'expired' || status === 'discarded'))
    return 'trouble'
  if (arrivals.length === 0) {
    const isOverdue = nowMs - (playedAtMs(call ?? '') ?? nowMs) > OVERDUE_MS
    return isOverdue ? 'nothing' : 'waiting'
  }
  const isAll = call === undefined || arrivals.length >= SAMPLE_TRIGGERS.length
  return isAll && arrivals.every(({ status }) => status === 'succeeded') ? 'arrived' : 'waiting'
}
