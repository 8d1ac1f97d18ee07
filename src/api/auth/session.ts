import { waitUntil } from 'cloudflare:workers'
import type { Context } from 'hono'
import QuickLRU from 'quick-lru'
import type { Env } from '../../contracts/env.ts'
import { report } from '../../lib/failure.ts'
import { settingsOf } from '../../lib/settings.ts'
import { ADMIN_IDLE_MS, extendSession, readSession, type SessionRow } from '../../store/sessions.ts'
import { ownOrigin } from '../http/origin.ts'
import { Problem } from '../http/problem.ts'
import { adminMarks } from './admin-mark.ts'
import { mayBeForged } from './asked-from.ts'
import { tokenOf, type Place } from './cookies.ts'
import { hashKey } from './keys.ts'
import type { AppEnv, Principal } from './principal.ts'
import { apiLimit, requestSender, unknownKeyLimit } from './rate-limit.ts'

/** The end of an admin's session is put off at most this often (ms): each time costs a row. */
const EXTENDED_EVERY_MS = 60_000
const RETRY_AFTER_S = 1
/** More sessions than an isolate serves at a time; about so many are kept, the last used. */
const MOST_SESSIONS = 1_000

/** The hashes of sessions that were found: D1 may be asked for them, whoever else guesses from the same address. */
const seen = new QuickLRU<string, true>({ maxSize: MOST_SESSIONS })

/**
 * Who a request comes from by its cookie; null if it brings none.
 * @throws Problem: 401 if the session is over, 403 if another page may have had the browser ask, 429, 503
 */
export async function principalOfSession(c: Context<AppEnv>): Promise<Principal | null> {
  const found = tokenOf(c)
  if (found === null) return null
  const { method, headers } = c.req.raw
  if (mayBeForged(method, headers, ownOrigin(c.req.raw))) throw fromElsewhere()
  const hash = await hashKey(found.token)
  const nowMs = Date.now()
  const sender = requestSender(headers)
  if (!seen.has(hash)) unknownKeyLimit.check(sender, nowMs)
  const row = await fromD1(async () => readSession(c.env, hash))
  if (row === null || !(await isGood(c.env, row, found.place, nowMs))) {
    seen.delete(hash)
    await unknownKeyLimit.take(c.env, sender, nowMs)
    throw new Problem('session_expired', 'The session is over, or never was: sign in again')
  }
  seen.set(hash, true)
  await apiLimit.take(c.env, limitedBy(row), nowMs)
  const session = extended(c.env, row, nowMs)
  return { key_id: row.id, scope: row.scope, account_id: row.account_id, session }
}

export function fromElsewhere(): Problem {
  return new Problem('forbidden', "A browser may ask this from one of the relay's own pages alone")
}

/** A session's token opens nothing in the other place's cookie, nor in a frame of a page that may frame no longer. */
async function isGood(env: Env, row: SessionRow, place: Place, nowMs: number): Promise<boolean> {
  const settings = settingsOf(env)
  if (row.expires_at <= nowMs) return false
  if (place !== placeOf(row)) return false
  if (row.embed_origin !== null && !settings.portalOrigins.includes(row.embed_origin)) return false
  return row.admin_mark === null || (await adminMarks(settings)).includes(row.admin_mark)
}

export function placeOf({ embed_origin }: Pick<SessionRow, 'embed_origin'>): Place {
  return embed_origin === null ? 'page' : 'frame'
}

/** The sessions of a key share its limit, or it could have as many requests as it opens sessions. A link's is one user. */
function limitedBy({ id, key_id, link_id }: SessionRow): string {
  return link_id === null ? (key_id ?? 'admin') : id
}

/** An admin's session with its end put off by its use, behind the request, and no failure of it. */
function extended(env: Env, row: SessionRow, nowMs: number): SessionRow {
  if (row.scope !== 'admin') return row
  const expires_at = Math.min(nowMs + ADMIN_IDLE_MS, row.ends_at)
  if (expires_at - row.expires_at < EXTENDED_EVERY_MS) return row
  const written = extendSession(env, row.id, expires_at)
  waitUntil(written.catch((error: unknown) => report('end of a session', error)))
  return { ...row, expires_at }
}

/**
 * Asks D1 for what says who somebody is, or stores it. That D1 does not answer is never taken for a no.
 * @throws Problem (503)
 */
export async function fromD1<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    report('session', error)
    throw new Problem('unavailable', 'Sessions cannot be checked right now', { retryAfterS: RETRY_AFTER_S })
  }
}
