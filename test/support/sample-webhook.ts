import type { WebhookConfig } from '../../src/contracts/webhook.ts'
import type { CallEvent, DeliveryContext } from '../../src/delivery/event.ts'

/** A webhook as it is with nothing but the required fields set. */
export function webhookWith(more: Partial<WebhookConfig> = {}): WebhookConfig {
  return {
    name: 'CRM',
    description: '',
    triggers: ['call_hangup_missed_or_answered'],
    url: 'https://crm.example.com/hooks',
    method: 'POST',
    content_type: 'application/json',
    call_type: 'all',
    outbound_types: [],
    numbers: [],
    date_time_format: 'default',
    time_zone: 'IST',
    headers: [],
    parameters: [],
    body: 'all',
    value_types: 'typed',
    nested_form: 'json',
    ordering: 'per_call',
    rate_limit: null,
    max_age_seconds: null,
    ...more,
  }
}

export function eventWith(more: Partial<CallEvent> = {}): CallEvent {
  return {
    id: 'core-7731',
    trigger: 'call_hangup_missed_or_answered',
    call_id: '1628364922.6274679',
    call_type: 'inbound',
    outbound_type: null,
    number: null,
    sequence: null,
    occurred_at: '2021-08-09T12:28:44Z',
    variables: {},
    ...more,
  }
}

export function contextWith(event: CallEvent, more: Partial<DeliveryContext> = {}): DeliveryContext {
  return { event, account_id: 'acc_1', webhook_id: 'wh_1', position: 3, late: false, attempt: 2, ...more }
}
