/** What has outlived its day: the tables of day 0, and how they are swept. */
import { KEPT, type Days } from './days.ts'
import { parseSeqs } from './log.ts'

/** What the shard has in memory, of which there may be no row. */
export interface InMemory {
  /** The events of which a delivery is owed. */
  owed: Iterable<number>
  /** Its calls, with the numbers of their events, rising. */
  calls: Iterable<{ callId: string; seqs: readonly number[] }>
}

/** The statuses of a delivery that is owed, for a query. */
export const OWED = `('pending', 'held')`
/** Events that are looked at in one portion of a sweep. */
const EVENTS_AT_ONCE = 500
/** As many values as one query is given. */
const VALUES_AT_ONCE = 1_000

export class Kept {
  readonly #sql: SqlStorage
  readonly #days: Days
  /** The last event that this sweep has looked at. */
  #after = 0

  constructor(sql: SqlStorage, days: Days) {
    this.#sql = sql
    this.#days = days
  }

  isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM event_0 LIMIT 1').toArray().length === 0
  }

  checkpoint(): () => void {
    const after = this.#after
    return () => {
      this.#after = after
    }
  }

  /** Forgets, of a portion of the events, those of calls that are over and owe nothing; true at the end of a sweep. */
  sweep(memory: InMemory): boolean {
    const events = this.#sql
      .exec<{ seq: number; call_id: string }>(
        `SELECT seq, facts ->> 'call_id' AS call_id FROM event_0 WHERE seq > ? ORDER BY seq LIMIT ?`,
        this.#after,
        EVENTS_AT_ONCE,
      )
      .toArray()
    const owed = new Set(memory.owed)
    const known = new Set<string>()
    for (const { callId } of memory.calls) known.add(callId)
    const over: string[] = []
    const gone: number[] = []
    for (const [callId, ofCall] of Map.groupBy(events, (event) => event.call_id)) {
      if (known.has(callId) || this.#goesOn(callId)) continue
      const seqs = this.#seqs(callId) ?? ofCall.map((event) => event.seq)
      if (seqs.some((seq) => owed.has(seq)) || this.#owes(seqs)) continue
      over.push(callId)
      gone.push(...seqs)
    }
    for (const some of portions(gone)) {
      const values = JSON.stringify(some)
      this.#sql.exec('DELETE FROM event_0 WHERE seq IN (SELECT value FROM json_each(?))', values)
      this.#sql.exec('DELETE FROM delivery_0 WHERE seq IN (SELECT value FROM json_each(?))', values)
      this.#sql.exec('DELETE FROM number_0 WHERE seq IN (SELECT value FROM json_each(?))', values)
    }
    this.#sql.exec(
      'DELETE FROM call_0 WHERE call_id IN (SELECT value FROM json_each(?))',
      JSON.stringify(over),
    )
    const isEnd = events.length < EVENTS_AT_ONCE
    this.#after = isEnd ? 0 : (events.at(-1)?.seq ?? 0)
    return isEnd
  }

  /** Whether a day that is still there has a row of the call. */
  #goesOn(callId: string): boolean {
    return this.#days.newestFirst.some(
      ({ day }) =>
        day !== KEPT &&
        this.#sql.exec(`SELECT 1 FROM call_${day} WHERE call_id = ?`, callId).toArray().length > 0,
    )
  }

  #seqs(callId: string): number[] | null {
    const row = this.#sql
      .exec<{ seqs: string }>('SELECT seqs FROM call_0 WHERE call_id = ?', callId)
      .toArray()[0]
    return row === undefined ? null : parseSeqs(row.seqs)
  }

  #owes(seqs: readonly number[]): boolean {
    return portions(seqs).some(
      (some) =>
        this.#sql
          .exec(
            `SELECT 1 FROM delivery_0
             WHERE seq IN (SELECT value FROM json_each(?)) AND status IN ${OWED} LIMIT 1`,
            JSON.stringify(some),
          )
          .toArray().length > 0,
    )
  }
}

/** Values, as many at a time as one query is given. */
export function portions<T>(values: readonly T[]): T[][] {
  const all: T[][] = []
  for (let first = 0; first < values.length; first += VALUES_AT_ONCE) {
    all.push(values.slice(first, first + VALUES_AT_ONCE))
  }
  return all
}
