/** `Idempotency-Key`, as Stripe has it: a request that comes again makes nothing again, and gets the first answer. */
import type { Context, MiddlewareHandler } from 'hono'
import { uniqueSymbol } from 'hono-openapi'
import { sql, type SQL } from 'drizzle-orm'
import { report } from '../../lib/failure.ts'
import { secureRandom } from '../../lib/id.ts'
import { canonicalJson } from '../../lib/json.ts'
import { sha256 } from '../../lib/sha256.ts'
import { claim, isClaimed, keeping, release, sealAnswer, type KeptAnswer } from '../../store/idempotency.ts'
import { vaultFor } from '../../store/webhooks.ts'
import type { AppEnv, Keyed } from '../auth/principal.ts'
import { answers } from '../docs/answers.ts'
import { invalid } from './faults.ts'
import { Problem } from './problem.ts'

const HEADER = 'Idempotency-Key'
const MOST_CHARACTERS = 255
/** Says that an answer is that of an earlier request. Stripe's name for it. */
const REPLAYED = 'idempotent-replayed'
/** When it is worth asking again what becomes of a request that is under way (s). */
const RETRY_AFTER_S = 1

/**
 * Heeds an `Idempotency-Key`. It stands behind `body`, for what is no request of this route claims nothing, and before
 * the handler; answers that are no success are not kept, since nothing was made.
 */
const heed: MiddlewareHandler<AppEnv> = async (c, next) => {
  const key = c.req.header(HEADER)
  if (key === undefined) return next()
  if (key === '' || key.length > MOST_CHARACTERS) {
    throw invalid([{ path: HEADER, message: `must be of 1 to ${MOST_CHARACTERS} characters` }])
  }
  const vault = await vaultFor(c.env)
  const { account_id, key_id } = c.var.principal
  const id = hash([account_id ?? key_id, key])
  const { pathname, search } = new URL(c.req.url)
  // Safe: `body` has put it there, for a handler that knows its type; here any value will do.
  const input: unknown = c.req.valid('json' as never)
  const versions = ['if-match', 'if-none-match'].flatMap((name) => c.req.header(name) ?? [])
  const request = hash([c.req.method, pathname, search, canonicalJson(input), ...versions])
  const claimed = await claim(c.env, vault, id, request, Date.now())
  switch (claimed.kind) {
    case 'mine':
      break
    case 'unreadable':
      throw new Problem('conflict', `The ${HEADER} was used, and its answer cannot be read any more`)
    case 'known':
      return answerOf(claimed, request)
  }
  const keyed: Keyed = { claim: claimed.claim, request, isKept: false }
  c.set('keyed', keyed)
  await next()
  await settle(c, keyed)
}

function answerOf(
  { request: known, answer }: { request: string; answer: KeptAnswer | null },
  request: string,
): Response {
  if (known !== request) {
    throw new Problem('idempotency_key_reused', `Use another ${HEADER} for another request`)
  }
  if (answer === null) {
    throw new Problem('conflict', `A request with this ${HEADER} is under way`, {
      retryAfterS: RETRY_AFTER_S,
    })
  }
  const { status, body, etag } = answer
  const headers = new Headers({ 'content-type': 'application/json', [REPLAYED]: 'true' })
  if (etag !== undefined) headers.set('etag', etag)
  return new Response(body, { status, headers })
}

/** Keeps the answer to what makes nothing in D1, or lets go of the key if there was no success. */
async function settle(c: Context<AppEnv>, keyed: Keyed): Promise<void> {
  if (keyed.isKept) return
  try {
    if (!c.res.ok) return await release(c.env, keyed.claim)
    const etag = c.res.headers.get('etag') ?? undefined
    const kept = { status: c.res.status, body: await c.res.clone().text(), etag }
    const answer = await sealAnswer(await vaultFor(c.env), kept)
    await keeping(c.env, keyed.claim, answer, sql`TRUE`)
  } catch (error) {
    // The claim lapses by itself, and what comes again until then is told that it is under way.
    report('idempotency key', error)
  }
}

/** What makes one of an object and the answer that tells of it. */
export interface Once {
  /** A condition for all that is written. */
  readonly mayMake: SQL
  /** Belongs in the batch, behind all else; nothing without an `Idempotency-Key`. @param condition of the others */
  readonly keep: (condition: SQL) => ReturnType<typeof keeping>[]
  /**
   * To be told of what became of `keep`, once the batch is written.
   * @throws Problem (409) if nothing was made, because another request has the key by now
   */
  readonly kept: (results: readonly unknown[]) => void
}

/** For a handler that makes something in D1. @param view the body of its answer; its `etag`, if it has one, is a header, too */
export async function once(c: Context<AppEnv>, status: number, view: object): Promise<Once> {
  const keyed = c.get('keyed')
  if (keyed === undefined) return { mayMake: sql`TRUE`, keep: () => [], kept: () => {} }
  const answer = await sealAnswer(await vaultFor(c.env), {
    status,
    body: JSON.stringify(view),
    etag: 'etag' in view && typeof view.etag === 'string' ? view.etag : undefined,
  })
  return {
    mayMake: isClaimed(keyed.claim),
    keep: (condition) => [keeping(c.env, keyed.claim, answer, condition)],
    kept: (results) => {
      const rows = results.at(-1)
      if (!Array.isArray(rows) || rows.length === 0) {
        throw new Problem('conflict', `Another request has this ${HEADER} by now`, {
          retryAfterS: RETRY_AFTER_S,
        })
      }
      keyed.isKept = true
    },
  }
}

/**
 * What an id is drawn from, for a handler that makes something outside of D1, where making it again under its id makes
 * nothing: a request with an `Idempotency-Key` that is cut off and comes again draws the same.
 * @param what tells one from another that the same request makes
 */
export function idSource(c: Context<AppEnv>, ...what: string[]): { nowMs: number; random: () => number } {
  const keyed = c.get('keyed')
  if (keyed === undefined) return { nowMs: Date.now(), random: secureRandom }
  const { claim: own, request } = keyed
  const digest = hash([own.id, String(own.createdMs), request, ...what])
  const words = new Uint16Array(Uint8Array.fromBase64(digest, { alphabet: 'base64url' }).buffer)
  let drawn = 0
  const random = (): number => {
    const word = words[drawn]
    if (word === undefined) throw new Error('an id takes no more than 16 numbers')
    drawn += 1
    return word / 2 ** 16
  }
  return { nowMs: own.createdMs, random }
}

const spec = {
  parameters: [
    {
      in: 'header' as const,
      name: HEADER,
      schema: { type: 'string' as const, minLength: 1, maxLength: MOST_CHARACTERS },
      description:
        'Any text of yours that no other request has. The same request with the same key is made once: for 24 hours a repeat gets the answer of the first, with `idempotent-replayed: true`. Another request with the key is 409, and so is one that comes while the first is under way. Only successes are kept.',
    },
  ],
  responses: answers({}, 409, 422),
}

export const idempotent = Object.assign(heed, { [uniqueSymbol]: { spec } })

function hash(parts: readonly string[]): string {
  return sha256(JSON.stringify(parts))
}
