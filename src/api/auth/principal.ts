import type { Scope } from '../../contracts/principal.ts'
import type { Env } from '../../contracts/env.ts'
import type { Claim } from '../../store/idempotency.ts'
import type { SessionRow } from '../../store/sessions.ts'

/** Who a request comes from. `account_id` null: it may act for every account. */
export interface Principal {
  /** The id of the request's key or session; `admin` for the ADMIN_KEY setting. */
  readonly key_id: string
  readonly scope: Scope
  readonly account_id: string | null
  /** The browser session that it comes by; a request by a key has none. */
  readonly session?: SessionRow
}

/** What a request with an `Idempotency-Key` has to heed while it is made. */
export interface Keyed {
  readonly claim: Claim
  /** Hash of the request. */
  readonly request: string
  /** The answer is on record, by the batch of what was made. */
  isKept: boolean
}

/** What every route of the app finds on its context: `principal` behind `authenticate` only, `keyed` behind `idempotent`. */
export interface AppEnv {
  Bindings: Env
  Variables: { principal: Principal; keyed?: Keyed }
}

/** Whether the principal may know of what belongs to the account. */
export function reaches(principal: Principal, accountId: string): boolean {
  return principal.account_id === null || principal.account_id === accountId
}
