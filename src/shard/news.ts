import type { DeliveryData, OperationalTrigger, WebhookData } from '../catalogue/operational.ts'
import { OF_NO_CALL } from '../catalogue/operational.ts'
import type { WebhookRow } from '../contracts/configuration.ts'
import type { AttemptEntry } from '../contracts/deliveries.ts'
import type { IncomingEvent } from '../contracts/events.ts'
import type { Health } from '../order/health.ts'
import type { Standpoint } from '../order/call.ts'
import { deliveryId } from '../lib/id.ts'
import { rfc3339 } from '../lib/time.ts'

/** An operational event: something that the relay has to tell an account about one of its webhooks. */
export interface News extends IncomingEvent {
  readonly trigger: OperationalTrigger
  /** The webhook that it is about. */
  readonly webhookId: string
}

const OPERATIONAL = 'operational\t'

/**
 * The call that operational events come in: one for what happens to a webhook, and one for its deliveries of each
 * call, so that no call grows with all that a webhook fails to deliver. The tabs keep it apart from every call of
 * the core: no control character is taken in a call id that comes from outside.
 */
function operationalCallId(webhookId: string, callId: string | null): string {
  return `${OPERATIONAL}${webhookId}${callId === null ? '' : `\t${callId}`}`
}

export function isOperationalCall(callId: string): boolean {
  return callId.startsWith(OPERATIONAL)
}

/** Something that has happened to a webhook; `reason` is of a disable, `last` the attempt that led to it. */
export function webhookNews(
  trigger: Exclude<OperationalTrigger, 'delivery.failed'>,
  webhook: WebhookRow,
  health: Pick<Health, 'state' | 'sinceMs'>,
  reason: string | null,
  last: AttemptEntry | null,
  held: number,
  nowMs: number,
): News {
  const data: WebhookData = {
    account_id: webhook.account_id,
    webhook_id: webhook.id,
    name: webhook.name,
    status: trigger === 'webhook.disabled' ? 'disabled' : webhook.status,
    health: health.state,
    reason,
    since: health.sinceMs === null ? null : rfc3339(health.sinceMs),
    last_status_code: last?.status_code ?? null,
    last_error: last?.error ?? null,
    held,
  }
  return newsOf(`${trigger}:${nowMs}`, trigger, webhook.id, null, data, nowMs)
}

/** A delivery that has failed for good. */
export function deliveryFailed(
  webhook: WebhookRow,
  row: Standpoint,
  last: AttemptEntry | null,
  nowMs: number,
): News {
  const { event } = row
  const id = deliveryId(event.ulid, webhook.id)
  const data: DeliveryData = {
    account_id: webhook.account_id,
    webhook_id: webhook.id,
    delivery_id: id,
    event_id: event.id,
    call_id: event.call_id,
    trigger: event.trigger,
    position: event.position,
    attempt_count: row.attempts,
    last_status_code: last?.status_code ?? null,
    last_error: last?.error ?? null,
  }
  // A delivery that is made again by hand may fail again.
  const name = `delivery.failed:${id}:${row.attempts}`
  return newsOf(name, 'delivery.failed', webhook.id, event.call_id, data, nowMs)
}

function newsOf(
  id: string,
  trigger: OperationalTrigger,
  webhookId: string,
  callId: string | null,
  data: WebhookData | DeliveryData,
  nowMs: number,
): News {
  return {
    id,
    trigger,
    webhookId,
    call_id: operationalCallId(webhookId, callId),
    ...OF_NO_CALL,
    occurred_at: rfc3339(nowMs),
    variables: JSON.stringify(data),
  }
}
