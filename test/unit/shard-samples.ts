import type { WebhookRow } from '../../src/contracts/configuration.ts'
import type { IncomingEvent } from '../../src/contracts/events.ts'
import { newId } from '../../src/lib/id.ts'
import { webhookWith } from '../support/sample-webhook.ts'

export function hook(number: number, more: Partial<WebhookRow> = {}): WebhookRow {
  return {
    ...webhookWith({ triggers: ['call_answered_by_agent'] }),
    id: newId('wh', 1_000_000 + number, () => 0),
    account_id: 'acc_1',
    kind: 'call',
    version: 1,
    status: 'active',
    status_reason: null,
    status_changed_at: 0,
    discards: 0,
    secrets: '',
    created_at: 0,
    updated_at: 0,
    ...more,
  }
}

export function eventOf(
  call: number,
  id: string,
  more: Partial<IncomingEvent> = {},
): IncomingEvent & { id: string } {
  return {
    call_id: `call-${call}`,
    trigger: 'call_answered_by_agent',
    call_type: 'inbound',
    outbound_type: null,
    number: null,
    sequence: null,
    occurred_at: null,
    variables: JSON.stringify({ id }),
    ...more,
    id,
  }
}
