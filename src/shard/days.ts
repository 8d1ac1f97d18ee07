/**
 * Where a shard keeps events and deliveries: tables for each day, so that what is past its retention goes by
 * `DROP TABLE`, which costs no rows. Rows are keyed by the event's number in the shard (`seq`): numbers rise with
 * time, so each day has a range of them, and a number says which day's table it is in.
 *
 * What is still owed when its day goes is moved to the tables of day 0 first (`retention.ts`).
 */
export const DAY_MS = 24 * 60 * 60 * 1000

/** The day whose tables keep what has outlived its own. */
export const KEPT = 0

/** The tables of a day, without the day. */
const TABLES = ['event', 'delivery', 'call', 'number'] as const

export interface Day {
  /** Days since the epoch, UTC; 0 for what is kept beyond its day. */
  readonly day: number
  /** The first event's number; that of the next day's is one more than the last. */
  readonly firstSeq: number
}

export class Days {
  readonly #sql: SqlStorage
  /** By day, rising; without day 0, which is always there. */
  #days: readonly Day[]
  /** Events before this number have outlived their day. */
  #floor: number

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec('CREATE TABLE IF NOT EXISTS day (day INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL)')
    const days = sql
      .exec<{ day: number; first_seq: number }>('SELECT day, first_seq FROM day ORDER BY day')
      .toArray()
      .map(({ day, first_seq }) => ({ day, firstSeq: first_seq }))
    this.#days = days.filter(({ day }) => day !== KEPT)
    this.#floor = days.find(({ day }) => day === KEPT)?.firstSeq ?? 0
    createTables(sql, KEPT, 0)
  }

  /** The days that have tables, newest first; the last is day 0. */
  get newestFirst(): readonly Day[] {
    return [...this.#days].reverse().concat({ day: KEPT, firstSeq: 0 })
  }

  /** How many days have tables, without day 0. */
  get count(): number {
    return this.#days.length
  }

  /**
   * The number from which on events have a day: those before have outlived theirs. It is kept when the last day goes,
   * and numbers go on from there: one that comes again would be taken for discarded, or for seen.
   */
  get floor(): number {
    return this.#floor
  }

  /** The number from which on events are of a later day than this one. */
  endOf(day: number): number {
    return this.#days.find((each) => each.day > day)?.firstSeq ?? Number.MAX_SAFE_INTEGER
  }

  /** What is read of events by their numbers: from the tables of each day, those that are of it. */
  read<T>(seqs: readonly number[], read: (day: number, seqs: readonly number[]) => T[]): T[] {
    return [...Map.groupBy(seqs, (seq) => this.dayOf(seq))].flatMap(([day, some]) => read(day, some))
  }

  get oldest(): Day | undefined {
    return this.#days[0]
  }

  /**
   * The day that an event which arrives now belongs to; its tables are made if they are not there. A clock that was
   * set back does not go back to a former day: numbers would no longer say which day they are of.
   * @param seq the event's number
   */
  dayFor(nowMs: number, seq: number): number {
    const newest = this.#days.at(-1)
    const today = Math.floor(nowMs / DAY_MS)
    if (newest !== undefined && today <= newest.day) return newest.day
    createTables(this.#sql, today, seq)
    this.#sql.exec('INSERT INTO day (day, first_seq) VALUES (?, ?)', today, seq)
    this.#days = [...this.#days, { day: today, firstSeq: seq }]
    return today
  }

  /** The day of an event by its number; day 0 if its own day is gone. */
  dayOf(seq: number): number {
    for (let index = this.#days.length - 1; index >= 0; index -= 1) {
      const each = this.#days[index]
      if (each !== undefined && each.firstSeq <= seq) return each.day
    }
    return KEPT
  }

  /** Drops the tables of the oldest day, whatever is in them. */
  dropOldest(): void {
    const oldest = this.oldest
    if (oldest === undefined) return
    const { last } = this.#sql
      .exec<{ last: number | null }>(`SELECT MAX(seq) AS last FROM event_${oldest.day}`)
      .one()
    const floor = this.#days[1]?.firstSeq ?? Math.max(oldest.firstSeq, (last ?? 0) + 1)
    this.#sql.exec('INSERT OR REPLACE INTO day (day, first_seq) VALUES (?, ?)', KEPT, floor)
    for (const table of TABLES) this.#sql.exec(`DROP TABLE ${table}_${oldest.day}`)
    this.#sql.exec('DELETE FROM day WHERE day = ?', oldest.day)
    this.#days = this.#days.slice(1)
    this.#floor = floor
  }

  /** Remembers the days as they are; what is returned puts them back, for a transaction that is rolled back. */
  checkpoint(): () => void {
    const days = this.#days
    const floor = this.#floor
    return () => {
      this.#days = days
      this.#floor = floor
    }
  }
}

/**
 * - `event_D`: a row for each event. `facts` is a StoredEvent as JSON; `variables` come last, so that reading the facts
 *   does not read them.
 * - `delivery_D`: a row for each delivery that has ended, waits or is held, keyed by its event and webhook. `status` is
 *   a DeliveryStatus and `state` the rest, as JSON (`DeliveryState`). What has succeeded is in no index: it is most of
 *   all rows, and each entry of an index is one row more on the bill.
 * - `call_D`: a row for each call at rest, by the day of its last event: which events it has, as JSON. Those that began on
 *   a former day are in an index: when that day goes, their events of then have to be found.
 * - `number_D`: a row for each number that a call is found by (`numbers.ts`), by the day of the call's first event.
 */
function createTables(sql: SqlStorage, day: number, firstSeq: number): void {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS event_${day} (seq INTEGER PRIMARY KEY, facts TEXT NOT NULL, variables TEXT NOT NULL)`,
  )
  sql.exec(
    `CREATE TABLE IF NOT EXISTS delivery_${day} (
       seq INTEGER NOT NULL, webhook_id TEXT NOT NULL, status TEXT NOT NULL, state TEXT NOT NULL,
       PRIMARY KEY (seq, webhook_id)
     ) WITHOUT ROWID`,
  )
  sql.exec(
    `CREATE INDEX IF NOT EXISTS unsucceeded_${day} ON delivery_${day} (webhook_id, status, seq)
     WHERE status <> 'succeeded'`,
  )
  sql.exec(
    `CREATE TABLE IF NOT EXISTS call_${day} (call_id TEXT PRIMARY KEY, seqs TEXT NOT NULL) WITHOUT ROWID`,
  )
  sql.exec(
    `CREATE INDEX IF NOT EXISTS spanning_${day} ON call_${day} (call_id) WHERE (seqs ->> 0) < ${firstSeq}`,
  )
  createNumbers(sql, day)
}

/** `digits` is a number's key, and `seq` that of the call's first event. The key is the index: a row is one row. */
export function createNumbers(sql: SqlStorage, day: number): void {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS number_${day} (digits TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (digits, seq))
     WITHOUT ROWID`,
  )
  // Of day 0 calls go one by one, and few numbers are carried there.
  if (day === KEPT) sql.exec(`CREATE INDEX IF NOT EXISTS number_seq_${KEPT} ON number_${KEPT} (seq)`)
}
