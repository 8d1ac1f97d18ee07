import type { CallType, OutboundType } from '../catalogue/types.ts'
import type { EventTrigger } from '../catalogue/operational.ts'
import type { StoredEvent } from '../contracts/events.ts'
import { isJsonObject, parseJson, type Json, type JsonObject } from '../lib/json.ts'
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
  readonly variables: JsonObject
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
}

/**
 * The events that were read last, as what was stored of them: those of one event's webhooks mostly start together,
 * and the next of its attempts mostly comes much later. An object may hold many more events than it has memory for
 * in this form.
 */
const recent = new Map<StoredEvent, { event: CallEvent; characters: number }>()
const MOST_RECENT = 1_000
const MOST_CHARACTERS = 1_000_000
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
    event: recent.get(event)?.event ?? read(event, of.variables),
    account_id,
    webhook_id,
    position: event.position,
    late: event.late,
    attempt,
  }
}

function read(stored: StoredEvent, variables: string): CallEvent {
  const { id, trigger, call_id, call_type, outbound_type, number, sequence } = stored
  const event = {
    id,
    trigger,
    call_id,
    call_type,
    outbound_type,
    number,
    sequence,
    occurred_at: stored.occurred_at ?? rfc3339(stored.received_at),
    variables: variablesOf(variables),
  }
  recent.set(stored, { event, characters: variables.length })
  recentCharacters += variables.length
  for (const [oldest, { characters }] of recent) {
    if (recent.size === 1 || (recent.size <= MOST_RECENT && recentCharacters <= MOST_CHARACTERS)) break
    recent.delete(oldest)
    recentCharacters -= characters
  }
  return event
}

/** Parsing that keeps each number's digits calls a function for each value; what a double holds needs none. */
function variablesOf(text: string): JsonObject {
  const plain = plainJson(text)
  const variables = plain === undefined ? parseJson(text) : plain
  return isJsonObject(variables) ? variables : {}
}

/** The value of a JSON text if writing it gives the same text again, so that no digit can have been lost. */
function plainJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json // safe: JSON holds nothing else
    return JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
