import * as z from 'zod'
import { rfc3339 } from '../../lib/time.ts'
import {
  ATTEMPT_VIAS,
  DELIVERY_STATUSES,
  type AttemptEntry,
  type LogEntry,
  type LoggedDelivery,
} from '../../webhooks/log.ts'

const time = z.iso.datetime()

export const attemptView = z.object({
  id: z.string(),
  number: z.int(),
  started_at: time,
  duration_ms: z.int(),
  via: z.enum(ATTEMPT_VIAS),
  status_code: z.int().nullable(),
  error: z
    .string()
    .nullable()
    .describe('`timeout`, `dns`, `connection`, `tls`, `redirect`, `blocked_target`, …; null on success.'),
  response_body: z.string().nullable().describe('The first 16 KiB of the answer.'),
})

export const deliveryView = z.object({
  id: z.string(),
  webhook_id: z.string(),
  event_id: z.string(),
  call_id: z.string(),
  trigger: z.string(),
  position: z.int(),
  late: z.boolean(),
  status: z.enum(DELIVERY_STATUSES),
  attempt_count: z.int(),
  next_attempt_at: time.nullable(),
  last_status_code: z.int().nullable(),
  last_error: z.string().nullable(),
  created_at: time,
  completed_at: time.nullable(),
})

export type AttemptView = z.infer<typeof attemptView>
export type DeliveryView = z.infer<typeof deliveryView>

export function viewAttempt(attempt: AttemptEntry): AttemptView {
  const { id, number, started_at, duration_ms, via, status_code, error, response_body } = attempt
  return { id, number, started_at: rfc3339(started_at), duration_ms, via, status_code, error, response_body }
}

export function viewDelivery(webhookId: string, delivery: LoggedDelivery | LogEntry): DeliveryView {
  const {
    id,
    event_id,
    call_id,
    trigger,
    position,
    late,
    status,
    attempt_count,
    last_status_code,
    last_error,
  } = delivery
  return {
    id,
    webhook_id: webhookId,
    event_id,
    call_id,
    trigger,
    position,
    late,
    status,
    attempt_count,
    next_attempt_at: delivery.next_attempt_at === null ? null : rfc3339(delivery.next_attempt_at),
    last_status_code,
    last_error,
    created_at: rfc3339(delivery.created_at),
    completed_at: delivery.completed_at === null ? null : rfc3339(delivery.completed_at),
  }
}
