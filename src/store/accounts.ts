import { eq } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import type { AccountState, WebhookRow } from '../contracts/configuration.ts'
import type { Env } from '../contracts/env.ts'
import { accounts, webhooks } from './tables.ts'

/** What a change has to know of an account before anything else: read first, it vouches for what is read later. */
export interface AccountHead {
  /** The version that the change is to follow on. */
  version: number
  shards: number
}

/** Null if there is no such account. Throws what D1 throws. */
export async function readHead(env: Env, accountId: string): Promise<AccountHead | null> {
  const rows = await drizzle(env.DB)
    .select({ version: accounts.config_version, shards: accounts.shards })
    .from(accounts)
    .where(eq(accounts.id, accountId))
  return rows[0] ?? null
}

/** The account's configuration as it is now; null if there is no such account. Throws what D1 throws. */
export async function readAccount(env: Env, accountId: string): Promise<AccountState | null> {
  const db = drizzle(env.DB)
  const [account, rows] = await db.batch(stateQueries(db, accountId))
  return stateOf(accountId, account, rows)
}

/** What reads an account's configuration; in one batch, so that both are of one moment. */
export function stateQueries(db: DrizzleD1Database, accountId: string) {
  return [
    db
      .select({
        version: accounts.config_version,
        shards: accounts.shards,
        webhooks_enabled: accounts.webhooks_enabled,
        country: accounts.country,
      })
      .from(accounts)
      .where(eq(accounts.id, accountId)),
    db.select().from(webhooks).where(eq(webhooks.account_id, accountId)),
  ] as const
}

/** What the answers to `stateQueries` say; null if there is no such account. */
export function stateOf(
  accountId: string,
  [account]: readonly Pick<AccountState, 'version' | 'shards' | 'webhooks_enabled' | 'country'>[],
  rows: WebhookRow[],
): AccountState | null {
  return account === undefined ? null : { account_id: accountId, ...account, exists: true, webhooks: rows }
}
