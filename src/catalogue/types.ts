/** The vocabulary of the telephony product: what can happen in a call, and what is known of it then. */

export type CallType = 'inbound' | 'outbound'
export type OutboundType = 'click_to_call' | 'call_broadcast' | 'dialer'
export const OUTBOUND_TYPES: readonly OutboundType[] = ['click_to_call', 'call_broadcast', 'dialer']

export type VariableType =
  'string' | 'integer' | 'boolean' | 'object' | 'array_of_strings' | 'array_of_objects'

/** How a variable holds time: a full stamp, or a part that is derived from `start_stamp` or `end_stamp`. */
export type Temporal = 'timestamp' | 'date' | 'time'

export interface Variable {
  readonly name: string
  readonly type: VariableType
  readonly description: string
  readonly example?: string
  readonly temporal?: Temporal
}
