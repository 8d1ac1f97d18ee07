import type { TriggerSlug } from '../../../src/catalogue/triggers.ts'
import type { CallType, OutboundType } from '../../../src/catalogue/types.ts'

export type Value = string | number | Value[] | { [key: string]: Value }
export type Variables = Record<string, Value>

export interface DemoEvent {
  id: string
  trigger: TriggerSlug
  call_id: string
  call_type: CallType
  outbound_type: OutboundType | null
  number: string | null
  /** The event's place in its call, from 1. */
  sequence: number
  variables: Variables
}

export interface DemoCall {
  name: string
  call_id: string
  /** In the order of the call. */
  events: DemoEvent[]
  /** In the order in which the core posts them. */
  posted: DemoEvent[]
}

export interface Script {
  name: string
  call_id: string
  call_type: CallType
  outbound_type?: OutboundType
  number?: string
  /** What every event of the call carries. */
  common: Variables
  events: [trigger: TriggerSlug, variables: Variables][]
  /** Sequences in the order of posting, where that is not the order of the call. */
  posted?: number[]
}

/** A call from its script: its events in order, and as they are posted. */
export function play({
  name,
  call_id,
  call_type,
  outbound_type,
  number,
  common,
  events,
  posted,
}: Script): DemoCall {
  const inOrder = events.map(([trigger, variables], index): DemoEvent => ({
    id: `${call_id}-${index + 1}`,
    trigger,
    call_id,
    call_type,
    outbound_type: outbound_type ?? null,
    number: number ?? null,
    sequence: index + 1,
    variables: { ...common, ...variables },
  }))
  const order = posted ?? inOrder.map((event) => event.sequence)
  return { name, call_id, events: inOrder, posted: order.flatMap((n) => inOrder.slice(n - 1, n)) }
}
