/**
 * What D1 keeps for a while goes: old entries of the audit log, requests with an `Idempotency-Key`, sessions that are
 * over, and links that nobody has opened.
 */
import { asc, inArray, lt, lte, sql } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import type { Env } from '../contracts/env.ts'
import { earliestId } from '../lib/id.ts'
import { settingsOf } from '../lib/settings.ts'
import { KEY_KEPT_MS } from './idempotency.ts'
import { LINK_MS, SESSION_MS } from './sessions.ts'
import { audit, idempotent_requests, portal_links, sessions } from './tables.ts'

/** Rows of a table that one run takes away at most. */
export const PRUNED_AT_ONCE = 500

/** The id that the oldest entry of the audit log that is kept may have. */
export function oldestEntry(env: Env, nowMs: number): string {
  return earliestId('aud', nowMs - settingsOf(env).auditMs)
}

/**
 * Takes away a portion. No table needs an index for it, and if nothing is old little is read: entries, sessions and links
 * sort by their ids, which begin with the time, and requests are in the order in which they came. A session goes once
 * the longest would be over, not before.
 * @returns whether there may be more
 */
export async function prune(env: Env, nowMs: number): Promise<boolean> {
  const db = drizzle(env.DB)
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
    db.delete(audit).where(inArray(audit.id, oldest(db, audit, oldestEntry(env, nowMs)))),
    db.delete(idempotent_requests).where(inArray(rowid, oldRequests)),
    db
      .delete(sessions)
      .where(inArray(sessions.id, oldest(db, sessions, earliestId('ses', nowMs - SESSION_MS)))),
    db
      .delete(portal_links)
      .where(inArray(portal_links.id, oldest(db, portal_links, earliestId('lnk', nowMs - LINK_MS)))),
  ])
  return gone.some(({ meta }) => meta.changes >= PRUNED_AT_ONCE)
}

/** The first ids of a table that sorts by time, up to a bound. */
function oldest(
  db: DrizzleD1Database,
  table: typeof audit | typeof sessions | typeof portal_links,
  bound: string,
) {
  return db
    .select({ id: table.id })
    .from(table)
    .where(lt(table.id, bound))
    .orderBy(asc(table.id))
    .limit(PRUNED_AT_ONCE)
}
