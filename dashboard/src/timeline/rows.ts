/** A call's timeline as rows of a table: what a phone, a printer and a screen reader get. Pure. */
import { strings } from '../strings.ts'
import type { Call, CallDelivery, CallEvent, CallWait, ToldAttempt } from './call.ts'
import { durationText } from '../ui/duration.ts'
import { waitedText } from './gap.ts'

const words = strings.call

export type Row =
  | {
      readonly kind: 'event'
      readonly event: CallEvent
      /** That it came late, waited, happened long before. */
      readonly notes: readonly string[]
    }
  | {
      readonly kind: 'delivery'
      readonly event: CallEvent
      readonly delivery: CallDelivery
      readonly waits: readonly string[]
      readonly attempts: readonly string[]
      /** From its event's arrival to its end; null while it is open. */
      readonly tookMs: number | null
    }

/** An event that came so long (ms) after it had happened says so. */
const LATE_POST_MS = 5000

/** @param all events of the call, if these are some of them */
export function rowsOf({ events }: Call, nowMs: number, all: Call['events'] = events): Row[] {
  return events.flatMap((event): Row[] => [
    { kind: 'event', event, notes: notesOf(event, all, nowMs) },
    ...event.deliveries.map((delivery): Row => ({
      kind: 'delivery',
      event,
      delivery,
      // A gap is the event's, and said there once.
      waits: delivery.waits.filter(({ why }) => why !== 'gap').map((wait) => waitText(wait, nowMs)),
      attempts: delivery.attempts.map(attemptText),
      tookMs: delivery.completedMs === null ? null : delivery.completedMs - event.receivedMs,
    })),
  ])
}

export function notesOf(event: CallEvent, all: readonly CallEvent[], nowMs: number): string[] {
  const { receivedMs } = event
  const behindMs = receivedMs - (event.occurredMs ?? receivedMs)
  const waitedMs = (event.releasedMs ?? Infinity) - receivedMs
  return [
    ...(event.late ? [words.notes.late] : []),
    ...(event.sequence_reused ? [words.notes.sequenceReused] : []),
    ...(waitedMs > 0 ? [waitedText(event, all, nowMs)] : []),
    ...(behindMs >= LATE_POST_MS ? [words.notes.posted(durationText(behindMs))] : []),
    ...(event.deliveries.length === 0 ? [words.notes.nobody] : []),
  ]
}

/** `waited 5.0 s for its next attempt`. */
export function waitText({ why, fromMs, untilMs }: CallWait, nowMs: number): string {
  const ms = (untilMs ?? nowMs) - fromMs
  return (untilMs === null ? words.hasWaited : words.waited)(durationText(ms), words.waitedFor[why])
}

/** `2: 502 in 12 ms`, `3 by hand: no answer (timeout) in 10.0 s`. */
export function attemptText({
  number,
  via,
  status_code,
  error,
  duration_ms,
}: Omit<ToldAttempt, 'cleaned_headers'>): string {
  const by = via === 'manual' ? words.attempt.byHand(number) : `${number}`
  const answer =
    error === 'redirect'
      ? words.attempt.redirect(`${status_code ?? ''}`)
      : status_code === null
        ? error === 'blocked_target' || error === 'invalid_request'
          ? words.attempt.unsent(error.replaceAll('_', ' '))
          : words.attempt.noAnswer((error ?? 'lost').replaceAll('_', ' '))
        : `${status_code}`
  return words.attempt.took(by, answer, durationText(duration_ms))
}
