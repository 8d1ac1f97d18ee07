import { callObject } from '../calls/call-key.ts'
import type { Accepted } from '../calls/call.ts'
import type { Incoming } from '../calls/journal.ts'
import { reaches, type Principal } from '../auth/principal.ts'
import { snapshotOf } from '../config/snapshot.ts'
import { report } from '../failure.ts'
import { invalid } from '../faults.ts'
import { Problem, type Fault } from '../problem.ts'
import type { Env } from '../env.ts'
import type { Json } from '../json.ts'
import { checkEvent, EVENT_BYTES, type EventInput } from './event.ts'

/** An event that was taken. `position` is its place in its call. */
export interface Taken {
  id: string
  call_id: string
  position: number
  duplicate: boolean
}

/** The relay says this much (s) where it cannot take an event right now. */
const RETRY_AFTER_S = 1

/**
 * Checks each event, hands those of one call to the call in the order given, and answers for each in the
 * request's order. A bad event, or a call that cannot take its own, spoils no other.
 * @param inputs parsed events, with the bytes of each where they have been measured
 */
export async function acceptEvents(
  env: Env,
  principal: Principal,
  inputs: readonly Json[],
  sizeOf: (input: Json) => number,
): Promise<(Taken | Problem)[]> {
  const answers: (Taken | Problem)[] = Array.from(inputs, () => new Problem('unavailable', ''))
  const calls = new Map<
    string,
    { accountId: string; callId: string; events: { index: number; incoming: Incoming }[] }
  >()
  const known = new Map<string, boolean>()

  for (const [index, input] of inputs.entries()) {
    if (sizeOf(input) > EVENT_BYTES) {
      answers[index] = new Problem('too_large', `An event may be ${EVENT_BYTES} bytes`)
      continue
    }
    const checked = checkEvent(input)
    const faults = checked.ok ? accountFaults(principal, checked.event) : checked.faults
    if (!checked.ok || faults.length > 0) {
      answers[index] = invalid(faults)
      continue
    }
    const { event } = checked
    const accountId = event.account_id ?? principal.account_id ?? ''
    if (!reaches(principal, accountId)) {
      answers[index] = new Problem('not_found', 'There is no such account')
      continue
    }
    // A key of one account vouches for it; for any other key the account has to be looked up, once a request.
    if (principal.account_id === null && !known.has(accountId)) {
      known.set(accountId, (await snapshotOf(env.DB, accountId, Date.now)).accountExists)
    }
    if (known.get(accountId) === false) {
      answers[index] = new Problem('not_found', 'There is no such account')
      continue
    }
    const key = `${accountId}/${event.call_id}`
    const call = calls.get(key) ?? { accountId, callId: event.call_id, events: [] }
    call.events.push({ index, incoming: toIncoming(event) })
    calls.set(key, call)
  }

  await Promise.all(
    [...calls.values()].map(async ({ accountId, callId, events }) => {
      const taken = await acceptInCall(
        env,
        accountId,
        callId,
        events.map((each) => each.incoming),
      )
      for (const [place, { index }] of events.entries()) {
        const accepted = taken?.[place]
        answers[index] =
          accepted === undefined
            ? new Problem('unavailable', 'The relay cannot take this event right now', {
                retryAfterS: RETRY_AFTER_S,
              })
            : toAnswer(accepted, callId)
      }
    }),
  )
  return answers
}

/** Null where the call could not store the events: overloaded, out of reach, or its storage failed. */
async function acceptInCall(
  env: Env,
  accountId: string,
  callId: string,
  incoming: Incoming[],
): Promise<Accepted[] | null> {
  try {
    return await callObject(env, accountId, callId).accept(accountId, callId, incoming)
  } catch (error) {
    report('accept', error)
    return null
  }
}

function toAnswer(accepted: Accepted, callId: string): Taken | Problem {
  switch (accepted.kind) {
    case 'accepted':
      return { id: accepted.id, call_id: callId, position: accepted.position, duplicate: accepted.duplicate }
    case 'conflict':
      return new Problem(
        'id_reused',
        `The id ${accepted.id} was used in this call for an event with another body`,
      )
  }
}

function accountFaults(principal: Principal, event: EventInput): Fault[] {
  if (event.account_id !== undefined || principal.account_id !== null) return []
  return [{ path: 'account_id', message: 'is required with a key that is not of one account' }]
}

function toIncoming(event: EventInput): Incoming {
  const { trigger, call_type, outbound_type, number, sequence, occurred_at } = event
  // Raw numbers are written back as they came, so no digit is lost between here and the receiver.
  const variables = JSON.stringify(event.variables)
  return { id: event.id ?? null, trigger, call_type, outbound_type, number, sequence, occurred_at, variables }
}
