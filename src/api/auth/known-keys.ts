/**
 * Which keys there are. D1 says so for every request but those that bring events: an event must not wait for D1, nor
 * be refused because D1 is away. For them a key that was read goes on to be used for a while.
 */
import { waitUntil } from 'cloudflare:workers'
import { and, eq, isNull, lte, or } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import QuickLRU from 'quick-lru'
import type { Env } from '../../contracts/env.ts'
import { report } from '../../lib/failure.ts'
import { keys } from '../../store/tables.ts'
import { Problem } from '../http/problem.ts'
import { hashKey } from './keys.ts'
import type { Principal } from './principal.ts'

/** For events a key is used so long (ms) without asking D1: by then a deleted one is refused, in every isolate. */
export const KEY_USED_MS = 60_000
/** From this age (ms) on, a request that brings events has it read anew, behind its answer. */
export const KEY_RENEWED_AFTER_MS = 10_000
/** While D1 cannot be asked, for events a key is used so long (ms) after it was last read. */
export const KEY_USED_WITHOUT_D1_MS = 60 * 60 * 1000
/** How long D1 has (ms) to say that a known key is still there, before it is taken to be away. */
const PATIENCE_MS = 1_000
/** So long (ms) it is taken to be away then; meanwhile it is asked as often as this, behind the answers. */
const AWAY_MS = 10_000
const RENEWED_EVERY_MS = 5_000
const LOOK_EVERY_MS = 5
/** How long a key's last use may go unwritten (ms): each time it is written costs a row. */
const LAST_USE_EVERY_MS = 60 * 60 * 1000
/** The caller is told to come back in so many seconds if its key cannot be looked up. */
const RETRY_AFTER_S = 1
/** More keys than an isolate serves at a time; about so many are kept, the last used. */
const MOST_KEYS = 1_000

interface KnownKey {
  readonly principal: Principal
  /** From then on it is refused (ms since epoch); null: never. */
  readonly expires_at: number | null
  last_used_at: number | null
  readonly readAtMs: number
  /** When it was last asked for (ms since epoch), and when that last failed, or 0. */
  askedAtMs: number
  failedAtMs: number
}

/** The hash of a key by its text, of keys that were found: a digest costs a request a turn of the event loop. */
const hashes = new QuickLRU<string, string>({ maxSize: MOST_KEYS })
/** By their hash, as the last read had them. */
const known = new QuickLRU<string, KnownKey>({ maxSize: MOST_KEYS })
/** When keys were deleted here (ms since epoch): a read that went out before knows nothing of it. */
const deleted = new QuickLRU<string, number>({ maxSize: MOST_KEYS })

export async function hashOf(text: string): Promise<string> {
  return hashes.get(text) ?? hashKey(text)
}

/** Keeps the hash of a key that was found. Others are not kept: whoever tries keys would push the good ones out. */
export function rememberHash(text: string, hash: string): void {
  if (!hashes.has(text)) hashes.set(text, hash)
}

/** Whether this isolate has seen the key: D1 may then be asked for it, whoever sends it. */
export function isKnown(hash: string): boolean {
  return known.has(hash)
}

/** The key was deleted: here it is refused at once, and elsewhere, for events, once `KEY_USED_MS` have passed. */
export function forgetKey(hash: string): void {
  deleted.set(hash, Date.now())
  known.delete(hash)
}

/**
 * The key with this hash, as D1 has it now. It is looked up by the hash: how long that takes tells nothing of the key.
 * @returns null if there is none
 * @throws Problem (503) if D1 cannot be asked
 */
export async function currentKey(env: Env, hash: string): Promise<KnownKey | null> {
  try {
    return await read(env, hash)
  } catch (error) {
    // Nothing has been done yet, so it is always worth trying again, whatever D1 says went wrong.
    report('key', error)
    throw new Problem('unavailable', 'The key cannot be checked right now', { retryAfterS: RETRY_AFTER_S })
  }
}

/** As `currentKey`, for events: D1 is asked only for a key that was not read lately, and may be away for an hour. */
export async function keyForEvents(env: Env, hash: string): Promise<KnownKey | null> {
  const nowMs = Date.now()
  const key = known.get(hash)
  if (key === undefined) return currentKey(env, hash)
  const ageMs = nowMs - key.readAtMs
  if (ageMs < KEY_RENEWED_AFTER_MS) return key
  const isD1Away = nowMs - key.failedAtMs < AWAY_MS
  if (ageMs < KEY_USED_MS || (isD1Away && ageMs < KEY_USED_WITHOUT_D1_MS)) {
    if (nowMs - key.askedAtMs >= RENEWED_EVERY_MS) waitUntil(renew(env, hash, key, nowMs))
    return key
  }
  // Nobody has used it for a while. Of many requests that come at once, one asks.
  const isAsked = nowMs - key.askedAtMs < PATIENCE_MS
  await (isAsked ? otherRenewal(hash, key, nowMs) : renew(env, hash, key, nowMs))
  if (key.failedAtMs < nowMs) return known.get(hash) ?? null
  if (ageMs < KEY_USED_WITHOUT_D1_MS) return key
  throw new Problem('unavailable', 'The key cannot be checked right now', { retryAfterS: RETRY_AFTER_S })
}

/** Reads a known key anew, or notes that D1 does not say what has become of it. */
async function renew(env: Env, hash: string, key: KnownKey, nowMs: number): Promise<void> {
  key.askedAtMs = nowMs
  try {
    const answer = await Promise.race([read(env, hash), scheduler.wait(PATIENCE_MS).then(() => 'late')])
    if (answer !== 'late') return
    report('key', new Error(`D1 did not answer within ${PATIENCE_MS} ms`))
  } catch (error) {
    report('key', error)
  }
  key.failedAtMs = Date.now()
}

/** Waits for what another request has out. Its promise is that request's own, so this looks for what comes of it. */
async function otherRenewal(hash: string, key: KnownKey, sinceMs: number): Promise<void> {
  while (known.get(hash) === key && key.failedAtMs < sinceMs) {
    // Whoever asked may have gone away with the question.
    if (Date.now() - sinceMs > PATIENCE_MS) key.failedAtMs = Date.now()
    await scheduler.wait(LOOK_EVERY_MS)
  }
}

async function read(env: Env, hash: string): Promise<KnownKey | null> {
  const readAtMs = Date.now()
  const { id, scope, account_id, expires_at, last_used_at } = keys
  const [row] = await drizzle(env.DB)
    .select({ id, scope, account_id, expires_at, last_used_at })
    .from(keys)
    .where(eq(keys.hash, hash))
  if (row === undefined || (deleted.get(hash) ?? 0) >= readAtMs) {
    known.delete(hash)
    return null
  }
  // An admin key may be kept with an account, and still reaches every one.
  const accountId = row.scope === 'admin' ? null : row.account_id
  const key: KnownKey = {
    principal: { key_id: row.id, scope: row.scope, account_id: accountId },
    expires_at: row.expires_at,
    last_used_at: Math.max(row.last_used_at ?? 0, known.get(hash)?.last_used_at ?? 0) || null,
    readAtMs,
    askedAtMs: readAtMs,
    failedAtMs: 0,
  }
  known.set(hash, key)
  return key
}

/** Notes that a key is used, behind the request, and no failure of it. */
export function noteUse(env: Env, key: KnownKey, nowMs: number): void {
  if (key.last_used_at !== null && nowMs - key.last_used_at < LAST_USE_EVERY_MS) return
  key.last_used_at = nowMs
  waitUntil(writeUse(env, key.principal.key_id, nowMs))
}

/** Isolates that note the same hour's use write it once. */
async function writeUse(env: Env, keyId: string, nowMs: number): Promise<void> {
  const isDue = or(isNull(keys.last_used_at), lte(keys.last_used_at, nowMs - LAST_USE_EVERY_MS))
  try {
    await drizzle(env.DB)
      .update(keys)
      .set({ last_used_at: nowMs })
      .where(and(eq(keys.id, keyId), isDue))
  } catch (error) {
    report('last use of a key', error)
  }
}
