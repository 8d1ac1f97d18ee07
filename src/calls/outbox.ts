import type { AttemptError } from '../delivery/attempt.ts'
import { deliveryId } from '../lib/id.ts'
import { STALE_REVISION, type AttemptEntry, type DeliveryStatus, type LogEntry } from '../webhooks/log.ts'
import type { CallState, EventFacts } from './journal.ts'

/** How a delivery stands. */
export interface Stand {
  status: DeliveryStatus
  attempts: number
  retryAtMs?: number | null
  /** What went wrong where there was no attempt to tell. */
  error?: AttemptError
}

/** Entries beyond which deliveries wait until the log has taken some: the row that they are in holds 2 MB. */
const MOST = 1_000
/** Entries beyond which new ones go without the receiver's answer, which may be 16 KiB. */
const MOST_WITH_ANSWERS = 30

/**
 * What the log of each webhook has still to be told, within the call's state and stored with it. An entry stays
 * until the Webhook object has taken it.
 */
export class Outbox {
  readonly #state: CallState
  #isBehind = false

  constructor(state: CallState) {
    this.#state = state
  }

  /** How many entries it has room for. */
  get room(): number {
    return MOST - this.#state.outbox.length
  }

  get isEmpty(): boolean {
    return this.#state.outbox.length === 0
  }

  /** Says how a delivery stands now, and by which attempt it came to that. */
  note(
    webhookId: string,
    event: EventFacts,
    stand: Stand,
    attempt: AttemptEntry | null,
    nowMs: number,
  ): void {
    this.#state.revision += 1
    this.#put(webhookId, this.entry(webhookId, event, stand, attempt, nowMs))
  }

  /** Says of an attempt whose claim had been taken back: it is logged, and the delivery stands as it stood. */
  noteStale(webhookId: string, event: EventFacts, attempt: AttemptEntry, nowMs: number): void {
    const stand: Stand = { status: 'pending', attempts: attempt.number }
    this.#put(webhookId, { ...this.entry(webhookId, event, stand, attempt, nowMs), revision: STALE_REVISION })
  }

  /** What has not been taken yet, by webhook. */
  byWebhook(): Map<string, LogEntry[]> {
    return new Map(
      [...Map.groupBy(this.#state.outbox, (each) => each.webhook_id)].map(([webhookId, waiting]) => [
        webhookId,
        waiting.map((each) => each.entry),
      ]),
    )
  }

  /** What was last said of a delivery and has not been taken yet. */
  unsent(id: string): LogEntry | null {
    return this.#state.outbox.findLast((each) => each.entry.id === id)?.entry ?? null
  }

  /** Forgets what a Webhook object has taken. Not worth a write of its own: to send it twice changes nothing. */
  taken(entries: readonly LogEntry[]): void {
    const gone = new Set(entries)
    this.#state.outbox = this.#state.outbox.filter((each) => !gone.has(each.entry))
    this.#isBehind = true
  }

  /** Whether storage still has what memory has forgotten. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** The state is stored as it is now. */
  stored(): void {
    this.#isBehind = false
  }

  /** A delivery as the log and the timeline show it. */
  entry(
    webhookId: string,
    event: EventFacts,
    stand: Stand,
    attempt: AttemptEntry | null,
    nowMs: number,
  ): LogEntry {
    const ended = stand.status !== 'pending' && stand.status !== 'held'
    return {
      id: deliveryId(event.ulid, webhookId),
      revision: this.#state.revision,
      event_id: event.id,
      call_id: this.#state.call_id,
      trigger: event.trigger,
      position: event.position,
      late: event.late,
      status: stand.status,
      attempt_count: stand.attempts,
      next_attempt_at: stand.retryAtMs ?? null,
      last_status_code: attempt?.status_code ?? null,
      last_error: attempt?.error ?? stand.error ?? null,
      created_at: event.received_at,
      completed_at: ended ? nowMs : null,
      attempt,
    }
  }

  #put(webhookId: string, entry: LogEntry): void {
    const isLong = this.#state.outbox.length >= MOST_WITH_ANSWERS
    const attempt =
      isLong && entry.attempt !== null ? { ...entry.attempt, response_body: null } : entry.attempt
    this.#state.outbox.push({ webhook_id: webhookId, entry: { ...entry, attempt } })
  }
}
