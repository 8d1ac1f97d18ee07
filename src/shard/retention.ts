/**
 * Forgetting: a day's tables are dropped once its last event is past the retention, or before that if the storage is
 * about to be full. What outlives its day is carried to the tables of day 0 first:
 * - deliveries that are owed, with their events, and the rows of their calls;
 * - the events of calls that go on on a later day, without variables (`NO_VARIABLES`): the next event's position, rank and
 *   id are decided by them; and the numbers that these calls are found by. A repeat of such an event is known by its id and
 *   facts, its body is not compared any more.
 *
 * Day 0 is swept by and by: what is no longer owed, and of a call that is over, goes.
 */
import { DAY_MS, KEPT, type Day, type Days } from './days.ts'
import { unsucceededWebhooks } from './candidates.ts'
import { Kept, OWED, portions, type InMemory } from './kept.ts'
import { parseSeqs } from './log.ts'
import { NO_VARIABLES } from './rows.ts'

export interface Forgotten {
  /** The day whose tables were dropped, or null. */
  dropped: number | null
  /** There is more to do, at once: it is done by portions, so that others have their turn. */
  more: boolean
}

/** An object holds 10 GB, and one that is full takes nothing: from this size on the oldest day goes early (bytes). */
const MOST_BYTES = 9e9
/** Events that one portion carries. */
const CARRIED_AT_ONCE = 2_000
/** How often day 0 is swept (ms). */
const SWEEP_EVERY_MS = 60 * 60 * 1000

export class Retention {
  readonly #sql: SqlStorage
  readonly #days: Days
  readonly #retentionMs: number
  readonly #kept: Kept
  /** When day 0 is swept next (ms since epoch); null if nothing is in it. */
  #sweepMs: number | null

  constructor(sql: SqlStorage, days: Days, retentionMs: number) {
    this.#sql = sql
    this.#days = days
    this.#retentionMs = retentionMs
    this.#kept = new Kept(sql, days)
    this.#sweepMs = this.#kept.isEmpty() ? null : 0
  }

  /** When there is something to forget (ms since epoch); null if nothing is kept. */
  dueMs(): number | null {
    const oldest = this.#days.oldest
    const times = [this.#sweepMs, oldest === undefined ? null : this.#goneMs(oldest)].filter(
      (ms) => ms !== null,
    )
    return times.length === 0 ? null : Math.min(...times)
  }

  /** Remembers what is in memory (that of `Days` is its own); what is returned puts it back. */
  checkpoint(): () => void {
    const sweepMs = this.#sweepMs
    const restoreKept = this.#kept.checkpoint()
    return () => {
      this.#sweepMs = sweepMs
      restoreKept()
    }
  }

  /** Whether the storage is about to be full, and there is a day that can go for it. */
  isFull(): boolean {
    return this.#sql.databaseSize >= MOST_BYTES && this.#days.count > 1
  }

  /** The number before which events are to outlive their day by the next step; null if no day goes. */
  goesBefore(nowMs: number): number | null {
    const { oldest } = this.#days
    if (oldest === undefined || (this.#goneMs(oldest) > nowMs && !this.isFull())) return null
    return this.#days.endOf(oldest.day)
  }

  /** Does a portion of what is due, in a transaction. */
  step(memory: InMemory, nowMs: number): Forgotten {
    const oldest = this.#days.oldest
    if (oldest !== undefined && (this.#goneMs(oldest) <= nowMs || this.isFull())) {
      const isDropped = this.#forget(oldest, memory)
      if (isDropped) this.#sweepMs ??= nowMs + SWEEP_EVERY_MS
      return { dropped: isDropped ? oldest.day : null, more: true }
    }
    if (this.#sweepMs !== null && this.#sweepMs <= nowMs) {
      const isSwept = this.#kept.sweep(memory)
      if (isSwept) this.#sweepMs = this.#kept.isEmpty() ? null : nowMs + SWEEP_EVERY_MS
      return { dropped: null, more: !isSwept }
    }
    return { dropped: null, more: false }
  }

  #goneMs({ day }: Day): number {
    return (day + 1) * DAY_MS + this.#retentionMs
  }

  /**
   * Carries a portion of what outlives the day; once all of it is carried, drops the day and returns true. Events are
   * carried first, because they are large and do not change any more; deliveries do, and go with the last portion.
   */
  #forget({ day, firstSeq }: Day, memory: InMemory): boolean {
    const end = this.#days.endOf(day)
    const isOfDay = (seq: number): boolean => seq >= firstSeq && seq < end
    const owed = this.#owedRows(day)
    for (const seq of memory.owed) if (isOfDay(seq)) owed.add(seq)
    const living = new Set(owed)
    const keepCall = (seqs: readonly number[]): void => {
      for (const seq of seqs) if (isOfDay(seq)) living.add(seq)
    }
    for (const { seqs } of memory.calls) {
      if ((seqs.at(-1) ?? 0) >= end || seqs.some((seq) => owed.has(seq))) keepCall(seqs)
    }
    for (const seqs of this.#spanning(day)) keepCall(seqs)
    const callIds: string[] = []
    // Of a call whose last event is of this day an earlier one may have outlived its day before.
    const owing = [
      ...portions([...owed]).flatMap((some) => this.#callsOf(day, day, some)),
      ...portions([...this.#owedRows(KEPT)]).flatMap((some) => this.#callsOf(day, KEPT, some)),
    ]
    for (const { call_id, seqs } of owing) {
      callIds.push(call_id)
      keepCall(parseSeqs(seqs))
    }
    if (!this.#carryEvents(day, owed, living)) return false
    this.#sql.exec(
      `INSERT OR IGNORE INTO number_0 SELECT digits, seq FROM number_${day} n
       WHERE EXISTS (SELECT 1 FROM event_0 e WHERE e.seq = n.seq)`,
    )
    for (const some of portions([...new Set(callIds)])) {
      this.#sql.exec(
        `INSERT OR REPLACE INTO call_0 SELECT * FROM call_${day} WHERE call_id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(some),
      )
    }
    this.#carryDeliveries(day)
    this.#days.dropOldest()
    return true
  }

  /** The events of which a row says that something is owed; by the index, so that what succeeded is not read. */
  #owedRows(day: number): Set<number> {
    const rows = unsucceededWebhooks(this.#sql, day).flatMap((webhookId) =>
      this.#sql
        .exec<{ seq: number }>(`SELECT d.seq FROM ${owedDeliveries(day)}`, webhookId)
        .toArray()
        .map((row) => row.seq),
    )
    return new Set(rows)
  }

  /** The events of calls that have a row on a later day and began before that. */
  #spanning(before: number): number[][] {
    return this.#days.newestFirst
      .filter(({ day }) => day > before)
      .flatMap(({ day, firstSeq }) =>
        this.#sql
          .exec<{ seqs: string }>(
            `SELECT seqs FROM call_${day} INDEXED BY spanning_${day} WHERE (seqs ->> 0) < ${firstSeq}`,
          )
          .toArray()
          .map((row) => parseSeqs(row.seqs)),
      )
  }

  /** The rows of the day that the calls of these events have. @param eventDay in whose table the events are */
  #callsOf(day: number, eventDay: number, seqs: readonly number[]): { call_id: string; seqs: string }[] {
    return this.#sql
      .exec<{ call_id: string; seqs: string }>(
        `SELECT call_id, seqs FROM call_${day} WHERE call_id IN (
           SELECT facts ->> 'call_id' FROM event_${eventDay} WHERE seq IN (SELECT value FROM json_each(?)))`,
        JSON.stringify(seqs),
      )
      .toArray()
  }

  /** Carries events that are not in day 0 yet, and variables that are not; false if some may be left to carry. */
  #carryEvents(day: number, owed: ReadonlySet<number>, living: ReadonlySet<number>): boolean {
    let carried = 0
    for (const some of portions([...living])) {
      const withVariables = JSON.stringify(some.filter((seq) => owed.has(seq)))
      const { rowsWritten } = this.#sql.exec(
        `INSERT OR REPLACE INTO event_0
         SELECT e.seq, e.facts, IIF(e.seq IN (SELECT value FROM json_each(?1)), e.variables, '${NO_VARIABLES}')
         FROM event_${day} e LEFT JOIN event_0 k ON k.seq = e.seq
         WHERE e.seq IN (SELECT value FROM json_each(?2)) AND (
           k.seq IS NULL OR (k.variables = '${NO_VARIABLES}' AND e.seq IN (SELECT value FROM json_each(?1))))`,
        withVariables,
        JSON.stringify(some),
      )
      carried += rowsWritten
      if (carried >= CARRIED_AT_ONCE) return false
    }
    return true
  }

  #carryDeliveries(day: number): void {
    for (const webhookId of unsucceededWebhooks(this.#sql, day)) {
      this.#sql.exec(`INSERT OR REPLACE INTO delivery_0 SELECT d.* FROM ${owedDeliveries(day)}`, webhookId)
    }
  }
}

function owedDeliveries(day: number): string {
  return `delivery_${day} d INDEXED BY unsucceeded_${day}
    WHERE d.webhook_id = ? AND d.status IN ${OWED} AND d.status <> 'succeeded'`
}
