/** A call's timeline as the API answers it. Types alone: nothing of the Worker comes into the page by this. */
import type * as z from 'zod'
import type { timeline } from '../../../src/api/calls/timeline.ts'

export type Call = z.infer<typeof timeline>
export type CallEvent = Call['events'][number]
export type CallDelivery = CallEvent['deliveries'][number]
export type CallAttempt = CallDelivery['attempts'][number]
export type CallWait = CallDelivery['waits'][number]
export type Status = CallDelivery['status']

export type Ended = Exclude<Status, 'pending' | 'held'>

/** How an attempt went: `none` had no answer, `unsent` was not even made. */
export type Answer = 'ok' | 'failed' | 'none' | 'unsent'

export function answerOf({ error, status_code }: Pick<CallAttempt, 'error' | 'status_code'>): Answer {
  if (error === null) return 'ok'
  if (error === 'blocked_target' || error === 'invalid_request') return 'unsent'
  return status_code === null ? 'none' : 'failed'
}

export function endedAs(status: Status): Ended | null {
  return status === 'pending' || status === 'held' ? null : status
}

export function isOpen({ events }: Pick<Call, 'events'>): boolean {
  return events.some(
    ({ released_at, deliveries }) =>
      released_at === null || deliveries.some(({ status }) => endedAs(status) === null),
  )
}

/** What an attempt that is under way, or about to start, has begun at (ms); null if the delivery waits, or has ended. */
export function underWaySince({ status, due_at, waits, attempts }: CallDelivery): number | null {
  if (status !== 'pending' || due_at === null || waits.some(({ until }) => until === null)) return null
  const last = attempts.at(-1)
  return Math.max(
    Date.parse(due_at),
    ...waits.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)])),
    last === undefined ? 0 : endOf(last),
  )
}

/** When an attempt ended (ms). */
export function endOf({ started_at, duration_ms }: Pick<CallAttempt, 'started_at' | 'duration_ms'>): number {
  return Date.parse(started_at) + duration_ms
}
