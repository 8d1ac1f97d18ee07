import { callName, callObject } from '../../calls/call-key.ts'
import type { Accepted } from '../../calls/call.ts'
import type { Incoming } from '../../calls/journal.ts'
import { reaches, type Principal } from '../auth/principal.ts'
import { report } from '../../lib/failure.ts'
import { invalid } from '../http/faults.ts'
import { Problem, type Fault } from '../http/problem.ts'
import type { Env } from '../../contracts/env.ts'
import type { Json } from '../../lib/json.ts'
import { findAccounts } from './accounts.ts'
import { checkEvent, EVENT_BYTES, type EventInput } from './schema.ts'
import { Lines } from './lines.ts'

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
 * Calls of a batch that are handed their events at a time. Each may be an object to be made, and a batch of 500
 * new ones at once would hold up everybody else's event for as long as that takes.
 */
const CALLS_AT_ONCE = 8

/**
 * Between one call of a batch and the next (ms), the least that a timer takes. workerd looks for what has come in
 * from outside only when nothing else is ready, and where it runs the objects as well, as it does on one machine,
 * a call that follows at once always is: nobody else would be heard until the last event of the batch.
 */
const TURN_MS = 1

/** Of this isolate. */
const lines = new Lines()

/** A checked event: its place in the request, and where it goes. */
interface Placed {
  index: number
  accountId: string
  callId: string
  incoming: Incoming
}

/**
 * Checks each event, hands those of one call to the call in the order given, and answers for each in the
 * request's order. A bad event, an account that cannot be looked up, or a call that cannot take its own, spoils
 * no other.
 * @param inputs parsed events, with the bytes of each where they have been measured
 */
export async function acceptEvents(
  env: Env,
  principal: Principal,
  inputs: readonly Json[],
  sizeOf: (input: Json) => number,
): Promise<(Taken | Problem)[]> {
  const answers: (Taken | Problem | null)[] = Array.from(inputs, () => null)
  const placed: Placed[] = []
  for (const [index, input] of inputs.entries()) {
    const checked = checkInput(principal, input, sizeOf)
    if (checked instanceof Problem) answers[index] = checked
    else placed.push({ index, ...checked })
  }

  // A key of one account vouches for it; for any other key the accounts have to be looked up.
  const found =
    principal.account_id === null
      ? await findAccounts(env.DB, new Set(placed.map((each) => each.accountId)))
      : new Map([[principal.account_id, true]])
  for (const { index, accountId } of placed) if (found.get(accountId) === false) answers[index] = noAccount()
  const calls = Map.groupBy(
    placed.filter(({ accountId }) => found.get(accountId) === true),
    ({ accountId, callId }) => callName(accountId, callId),
  )

  const waiting = calls.entries()
  const acceptInTurn = async (): Promise<void> => {
    let isFirst = true
    for (const [call, events] of waiting) {
      if (!isFirst) await scheduler.wait(TURN_MS)
      isFirst = false
      await turnOf(call)
      const taken = await acceptInCall(env, events)
      for (const [place, { index, callId }] of events.entries()) {
        const accepted = taken?.[place]
        if (accepted !== undefined) answers[index] = toAnswer(accepted, callId)
      }
    }
  }
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, acceptInTurn))
  return answers.map((answer) => answer ?? unavailable())
}

async function turnOf(call: string): Promise<void> {
  const joinedMs = Date.now()
  const waitMs = lines.join(call, joinedMs)
  if (waitMs === 0) return
  await scheduler.wait(waitMs)
  lines.came(Date.now() - joinedMs - waitMs)
}

function checkInput(
  principal: Principal,
  input: Json,
  sizeOf: (input: Json) => number,
): Omit<Placed, 'index'> | Problem {
  if (sizeOf(input) > EVENT_BYTES) return new Problem('too_large', `An event may be ${EVENT_BYTES} bytes`)
  const checked = checkEvent(input)
  if (!checked.ok) return invalid(checked.faults)
  const { event } = checked
  const accountId = event.account_id ?? principal.account_id
  if (accountId === null) return invalid([NO_ACCOUNT_FAULT])
  if (!reaches(principal, accountId)) return noAccount()
  return { accountId, callId: event.call_id, incoming: toIncoming(event) }
}

/** Null where the call could not store the events: overloaded, out of reach, or its storage failed. */
async function acceptInCall(env: Env, events: readonly Placed[]): Promise<Accepted[] | null> {
  const [first] = events
  if (first === undefined) return []
  const { accountId, callId } = first
  try {
    return await callObject(env, accountId, callId).accept(
      accountId,
      callId,
      events.map((each) => each.incoming),
    )
  } catch (error) {
    report('accept', error)
    return null
  }
}

/** What an event gets that is not durable, and may be sent again. */
function unavailable(): Problem {
  return new Problem('unavailable', 'The relay cannot take this event right now', {
    retryAfterS: RETRY_AFTER_S,
  })
}

function noAccount(): Problem {
  return new Problem('not_found', 'There is no such account')
}

const NO_ACCOUNT_FAULT: Fault = {
  path: 'account_id',
  message: 'is required with a key that is not of one account',
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

function toIncoming(event: EventInput): Incoming {
  const { trigger, call_type, outbound_type, number, sequence, occurred_at } = event
  // Raw numbers are written back as they came, so no digit is lost between here and the receiver.
  const variables = JSON.stringify(event.variables)
  return { id: event.id ?? null, trigger, call_type, outbound_type, number, sequence, occurred_at, variables }
}
