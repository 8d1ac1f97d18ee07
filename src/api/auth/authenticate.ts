import { waitUntil } from 'cloudflare:workers'
import { and, eq, isNull, lte, or } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Context, MiddlewareHandler } from 'hono'
import QuickLRU from 'quick-lru'
import { READ_VALID_MS } from '../../config/snapshot.ts'
import { accounts, keys } from '../../store/tables.ts'
import { report } from '../../lib/failure.ts'
import { invalid } from '../http/faults.ts'
import { Problem } from '../http/problem.ts'
import type { Env } from '../../contracts/env.ts'
import { settingsOf } from '../../lib/settings.ts'
import { hashKey, sameHash } from './keys.ts'
import { apiLimit, ingestLimit, senderOf, unknownKeyLimit, type RequestLimit } from './rate-limit.ts'
import type { Scope } from '../../contracts/principal.ts'
import { reaches, type AppEnv, type Principal } from './principal.ts'

/** The caller is told to come back in so many seconds where its key cannot be looked up. */
const RETRY_AFTER_S = 1
/** More keys than an isolate serves at a time; about so many reads are kept, the last used. */
const MOST_READS = 1_000

/** How long a key's last use may go unwritten (ms): each time it is written costs a row. */
const LAST_USE_EVERY_MS = 60 * 60 * 1000

interface KnownKey {
  readonly principal: Principal
  readonly expires_at: number | null
  readonly last_used_at: number | null
  readonly readAtMs: number
}

// Known keys by their hash, as the last read had them. A deleted key's route returns once these have run out.
const reads = new QuickLRU<string, KnownKey>({ maxSize: MOST_READS })

// A digest takes a turn of the event loop. Kept of keys that are known to be good, for as long as an isolate lives.
const hashes = new QuickLRU<string, string>({ maxSize: MOST_READS })

/** Puts the `principal` of the request's key on the context, where the key is within its limit. */
export const authenticate: MiddlewareHandler<AppEnv> = async (c, next) => {
  const limit = c.req.path.startsWith('/v1/events') ? ingestLimit : apiLimit
  c.set('principal', await authenticated(c.req.raw, c.env, limit))
  await next()
}

/** @throws Problem: 401 without a good key, 429 where the key, or the sender without one, is past its limit. */
export async function authenticated(request: Request, env: Env, limit: RequestLimit): Promise<Principal> {
  const { headers } = request
  const key = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1]
  const sender = (): string => senderOf(headers.get('cf-connecting-ip') ?? undefined)
  const principal = key === undefined ? null : await principalOf(env, key, sender)
  if (principal === null) {
    await unknownKeyLimit.take(env, sender(), Date.now())
    throw key === undefined
      ? new Problem('unauthorized', 'Send an API key as `Authorization: Bearer KEY`')
      : new Problem('unauthorized', 'There is no such API key')
  }
  await limit.take(env, principal.key_id, Date.now())
  return principal
}

/** @throws Problem: 401 where the key has expired, 429 where the sender has asked with too many that are unknown. */
async function principalOf(env: Env, key: string, sender: () => string): Promise<Principal | null> {
  const { adminKey } = settingsOf(env)
  const hash = hashes.get(key) ?? (await hashKey(key))
  const adminHash = hashes.get(adminKey) ?? (await hashKey(adminKey))
  if (!hashes.has(adminKey)) hashes.set(adminKey, adminHash)
  if (sameHash(hash, adminHash)) return { key_id: 'admin', scope: 'admin', account_id: null }
  const known = await knownKey(env, hash, sender)
  if (known === null) return null
  const nowMs = Date.now()
  if (known.expires_at !== null && known.expires_at <= nowMs) {
    await unknownKeyLimit.take(env, sender(), nowMs)
    throw new Problem('unauthorized', 'This API key has expired')
  }
  if (!hashes.has(key)) hashes.set(key, hash)
  if (known.last_used_at === null || nowMs - known.last_used_at >= LAST_USE_EVERY_MS) {
    reads.set(hash, { ...known, last_used_at: nowMs })
    waitUntil(noteUse(env, known.principal.key_id, nowMs))
  }
  return known.principal
}

/** The key with this hash. It is looked up by the hash: how long that takes tells nothing of the key. */
async function knownKey(env: Env, hash: string, sender: () => string): Promise<KnownKey | null> {
  const readAtMs = Date.now()
  const known = reads.get(hash)
  if (known !== undefined && readAtMs - known.readAtMs < READ_VALID_MS) return known
  // D1 is not asked for a sender of many unknown keys; a key that was known here a while ago is.
  if (known === undefined) unknownKeyLimit.check(sender(), readAtMs)
  const { id, scope, account_id, expires_at, last_used_at } = keys
  const rows = await drizzle(env.DB)
    .select({ id, scope, account_id, expires_at, last_used_at })
    .from(keys)
    .where(eq(keys.hash, hash))
    .catch((error: unknown) => {
      // Nothing has been done yet, so it is always worth trying again, whatever D1 says went wrong.
      report('key', error)
      throw new Problem('unavailable', 'The key cannot be checked right now', { retryAfterS: RETRY_AFTER_S })
    })
  const row = rows[0]
  if (row === undefined) {
    reads.delete(hash)
    return null
  }
  // An admin key may be kept with an account, and still reaches every one.
  const accountId = row.scope === 'admin' ? null : row.account_id
  const principal = { key_id: row.id, scope: row.scope, account_id: accountId }
  const read = { principal, expires_at: row.expires_at, last_used_at: row.last_used_at, readAtMs }
  reads.set(hash, read)
  return read
}

/** Behind the request, and no failure of it. Isolates that note the same hour's use write it once. */
async function noteUse(env: Env, keyId: string, nowMs: number): Promise<void> {
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

/** Lets only keys of these scopes through. */
export function requireScope(...scopes: readonly Scope[]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    checkScope(c.get('principal'), scopes)
    await next()
  }
}

/** @throws Problem (403) where the key is of another scope. */
export function checkScope({ scope }: Principal, scopes: readonly Scope[]): void {
  if (!scopes.includes(scope)) {
    throw new Problem('forbidden', `This needs a key of scope ${scopes.join(' or ')}`)
  }
}

/**
 * The account that a list or a creation is about: the key's own, or the one that `?account_id=` names where the
 * key reaches every account.
 */
export async function accountFor(c: Context<AppEnv>): Promise<string> {
  const { account_id: own } = c.var.principal
  const asked = c.req.query('account_id')
  if (own !== null) {
    if (asked !== undefined && asked !== own) throw noSuch('account')
    return own
  }
  if (asked === undefined) {
    throw invalid([{ path: 'account_id', message: 'is required in the query with a key of every account' }])
  }
  const rows = await drizzle(c.env.DB)
    .select({ id: accounts.id })
    .from(accounts)
    .where(eq(accounts.id, asked))
  if (rows.length === 0) throw noSuch('account')
  return asked
}

/**
 * The object that an id named, where the key may know of it.
 * @throws Problem (404) where there is none, or it is another account's.
 */
export function owned<T extends { account_id: string }>(
  c: Context<AppEnv>,
  what: string,
  found: T | undefined,
): T {
  const asked = c.req.query('account_id')
  if (found === undefined || !reaches(c.var.principal, found.account_id)) throw noSuch(what)
  if (asked !== undefined && asked !== found.account_id) throw noSuch(what)
  return found
}

export function noSuch(what: string): Problem {
  return new Problem('not_found', `There is no such ${what}`)
}
