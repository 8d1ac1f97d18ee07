/** A call's timeline as the API answers it, each time read once. Of the Worker types alone come into the page by this. */
import type * as z from 'zod'
import type { timeline } from '../../../src/api/calls/timeline.ts'

/** As the API has them. */
export type ToldEvent = z.infer<typeof timeline>['events'][number]
export type ToldDelivery = ToldEvent['deliveries'][number]
export type ToldAttempt = ToldDelivery['attempts'][number]
type ToldWait = ToldDelivery['waits'][number]
export type Status = ToldDelivery['status']

/** Times are in ms; null is what has not come yet. */
export interface CallWait {
  readonly why: ToldWait['why']
  readonly fromMs: number
  readonly untilMs: number | null
}
export interface CallAttempt extends ToldAttempt {
  readonly startedMs: number
  readonly endedMs: number
}
export interface CallDelivery extends Omit<ToldDelivery, 'attempts' | 'waits'> {
  readonly completedMs: number | null
  readonly dueMs: number | null
  readonly waits: readonly CallWait[]
  readonly attempts: readonly CallAttempt[]
}
export interface CallEvent extends Omit<ToldEvent, 'deliveries'> {
  readonly receivedMs: number
  readonly releasedMs: number | null
  readonly occurredMs: number | null
  readonly deliveries: readonly CallDelivery[]
}
export interface Call {
  readonly events: readonly CallEvent[]
}

/** What did not change since the last read is the same object in both, and is not read again. */
const read = new WeakMap<ToldEvent, CallEvent>()
const readDeliveries = new WeakMap<ToldDelivery, CallDelivery>()

export function timedEvent(event: ToldEvent): CallEvent {
  const known = read.get(event)
  if (known !== undefined) return known
  const timed = {
    ...event,
    receivedMs: Date.parse(event.received_at),
    releasedMs: msOf(event.released_at),
    occurredMs: msOf(event.occurred_at),
    deliveries: event.deliveries.map(timedDelivery),
  }
  read.set(event, timed)
  return timed
}

function timedDelivery(delivery: ToldDelivery): CallDelivery {
  const known = readDeliveries.get(delivery)
  if (known !== undefined) return known
  const timed = {
    ...delivery,
    completedMs: msOf(delivery.completed_at),
    dueMs: msOf(delivery.due_at),
    waits: delivery.waits.map(({ why, from, until }) => ({
      why,
      fromMs: Date.parse(from),
      untilMs: msOf(until),
    })),
    attempts: delivery.attempts.map((attempt) => {
      const startedMs = Date.parse(attempt.started_at)
      return { ...attempt, startedMs, endedMs: startedMs + attempt.duration_ms }
    }),
  }
  readDeliveries.set(delivery, timed)
  return timed
}

function msOf(at: string | null): number | null {
  return at === null ? null : Date.parse(at)
}

export type Ended = Exclude<Status, 'pending' | 'held'>

/** How an attempt went: `none` had no answer, `unsent` was not even made. */
export type Answer = 'ok' | 'failed' | 'none' | 'unsent'

export function answerOf({ error, status_code }: Pick<ToldAttempt, 'error' | 'status_code'>): Answer {
  if (error === null) return 'ok'
  if (error === 'blocked_target' || error === 'invalid_request') return 'unsent'
  return status_code === null ? 'none' : 'failed'
}

export function endedAs(status: Status): Ended | null {
  return status === 'pending' || status === 'held' ? null : status
}

/** What tells whether an event is open: of the API's as of a timed one. */
type Openness = Pick<ToldEvent, 'released_at'> & {
  readonly deliveries: readonly Pick<ToldDelivery, 'status'>[]
}

export function isOpen({ events }: { events: readonly Openness[] }): boolean {
  return events.some(
    ({ released_at, deliveries }) =>
      released_at === null || deliveries.some(({ status }) => endedAs(status) === null),
  )
}

/** What an attempt that is under way, or about to start, has begun at (ms); null if the delivery waits, or has ended. */
export function underWaySince({ status, dueMs, waits, attempts }: CallDelivery): number | null {
  if (status !== 'pending' || dueMs === null) return null
  let sinceMs = Math.max(dueMs, attempts.at(-1)?.endedMs ?? 0)
  for (const { untilMs } of waits) {
    if (untilMs === null) return null
    sinceMs = Math.max(sinceMs, untilMs)
  }
  return sinceMs
}
