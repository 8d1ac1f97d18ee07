import { runInDurableObject } from 'cloudflare:test'
import { OF_NO_CALL, type DeliveryData, type WebhookData } from '../../src/catalogue/operational.ts'
import type { IncomingEvent } from '../../src/contracts/events.ts'
import { shardOfAccount } from './outage.ts'
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

/** The call that the shard has what happens to a webhook in, and, of deliveries, what happens to those of a call. */
function callOf(webhook: string, callId: string | null): string {
  return `operational\t${webhook}${callId === null ? '' : `\t${callId}`}`
}

const AT = '2026-11-20T10:00:00.500Z'

/** What the relay says of a webhook whose health or status has changed. */
export function webhookEvent(
  account_id: string,
  webhook_id: string,
  id: string,
  trigger: 'webhook.failing' | 'webhook.recovered' | 'webhook.disabled' = 'webhook.failing',
  more: Partial<WebhookData> = {},
): IncomingEvent {
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
  const variables = JSON.stringify(data)
  return { id, trigger, call_id: callOf(webhook_id, null), ...OF_NO_CALL, occurred_at: AT, variables }
}

/** What it says of a delivery that has failed for good. */
export function deliveryEvent(
  account_id: string,
  webhook_id: string,
  call_id: string,
  id: string,
): IncomingEvent {
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
  const trigger = 'delivery.failed'
  const variables = JSON.stringify(data)
  return { id, trigger, call_id: callOf(webhook_id, call_id), ...OF_NO_CALL, occurred_at: AT, variables }
}

/** Has the account's shard take operational events as if it had come to tell them itself. */
export async function tell(account: string, events: IncomingEvent[]): Promise<void> {
  const answer = await shardOfAccount(account).accept(account, 0, events, false)
  if (answer.kind !== 'taken' || answer.accepted.some(({ kind }) => kind !== 'accepted')) {
    throw new Error(`not taken: ${JSON.stringify(answer)}`)
  }
}

/** How many operational events the account's shard has stored. */
export async function countTold(account: string): Promise<number> {
  return runInDurableObject(shardOfAccount(account), (_object, { storage: { sql } }) => {
    const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name GLOB 'event_[0-9]*'")
    return tables.toArray().reduce((count, { name }) => {
      const query = `SELECT count(*) AS n FROM ${name} WHERE facts ->> 'call_id' GLOB 'operational*'`
      return count + sql.exec<{ n: number }>(query).one().n
    }, 0)
  })
}
