/**
 * Lists of calls, newest first. A call is listed by one of its events: by its first; or, if a status is asked for and no
 * number, by its newest event with such a delivery, since what did not succeed is in an index by events. Each page looks at a
 * bounded number of rows.
 */
import type { CallPage, CallQuery } from '../contracts/calls.ts'
import { isAsked } from '../contracts/deliveries.ts'
import type { Call } from '../order/call.ts'
import { soughtBy } from '../order/number-key.ts'
import { CallReader, type ReadCall } from './call-reader.ts'
import { Candidates, merged, type Range } from './candidates.ts'
import { KEPT, type Days } from './days.ts'
import type { Log } from './log.ts'
import type { Numbers } from './numbers.ts'
import { AFTER_ALL, firstSeqFrom } from './positions.ts'

/** An event by which a call may be listed. `looked`: how many rows were looked at since the one before. */
interface Place {
  seq: number
  looked: number
  /** It says only how far was looked. */
  isMark: boolean
}

/** Events from one on: those of the page are before `below`, and those of the whole list before `until`. */
interface Within {
  from: number
  below: number
  until: number
}

/** Rows that one page looks at, those of the calls that it reads included: some 1.5 ms of the object’s thread. */
const MOST_EXAMINED = 250
/** Calls that are read at a time. */
const CALLS_AT_ONCE = 16
/** Events that are looked at at a time for those that begin a call. */
const ROWS_AT_ONCE = 128
/** Calls of one number that are read at a time. */
const NUMBER_ROWS = 64
/** Numbers of a day that may end in the same digits: each is a place of its own in the index. */
const MOST_NUMBERS = 200

export class CallList {
  readonly #sql: SqlStorage
  readonly #days: Days
  readonly #log: Log
  readonly #numbers: Numbers
  readonly #candidates: Candidates
  readonly #reader: CallReader

  /** @param inMemory the call of an id, if it is in memory */
  constructor(
    sql: SqlStorage,
    days: Days,
    log: Log,
    numbers: Numbers,
    inMemory: (callId: string) => Call | undefined,
  ) {
    this.#sql = sql
    this.#days = days
    this.#log = log
    this.#numbers = numbers
    this.#candidates = new Candidates(sql, days)
    this.#reader = new CallReader(sql, days, log, numbers, inMemory)
  }

  page(query: CallQuery): CallPage {
    const within = this.#within(query)
    const places = this.#places(query, within)
    if (places === null) return { kind: 'too_many_numbers' }
    const found: { call: ReadCall; seq: number }[] = []
    const read = new Set<ReadCall>()
    let examined = 0
    let last: number | null = null
    for (const some of portions(places)) {
      const calls = this.#reader.read(some.filter(({ isMark }) => !isMark).map(({ seq }) => seq))
      for (const { seq, looked, isMark } of some) {
        if (last !== null && (found.length === query.limit || examined >= MOST_EXAMINED)) {
          return { kind: 'page', calls: this.#reader.listed(found), next: this.#ulidOf(last) }
        }
        const call = isMark ? undefined : calls.get(seq)
        examined += looked
        last = seq
        if (call === undefined) continue
        if (!read.has(call)) examined += call.cost
        read.add(call)
        if (isListed(call, seq, query, within)) found.push({ call, seq })
      }
    }
    return { kind: 'page', calls: this.#reader.listed(found), next: null }
  }

  /** Null if too many numbers are meant. */
  #places(query: CallQuery, within: Within): Generator<Place> | null {
    if (query.number !== undefined) {
      const sought = soughtBy(query.number, this.#numbers.country)
      const byDay = this.#days.newestFirst.map(({ day }) => ({
        day,
        keys: this.#numbers.keys(day, sought, MOST_NUMBERS + 1),
      }))
      if (byDay.some(({ keys }) => keys.length > MOST_NUMBERS)) return null
      return this.#ofNumbers(byDay, within)
    }
    return isByStatus(query) ? this.#ofStatus(query, within) : this.#ofAll(within)
  }

  /** By the numbers that calls are found by. */
  *#ofNumbers(byDay: readonly { day: number; keys: readonly string[] }[], within: Within): Generator<Place> {
    for (const { day, keys } of byDay) {
      const sources = keys.map((key) => this.#ofKey(day, key, this.#ofDay(day, within)))
      let before: number | null = null
      for (const seq of merged(sources, (a, b) => b - a)) {
        // A call with two of these numbers.
        if (seq !== before) yield { seq, looked: 1, isMark: false }
        before = seq
      }
    }
  }

  *#ofKey(day: number, key: string, { from, below }: Within): Generator<number> {
    for (let end = below; ;) {
      const seqs = this.#numbers.firstSeqs(day, key, from, end, NUMBER_ROWS)
      yield* seqs
      if (seqs.length < NUMBER_ROWS) return
      end = seqs.at(-1) ?? from
    }
  }

  /** By the index of what did not succeed. */
  *#ofStatus({ status, trigger }: CallQuery, { from, below }: Within): Generator<Place> {
    const range: Range = { from, below: { seq: below, webhookId: '' } }
    let before: number | null = null
    for (const each of this.#candidates.of({ status, trigger, limit: 0 }, range, undefined)) {
      // Of an event with several such deliveries one is enough.
      const isMark = each.seq === before || (trigger !== undefined && each.trigger !== trigger)
      yield { seq: each.seq, looked: each.looked, isMark }
      before = each.seq
    }
  }

  /** All calls, by the events that begin one. */
  *#ofAll(within: Within): Generator<Place> {
    for (const { day } of this.#days.newestFirst) {
      const { from, below } = this.#ofDay(day, within)
      let end = below
      for (;;) {
        const rows = this.#beginnings(day, from, end, ROWS_AT_ONCE)
        yield* rows
        if (rows.reduce((sum, { looked }) => sum + looked, 0) < ROWS_AT_ONCE) break
        end = rows.at(-1)?.seq ?? from
      }
    }
  }

  /** Of so many events those that begin a call, and the last one. Tests are left out. */
  #beginnings(day: number, from: number, below: number, limit: number): Place[] {
    const rows = this.#sql
      .exec<{ seq: number; looked: number; begins: number }>(
        `SELECT * FROM (
           SELECT seq, row_number() OVER (ORDER BY seq DESC) AS looked,
             facts ->> 'n' = 1 AND facts ->> 'test' IS NULL AS begins
           FROM event_${day} WHERE seq < ?1 AND seq >= ?2 ORDER BY seq DESC LIMIT ?3
         ) WHERE begins OR looked = ?3`,
        below,
        from,
        limit,
      )
      .toArray()
    let before = 0
    return rows.map(({ seq, looked, begins }) => {
      const place = { seq, looked: looked - before, isMark: begins === 0 }
      before = looked
      return place
    })
  }

  /** Of day 0 what its own day has no more: a day that is about to go is carried there before it goes. */
  #ofDay(day: number, within: Within): Within {
    return day === KEPT ? { ...within, below: Math.min(within.below, this.#days.floor) } : within
  }

  #within({ sinceMs, untilMs, after }: CallQuery): Within {
    const from = sinceMs === undefined ? 0 : this.#log.firstSeqFrom(sinceMs)
    const until = untilMs === undefined ? AFTER_ALL : this.#log.firstSeqFrom(untilMs)
    const end = after === undefined ? AFTER_ALL : firstSeqFrom(this.#sql, this.#days, after)
    return { from, until, below: Math.min(until, end) }
  }

  #ulidOf(seq: number): string | null {
    return this.#log.events([seq])[0]?.ulid ?? null
  }
}

/** Whether the calls are found by what did not succeed. */
function isByStatus({ number, status }: CallQuery): boolean {
  return number === undefined && status !== undefined && status !== 'succeeded'
}

/** Whether a call fits the filters, by an event of it that fits all of them, and is listed by the event that it was found by. */
function isListed(call: ReadCall, place: number, query: CallQuery, { until }: Within): boolean {
  const { status, trigger } = query
  const isOf = (seq: number): boolean => trigger === undefined || call.triggers().get(seq) === trigger
  if (status === undefined) return trigger === undefined || call.seqs.some(isOf)
  const fits = call.deliveries.filter((each) => isAsked(status, each.status) && isOf(each.seq))
  if (!isByStatus(query)) return fits.length > 0
  return !fits.some(({ seq, hasRow }) => hasRow && seq > place && seq < until)
}

/** Places, as many at a time as calls are read at once. */
function* portions(places: Generator<Place>): Generator<Place[]> {
  let some: Place[] = []
  let looked = 0
  for (const place of places) {
    some.push(place)
    looked += place.looked
    if (some.length < CALLS_AT_ONCE && looked < ROWS_AT_ONCE) continue
    yield some
    some = []
    looked = 0
  }
  if (some.length > 0) yield some
}
