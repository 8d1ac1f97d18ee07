import * as z from 'zod'
import {
  ATTEMPT_VIAS,
  DELIVERY_STATUSES,
  type AttemptEntry,
  type LoggedDelivery,
} from '../../contracts/deliveries.ts'
import { attemptId } from '../../lib/id.ts'
import { rfc3339 } from '../../lib/time.ts'

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
    .describe(
      '`timeout`, `connection`, `redirect`, `status`, `blocked_target`, `invalid_request`, …; `lost`: what became of it is not known. Null on success.',
    ),
  response_body: z
    .string()
    .nullable()
    .describe('The first 16 KiB of the answer. If nothing was sent, why not.'),
  cleaned_headers: z
    .array(z.string())
    .describe('Headers whose values lost control characters that variables had brought.'),
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
  test: z.boolean().describe('Whether it was a test, sent by hand to this webhook alone.'),
})

// Names in the documents.
z.globalRegistry.add(attemptView, { id: 'Attempt' })
z.globalRegistry.add(deliveryView, { id: 'Delivery' })

export type AttemptView = z.infer<typeof attemptView>
export type DeliveryView = z.infer<typeof deliveryView>

export function viewAttempt(deliveryId: string, attempt: AttemptEntry): AttemptView {
  const {
    number,
    started_at,
    duration_ms,
    via,
    status_code,
    error,
    response_body,
    cleaned_headers = [],
  } = attempt
  return {
    id: attemptId(deliveryId, number, started_at),
    number,
    started_at: rfc3339(started_at),
    duration_ms,
    via,
    status_code,
    error,
    response_body,
    cleaned_headers: [...cleaned_headers],
  }
}

export function viewDelivery(delivery: LoggedDelivery): DeliveryView {
  const { attempts: _attempts, waits: _waits, first_completed_at: _first, ...shown } = delivery
  const { next_attempt_at, created_at, completed_at, ...facts } = shown
  return {
    ...facts,
    next_attempt_at: next_attempt_at === null ? null : rfc3339(next_attempt_at),
    created_at: rfc3339(created_at),
    completed_at: completed_at === null ? null : rfc3339(completed_at),
  }
}
