import type { AskedStatus, DeliveryStatus } from './deliveries.ts'

export interface CallQuery {
  /** In any spelling, or its last digits. */
  number?: string | undefined
  status?: AskedStatus | undefined
  trigger?: string | undefined
  /** Bounds on the arrival of the event that a call is listed by, ms since epoch; `sinceMs` is included, `untilMs` is not. */
  sinceMs?: number | undefined
  untilMs?: number | undefined
  /** Only calls that are listed after this place. */
  after?: string | undefined
  limit: number
}

/** An event of a call as a list tells it. Times are ms since epoch. */
export interface ListedEvent {
  id: string
  trigger: string
  position: number
  occurred_at: string | null
  received_at: number
}

/** A call as a shard lists it. */
export interface ListedCall {
  call_id: string
  /** The ULID of the event that it is listed by: calls are listed by these, falling. */
  place: string
  call_type: 'inbound' | 'outbound'
  /** In E.164 if they are valid. */
  numbers: string[]
  first_event: ListedEvent
  last_event: ListedEvent
  event_count: number
  /** How many deliveries of its events stand how. */
  deliveries: Record<DeliveryStatus, number>
}

/**
 * A page of calls. `next`: where the list goes on, as the place that it goes on after; null at its end.
 * `too_many_numbers`: so many numbers end in these digits that they cannot be listed as one.
 */
export type CallPage =
  { kind: 'page'; calls: ListedCall[]; next: string | null } | { kind: 'too_many_numbers' }
