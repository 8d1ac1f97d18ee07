import type { Env } from '../contracts/env.ts'
import { shardOf } from '../contracts/stub.ts'
import { changeAccount, type Changed, type Plan, type Reach, type Write } from '../store/change.ts'
import { noSuch } from './auth/authenticate.ts'
import { Problem } from './http/problem.ts'

/** The caller is told to come back in so many seconds if a change could not be made, or not be confirmed. */
const RETRY_AFTER_S = 1

export function reachOf(env: Env, accountId: string): Reach {
  return (shard) => shardOf(env, accountId, shard)
}

/**
 * Makes a change of an account's configuration. When this has returned, no attempt starts that it forbids.
 * @param what is changed, for the answer if others change it all the while: `The webhook`
 * @param plan see `changeAccount`; a Problem that it throws is the answer, and nothing is changed
 * @throws Problem: 404 if there is no such account, 409 if others came first each time, 503 if D1 or one of the
 * account's shards did not answer: asking again does no harm, and is what confirms the change
 */
export async function change<T>(
  env: Env,
  accountId: string,
  what: string,
  plan: (write: Write) => Promise<Plan<T>>,
): Promise<Made<T>> {
  const changed = await changeAccount(env, accountId, reachOf(env, accountId), plan)
  if (changed.kind === 'made') return changed
  throw problemOfChange(changed, what)
}

export type Made<T> = Extract<Changed<T>, { kind: 'made' }>

/** Why a change was not made, or is not known to be in force, as the API answers it. */
export function problemOfChange(changed: Exclude<Changed<unknown>, { kind: 'made' }>, what: string): Error {
  switch (changed.kind) {
    case 'no_account':
      return noSuch('account')
    case 'conflict':
      return new Problem('conflict', `${what} is being changed by others; try again`)
    case 'unavailable':
      return unconfirmed()
    case 'not_needed':
      return new Error('a change over the API is always made')
  }
}

/** What a change gets of which it is not known that it is in force everywhere. */
export function unconfirmed(): Problem {
  return new Problem('unavailable', 'The change could not be confirmed; ask again', {
    retryAfterS: RETRY_AFTER_S,
  })
}
