import type { Fault, ProblemCode, ProblemDocument } from '../../../src/api/http/problem.ts'

/** An answer of the API that is not a success, or none at all (`code` is then `unreachable`). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly code: ProblemCode | 'unreachable'
  readonly status: number
  /** Each fault of what was sent, by its path. */
  readonly faults: readonly Fault[]
  /** Of a 412: what is there now, as the API's view of it. */
  readonly current: unknown
  /** By which the relay's own log tells of it. */
  readonly requestId: string | null

  constructor(
    document: Pick<ProblemDocument, 'status' | 'detail' | 'errors'> & {
      code: ApiProblem['code']
      current?: unknown
    },
    requestId: string | null,
  ) {
    super(document.detail)
    this.code = document.code
    this.status = document.status
    this.faults = document.errors ?? []
    this.current = document.current
    this.requestId = requestId
  }

  /** Nobody is signed in, or no longer. */
  get isSignedOut(): boolean {
    return this.status === 401
  }

  /** To ask again may help. */
  get mayPass(): boolean {
    return this.code === 'unreachable' || this.status >= 500 || this.status === 429
  }
}
