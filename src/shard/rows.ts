import type { AttemptEntry, DeliveryStatus, DeliveryWait, LoggedDelivery } from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import { deliveryId } from '../lib/id.ts'
import type { Open } from '../order/lane.ts'

/** What is left of an event's variables once nothing of it is owed any more but its call lives on. */
export const NO_VARIABLES = ''

/** What a row of a delivery holds beside its key and status. Times are ms since epoch. */
export interface DeliveryState {
  /** Those that the log shows, oldest first. */
  attempts: AttemptEntry[]
  /** How many were claimed: one that is under way counts, and is not among `attempts` yet. */
  attempt_count: number
  next_attempt_at: number | null
  completed_at: number | null
  /** When it ended before it was first made again by hand; not there if it never was. */
  first_completed_at?: number
  /** What went wrong if there was no attempt to tell. */
  error: 'dead_letter' | null
  /** When this was written, by the shard's clock: what follows from it starts soon after or is claimed anew. */
  written_at: number
  /** What it has waited for (`order/waits.ts`); not there if it never waited. */
  waits?: readonly DeliveryWait[]
  /** The delivery as its lane has it; null once it has ended. */
  open: Open | null
}

/** A row holds 2 MB: of a delivery's attempts the last so many are kept, and the answers to the last few. */
const ATTEMPTS_KEPT = 50
const ANSWERS_KEPT = 5

/** Whether an attempt is there already, by its number: no two of a delivery have the same. What was lost may be heard of. */
export function hasAttempt(attempts: readonly AttemptEntry[], { number, error }: AttemptEntry): boolean {
  return attempts.some((each) => each.number === number && (each.error !== 'lost' || error === 'lost'))
}

/** The attempts of a delivery with one more; one that is there already is not added again. */
export function withAttempt(attempts: readonly AttemptEntry[], attempt: AttemptEntry): AttemptEntry[] {
  if (attempts.length === 0) return [attempt]
  if (hasAttempt(attempts, attempt)) return [...attempts]
  const others = attempts.filter((each) => each.number !== attempt.number)
  const kept = [...others, attempt].sort((a, b) => a.started_at - b.started_at).slice(-ATTEMPTS_KEPT)
  return kept.map((each, index) =>
    index < kept.length - ANSWERS_KEPT ? { ...each, response_body: null } : each,
  )
}

/** A delivery as the log tells it. */
export function loggedDelivery(
  event: StoredEvent,
  webhookId: string,
  status: DeliveryStatus,
  state: Pick<
    DeliveryState,
    | 'attempts'
    | 'attempt_count'
    | 'next_attempt_at'
    | 'completed_at'
    | 'first_completed_at'
    | 'error'
    | 'waits'
  >,
): LoggedDelivery {
  const last = state.attempts.at(-1)
  return {
    id: deliveryId(event.ulid, webhookId),
    webhook_id: webhookId,
    event_id: event.id,
    call_id: event.call_id,
    trigger: event.trigger,
    position: event.position,
    late: event.late,
    status,
    attempt_count: state.attempt_count,
    next_attempt_at: state.next_attempt_at,
    last_status_code: last?.status_code ?? null,
    last_error: state.error ?? last?.error ?? null,
    created_at: event.received_at,
    completed_at: state.completed_at,
    first_completed_at: state.first_completed_at ?? null,
    test: event.test === true,
    attempts: state.attempts,
    waits: state.waits ?? [],
  }
}
