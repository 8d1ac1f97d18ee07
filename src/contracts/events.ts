import type { EventTrigger } from '../catalogue/operational.ts'
import type { CallType, OutboundType } from '../catalogue/types.ts'

/** An event as it came in, its variables still JSON text: nothing on the way to the receiver rewrites them. */
export interface IncomingEvent {
  id: string | null
  call_id: string
  trigger: EventTrigger
  call_type: CallType
  outbound_type: OutboundType | null
  number: string | null
  sequence: number | null
  occurred_at: string | null
  variables: string
}

/** An event as its shard keeps it, without its variables. Times are ms since epoch. */
export interface StoredEvent extends Omit<IncomingEvent, 'id' | 'variables'> {
  id: string
  /** Its number in its shard, from 1, by arrival. Rows are keyed by it. */
  seq: number
  /** Its number in its call, from 1, by arrival. */
  n: number
  /** Names the event inside delivery ids: the time, the shard and `seq` are in it (`lib/id.ts`). */
  ulid: string
  /** Its place in its call, as the receiver is told (`order/order.ts`). */
  position: number
  late: boolean
  received_at: number
  /** Its place in the order in which the call's events were released, from 1; null while it waits for a gap. */
  rank: number | null
  /** When it was released: the same as `received_at` unless it waited for a gap. */
  released_at: number | null
  /** The webhooks that asked for it. */
  webhooks: readonly string[]
  /** A test: sent by hand to one webhook, and no event of the core's. */
  test?: true
}

/** What became of an event that was handed to its shard. */
export type Accepted =
  | {
      kind: 'accepted'
      id: string
      position: number
      duplicate: boolean
      /** Another event of the call had its `sequence` before: it was placed as if it had none. */
      sequence_reused?: true
    }
  /** The id was used in this call for an event with another body. */
  | { kind: 'conflict'; id: string }
  /** It could not be stored, and nothing of it is. */
  | { kind: 'unavailable' }
