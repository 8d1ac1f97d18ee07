/** What is written for the changes of an account itself. */
import { and, eq, sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../contracts/env.ts'
import { entryIf } from './audit.ts'
import { gone, handOver, insertIf, type Reach, type Statement, type Write } from './change.ts'
import { removalOfAll } from './changes.ts'
import { accounts, audit, webhook_versions, webhooks } from './tables.ts'

export type AccountRow = typeof accounts.$inferSelect

/** What the audit log tells of an account. */
function factsOf({ name, webhooks_enabled, shards, country }: AccountRow) {
  return { name, webhooks_enabled, shards, country }
}

/**
 * Creates an account if a condition holds, and hands it to its shards. That they do not have it is no failure: a shard
 * that was never told of its account asks D1.
 * @param more to be written with it
 * @returns what each statement gave, those of `more` last
 */
export async function createAccount(
  env: Env,
  actor: string,
  row: AccountRow,
  reach: Reach,
  condition: SQL,
  more: readonly Statement[],
): Promise<readonly unknown[]> {
  const db = drizzle(env.DB)
  const { id, config_version: version, webhooks_enabled, country, shards } = row
  const after = factsOf(row)
  const change = { actor, account_id: id, object_id: id, before: null, after }
  const results = await db.batch([
    insertIf(db, accounts, row, condition).returning({ id: accounts.id }),
    entryIf(db, condition, { ...change, action: 'account.created' }),
    ...more,
  ])
  if (results[0].length === 0) return results
  const state = { account_id: id, version, exists: true, shards, webhooks_enabled, country, webhooks: [] }
  await handOver(state, shards, reach)
  return results
}

/** Changes an account; nothing if `next` is as it is. */
export function accountChange(
  { db, asRead }: Write,
  actor: string,
  row: AccountRow,
  next: AccountRow,
): Statement[] {
  const [before, after] = [factsOf(row), factsOf(next)]
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const { id, name, webhooks_enabled, country, updated_at } = next
  return [
    entryIf(db, asRead, { actor, action: 'account.updated', account_id: id, object_id: id, before, after }),
    db
      .update(accounts)
      .set({ name, webhooks_enabled, country, updated_at })
      .where(and(eq(accounts.id, id), asRead)),
  ]
}

/** Deletes all that an account has, with entries in the audit log; the account itself goes with the change. */
export async function accountRemoval(write: Write, actor: string, row: AccountRow): Promise<Statement[]> {
  const { db, asRead } = write
  const { id } = row
  const its = await db.select().from(webhooks).where(eq(webhooks.account_id, id))
  return [
    ...removalOfAll(write, actor, its),
    db.delete(webhook_versions).where(and(eq(webhook_versions.account_id, id), asRead)),
    entryIf(db, asRead, {
      actor,
      action: 'account.deleted',
      account_id: id,
      object_id: id,
      before: factsOf(row),
      after: null,
    }),
  ]
}

/**
 * Tells the shards of an account that was deleted that it is gone: its deletion may not have reached all of them.
 * @returns whether there ever was one, and `unavailable` if a shard did not answer
 */
export async function confirmRemoval(
  env: Env,
  accountId: string,
  reach: Reach,
): Promise<boolean | 'unavailable'> {
  const [entered] = await drizzle(env.DB)
    .select({ shards: sql<number>`${audit.before} ->> 'shards'` })
    .from(audit)
    .where(
      and(
        eq(audit.account_id, accountId),
        eq(audit.action, 'account.deleted'),
        eq(audit.object_id, accountId),
      ),
    )
    .limit(1)
  if (entered === undefined) return false
  return (await handOver(gone(accountId), entered.shards, reach)) ? true : 'unavailable'
}
