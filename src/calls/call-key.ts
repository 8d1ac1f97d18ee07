import type { Env } from '../settings.ts'

/** The object of a call. A call id is unique within its account only. */
export function callObject(env: Env, accountId: string, callId: string): DurableObjectStub<import('./call-object.ts').CallObject> {
  return env.CALLS.getByName(`${accountId}/${callId}`)
}
