import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Context, MiddlewareHandler } from 'hono'
import type { Env } from '../../contracts/env.ts'
import type { Scope } from '../../contracts/principal.ts'
import { settingsOf } from '../../lib/settings.ts'
import { accounts } from '../../store/tables.ts'
import { invalid } from '../http/faults.ts'
import { Problem } from '../http/problem.ts'
import { sameHash } from './keys.ts'
import { currentKey, hashOf, isKnown, keyForEvents, noteUse, rememberHash } from './known-keys.ts'
import { reaches, type AppEnv, type Principal } from './principal.ts'
import { apiLimit, ingestLimit, requestSender, unknownKeyLimit } from './rate-limit.ts'
import { principalOfSession } from './session.ts'

/**
 * Puts the `principal` of the request's key or session on the context, if it is within its limit. A key decides, also
 * beside a cookie; what brings events takes no cookie.
 */
export const authenticate: MiddlewareHandler<AppEnv> = async (c, next) => {
  const isIngest = c.req.path.startsWith('/v1/events')
  const mayHaveSession = !isIngest && bearerOf(c.req.raw.headers) === undefined
  const ofSession = mayHaveSession ? await principalOfSession(c) : null
  c.set('principal', ofSession ?? (await authenticated(c.req.raw, c.env, isIngest)))
  await next()
}

function bearerOf(headers: Headers): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1]
}

/**
 * @param isIngest the request brings events
 * @throws Problem: 401 without a good key, 429 if the key, or the sender without one, is past its limit
 */
export async function authenticated(request: Request, env: Env, isIngest: boolean): Promise<Principal> {
  const { headers } = request
  const key = bearerOf(headers)
  if (key === undefined) {
    await unknownKeyLimit.take(env, requestSender(headers), Date.now())
    throw new Problem('unauthorized', 'Send an API key as `Authorization: Bearer KEY`')
  }
  return (await goodKey(env, key, headers, isIngest)).principal
}

/**
 * Who has a key, and until when (ms since epoch; null: for ever).
 * @throws Problem: 401 if there is none or it has expired, 429 if it, or the sender of unknown ones, is past the limit
 */
export async function goodKey(env: Env, text: string, headers: Headers, isIngest: boolean): Promise<GoodKey> {
  const sender = (): string => requestSender(headers)
  const key = await findKey(env, text, sender, isIngest)
  if (key === null) {
    await unknownKeyLimit.take(env, sender(), Date.now())
    throw new Problem('unauthorized', 'There is no such API key')
  }
  const limit = isIngest ? ingestLimit : apiLimit
  await limit.take(env, key.principal.key_id, Date.now())
  return key
}

interface GoodKey {
  readonly principal: Principal
  readonly expires_at: number | null
}

const ADMIN: GoodKey = { principal: { key_id: 'admin', scope: 'admin', account_id: null }, expires_at: null }

/** @throws Problem: 401 if the key has expired, 429 if the sender has asked with too many that are unknown. */
async function findKey(
  env: Env,
  text: string,
  sender: () => string,
  isIngest: boolean,
): Promise<GoodKey | null> {
  const { adminKey } = settingsOf(env)
  const [hash, adminHash] = [await hashOf(text), await hashOf(adminKey)]
  rememberHash(adminKey, adminHash)
  if (sameHash(hash, adminHash)) return ADMIN
  // D1 is not asked for a sender of many unknown keys; a key that was known here a while ago is.
  if (!isKnown(hash)) unknownKeyLimit.check(sender(), Date.now())
  const key = await (isIngest ? keyForEvents(env, hash) : currentKey(env, hash))
  if (key === null) return null
  const nowMs = Date.now()
  if (key.expires_at !== null && key.expires_at <= nowMs) {
    await unknownKeyLimit.take(env, sender(), nowMs)
    throw new Problem('unauthorized', 'This API key has expired')
  }
  rememberHash(text, hash)
  noteUse(env, key, nowMs)
  return key
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
 * The account that a list or a creation is about: the key's own, or the one that `?account_id=` names if the
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
 * The object that an id named, if the key may know of it.
 * @throws Problem (404) if there is none, or it is another account's.
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

/**
 * The account that a path names.
 * @throws Problem (404) if there is none, or the key is another account's.
 */
export async function knownAccount(c: Context<AppEnv>, id: string): Promise<string> {
  if (!reaches(c.var.principal, id)) throw noSuch('account')
  const rows = await drizzle(c.env.DB).select({ id: accounts.id }).from(accounts).where(eq(accounts.id, id))
  if (rows.length === 0) throw noSuch('account')
  return id
}

export function noSuch(what: string): Problem {
  return new Problem('not_found', `There is no such ${what}`)
}
