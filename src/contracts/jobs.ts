import type { AttemptEntry, AttemptVia } from './deliveries.ts'
import type { StoredEvent } from './events.ts'
import type { WebhookRow } from './configuration.ts'

/** A queued attempt. It carries no more than its name: the shard has the rest, and decides if it still stands. */
export interface DeliveryMessage {
  account_id: string
  shard: number
  call_id: string
  webhook_id: string
  token: number
}

/** One claimed attempt, with all that is needed to make it. */
export interface Job {
  account_id: string
  shard: number
  webhook: WebhookRow
  /** The claim, in the lane of this webhook and call. */
  token: number
  /** The attempt's number, from 1. */
  attempt: number
  via: AttemptVia
  delivery_id: string
  event: StoredEvent
  /** JSON text, as it came in. */
  variables: string
}

/** What one attempt led to. */
export interface AttemptResult extends Omit<AttemptEntry, 'number' | 'via'> {
  /** How long the receiver asked to be left alone (ms), or null. */
  retry_after_ms: number | null
}

/** What a maker says of a claim. Without a result no request went out, and the attempt does not count. */
export interface AttemptReport {
  call_id: string
  webhook_id: string
  /** The event's number in its shard. */
  seq: number
  token: number
  attempt: number
  via: AttemptVia
  result: AttemptResult | null
}
