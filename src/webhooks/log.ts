import type { AttemptError } from '../dispatch/attempt.ts'

export const DELIVERY_STATUSES = ['pending', 'held', 'succeeded', 'failed', 'expired', 'discarded'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]
export const ATTEMPT_VIAS = ['inline', 'queue', 'test', 'manual'] as const
export type AttemptVia = (typeof ATTEMPT_VIAS)[number]

/** One attempt as the log keeps it. Times are ms since epoch. */
export interface AttemptEntry {
  id: string
  number: number
  started_at: number
  duration_ms: number
  via: AttemptVia
  status_code: number | null
  error: AttemptError | null
  response_body: string | null
  /** The version of the webhook's configuration that the request was made from. */
  version: number
}

/** Where a delivery stands, as its call reports it. Times are ms since epoch. */
export interface LogEntry {
  id: string
  /** Rises with each report of a call: an older or repeated report changes nothing. */
  revision: number
  event_id: string
  call_id: string
  trigger: string
  position: number
  late: boolean
  status: DeliveryStatus
  attempt_count: number
  next_attempt_at: number | null
  last_status_code: number | null
  last_error: AttemptError | null
  created_at: number
  completed_at: number | null
  /** The attempt that led here, where one did. */
  attempt: AttemptEntry | null
}

/** A delivery as the log holds it. */
export interface LoggedDelivery extends Omit<LogEntry, 'attempt' | 'revision'> {
  webhook_id: string
  attempts: AttemptEntry[]
}

export interface LogQuery {
  status?: DeliveryStatus | undefined
  trigger?: string | undefined
  call_id?: string | undefined
  /** Bounds on the event's arrival, ms since epoch; `since` is included, `until` is not. */
  sinceMs?: number | undefined
  untilMs?: number | undefined
  /** Only deliveries older than this id. */
  after?: string | undefined
  limit: number
}
