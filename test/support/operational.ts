import type { DeliveryData, WebhookData } from '../../src/catalogue/operational.ts'
import type { OperationalEvent } from '../../src/webhooks/operational.ts'
import { api } from './relay.ts'

export interface OperationalWebhook {
  id: string
  account_id: string
  url: string
  events: string[]
  headers: { key: string; value: string }[]
  status: string
  [field: string]: unknown
}

const path = (account: string) => `/v1/operational-webhook?account_id=${account}`

export async function putOperational(account: string, body: object) {
  return api<OperationalWebhook>('PUT', path(account), body)
}

export async function getOperational(account: string) {
  return api<OperationalWebhook>('GET', path(account))
}

export async function deleteOperational(account: string) {
  return api('DELETE', path(account))
}

const AT_MS = Date.parse('2026-11-20T10:00:00.500Z')

/** What the relay says of a webhook whose health or status has changed. */
export function webhookEvent(
  account_id: string,
  webhook_id: string,
  id: string,
  type: 'webhook.failing' | 'webhook.recovered' | 'webhook.disabled' = 'webhook.failing',
  more: Partial<WebhookData> = {},
): OperationalEvent {
  const data: WebhookData = {
    account_id,
    webhook_id,
    name: 'CRM sync',
    status: 'active',
    health: 'failing',
    reason: null,
    since: '2026-11-20T09:59:00.000Z',
    last_status_code: 503,
    last_error: 'status',
    held: null,
    ...more,
  }
  return { id, type, at_ms: AT_MS, data }
}

/** What it says of a delivery that has failed for good. */
export function deliveryEvent(
  account_id: string,
  webhook_id: string,
  call_id: string,
  id: string,
): OperationalEvent {
  const data: DeliveryData = {
    account_id,
    webhook_id,
    delivery_id: `dlv_${id}`,
    event_id: 'core-1',
    call_id,
    trigger: 'call_answered_by_agent',
    position: 1,
    attempt_count: 4,
    last_status_code: null,
    last_error: 'timeout',
  }
  return { id, type: 'delivery.failed', at_ms: AT_MS, data }
}
