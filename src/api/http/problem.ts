import { isTransient } from '../../lib/failure.ts'

/** The closed list of error codes, with the status and title of each. */
const PROBLEMS = {
  malformed_json: [400, 'The body is not well-formed JSON'],
  unauthorized: [401, 'A valid API key is required'],
  session_expired: [401, 'The session is over'],
  forbidden: [403, 'This key may not do that'],
  not_found: [404, 'There is no such object'],
  method_not_allowed: [405, 'This route does not take that method'],
  conflict: [409, 'That conflicts with what is there'],
  id_reused: [409, 'The id was used for another event'],
  idempotency_key_reused: [409, 'The Idempotency-Key was used for another request'],
  precondition_failed: [412, 'It has been changed since it was read'],
  too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body is not sent as plain application/json'],
  invalid: [422, 'The request has faults'],
  rate_limited: [429, 'Too many requests'],
  internal: [500, 'Something went wrong on our side'],
  unavailable: [503, 'The relay cannot take this right now'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof PROBLEMS
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[] // safe: the keys are ProblemCode by definition

/** One fault of a bad request: `path` is dotted (`headers.0.key`), empty for the request as a whole. */
export interface Fault {
  path: string
  message: string
}

/** An RFC 9457 problem document. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  code: ProblemCode
  errors?: Fault[]
  /** Of `precondition_failed`: what is there now; null if nothing is. */
  current?: { etag: string } | null
}

/** An answer that is not a success. Thrown by routes, written by the app's one error handler. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly faults: readonly Fault[]
  readonly retryAfterS: number | null
  readonly current: { etag: string } | null | undefined

  constructor(
    code: ProblemCode,
    detail: string,
    more: { faults?: readonly Fault[]; retryAfterS?: number; current?: { etag: string } | null } = {},
  ) {
    super(detail)
    this.code = code
    this.faults = more.faults ?? []
    this.retryAfterS = more.retryAfterS ?? null
    this.current = more.current
  }

  get status(): number {
    return PROBLEMS[this.code][0]
  }

  toDocument(): ProblemDocument {
    const [status, title] = PROBLEMS[this.code]
    const document: ProblemDocument = {
      type: `urn:problem:${this.code}`,
      title,
      status,
      detail: this.message,
      code: this.code,
    }
    if (this.faults.length > 0) document.errors = [...this.faults]
    if (this.current !== undefined) document.current = this.current
    return document
  }

  toResponse(): Response {
    const headers = new Headers({ 'content-type': 'application/problem+json' })
    if (this.status === 401) headers.set('www-authenticate', 'Bearer')
    if (this.retryAfterS !== null) headers.set('retry-after', String(this.retryAfterS))
    if (this.current) headers.set('etag', this.current.etag)
    return new Response(JSON.stringify(this.toDocument()), { status: this.status, headers })
  }
}

/** The caller is told to come back in so many seconds if the platform could not take a request. */
const RETRY_AFTER_S = 1

/**
 * What a failure nobody expected answers with: 503 if trying again may help, else 500. Neither says anything of what
 * went wrong inside.
 */
export function problemOf(error: Error): Problem {
  return isTransient(error)
    ? new Problem('unavailable', 'Try again shortly', { retryAfterS: RETRY_AFTER_S })
    : new Problem('internal', 'The failure has been recorded')
}
