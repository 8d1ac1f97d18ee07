import type { CallType, OutboundType } from '../catalogue/types.ts'
import type { EventTrigger } from '../catalogue/operational.ts'
import type { JsonObject } from '../lib/json.ts'

/** An event as rendering knows it. An operational one has its `data` in the variables. */
export interface CallEvent {
  id: string
  trigger: EventTrigger
  call_id: string
  call_type: CallType
  outbound_type: OutboundType | null
  number: string | null
  sequence: number | null
  occurred_at: string
  variables: JsonObject
}

/** What a delivery is about: everything that rendering may know of it. */
export interface DeliveryContext {
  event: CallEvent
  account_id: string
  webhook_id: string
  position: number
  late: boolean
  /** From 1. */
  attempt: number
}
