import type { Env } from '../contracts/env.ts'
import type { CallObject } from './call-object.ts'

/** What a call is known by everywhere: a call id is unique within its account only. */
export function callName(accountId: string, callId: string): string {
  return `${accountId}/${callId}`
}

export function callObject(env: Env, accountId: string, callId: string): DurableObjectStub<CallObject> {
  return env.CALLS.getByName(callName(accountId, callId))
}

const OPERATIONAL = 'operational\t'

/**
 * The call that operational events come in: one for what happens to a webhook, and one for its deliveries of each
 * call, so that no call grows with all that a webhook fails to deliver. The tabs keep it apart from every call of
 * the core: no control character is taken in a call id that comes from outside.
 */
export function operationalCallId(webhookId: string, callId: string | null): string {
  return `${OPERATIONAL}${webhookId}${callId === null ? '' : `\t${callId}`}`
}

export function isOperationalCall(callId: string): boolean {
  return callId.startsWith(OPERATIONAL)
}
