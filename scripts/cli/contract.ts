/**
 * What the contract has, and the routes of this branch do not have yet.
 * MERGE: each type goes as its route comes: `hc<AppType>` then says the same.
 */
import type { AskedStatus, AttemptError } from '../../src/contracts/deliveries.ts'
import type { InferResponseType } from 'hono/client'
import type { TriggerSlug } from '../../src/catalogue/triggers.ts'
import type { AttemptView, DeliveryView } from '../../src/api/deliveries/view.ts'
import type { Client } from './connection.ts'
import type { Why } from '../../src/order/skip.ts'

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}

export const WAITS = ['gap', 'turn', 'rate', 'backoff', 'asked', 'held', 'breaker'] as const
export type WaitWhy = (typeof WAITS)[number]

export interface Wait {
  why: WaitWhy
  from: string
  /** Null: it still waits. */
  until: string | null
}

/** MERGE: `waits`, `due_at`, `webhook_name` and `released_at` are always there, and answers with `bodies` alone. */
export type TimelineAttempt = Omit<AttemptView, 'response_body'> & { response_body?: string | null }

export interface TimelineDelivery extends DeliveryView {
  webhook_name?: string | null
  due_at?: string | null
  waits?: Wait[]
  attempts: TimelineAttempt[]
}

export interface TimelineEvent {
  id: string
  trigger: string
  position: number
  sequence: number | null
  late: boolean
  occurred_at: string | null
  received_at: string
  released_at?: string | null
  call_type: string
  outbound_type: string | null
  number: string | null
  sequence_reused: boolean
  skipped: { webhook_id: string; why: Why }[]
  deliveries: TimelineDelivery[]
}

export interface Timeline {
  call_id: string
  events: TimelineEvent[]
}

export type ListedCall = InferResponseType<Client['v1']['calls']['$get'], 200>['data'][number]

export interface DeliveriesQuery {
  status?: AskedStatus
  webhook_id?: string
  trigger?: TriggerSlug
  error?: AttemptError
  status_code?: string
  call_id?: string
  since?: string
  until?: string
  limit?: string
  cursor?: string
}

export interface CallsQuery {
  number?: string
  status?: AskedStatus
  trigger?: TriggerSlug
  since?: string
  until?: string
  limit?: string
  cursor?: string
}
