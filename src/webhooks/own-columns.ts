/** What a Webhook object reads and writes of its webhook's row in D1: it is the only writer of these columns. */
import { and, eq, lt, ne, sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { removalEntry, statusEntry } from '../store/webhook-audit.ts'
import { webhooks } from '../store/tables.ts'
import { deleteVersions } from '../store/webhooks.ts'
import type { WebhookHealth, WebhookStatus } from '../contracts/webhook.ts'

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
