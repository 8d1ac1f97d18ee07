import type { ListedCall, ListedEvent } from '../contracts/calls.ts'
import { DELIVERY_STATUSES, type DeliveryStatus } from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { Call } from '../order/call.ts'
import type { Days } from './days.ts'
import { parseSeqs, type Log } from './log.ts'
import { isOperationalCall } from './news.ts'
import type { Numbers } from './numbers.ts'

/** A call as it stands, in rows and in memory. */
export interface ReadCall {
  readonly callId: string
  /** The numbers in the shard of all its events, rising. */
  readonly seqs: readonly number[]
  /** The deliveries of its last events. Of one without a row its lane knows alone. */
  readonly deliveries: readonly { seq: number; status: DeliveryStatus; hasRow: boolean }[]
  /** The triggers of these events, by number. */
  readonly triggers: () => ReadonlyMap<number, string>
  /** How many rows were read for it. */
  readonly cost: number
}

/** Of a call with more events than these the deliveries of the last so many are read. */
export const MOST_EVENTS = 500
/** A call's numbers are read from so many of its first events, and of its last ones. */
const EVENTS_OF_AN_END = 4
/** Variables of more characters are not read for numbers. */
const MOST_CHARACTERS = 16_384

/** Reads calls for a list, many at a time. */
export class CallReader {
  readonly #sql: SqlStorage
  readonly #days: Days
  readonly #log: Log
  readonly #numbers: Numbers
  readonly #inMemory: (callId: string) => Call | undefined

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
    this.#inMemory = inMemory
  }

  /** The calls of these events, by the event; without tests, and without what is no call of the core's. */
  read(places: readonly number[]): Map<number, ReadCall> {
    const ofCalls = this.#log
      .events([...new Set(places)])
      .filter((event) => event.test !== true && !isOperationalCall(event.call_id))
    const byCall = Map.groupBy(ofCalls, (event) => event.call_id)
    const seqsOf = this.#seqsOf([...byCall.keys()])
    const counted = new Map<string, readonly number[]>()
    for (const [callId, events] of byCall) {
      const seqs = seqsOf.get(callId) ?? events.map(({ seq }) => seq)
      seqsOf.set(callId, seqs)
      // Those from the place on tell whether the call was listed before.
      const first = seqs.indexOf(Math.min(...events.map(({ seq }) => seq)))
      counted.set(callId, seqs.slice(-Math.max(MOST_EVENTS, seqs.length - Math.max(0, first))))
    }
    const rows = this.#deliveries([...counted.values()].flat())
    const found = new Map<number, ReadCall>()
    for (const [callId, events] of byCall) {
      const seqs = counted.get(callId) ?? []
      const stored = seqs.flatMap((seq) => rows.get(seq) ?? [])
      const open = this.#open(callId, seqs, rows)
      let triggers: ReadonlyMap<number, string> | undefined
      const call: ReadCall = {
        callId,
        seqs: seqsOf.get(callId) ?? [],
        deliveries: [...stored, ...open].map(({ seq, status, hasRow }) => ({ seq, status, hasRow })),
        triggers: () => (triggers ??= this.#triggers(seqs)),
        cost: seqs.length + stored.length,
      }
      for (const { seq } of events) found.set(seq, call)
    }
    return found
  }

  /** Calls as a list tells them, each listed by one of its events. */
  listed(calls: readonly { call: ReadCall; seq: number }[]): ListedCall[] {
    const ends = calls.flatMap(({ call, seq }) => [seq, call.seqs[0] ?? seq, call.seqs.at(-1) ?? seq])
    const events = new Map(this.#log.events([...new Set(ends)]).map((event) => [event.seq, event]))
    const brought = this.#brought(calls.flatMap(({ call }) => [...endsOf(call.seqs)]))
    return calls.flatMap(({ call, seq }) => {
      const place = events.get(seq)
      if (place === undefined) return []
      const first = events.get(call.seqs[0] ?? seq) ?? place
      const last = events.get(call.seqs.at(-1) ?? seq) ?? place
      const deliveries = noDeliveries()
      for (const { status } of call.deliveries) deliveries[status] += 1
      return [
        {
          call_id: call.callId,
          place: place.ulid,
          call_type: first.call_type,
          numbers: this.#numbers.told([...endsOf(call.seqs)].flatMap((each) => brought.get(each) ?? [])),
          first_event: listedEvent(first),
          last_event: listedEvent(last),
          event_count: call.seqs.length,
          deliveries,
        },
      ]
    })
  }

  /** The numbers of calls' events, in memory or by the row of a call at rest. */
  #seqsOf(callIds: readonly string[]): Map<string, readonly number[]> {
    const found = new Map<string, readonly number[]>()
    for (const callId of callIds) {
      const call = this.#inMemory(callId)
      if (call !== undefined)
        found.set(
          callId,
          call.events.map(({ seq }) => seq),
        )
    }
    for (const { day } of this.#days.newestFirst) {
      const missing = callIds.filter((callId) => !found.has(callId))
      if (missing.length === 0) break
      const rows = this.#sql.exec<{ call_id: string; seqs: string }>(
        `SELECT call_id, seqs FROM call_${day} WHERE call_id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(missing),
      )
      for (const { call_id, seqs } of rows) found.set(call_id, parseSeqs(seqs))
    }
    return found
  }

  #deliveries(seqs: readonly number[]): Map<number, Row[]> {
    const rows = this.#days.read(seqs, (day, some) =>
      this.#sql
        .exec<{ seq: number; webhook_id: string; status: DeliveryStatus }>(
          `SELECT seq, webhook_id, status FROM delivery_${day} WHERE seq IN (SELECT value FROM json_each(?))`,
          JSON.stringify(some),
        )
        .toArray(),
    )
    return Map.groupBy(
      rows.map((row) => ({ ...row, hasRow: true })),
      (row) => row.seq,
    )
  }

  /** The deliveries that have no row, as the lanes of a call in memory have them. */
  #open(callId: string, seqs: readonly number[], rows: ReadonlyMap<number, readonly Row[]>): Row[] {
    const call = this.#inMemory(callId)
    if (call === undefined) return []
    const isCounted = new Set(seqs)
    return call.events.flatMap((event) => {
      const stored = rows.get(event.seq) ?? []
      if (!isCounted.has(event.seq) || stored.length >= event.webhooks.length) return []
      return event.webhooks.flatMap((webhookId) => {
        const stand = stored.some((row) => row.webhook_id === webhookId)
          ? null
          : call.openStand(webhookId, event)
        return stand === null
          ? []
          : [{ seq: event.seq, webhook_id: webhookId, status: stand.status, hasRow: false }]
      })
    })
  }

  #triggers(seqs: readonly number[]): Map<number, string> {
    const rows = this.#days.read(seqs, (day, some) =>
      this.#sql
        .exec<{ seq: number; trigger: string }>(
          `SELECT seq, facts ->> 'trigger' AS trigger FROM event_${day}
           WHERE seq IN (SELECT value FROM json_each(?))`,
          JSON.stringify(some),
        )
        .toArray(),
    )
    return new Map(rows.map(({ seq, trigger }) => [seq, trigger]))
  }

  /** What events brought that may hold numbers. */
  #brought(seqs: readonly number[]): Map<number, { number: string | null; variables: string }> {
    const rows = this.#days.read(seqs, (day, some) =>
      this.#sql
        .exec<{ seq: number; number: string | null; variables: string }>(
          `SELECT seq, facts ->> 'number' AS number,
             IIF(octet_length(variables) <= ${MOST_CHARACTERS}, variables, '{}') AS variables
           FROM event_${day} WHERE seq IN (SELECT value FROM json_each(?))`,
          JSON.stringify(some),
        )
        .toArray(),
    )
    return new Map(rows.map(({ seq, ...rest }) => [seq, rest]))
  }
}

interface Row {
  seq: number
  webhook_id: string
  status: DeliveryStatus
  hasRow: boolean
}

/** The first events of a call and its last ones: those in between bring hardly a number of their own. */
function endsOf(seqs: readonly number[]): Set<number> {
  return new Set([...seqs.slice(0, EVENTS_OF_AN_END), ...seqs.slice(-EVENTS_OF_AN_END)])
}

function listedEvent({ id, trigger, position, occurred_at, received_at }: StoredEvent): ListedEvent {
  return { id, trigger, position, occurred_at, received_at }
}

function noDeliveries(): Record<DeliveryStatus, number> {
  // Safe: it has all the keys.
  return Object.fromEntries(DELIVERY_STATUSES.map((status) => [status, 0])) as Record<DeliveryStatus, number>
}
