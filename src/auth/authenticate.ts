import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Context, MiddlewareHandler } from 'hono'
import { READ_VALID_MS } from '../config/snapshot.ts'
import { accounts, keys } from '../config/tables.ts'
import { report } from '../failure.ts'
import { invalid } from '../faults.ts'
import { Problem } from '../problem.ts'
import type { Env } from '../env.ts'
import { settingsOf } from '../settings.ts'
import { hashKey, sameHash } from './keys.ts'
import { reaches, type AppEnv, type Principal, type Scope } from './principal.ts'

/** The caller is told to come back in so many seconds where its key cannot be looked up. */
const RETRY_AFTER_S = 1
/** More keys than an isolate serves at a time; beyond it the oldest read is dropped. */
const MOST_READS = 1_000

// Known keys by their hash, as the last read had them. A deleted key's route returns once these have run out.
const reads = new Map<string, { principal: Principal; readAtMs: number }>()

/** Puts the `principal` of the request's key on the context. */
export const authenticate: MiddlewareHandler<AppEnv> = async (c, next) => {
  const key = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (key === undefined) throw new Problem('unauthorized', 'Send an API key as `Authorization: Bearer KEY`')
  const principal = await principalOf(c.env, key)
  if (principal === null) throw new Problem('unauthorized', 'There is no such API key')
  c.set('principal', principal)
  await next()
}

async function principalOf(env: Env, key: string): Promise<Principal | null> {
  const [hash, adminHash] = await Promise.all([hashKey(key), hashKey(settingsOf(env).adminKey)])
  if (sameHash(hash, adminHash)) return { scope: 'admin', account_id: null }
  const readAtMs = Date.now()
  const known = reads.get(hash)
  if (known !== undefined && readAtMs - known.readAtMs < READ_VALID_MS) return known.principal
  const rows = await drizzle(env.DB)
    .select({ scope: keys.scope, account_id: keys.account_id })
    .from(keys)
    .where(eq(keys.hash, hash))
    .catch((error: unknown) => {
      // Nothing has been done yet, so it is always worth trying again, whatever D1 says went wrong.
      report('key', error)
      throw new Problem('unavailable', 'The key cannot be checked right now', { retryAfterS: RETRY_AFTER_S })
    })
  const row = rows[0]
  reads.delete(hash)
  if (row === undefined) return null
  // An admin key may be kept with an account, and still reaches every one.
  const principal = { scope: row.scope, account_id: row.scope === 'admin' ? null : row.account_id }
  reads.set(hash, { principal, readAtMs })
  const oldest = reads.keys().next()
  if (reads.size > MOST_READS && oldest.done !== true) reads.delete(oldest.value)
  return principal
}

/** Lets only keys of these scopes through. */
export function requireScope(...scopes: readonly Scope[]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (!scopes.includes(c.var.principal.scope)) {
      throw new Problem('forbidden', `This needs a key of scope ${scopes.join(' or ')}`)
    }
    await next()
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
