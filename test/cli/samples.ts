import type { DeliveryView } from '../../src/api/deliveries/view.ts'
import type { TimelineAttempt, TimelineDelivery, TimelineEvent } from '../../scripts/cli/contract.ts'

export const START = Date.UTC(2026, 6, 11, 15, 42, 56)

/** A time so many ms after the start. */
export function at(ms: number): string {
  return new Date(START + ms).toISOString()
}

export function webhookIdOf(name: string): string {
  return `wh_${name.toUpperCase().padStart(26, '0')}`
}

/** A delivery of an event that came `eventMs` after the start, which ended at once unless it says otherwise. */
export function delivery(number: number, eventMs: number, more: Partial<DeliveryView> = {}): DeliveryView {
  const webhook_id = more.webhook_id ?? webhookIdOf('crm')
  return {
    // As `deliveryId` makes it: the time, then the number.
    id: `dlv_${timeInId(START + eventMs)}${String(number).padStart(16, '0')}${webhook_id.slice(3)}`,
    webhook_id,
    event_id: `evt-${number}`,
    call_id: '1783784576.231947',
    trigger: 'call_answered_by_agent',
    position: number,
    late: false,
    status: 'succeeded',
    attempt_count: 1,
    next_attempt_at: null,
    last_status_code: 200,
    last_error: null,
    created_at: at(eventMs),
    completed_at: at(eventMs + 20),
    test: false,
    ...more,
  }
}

const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function timeInId(ms: number): string {
  let text = ''
  for (let left = ms, digit = 0; digit < 10; digit += 1, left = Math.floor(left / 32)) {
    text = (BASE32[left % 32] ?? '') + text
  }
  return text
}

export function attempt(
  number: number,
  startMs: number,
  more: Partial<TimelineAttempt> = {},
): TimelineAttempt {
  return {
    id: `atm_${number}`,
    number,
    started_at: at(startMs),
    duration_ms: 12,
    via: 'inline',
    status_code: 200,
    error: null,
    cleaned_headers: [],
    ...more,
  }
}

export function timelineDelivery(
  event: number,
  eventMs: number,
  more: Partial<TimelineDelivery> = {},
): TimelineDelivery {
  return {
    ...delivery(event, eventMs, more),
    webhook_name: null,
    due_at: at(eventMs),
    waits: [],
    attempts: [attempt(1, eventMs + 5)],
    ...more,
  }
}

export function timelineEvent(
  position: number,
  eventMs: number,
  more: Partial<TimelineEvent> = {},
): TimelineEvent {
  return {
    id: `evt-${position}`,
    trigger: 'call_answered_by_agent',
    position,
    sequence: position,
    late: false,
    occurred_at: null,
    received_at: at(eventMs),
    released_at: at(eventMs),
    variables: {},
    call_type: 'inbound',
    outbound_type: null,
    number: '+919000007179',
    sequence_reused: false,
    skipped: [],
    deliveries: [],
    ...more,
  }
}
