/** What a Webhook object reads and writes of its webhook's row in D1: it is the only writer of these columns. */
import { and, eq, lt, ne, sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { entryWhere, type AuditAction } from '../store/audit.ts'
import { webhooks } from '../store/tables.ts'
import { deleteVersions } from '../store/versions.ts'
import { MASK, type WebhookHealth, type WebhookStatus } from '../contracts/webhook.ts'

/** A change of status, by whom (for the audit log), and why where the relay makes it by itself. */
export interface StatusChange {
  status: WebhookStatus
  actor: string
  reason: string | null
  at_ms: number
}

/** @returns whose the webhook is, and whether anything changed; null where there is none */
export async function writeStatus(
  db: DrizzleD1Database,
  webhookId: string,
  { status, actor, reason, at_ms }: StatusChange,
): Promise<{ account_id: string; isChanged: boolean } | null> {
  const set = {
    status,
    status_reason: reason,
    status_changed_at: at_ms,
    ...(status === 'disabled' ? { discards: sql`${webhooks.discards} + 1` } : {}),
  }
  const [, changed, rows] = await db.batch([
    statusEntry(db, webhookId, status, reason, actor),
    db
      .update(webhooks)
      .set(set)
      .where(and(eq(webhooks.id, webhookId), ne(webhooks.status, status)))
      .returning({ id: webhooks.id }),
    db.select({ account_id: webhooks.account_id }).from(webhooks).where(eq(webhooks.id, webhookId)),
  ])
  const row = rows[0]
  return row === undefined ? null : { ...row, isChanged: changed.length > 0 }
}

/** @param withVersions the webhook's configurations go as well: no log needs them */
export async function deleteRow(
  db: DrizzleD1Database,
  webhookId: string,
  actor: string,
  withVersions: boolean,
): Promise<void> {
  await db.batch([
    removalEntry(db, webhookId, actor),
    db.delete(webhooks).where(eq(webhooks.id, webhookId)),
    ...(withVersions ? [deleteVersions(db, webhookId)] : []),
  ])
}

export async function readStatus(
  db: DrizzleD1Database,
  webhookId: string,
): Promise<WebhookStatus | 'deleted'> {
  const rows = await db.select({ status: webhooks.status }).from(webhooks).where(eq(webhooks.id, webhookId))
  return rows[0]?.status ?? 'deleted'
}

/** Health is the shards' own and no longer in D1: goes away with the objects that call this. */
export async function writeHealth(
  _db: DrizzleD1Database,
  _webhookId: string,
  _health: WebhookHealth,
): Promise<void> {}

/** Whether the webhook is there, and has had its status since before a moment (ms). */
export async function isUnchangedSince(
  db: DrizzleD1Database,
  webhookId: string,
  sinceMs: number,
): Promise<boolean> {
  const rows = await db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.id, webhookId), lt(webhooks.status_changed_at, sinceMs)))
  return rows.length > 0
}

const ACTIONS = {
  active: 'webhook.enabled',
  paused: 'webhook.paused',
  disabled: 'webhook.disabled',
} as const satisfies Record<WebhookStatus, AuditAction>

/** Enters a change of a webhook's status; nothing where it has that status. In the change's batch, before it. */
function statusEntry(
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
function removalEntry(db: DrizzleD1Database, webhookId: string, actor: string) {
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
