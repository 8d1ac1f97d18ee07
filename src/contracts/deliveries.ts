export const DELIVERY_STATUSES = ['pending', 'held', 'succeeded', 'failed', 'expired', 'discarded'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]
/** Those of a delivery that has ended. */
export const ENDED_STATUSES = ['succeeded', 'failed', 'expired', 'discarded'] as const
export type EndedStatus = (typeof ENDED_STATUSES)[number]

/** What a list of deliveries may be asked for: those of one status, or all that have not succeeded. */
export const ASKED_STATUSES = [...DELIVERY_STATUSES, 'unsucceeded'] as const
export type AskedStatus = (typeof ASKED_STATUSES)[number]

export const ATTEMPT_VIAS = ['inline', 'queue', 'test', 'manual'] as const
export type AttemptVia = (typeof ATTEMPT_VIAS)[number]

/** Why an attempt is not a success. `status`: the receiver answered, but not with a 2xx. */
export const ATTEMPT_ERRORS = [
  'timeout',
  'connection',
  // On Cloudflare alone, whose statuses tell them from `connection`. workerd by itself does not.
  'dns',
  'tls',
  'redirect',
  'status',
  // Nothing was sent: the URL may not be one of a receiver.
  'blocked_target',
  // Nothing was sent: the configuration and the event make no request that can be.
  'invalid_request',
  // The platform's queue gave the attempt up before it was made.
  'dead_letter',
  // Nobody lived to say what became of it: whether the receiver got it is not known.
  'lost',
] as const
export type AttemptError = (typeof ATTEMPT_ERRORS)[number]

/**
 * What a delivery may wait for. `gap`: an event before its own that has not come; `turn`: the delivery before it in its
 * call; `rate`: a slot at the webhook's limit; `backoff`: its next retry; `asked`: a time that the receiver named; `held`:
 * the end of a pause; `breaker`: the end of an outage.
 */
export const WAITS = ['gap', 'turn', 'rate', 'backoff', 'asked', 'held', 'breaker'] as const
export type WaitWhy = (typeof WAITS)[number]

/** Times are ms since epoch. `until` is null while it goes on. */
export interface DeliveryWait {
  readonly why: WaitWhy
  readonly from: number
  readonly until: number | null
}

/** One attempt as the log keeps it. Times are ms since epoch. */
export interface AttemptEntry {
  number: number
  started_at: number
  duration_ms: number
  via: AttemptVia
  status_code: number | null
  error: AttemptError | null
  response_body: string | null
  /** The version of the webhook's configuration that the request was made from; 0 if it was `lost`. */
  version: number
  /** The headers whose values lost control characters that variables had brought; not there if none did. */
  cleaned_headers?: readonly string[]
}

/** A delivery as a shard's log tells it. Times are ms since epoch. */
export interface LoggedDelivery {
  id: string
  webhook_id: string
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
  /** When it ended before it was first made again by hand; null if it never was. */
  first_completed_at: number | null
  /** Of a test, sent by hand. */
  test: boolean
  /** Empty in lists. */
  attempts: AttemptEntry[]
  /** Those of its waits that nothing else tells: no `gap` and no `turn`. */
  waits: readonly DeliveryWait[]
}

export interface LogQuery {
  webhook_id?: string | undefined
  status?: AskedStatus | undefined
  trigger?: string | undefined
  /** Of the last attempt. */
  error?: AttemptError | undefined
  status_code?: number | undefined
  call_id?: string | undefined
  /** Bounds on the event's arrival, ms since epoch; `sinceMs` is included, `untilMs` is not. */
  sinceMs?: number | undefined
  untilMs?: number | undefined
  /** Only deliveries that are listed after this id. */
  after?: string | undefined
  limit: number
}

/** Whether a status is one that was asked for. */
export function isAsked(asked: AskedStatus | undefined, status: DeliveryStatus): boolean {
  return asked === undefined || (asked === 'unsucceeded' ? status !== 'succeeded' : status === asked)
}

/** A page of a log. `next` is where the list goes on, as the id that it goes on after; null at its end. */
export interface LogPage {
  deliveries: LoggedDelivery[]
  next: string | null
}
