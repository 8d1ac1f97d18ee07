import { waitUntil } from 'cloudflare:workers'
import type { Env } from '../../contracts/env.ts'
import type { Accepted, IncomingEvent } from '../../contracts/events.ts'
import { makeJobs, type Connections } from '../../delivery/maker.ts'
import { report } from '../../lib/failure.ts'
import type { Json } from '../../lib/json.ts'
import { settingsOf } from '../../lib/settings.ts'
import { shardOfCall } from '../../order/placement.ts'
import { shardOf } from '../../contracts/stub.ts'
import { countOf, learnt } from './shard-counts.ts'
import { reaches, type Principal } from '../auth/principal.ts'
import { invalid } from '../http/faults.ts'
import { Problem, type Fault } from '../http/problem.ts'
import { Lines } from './lines.ts'
import { checkEvent, EVENT_BYTES, type EventInput } from './schema.ts'

/** An event that was taken. `position` is its place in its call. */
export interface Taken {
  id: string
  call_id: string
  position: number
  duplicate: boolean
  sequence_reused?: true
}

/** An event that is as it should be, and whose it is. */
interface Checked {
  accountId: string
  event: IncomingEvent
}

/** The relay says this much (s) if it cannot take an event right now. */
const RETRY_AFTER_S = 1
/**
 * Events that a shard is given at a time: between two portions of a batch it takes what others have brought. Fewer while
 * other accounts are there, who would wait for the whole of it.
 */
const EVENTS_AT_ONCE = 16
const BESIDE_OTHERS = 4
/** Shards that are given a batch's events at a time. */
const SHARDS_AT_ONCE = 8
/**
 * Between one portion and the next (ms), the least that a timer takes. workerd looks for what has come in from outside
 * only when nothing else is ready, and where it runs the objects as well, as it does on one machine, a portion that
 * follows at once always is: nobody else would be heard until the last of the batch.
 */
const TURN_MS = 1

/** Checks an event, which is no larger than it may be, and hands it to the shard of its call. */
export async function acceptEvent(env: Env, principal: Principal, input: Json): Promise<Taken | Problem> {
  const checked = checkInput(principal, input)
  if (checked instanceof Problem) return checked
  const { accountId, event } = checked
  const [answer] = await hand(env, accountId, shardOfCall(event.call_id, countOf(accountId)), [event], {
    out: 0,
  })
  return answer ?? unavailable()
}

/**
 * Checks each event, hands those of one shard to it in the order given, and answers for each in the request's order. A
 * bad event, an account that is not there, or a shard that cannot take its own, spoils no other.
 */
export async function acceptEvents(
  env: Env,
  principal: Principal,
  inputs: readonly Json[],
): Promise<(Taken | Problem)[]> {
  const answers: (Taken | Problem | undefined)[] = []
  const groups = new Map<string, Group>()
  for (const [index, input] of inputs.entries()) {
    const checked = checkInput(principal, input)
    if (isTooLarge(input, checked)) {
      answers[index] = new Problem('too_large', `An event may be ${EVENT_BYTES} bytes`)
      continue
    }
    if (checked instanceof Problem) {
      answers[index] = checked
      continue
    }
    const { accountId, event } = checked
    const shard = shardOfCall(event.call_id, countOf(accountId))
    const name = `${accountId}/${shard}`
    const group = groups.get(name) ?? { accountId, shard, events: [], indices: [] }
    groups.set(name, group)
    group.events.push(event)
    group.indices.push(index)
  }
  const connections: Connections = { out: 0 }
  const waiting = groups.values()
  const handInTurn = async (): Promise<void> => {
    for (const { accountId, shard, events, indices } of waiting) {
      for (const [place, answer] of (await handAll(env, accountId, shard, events, connections)).entries()) {
        const index = indices[place]
        if (index !== undefined) answers[index] = answer
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(SHARDS_AT_ONCE, groups.size) }, handInTurn))
  return Array.from(inputs, (_, index) => answers[index] ?? unavailable())
}

/** What goes to one shard, and the places in the request that it has. */
interface Group {
  accountId: string
  shard: number
  events: IncomingEvent[]
  indices: number[]
}

/** A portion after the other; once one could not be stored, none after it is: a call's events would go out of order. */
async function handAll(
  env: Env,
  accountId: string,
  shard: number,
  events: readonly IncomingEvent[],
  connections: Connections,
): Promise<(Taken | Problem)[]> {
  const answers: (Taken | Problem)[] = []
  const count = countOf(accountId)
  while (answers.length < events.length) {
    if (answers.length > 0) await scheduler.wait(TURN_MS)
    const most = lines.isBesideOthers(accountId, Date.now()) ? BESIDE_OTHERS : EVENTS_AT_ONCE
    const portion = events.slice(answers.length, answers.length + most)
    // A portion before this one may have been told of another count, by which these are other shards' too.
    const some =
      countOf(accountId) === count
        ? await hand(env, accountId, shard, portion, connections)
        : await handAnew(env, accountId, null, portion, connections)
    if (some.length === 0) break
    answers.push(...some)
  }
  return answers
}

/** Of this isolate. */
const lines = new Lines()

/** Hands events to their shard, once their turn has come if they are of a flood. */
async function hand(
  env: Env,
  accountId: string,
  shard: number,
  events: IncomingEvent[],
  connections: Connections,
): Promise<(Taken | Problem)[]> {
  const arrival = {
    account: accountId,
    call: sameOf(events, ({ call_id }) => call_id),
    trigger: sameOf(events, ({ trigger }) => trigger),
    count: events.length,
  }
  const waitMs = lines.enter(arrival, Date.now())
  if (waitMs > 0) {
    await scheduler.wait(waitMs)
    const moreMs = lines.turn(events.length, Date.now())
    if (moreMs > 0) await scheduler.wait(moreMs)
  }
  const fromMs = Date.now()
  const answers = await handNow(env, accountId, shard, events, connections)
  if (events.length === 1) lines.stored(Date.now() - fromMs)
  return answers
}

/** What all events have in common; null if they differ. */
function sameOf(events: readonly IncomingEvent[], of: (event: IncomingEvent) => string): string | null {
  const [first] = events
  return first !== undefined && events.every((event) => of(event) === of(first)) ? of(first) : null
}

/** Hands events to their shard; no answers if it could not store them: overloaded, out of reach, its storage failed. */
async function handNow(
  env: Env,
  accountId: string,
  shard: number,
  events: IncomingEvent[],
  connections: Connections,
): Promise<(Taken | Problem)[]> {
  const makes = settingsOf(env).attemptsBy === 'invocation'
  const stub = shardOf(env, accountId, shard)
  const askedMs = Date.now()
  try {
    const answer = await stub.accept(accountId, shard, events, makes)
    switch (answer.kind) {
      case 'unavailable':
        return []
      case 'no_account':
        return events.map(noAccount)
      case 'moved':
        learnt(accountId, answer.shards)
        return await handAnew(env, accountId, shard, events, connections)
      case 'taken':
        if (answer.jobs.length > 0) waitUntil(makeJobs(env, stub, answer.jobs, askedMs, connections))
        return events.map((event, index) => toAnswer(answer.accepted[index], event.call_id))
    }
  } catch (error) {
    report('accept', error)
    return []
  }
}

/** Hands events to the shards that the account has by now; one after the other, to keep their order. */
async function handAnew(
  env: Env,
  accountId: string,
  from: number | null,
  events: readonly IncomingEvent[],
  connections: Connections,
): Promise<(Taken | Problem)[]> {
  const answers: (Taken | Problem)[] = []
  for (const event of events) {
    const shard = shardOfCall(event.call_id, countOf(accountId))
    // A shard that sends an event away that is its own by what it has just said itself is not asked again.
    const [answer] =
      shard === from && events.length === 1 ? [] : await hand(env, accountId, shard, [event], connections)
    answers.push(answer ?? unavailable())
  }
  return answers
}

/** Variables of so many characters (of 3 bytes at most) leave room for the event's other fields, whatever these are. */
const SURELY_SMALL = (EVENT_BYTES - 4 * 1024) / 3

/** Whether an event of a batch weighs too much; it is measured only if that is not plain. */
function isTooLarge(input: Json, checked: Checked | Problem): boolean {
  if (!(checked instanceof Problem) && checked.event.variables.length <= SURELY_SMALL) return false
  return new TextEncoder().encode(JSON.stringify(input)).byteLength > EVENT_BYTES
}

function checkInput(principal: Principal, input: Json): Checked | Problem {
  const checked = checkEvent(input)
  if (!checked.ok) return invalid(checked.faults)
  const { event } = checked
  const accountId = event.account_id ?? principal.account_id
  if (accountId === null) return invalid([NO_ACCOUNT_FAULT])
  if (!reaches(principal, accountId)) return noAccount()
  return { accountId, event: toIncoming(event) }
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

function toAnswer(accepted: Accepted | undefined, callId: string): Taken | Problem {
  switch (accepted?.kind) {
    case 'accepted': {
      const { id, position, duplicate, sequence_reused } = accepted
      const taken: Taken = { id, call_id: callId, position, duplicate }
      return sequence_reused === undefined ? taken : { ...taken, sequence_reused }
    }
    case 'conflict':
      return new Problem(
        'id_reused',
        `The id ${accepted.id} was used in this call for an event with another body`,
      )
    case 'unavailable':
    case undefined:
      return unavailable()
  }
}

function toIncoming(event: EventInput): IncomingEvent {
  const { id, call_id, trigger, call_type, outbound_type, number, sequence, occurred_at } = event
  // Raw numbers are written back as they came, so no digit is lost between here and the receiver.
  const variables = JSON.stringify(event.variables)
  return { id, call_id, trigger, call_type, outbound_type, number, sequence, occurred_at, variables }
}
