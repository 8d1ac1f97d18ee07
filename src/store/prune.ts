/** What D1 keeps for a while goes: old entries of the audit log, and requests with an `Idempotency-Key`. */
import { asc, inArray, lt, lte, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../contracts/env.ts'
import { earliestId } from '../lib/id.ts'
import { settingsOf } from '../lib/settings.ts'
import { KEY_KEPT_MS } from './idempotency.ts'
import { audit, idempotent_requests } from './tables.ts'

/** Rows of a table that one run takes away at most. */
export const PRUNED_AT_ONCE = 500

/** The id that the oldest entry of the audit log that is kept may have. */
export function oldestEntry(env: Env, nowMs: number): string {
  return earliestId('aud', nowMs - settingsOf(env).auditMs)
}

/**
 * Takes away a portion. Neither table needs an index for it, and if nothing is old little is read: entries sort by their
 * ids, which begin with the time, and requests are in the order in which they came.
 * @returns whether there may be more
 */
export async function prune(env: Env, nowMs: number): Promise<boolean> {
  const db = drizzle(env.DB)
  const oldEntries = db
    .select({ id: audit.id })
    .from(audit)
    .where(lt(audit.id, oldestEntry(env, nowMs)))
    .orderBy(asc(audit.id))
    .limit(PRUNED_AT_ONCE)
  const rowid = sql<number>`rowid`
  const { created_at } = idempotent_requests
  const firstRequests = db
    .select({ rowid: rowid.as('first'), created_at })
    .from(idempotent_requests)
    .orderBy(asc(rowid))
    .limit(PRUNED_AT_ONCE)
    .as('firsts')
  const oldRequests = db
    .select({ rowid: firstRequests.rowid })
    .from(firstRequests)
    .where(lte(firstRequests.created_at, nowMs - KEY_KEPT_MS))
  const gone = await db.batch([
    db.delete(audit).where(inArray(audit.id, oldEntries)),
    db.delete(idempotent_requests).where(inArray(rowid, oldRequests)),
  ])
  return gone.some(({ meta }) => meta.changes >= PRUNED_AT_ONCE)
}
