/**
 * What is kept of requests with an `Idempotency-Key`. A request claims its key before it makes anything, with a token,
 * and everything that it writes to D1 is written only if the claim is still its own, together with the answer. So
 * whatever breaks off, and however late D1 takes a write, one request at most has made something, and has an answer.
 */
import { and, eq, isNull, lte, sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import * as z from 'zod'
import type { Env } from '../contracts/env.ts'
import type { Statement } from './change.ts'
import { idempotent_requests as requests } from './tables.ts'
import { VaultError, type Vault } from './vault.ts'

/** How long (ms) a key is known. */
export const KEY_KEPT_MS = 24 * 60 * 60 * 1000
/** A request that has not been answered by then (ms) was cut off: another may take its place. */
const CLAIM_MS = 60_000

export interface Claim {
  readonly id: string
  readonly token: string
  /** When the key was first used (ms since epoch). */
  readonly createdMs: number
}

/** `etag`: the header `ETag`, if the answer has one. */
const answerSchema = z.object({ status: z.int(), body: z.string(), etag: z.string().optional() })
export type KeptAnswer = z.output<typeof answerSchema>

export type Claimed =
  | { kind: 'mine'; claim: Claim }
  /** `answer` null: the request that has the claim is under way. */
  | { kind: 'known'; request: string; answer: KeptAnswer | null }
  /** It was kept with an encryption key that is not there any more. */
  | { kind: 'unreadable' }

/**
 * Claims a key, or says what is known of it.
 * @param id hash of the key and of whose it is
 * @param request what tells one request from another
 * @throws what D1 throws; nothing is claimed then, or the claim lapses
 */
export async function claim(
  env: Env,
  vault: Vault,
  id: string,
  request: string,
  nowMs: number,
): Promise<Claimed> {
  const db = drizzle(env.DB)
  const token = crypto.randomUUID()
  const ofKey = eq(requests.id, id)
  const lapsedMs = nowMs - CLAIM_MS
  const isFree = sql`${requests.answer} IS NULL AND (${requests.token} = '' OR ${requests.claimed_at} <= ${lapsedMs})`
  const row = { id, token, request: await vault.seal(request), claimed_at: nowMs }
  const [, mine, known] = await db.batch([
    // Deleted and not overwritten: the new row is to be among the youngest.
    db.delete(requests).where(and(ofKey, lte(requests.created_at, nowMs - KEY_KEPT_MS))),
    db
      .insert(requests)
      .values({ ...row, answer: null, created_at: nowMs })
      .onConflictDoUpdate({ target: requests.id, set: row, setWhere: isFree })
      .returning({ createdMs: requests.created_at }),
    db.select().from(requests).where(ofKey),
  ])
  if (mine[0] !== undefined) return { kind: 'mine', claim: { id, token, ...mine[0] } }
  const found = known[0]
  if (found === undefined) throw new Error('a key that could not be claimed is not known')
  try {
    const answer =
      found.answer === null ? null : answerSchema.parse(JSON.parse(await vault.open(found.answer)))
    return { kind: 'known', request: await vault.open(found.request), answer }
  } catch (error) {
    if (error instanceof VaultError) return { kind: 'unreadable' }
    throw error
  }
}

/** A condition for what a request makes: the key is still its own. */
export function isClaimed({ id, token }: Claim): SQL {
  return sql`EXISTS (SELECT 1 FROM ${requests} WHERE ${ofClaim({ id, token })})`
}

/**
 * Keeps the answer to a request. It belongs in the batch of what is made, behind it and under its condition.
 * @returns rows: one if it was kept, none if the key is not the request's any more
 */
export function keeping(env: Env, own: Claim, answer: string, condition: SQL) {
  return drizzle(env.DB)
    .update(requests)
    .set({ answer })
    .where(and(ofClaim(own), condition))
    .returning({ id: requests.id }) satisfies Statement
}

/** An answer as it is kept. */
export async function sealAnswer(vault: Vault, answer: KeptAnswer): Promise<string> {
  return vault.seal(JSON.stringify(answer))
}

/** Lets go of a key whose request has made nothing. What that may still have on its way to D1 makes nothing either. */
export async function release(env: Env, own: Claim): Promise<void> {
  await drizzle(env.DB)
    .update(requests)
    .set({ token: '' })
    .where(and(ofClaim(own), isNull(requests.answer)))
}

function ofClaim({ id, token }: Pick<Claim, 'id' | 'token'>): SQL | undefined {
  return and(eq(requests.id, id), eq(requests.token, token))
}
