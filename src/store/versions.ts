/** The configurations that webhooks have had (`webhook_versions`), as long as the log may have attempts made by them. */
import { and, eq, lt } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import type { Env } from '../contracts/env.ts'
import { webhook_versions } from './tables.ts'

/** Deletes all configurations of a webhook that has been deleted. */
export function deleteVersions(db: DrizzleD1Database, webhookId: string) {
  return db.delete(webhook_versions).where(eq(webhook_versions.webhook_id, webhookId))
}

/** Forgets the configurations of a webhook that were out of use before `beforeMs`. */
export async function forgetVersions(env: Env, webhookId: string, beforeMs: number): Promise<void> {
  const { webhook_id, replaced_at } = webhook_versions
  await drizzle(env.DB)
    .delete(webhook_versions)
    .where(and(eq(webhook_id, webhookId), lt(replaced_at, beforeMs)))
}

/**
 * Forgets the configurations that were out of use before `beforeMs`, of all webhooks that the account has or had:
 * what replaced them was there by then, or the webhook was deleted.
 */
export async function forgetOldVersions(env: Env, accountId: string, beforeMs: number): Promise<void> {
  const { account_id, replaced_at } = webhook_versions
  await drizzle(env.DB)
    .delete(webhook_versions)
    .where(and(eq(account_id, accountId), lt(replaced_at, beforeMs)))
}
