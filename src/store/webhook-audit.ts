import { and, eq, ne, sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { webhooks } from './tables.ts'
import { MASK, type WebhookStatus } from '../contracts/webhook.ts'
import { entryWhere, type AuditAction } from './audit.ts'

const ACTIONS = {
  active: 'webhook.enabled',
  paused: 'webhook.paused',
  disabled: 'webhook.disabled',
} as const satisfies Record<WebhookStatus, AuditAction>

/** Enters a change of a webhook's status; nothing where it has that status. In the change's batch, before it. */
export function statusEntry(
  db: DrizzleD1Database,
  webhookId: string,
  status: WebhookStatus,
  reason: string | null,
  actor: string,
) {
  const isChanged = and(eq(webhooks.id, webhookId), ne(webhooks.status, status))
  return entryWhere(db, webhooks, isChanged, {
    actor,
    action: ACTIONS[status],
    account_id: sql`${webhooks.account_id}`,
    object_id: webhookId,
    before: sql`json_object('status', ${webhooks.status}, 'status_reason', ${webhooks.status_reason})`,
    after: { status, status_reason: reason },
  })
}

/** Enters a webhook's deletion; nothing where it is not there. In the deletion's batch, before it. */
export function removalEntry(db: DrizzleD1Database, webhookId: string, actor: string) {
  return entryWhere(db, webhooks, eq(webhooks.id, webhookId), {
    actor,
    action: 'webhook.deleted',
    account_id: sql`${webhooks.account_id}`,
    object_id: webhookId,
    // Its configuration is in the version that it is at, whole but for the header values.
    before: sql`(SELECT json_set(config, '$.headers', (
        SELECT json_group_array(json_object('key', value ->> 'key', 'value', ${MASK}))
        FROM json_each(config, '$.headers')
      ))
      FROM webhook_versions WHERE webhook_id = webhooks.id AND version = webhooks.version)`,
    after: null,
  })
}
