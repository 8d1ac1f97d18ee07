import { sampleEvent } from '../../src/catalogue/samples.ts'
import type { TriggerSlug } from '../../src/catalogue/triggers.ts'

/** What happens in a call, in this order. Every webhook of the benchmark asks for all of it. */
export const LIFE = [
  'call_received_on_server',
  'call_answered_on_ivr',
  'dtmf_option',
  'call_received_on_department',
  'dialed_on_agent',
  'call_hangup_missed_or_answered',
] as const satisfies readonly TriggerSlug[]

export const EVENTS_PER_CALL = LIFE.length

/** A number for every event of a run: by its call, and then by its place in the call, from 0. */
export function eventNumber(call: number, place: number): number {
  return call * EVENTS_PER_CALL + place
}

/** Marks an event in its own variables, which both systems hand on as they came. */
const MARK = 'ref_id'
const MARK_IN_BODY = `"${MARK}":"`
const MARK_DIGITS = 9
const CALL_ID = '<call_id>'
const NUMBER = '<number>'

/** The number of the event in a delivered body, or null if it has none. */
export function eventNumberIn(body: Buffer): number | null {
  const at = body.indexOf(MARK_IN_BODY)
  if (at < 0) return null
  const from = at + MARK_IN_BODY.length
  const number = Number(body.toString('latin1', from, from + MARK_DIGITS))
  return Number.isInteger(number) ? number : null
}

/**
 * The requests that post events: the catalogue's samples, 0.5 to 2.2 KB of JSON each and 1 KB on average, made once
 * but for what differs. They carry neither `id` nor `sequence`, as a core that posts in order would leave them out.
 */
export function requestsFor(url: URL, key: string): (call: number, place: number) => string {
  const templates = LIFE.map((trigger) => {
    const { id: _id, sequence: _sequence, ...event } = sampleEvent(trigger)
    const variables = { ...event.variables, call_id: CALL_ID, [MARK]: NUMBER }
    const body = JSON.stringify({ ...event, call_id: CALL_ID, variables })
    const filled = fill(body, 0, 0)
    const head =
      `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(filled)}\r\n\r\n`
    return head + body
  })
  return (call, place) => fill(templates[place] ?? '', call, eventNumber(call, place))
}

/** The ids have one length whatever the number is, so that the length of a body is known ahead. */
function fill(template: string, call: number, number: number): string {
  const callId = `1783784576.${String(call).padStart(MARK_DIGITS, '0')}`
  return template.replaceAll(CALL_ID, callId).replace(NUMBER, String(number).padStart(MARK_DIGITS, '0'))
}

/**
 * The calls that are going on at a time. They take turns, so that what happens in one call is spread as in life; when
 * one is over, a new one takes its place. At first they are of every age, so that calls begin and end all the time
 * from the start: those have only the rest of their events.
 */
export class LivingCalls {
  /** The next first. */
  readonly #waiting: { call: number; place: number }[] = []
  #nextCall: number

  constructor(firstCall: number, living: number) {
    this.#nextCall = firstCall
    for (let n = 0; n < living; n += 1) {
      this.#waiting.push({ call: this.#nextCall, place: n % EVENTS_PER_CALL })
      this.#nextCall += 1
    }
  }

  /** The call after the last one that was begun. */
  get nextCall(): number {
    return this.#nextCall
  }

  /** The next event. Its call has no other one until `answered` is told, so that its order is the order of posting. */
  take(): { call: number; place: number } {
    return this.#waiting.shift() ?? this.#newCall()
  }

  answered(event: { call: number; place: number }): void {
    const next = { call: event.call, place: event.place + 1 }
    this.#waiting.push(next.place < EVENTS_PER_CALL ? next : this.#newCall())
  }

  #newCall(): { call: number; place: number } {
    const call = this.#nextCall
    this.#nextCall += 1
    return { call, place: 0 }
  }
}
