import type { Context } from 'hono'
import { SESSION_SCOPES } from '../../contracts/principal.ts'
import { newId, secureRandom } from '../../lib/id.ts'
import { settingsOf } from '../../lib/settings.ts'
import {
  ADMIN_IDLE_MS,
  openSession,
  readLink,
  SESSION_MS,
  type LinkRow,
  type SessionRow,
} from '../../store/sessions.ts'
import { adminMarks } from '../auth/admin-mark.ts'
import { askedFrom } from '../auth/asked-from.ts'
import { goodKey } from '../auth/authenticate.ts'
import { setToken, tokenIn } from '../auth/cookies.ts'
import { hashKey, newKey } from '../auth/keys.ts'
import type { AppEnv } from '../auth/principal.ts'
import { requestSender, unknownKeyLimit } from '../auth/rate-limit.ts'
import { fromD1, fromElsewhere, placeOf } from '../auth/session.ts'
import { ownOrigin } from '../http/origin.ts'
import { Problem } from '../http/problem.ts'

export interface Opened {
  readonly row: SessionRow
  /** Where a link leads. */
  readonly path: string | null
}

/**
 * Opens a session by a key.
 * @throws Problem: 401 if there is no such key, 403 if it is of a scope that no session has, 429, 503
 */
export async function openByKey(c: Context<AppEnv>, text: string): Promise<Opened> {
  notFromElsewhere(c)
  const nowMs = Date.now()
  const { principal, expires_at } = await goodKey(c.env, text, c.req.raw.headers, false)
  const { key_id, account_id } = principal
  const scope = SESSION_SCOPES.find((each) => each === principal.scope)
  if (scope === undefined) {
    throw new Problem('forbidden', `A session is opened with a key of scope ${SESSION_SCOPES.join(' or ')}`)
  }
  const ends_at = Math.min(nowMs + SESSION_MS, expires_at ?? Infinity)
  const opened = await open(c, nowMs, key_id, {
    ...(await makerOf(c, key_id)),
    link_id: null,
    scope,
    account_id,
    user: null,
    embed_origin: null,
    expires_at: scope === 'admin' ? Math.min(nowMs + ADMIN_IDLE_MS, ends_at) : ends_at,
    ends_at,
  })
  // It was deleted since it was read.
  if (opened === null) throw new Problem('unauthorized', 'There is no such API key')
  return { row: opened, path: null }
}

/** @throws Problem: 401 if the link opens nothing, or nothing any more, 429, 503 */
export async function openByLink(c: Context<AppEnv>, text: string): Promise<Opened> {
  notFromElsewhere(c)
  const nowMs = Date.now()
  const sender = requestSender(c.req.raw.headers)
  unknownKeyLimit.check(sender, nowMs)
  const hash = await hashKey(text)
  const found = await fromD1(async () => readLink(c.env, hash))
  const keyEndsAt = found?.keyExpiresAt ?? Infinity
  if (found !== null && keyEndsAt > nowMs && (await isOpen(c, found.link, nowMs))) {
    const { link } = found
    const { id, key_id, admin_mark, scope, account_id, user, embed_origin, path } = link
    const ends_at = Math.min(nowMs + link.session_seconds * 1000, keyEndsAt)
    const its = { key_id, admin_mark, link_id: id, scope, account_id, user, embed_origin }
    const row = await open(c, nowMs, null, { ...its, expires_at: ends_at, ends_at })
    if (row !== null) return { row, path }
  }
  await unknownKeyLimit.take(c.env, sender, nowMs)
  throw new Problem(
    'unauthorized',
    'The link was opened before, is too old, or opens nothing: ask for another',
  )
}

/** Whether a link may still be opened, but for others who open it at the same time. */
async function isOpen(c: Context<AppEnv>, link: LinkRow, nowMs: number): Promise<boolean> {
  const settings = settingsOf(c.env)
  if (link.expires_at <= nowMs) return false
  if (link.embed_origin !== null && !settings.portalOrigins.includes(link.embed_origin)) return false
  return link.admin_mark === null || (await adminMarks(settings)).includes(link.admin_mark)
}

/**
 * Always with a new token, whatever the browser brought (fixation); what it had in the same place ends.
 * @param keyId the actor; null: the session itself, whose user the link names
 * @returns null if what it hangs on is gone
 */
async function open(
  c: Context<AppEnv>,
  nowMs: number,
  keyId: string | null,
  facts: Omit<SessionRow, 'id' | 'hash' | 'created_at'>,
): Promise<SessionRow | null> {
  const token = newKey('rs')
  const id = newId('ses', nowMs, secureRandom)
  const row: SessionRow = { ...facts, id, hash: await hashKey(token), created_at: nowMs }
  const place = placeOf(row)
  const former = tokenIn(c, place)
  const formerHash = former === null ? null : await hashKey(former)
  if (!(await fromD1(async () => openSession(c.env, keyId ?? id, row, formerHash)))) return null
  setToken(c, place, token)
  return row
}

/** What is made with a key, or with a session of one, hangs on that key. */
export async function makerOf(
  c: Context<AppEnv>,
  keyId: string | null,
): Promise<Pick<SessionRow, 'key_id' | 'admin_mark'>> {
  if (keyId !== null && keyId !== 'admin') return { key_id: keyId, admin_mark: null }
  const [mark] = await adminMarks(settingsOf(c.env))
  return { key_id: null, admin_mark: mark }
}

/** Else a page could have its visitor's browser sign in as somebody else. What is no browser says neither. */
function notFromElsewhere(c: Context<AppEnv>): void {
  if (askedFrom(c.req.raw.headers, ownOrigin(c.req.raw)) === 'elsewhere') throw fromElsewhere()
}
