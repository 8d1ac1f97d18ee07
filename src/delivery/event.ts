import type { CallType, OutboundType } from '../catalogue/types.ts'
import type { EventTrigger } from '../catalogue/operational.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { JsonObject } from '../lib/json.ts'
import { rfc3339 } from '../lib/time.ts'

/**
 * An event as rendering knows it. An operational one has its `data` in the variables. Never changed in place: what
 * rendering works out of it is kept for as long as it is.
 */
export interface CallEvent {
  readonly id: string
  readonly trigger: EventTrigger
  readonly call_id: string
  readonly call_type: CallType
  readonly outbound_type: OutboundType | null
  readonly number: string | null
  readonly sequence: number | null
  readonly occurred_at: string
  /** Or their JSON text, as it is kept. */
  readonly variables: JsonObject | string
}

/** What a delivery is about: everything that rendering may know of it. */
export interface DeliveryContext {
  readonly event: CallEvent
  readonly account_id: string
  readonly webhook_id: string
  readonly position: number
  readonly late: boolean
  /** From 1. */
  readonly attempt: number
  /** It is sent by hand, and tells of no call. */
  readonly test?: boolean
}

/**
 * The events of the last attempts, by what was stored of them. Those of one event's webhooks mostly start together, and
 * its next attempt comes much later: what rendering works out of an event must not stay for as long as it is kept.
 */
const recent = new Map<StoredEvent, CallEvent & { readonly variables: string }>()
// With a thousand, every attempt costs a tenth more: what lives long, the collector has to copy.
const MOST_RECENT = 100
const MOST_CHARACTERS = 500_000
let recentCharacters = 0

/**
 * What rendering may know of a delivery.
 * @param of `variables` is JSON text as the event's shard keeps it; the same `event` always comes with the same text
 */
export function contextOf(of: {
  account_id: string
  webhook_id: string
  attempt: number
  event: StoredEvent
  variables: string
}): DeliveryContext {
  const { event, account_id, webhook_id, attempt } = of
  return {
    event: recent.get(event) ?? remember(event, of.variables),
    account_id,
    webhook_id,
    position: event.position,
    late: event.late,
    attempt,
    test: event.test === true,
  }
}

function remember(stored: StoredEvent, variables: string): CallEvent {
  const { id, trigger, call_id, call_type, outbound_type, number, sequence } = stored
  const occurred_at = stored.occurred_at ?? rfc3339(stored.received_at)
  const event = {
    id,
    trigger,
    call_id,
    call_type,
    outbound_type,
    number,
    sequence,
    occurred_at,
    variables,
  }
  recent.set(stored, event)
  recentCharacters += variables.length
  for (const [oldest, { variables: text }] of recent) {
    if (recent.size === 1 || (recent.size <= MOST_RECENT && recentCharacters <= MOST_CHARACTERS)) break
    recent.delete(oldest)
    recentCharacters -= text.length
  }
  return event
}
