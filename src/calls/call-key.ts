import type { Env } from '../env.ts'
import type { CallObject } from './call-object.ts'

/** The object of a call. A call id is unique within its account only. */
export function callObject(env: Env, accountId: string, callId: string): DurableObjectStub<CallObject> {
  return env.CALLS.getByName(`${accountId}/${callId}`)
}
