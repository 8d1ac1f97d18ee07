/** The configurations that webhooks have had (`webhook_versions`), as long as the log may have attempts made by them. */
import { and, eq, lt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../contracts/env.ts'
import { webhook_versions } from './tables.ts'

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
