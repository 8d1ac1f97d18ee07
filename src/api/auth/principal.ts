import type { Scope } from '../../contracts/principal.ts'
import type { Env } from '../../contracts/env.ts'
import type { Keyed } from '../http/idempotency.ts'

/** Who a request comes from. `account_id` null: it may act for every account. */
export interface Principal {
  /** The id of the request's key; `admin` for the ADMIN_KEY setting. */
  readonly key_id: string
  readonly scope: Scope
  readonly account_id: string | null
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
