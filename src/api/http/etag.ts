/**
 * `ETag`, `If-Match` and `If-None-Match` (RFC 9110, 13): who changes what somebody else has changed since it was read is
 * told so, and changes nothing.
 *
 * A tag names a version of an object and not the bytes of an answer: it is the same in lists and alone, with header
 * values masked and in clear, and does not move with what moves by itself.
 */
import type { Context } from 'hono'
import * as z from 'zod'
import { canonicalJson } from '../../lib/json.ts'
import { sha256 } from '../../lib/sha256.ts'
import type { AppEnv } from '../auth/principal.ts'
import { invalid } from './faults.ts'
import { Problem } from './problem.ts'

/** The field of a view that has its tag: the very value of the header `ETag`, quotes included. */
export const etagField = z
  .string()
  .describe(
    'Names this version, as the header `ETag` does. Sent as `If-Match` with a change, that is made only if this is still the version that is there.',
  )

/** Characters of a tag, of 6 bits each. */
const LENGTH = 22

/** The tag of an object that is made of these facts. Nothing of them can be read off it. */
export function tagOf(facts: unknown): string {
  return `"${sha256(canonicalJson(facts)).slice(0, LENGTH)}"`
}

/** What a header lists: tags as they came, a weak one with its `W/`; or any that there is. */
type Listed = '*' | readonly string[]

// RFC 9110, 8.8.3, and 5.6.1: what reads a list takes empty members.
const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`
const LIST = new RegExp(String.raw`^[ \t,]*${TAG}[ \t]*(?:,[ \t]*(?:${TAG}[ \t]*)?)*$`)
const EACH_TAG = new RegExp(TAG, 'g')

/** Reads one of the two headers; null if it is neither a list of tags nor `*`. */
export function readTags(text: string): Listed | null {
  if (text.trim() === '*') return '*'
  return LIST.test(text) ? (text.match(EACH_TAG) ?? []) : null
}

/** What a request says of the version that it is for; null for a header that is not there. */
export interface Preconditions {
  readonly ifMatch: Listed | null
  readonly ifNoneMatch: Listed | null
}

/** @throws Problem (422) if one of the headers cannot be read: to go by none would make a change that was not meant */
export function preconditionsOf(c: Context<AppEnv>): Preconditions {
  const listed = (name: string): Listed | null => {
    const text = c.req.header(name)
    if (text === undefined) return null
    const tags = readTags(text)
    if (tags !== null) return tags
    throw invalid([
      { path: name, message: 'must be * or a list of tags, each in double quotes as in `etag`' },
    ])
  }
  return { ifMatch: listed('If-Match'), ifNoneMatch: listed('If-None-Match') }
}

/**
 * Whether a change may be made of what is there.
 * @param etag of that; null if there is nothing yet
 */
export function mayChange({ ifMatch, ifNoneMatch }: Preconditions, etag: string | null): boolean {
  return (ifMatch === null || isOneOf(ifMatch, etag, 'strong')) && !isRead({ ifNoneMatch }, etag)
}

/** Whether who reads has what is there already. */
function isRead({ ifNoneMatch }: Pick<Preconditions, 'ifNoneMatch'>, etag: string | null): boolean {
  return ifNoneMatch !== null && isOneOf(ifNoneMatch, etag, 'weak')
}

/** RFC 9110, 8.8.3.2: a weak tag is equal to none in a strong comparison. */
function isOneOf(listed: Listed, etag: string | null, comparison: 'strong' | 'weak'): boolean {
  if (etag === null) return false
  if (listed === '*') return true
  return listed.some((each) => (comparison === 'weak' ? each.replace(/^W\//, '') : each) === etag)
}

/** Sets the header of an answer that is a view. @returns the view */
export function tagged<T extends { etag: string }>(c: Context<AppEnv>, view: T): T {
  c.header('ETag', view.etag)
  return view
}

/** Sets the header of what is read. @returns whether 304 is the whole answer, since who reads has it */
export function isNotModified(c: Context<AppEnv>, etag: string): boolean {
  c.header('ETag', etag)
  return isRead(preconditionsOf(c), etag)
}

/** @param current what is there, as it is shown to who asks; null if nothing is */
export function changedMeanwhile(what: string, current: { etag: string } | null): Problem {
  const detail =
    current === null ? `There is no ${what} yet` : `The ${what} is another version by now: see \`current\``
  return new Problem('precondition_failed', detail, { current })
}
