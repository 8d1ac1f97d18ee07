import type { InferRequestType, InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'
import { portionsQuery } from './portions.ts'
import { ApiProblem } from './problem.ts'

type Query = InferRequestType<typeof v1.calls.$get>['query']
export type ListedCall = InferResponseType<typeof v1.calls.$get, 200>['data'][number]
export type CallFilters = Pick<Query, 'number' | 'status' | 'since' | 'until'> & {
  /** As the URL has it, which may be none. */
  trigger?: string | undefined
}

/** A page of calls, newest first, in as many portions as the API answers it in. */
export function callsQuery(accountId: string, filters: CallFilters, cursor: string | undefined) {
  return portionsQuery(['calls', accountId, 'list', filters], cursor, async (portion) => {
    // Safe: the API refuses what is no trigger, in its own words.
    const query = { account_id: accountId, ...filters, ...portion } as Query
    return ask(v1.calls.$get({ query }))
  })
}

/** Whether there is a call of this id. By the query, and not by the path: an id may be `..`, which no path carries. */
export async function isCall(accountId: string, callId: string): Promise<boolean> {
  return isThere(ask(v1.call.$get({ query: { account_id: accountId, call_id: callId, limit: '1' } })))
}

/** Whether a call may have such a number. What the API cannot look for its list says in its own words. */
export async function mayHaveNumber(accountId: string, number: string): Promise<boolean> {
  try {
    const { data, next_cursor } = await ask(
      v1.calls.$get({ query: { account_id: accountId, number, limit: '1' } }),
    )
    return data.length > 0 || next_cursor !== null
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 422) return true
    throw error
  }
}

export async function isDelivery(id: string): Promise<boolean> {
  return isThere(ask(v1.deliveries[':id'].$get({ param: { id } })))
}

async function isThere(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked
    return true
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return false
    throw error
  }
}
