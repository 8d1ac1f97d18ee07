/** Browser sessions and the portal links that open them, in D1. */
import { and, desc, eq, gt, inArray, isNull, lt, or, sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../contracts/env.ts'
import { rfc3339 } from '../lib/time.ts'
import { entryIf, entryWhere } from './audit.ts'
import { insertIf, type Statement } from './change.ts'
import { keys, portal_links, sessions } from './tables.ts'

export type SessionRow = typeof sessions.$inferSelect
export type LinkRow = typeof portal_links.$inferSelect

/** The longest that a session lasts (ms), whoever's it is. */
export const SESSION_MS = 12 * 60 * 60 * 1000
/** An admin's session ends so long (ms) after its last use. */
export const ADMIN_IDLE_MS = 60 * 60 * 1000
/** How long a link may wait (ms) to be opened. */
export const LINK_MS = 5 * 60 * 1000

/** What the audit log tells of a session: nothing of its token. */
function factsOf({ scope, key_id, link_id, user, embed_origin, ends_at }: SessionRow) {
  return { scope, key_id, link_id, user, embed_origin, ends_at: rfc3339(ends_at) }
}

/** The session with this hash of its token, also if its time is over. It is looked up by the hash: see `currentKey`. */
export async function readSession(env: Env, hash: string): Promise<SessionRow | null> {
  const [row] = await drizzle(env.DB).select().from(sessions).where(eq(sessions.hash, hash))
  return row ?? null
}

/** The link with this hash of its token, and when its key expires (ms). */
export async function readLink(
  env: Env,
  hash: string,
): Promise<{ link: LinkRow; keyExpiresAt: number | null } | null> {
  const [row] = await drizzle(env.DB)
    .select({ link: portal_links, keyExpiresAt: keys.expires_at })
    .from(portal_links)
    .leftJoin(keys, eq(keys.id, portal_links.key_id))
    .where(eq(portal_links.hash, hash))
  return row ?? null
}

/**
 * Opens a session, if the link or the key that it is of is still there, and ends the former one of the same browser. A
 * link goes in the same transaction: of two that open it at once one finds it.
 * @param actor who opens it, for the audit log
 * @param formerHash of the token that the browser had
 * @returns whether it was opened
 */
export async function openSession(
  env: Env,
  actor: string,
  row: SessionRow,
  formerHash: string | null,
): Promise<boolean> {
  const db = drizzle(env.DB)
  const isOpened = sql`EXISTS (SELECT 1 FROM ${sessions} WHERE ${eq(sessions.id, row.id)})`
  const former = and(eq(sessions.hash, formerHash ?? ''), isOpened)
  const [opened] = await db.batch([
    insertIf(db, sessions, row, mayOpen(row)).returning({ id: sessions.id }),
    entryIf(db, isOpened, {
      actor,
      action: 'session.created',
      account_id: row.account_id,
      object_id: row.id,
      before: null,
      after: factsOf(row),
    }),
    db.delete(portal_links).where(and(eq(portal_links.id, row.link_id ?? ''), isOpened)),
    entryWhere(db, sessions, former, {
      actor,
      action: 'session.ended',
      account_id: sql`${sessions.account_id}`,
      object_id: sql`${sessions.id}`,
      before: null,
      after: null,
    }),
    db.delete(sessions).where(former),
  ])
  return opened.length > 0
}

/** A link goes with its key, so that it says enough. */
function mayOpen({ link_id, key_id }: SessionRow): SQL {
  if (link_id !== null)
    return sql`EXISTS (SELECT 1 FROM ${portal_links} WHERE ${eq(portal_links.id, link_id)})`
  if (key_id !== null) return sql`EXISTS (SELECT 1 FROM ${keys} WHERE ${eq(keys.id, key_id)})`
  return sql`TRUE`
}

/** Puts off the end of a session that is used. */
export async function extendSession(env: Env, id: string, expiresAtMs: number): Promise<void> {
  await drizzle(env.DB)
    .update(sessions)
    .set({ expires_at: expiresAtMs })
    .where(and(eq(sessions.id, id), lt(sessions.expires_at, expiresAtMs)))
}

/** Ends a session. @param accountId whose it has to be. @returns whether there was one */
export async function endSession(
  env: Env,
  actor: string,
  id: string,
  accountId: string | null,
): Promise<boolean> {
  const db = drizzle(env.DB)
  const owner = accountId === null ? isNull(sessions.account_id) : eq(sessions.account_id, accountId)
  const condition = and(eq(sessions.id, id), owner)
  const ended = { actor, account_id: accountId, object_id: id, before: null, after: null }
  const [, gone] = await db.batch([
    entryWhere(db, sessions, condition, { ...ended, action: 'session.ended' }),
    db.delete(sessions).where(condition).returning({ id: sessions.id }),
  ])
  return gone.length > 0
}

/** Ends every session of an account, and each link that nobody has opened. */
export async function endSessions(env: Env, actor: string, accountId: string): Promise<void> {
  const db = drizzle(env.DB)
  const its = eq(sessions.account_id, accountId)
  const counted = sql`(SELECT json_object('sessions', count(*)) FROM ${sessions} WHERE ${its})`
  const isAny = sql`EXISTS (SELECT 1 FROM ${sessions} WHERE ${its})`
  const ended = { actor, account_id: accountId, object_id: accountId, before: counted, after: null }
  await db.batch([
    entryIf(db, isAny, { ...ended, action: 'sessions.ended' }),
    db.delete(portal_links).where(eq(portal_links.account_id, accountId)),
    db.delete(sessions).where(its),
  ])
}

/**
 * The sessions of an account that are not over, newest first.
 * @param adminMarks those of the ADMIN_KEY that is set
 * @param beforeId where the list goes on
 */
export async function sessionsOf(
  env: Env,
  accountId: string,
  adminMarks: readonly string[],
  nowMs: number,
  page: { beforeId: string | null; limit: number },
): Promise<SessionRow[]> {
  return drizzle(env.DB)
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.account_id, accountId),
        gt(sessions.expires_at, nowMs),
        or(isNull(sessions.admin_mark), inArray(sessions.admin_mark, [...adminMarks])),
        page.beforeId === null ? undefined : lt(sessions.id, page.beforeId),
      ),
    )
    .orderBy(desc(sessions.id))
    .limit(page.limit)
}

/** Writes a link if a condition holds; in a batch with its entry in the audit log. */
export function linkCreation(env: Env, actor: string, row: LinkRow, condition: SQL): [Statement, Statement] {
  const db = drizzle(env.DB)
  const { id, account_id, scope, user, path, embed_origin, session_seconds } = row
  const after = { scope, user, path, embed_origin, session_seconds }
  return [
    insertIf(db, portal_links, row, condition),
    entryIf(db, condition, {
      actor,
      action: 'portal_link.created',
      account_id,
      object_id: id,
      before: null,
      after,
    }),
  ]
}
