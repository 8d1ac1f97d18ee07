/**
 * The log of a shard: what its tables of days say of events and deliveries. Every question is answered by a bounded
 * number of rows, because the object that answers it is the one that delivers.
 */
import {
  type AttemptEntry,
  isAsked,
  type DeliveryStatus,
  type LoggedDelivery,
  type LogPage,
  type LogQuery,
} from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { TimelineEvent } from '../contracts/shard.ts'
import {
  deliveryId,
  earliestUlid,
  eventUlidOfDelivery,
  placeOfDelivery,
  webhookOfDelivery,
} from '../lib/id.ts'
import { Candidates, isOfAttempts, type Candidate, type Range } from './candidates.ts'
import type { Days } from './days.ts'
import { AFTER_ALL, firstSeqFrom } from './positions.ts'
import { loggedDelivery, NO_VARIABLES, type DeliveryState } from './rows.ts'

export interface DeliveryRow {
  seq: number
  webhookId: string
  status: DeliveryStatus
  state: DeliveryState
}

export interface LogRecord {
  event: StoredEvent
  delivery: LoggedDelivery
  variables: string
}

/** Rows that one page looks at: some 1 ms of the object’s thread. */
const MOST_EXAMINED = 500
/** The same of those whose attempts are read: answers of receivers are among these. */
const MOST_PARSED = 125
/** Events that are read at a time. */
const EVENTS_AT_ONCE = 100
/** What a portion of a timeline may weigh, in characters of its rows: an answer over RPC takes 32 MiB. */
const TIMELINE_CHARACTERS = 4 * 1024 * 1024
/** A delivery's state without its attempts but the last, and of that not the answer: lists show no more. */
const LEAN_STATE = `CASE json_array_length(d.state, '$.attempts') WHEN 0 THEN d.state ELSE
  json_set(d.state, '$.attempts',
    json_array(json_remove(json_extract(d.state, '$.attempts[#-1]'), '$.response_body'))) END`

export class Log {
  readonly #sql: SqlStorage
  readonly #days: Days
  readonly #candidates: Candidates

  constructor(sql: SqlStorage, days: Days) {
    this.#sql = sql
    this.#days = days
    this.#candidates = new Candidates(sql, days)
  }

  /**
   * A page of deliveries, newest first, without their attempts. Where few fit the filters it may hold less than
   * `limit`, or nothing, and go on all the same.
   * @param callSeqs the numbers of the events of `query.call_id`, if the shard has that call in memory
   */
  page(query: LogQuery, callSeqs: readonly number[] | null = null): LogPage {
    const seqs = query.call_id === undefined ? undefined : (callSeqs ?? this.callSeqs(query.call_id) ?? [])
    const most = isOfAttempts(query) ? MOST_PARSED : MOST_EXAMINED
    const found: Candidate[] = []
    let examined = 0
    let last: Candidate | null = null
    for (const each of this.#candidates.of(query, this.#rangeOf(query), seqs)) {
      if (last !== null && (found.length === query.limit || examined >= most)) {
        return { deliveries: this.#listed(found), next: this.#idOf(last) }
      }
      examined += each.looked
      last = each
      if (fits(each, query)) found.push(each)
    }
    return { deliveries: this.#listed(found), next: null }
  }

  /** A delivery with its attempts, its event, and the variables as they came in (`NO_VARIABLES` once they are gone). */
  get(seq: number, webhookId: string): LogRecord | null {
    const day = this.#days.dayOf(seq)
    const row = this.#sql
      .exec<{ status: DeliveryStatus; state: string; facts: string; variables: string }>(
        `SELECT d.status, d.state, e.facts, e.variables FROM delivery_${day} d JOIN event_${day} e ON e.seq = d.seq
         WHERE d.seq = ? AND d.webhook_id = ?`,
        seq,
        webhookId,
      )
      .toArray()[0]
    if (row === undefined) return null
    const event = parseEvent(row.facts)
    const delivery = loggedDelivery(event, webhookId, row.status, parseState(row.state))
    return { event, delivery, variables: row.variables }
  }

  /** The same by the delivery's id; null if the log does not have it. */
  find(id: string): LogRecord | null {
    const place = placeOfDelivery(id)
    const found = place === null ? null : this.get(place.seq, place.webhookId)
    return found?.delivery.id === id ? found : null
  }

  /** An event's variables as they came in; null if the shard has no such event, or has it without them. */
  variables(seq: number): string | null {
    const day = this.#days.dayOf(seq)
    const row = this.#sql
      .exec<{ variables: string }>(`SELECT variables FROM event_${day} WHERE seq = ?`, seq)
      .toArray()[0]
    return row === undefined || row.variables === NO_VARIABLES ? null : row.variables
  }

  /** The events of these numbers that there are, by number. */
  events(seqs: readonly number[]): StoredEvent[] {
    return this.#byDay(seqs).flatMap(([day, some]) =>
      this.#sql
        .exec<{ facts: string }>(
          `SELECT facts FROM event_${day} WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,
          JSON.stringify(some),
        )
        .toArray()
        .map((row) => parseEvent(row.facts)),
    )
  }

  #eventsWithVariables(seqs: readonly number[]): Pick<TimelineEvent, 'event' | 'variables'>[] {
    return this.#byDay(seqs).flatMap(([day, some]) =>
      this.#sql
        .exec<{ facts: string; variables: string }>(
          `SELECT facts, variables FROM event_${day} WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,
          JSON.stringify(some),
        )
        .toArray()
        .map(({ facts, variables }) => ({ event: parseEvent(facts), variables })),
    )
  }

  /** The rows of deliveries of these events, by the events' number. */
  deliveries(seqs: readonly number[]): DeliveryRow[] {
    return this.#byDay(seqs).flatMap(([day, some]) =>
      this.#sql
        .exec<{ seq: number; webhook_id: string; status: DeliveryStatus; state: string }>(
          `SELECT seq, webhook_id, status, state FROM delivery_${day}
           WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq, webhook_id`,
          JSON.stringify(some),
        )
        .toArray()
        .map(({ seq, webhook_id, status, state }) => ({
          seq,
          webhookId: webhook_id,
          status,
          state: parseState(state),
        })),
    )
  }

  /**
   * The first of these events with their deliveries and attempts, as many as go into one answer.
   * `taken`: how many of `seqs` that was.
   * @param withAnswers of the receivers, which may be large
   */
  timeline(
    seqs: readonly number[],
    withAnswers: boolean,
  ): { events: Omit<TimelineEvent, 'reusesSequence'>[]; taken: number } {
    const events: Omit<TimelineEvent, 'reusesSequence'>[] = []
    let characters = 0
    let taken = 0
    while (taken < seqs.length && characters < TIMELINE_CHARACTERS) {
      const some = seqs.slice(taken, taken + EVENTS_PER_LOOK)
      const rows = Map.groupBy(this.deliveries(some), (row) => row.seq)
      for (const { event, variables } of this.#eventsWithVariables(some)) {
        const deliveries = (rows.get(event.seq) ?? []).map(({ webhookId, status, state }) => {
          const attempts = withAnswers ? state.attempts : state.attempts.map(withoutAnswer)
          return loggedDelivery(event, webhookId, status, { ...state, attempts })
        })
        characters += JSON.stringify(deliveries).length + variables.length
        events.push({ event, variables, deliveries })
      }
      taken += some.length
    }
    return { events, taken }
  }

  /** The events of a call at rest, by its row; null if there is none. */
  callSeqs(callId: string): number[] | null {
    for (const { day } of this.#days.newestFirst) {
      const row = this.#sql
        .exec<{ seqs: string }>(`SELECT seqs FROM call_${day} WHERE call_id = ?`, callId)
        .toArray()[0]
      if (row !== undefined) return parseSeqs(row.seqs)
    }
    return null
  }

  /** The events of a call at rest that are still there, in the order of arrival. */
  eventsOf(callId: string): StoredEvent[] {
    return this.events(this.callSeqs(callId) ?? [])
  }

  /** The lowest number of an event that arrived at or after `ms` (since epoch). */
  firstSeqFrom(ms: number): number {
    return firstSeqFrom(this.#sql, this.#days, earliestUlid(ms))
  }

  /** When the oldest event came that the log may have a delivery of (ms since epoch); null if it has none. */
  oldestMs(): number | null {
    const kept = this.#sql
      .exec<{ seq: number }>('SELECT seq FROM delivery_0 ORDER BY seq LIMIT 1')
      .toArray()[0]
    if (kept !== undefined) return this.events([kept.seq])[0]?.received_at ?? null
    for (const { day } of this.#days.newestFirst.toReversed()) {
      const row = this.#sql
        .exec<{ facts: string }>(`SELECT facts FROM event_${day} ORDER BY seq LIMIT 1`)
        .toArray()[0]
      // Day 0 has no delivery, and what else is in there is no part of the log.
      if (day !== 0 && row !== undefined) return parseEvent(row.facts).received_at
    }
    return null
  }

  /** The rows that a page may look at. Another shard's delivery is a place in this one's log as well: ULIDs sort. */
  #rangeOf({ sinceMs, untilMs, after }: LogQuery): Range {
    const from = sinceMs === undefined ? 0 : this.firstSeqFrom(sinceMs)
    const until = untilMs === undefined ? AFTER_ALL : this.firstSeqFrom(untilMs)
    if (after === undefined) return { from, below: { seq: until, webhookId: '' } }
    const ulid = eventUlidOfDelivery(after) ?? ''
    const seq = firstSeqFrom(this.#sql, this.#days, ulid)
    if (until <= seq) return { from, below: { seq: until, webhookId: '' } }
    const isOwn = this.events([seq])[0]?.ulid === ulid
    return { from, below: { seq, webhookId: isOwn ? (webhookOfDelivery(after) ?? '') : '' } }
  }

  #listed(found: readonly Candidate[]): LoggedDelivery[] {
    return found.flatMap(({ day, seq, webhook_id, status }) =>
      this.#sql
        .exec<{ state: string; facts: string }>(
          `SELECT ${LEAN_STATE} AS state, e.facts FROM delivery_${day} d JOIN event_${day} e ON e.seq = d.seq
           WHERE d.seq = ? AND d.webhook_id = ?`,
          seq,
          webhook_id,
        )
        .toArray()
        .map((row) => {
          const state = parseState(row.state)
          return { ...loggedDelivery(parseEvent(row.facts), webhook_id, status, state), attempts: [] }
        }),
    )
  }

  #idOf({ seq, webhook_id }: Candidate): string | null {
    const [event] = this.events([seq])
    return event === undefined ? null : deliveryId(event.ulid, webhook_id)
  }

  /** Numbers by the day whose tables have them, rising, some at a time. */
  #byDay(seqs: readonly number[]): [day: number, seqs: number[]][] {
    const groups = Map.groupBy(
      [...seqs].sort((a, b) => a - b),
      (seq) => this.#days.dayOf(seq),
    )
    return [...groups].flatMap(([day, all]) => {
      const portions: [number, number[]][] = []
      for (let first = 0; first < all.length; first += EVENTS_AT_ONCE) {
        portions.push([day, all.slice(first, first + EVENTS_AT_ONCE)])
      }
      return portions
    })
  }
}

/** Events of a timeline that are read before it is asked what they weigh: each may have many large answers. */
const EVENTS_PER_LOOK = 10

function withoutAnswer(attempt: AttemptEntry): AttemptEntry {
  return { ...attempt, response_body: null }
}

function fits(each: Candidate, { webhook_id, status, trigger, error, status_code }: LogQuery): boolean {
  return (
    (webhook_id === undefined || each.webhook_id === webhook_id) &&
    isAsked(status, each.status) &&
    (trigger === undefined || each.trigger === trigger) &&
    (error === undefined || each.error === error) &&
    (status_code === undefined || each.code === status_code)
  )
}

function parseEvent(facts: string): StoredEvent {
  // Safe: the shard alone writes the column, always as a StoredEvent.
  return JSON.parse(facts) as StoredEvent
}

function parseState(state: string): DeliveryState {
  // Safe: the shard alone writes the column, always as a DeliveryState.
  return JSON.parse(state) as DeliveryState
}

/** The events of a call's row. */
export function parseSeqs(seqs: string): number[] {
  // Safe: the shard alone writes the column, always as an array of numbers.
  return JSON.parse(seqs) as number[]
}
