import type { AttemptEntry, WaitWhy } from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { Standpoint } from '../order/call.ts'
import type { DeliveryRow } from '../order/recover.ts'
import { nextWaits } from '../order/waits.ts'
import { unsucceededWebhooks } from './candidates.ts'
import { KEPT, type Days } from './days.ts'
import { hasAttempt, withAttempt, type DeliveryState } from './rows.ts'

/** A delivery's row as it is read back. */
export interface StoredDelivery extends DeliveryRow {
  readonly webhookId: string
  readonly state: DeliveryState
}

/** The marks, by the id of their row. */
const REST_MARK = 1
const START_MARK = 2

/** What a shard writes of events, deliveries and calls, and how it reads a call back. */
export class Journal {
  readonly #sql: SqlStorage
  readonly #days: Days
  /** The last event's number. */
  #lastSeq: number
  /** When the last event came (ms since epoch). */
  #lastMs: number

  constructor(sql: SqlStorage, days: Days) {
    this.#sql = sql
    this.#days = days
    sql.exec('CREATE TABLE IF NOT EXISTS mark (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)')
    this.#lastSeq = this.#newestSeq()
    this.#lastMs = this.events([this.#lastSeq])[0]?.received_at ?? 0
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** Of events before this number no more is owed than there is a row of. */
  get floor(): number {
    return this.#days.floor
  }

  /** The next event's number; its day's tables are there from now on. */
  nextSeq(nowMs: number): number {
    this.#lastSeq += 1
    this.#days.dayFor(nowMs, this.#lastSeq)
    return this.#lastSeq
  }

  /**
   * When an event came that comes now. Numbers and times rise together, which is how the log finds a time: a clock that is
   * set back stands still for the log until it is where it was.
   */
  timeFor(nowMs: number): number {
    this.#lastMs = Math.max(this.#lastMs, nowMs)
    return this.#lastMs
  }

  addEvent(event: StoredEvent, variables: string): void {
    this.#sql.exec(
      `INSERT INTO event_${this.#days.dayOf(event.seq)} (seq, facts, variables) VALUES (?, ?, ?)`,
      event.seq,
      JSON.stringify(event),
      variables,
    )
  }

  /** The event's facts have changed: it was released. */
  saveEvent(event: StoredEvent): void {
    this.#sql.exec(
      `UPDATE event_${this.#days.dayOf(event.seq)} SET facts = ? WHERE seq = ?`,
      JSON.stringify(event),
      event.seq,
    )
  }

  /** The event's variables as the JSON text that came in. */
  variables(seq: number): string {
    return this.#sql
      .exec<{ variables: string }>(`SELECT variables FROM event_${this.#days.dayOf(seq)} WHERE seq = ?`, seq)
      .one().variables
  }

  /**
   * Writes how a delivery stands.
   * @param isNew it has no row yet, as far as its lane knows
   * @param isTripped its webhook's breaker holds it, if it is held
   */
  saveDelivery(row: Standpoint, isNew: boolean, isTripped: boolean, nowMs: number): void {
    const { event, webhookId, status, attempt } = row
    const table = `delivery_${this.#days.dayOf(event.seq)}`
    const known = isNew ? null : this.#state(table, event.seq, webhookId)
    const attempts = known?.attempts ?? []
    const isOver = status !== 'pending' && status !== 'held'
    // It had ended, and is made again by hand: what it waited for until then was over with that.
    const endedMs = known?.completed_at ?? undefined
    const first = known?.first_completed_at ?? endedMs
    const waits = nextWaits(known?.waits, waitOf(row, isTripped), nowMs, endedMs ?? begunMs(row) ?? nowMs)
    const state: DeliveryState = {
      attempts: attempt === null ? attempts : withAttempt(attempts, attempt),
      attempt_count: row.attempts,
      next_attempt_at: row.nextAttemptMs,
      completed_at: isOver ? nowMs : null,
      ...(first === undefined ? {} : { first_completed_at: first }),
      error: row.error,
      written_at: nowMs,
      ...(waits === undefined ? {} : { waits }),
      open: row.open,
    }
    this.#write(table, event.seq, webhookId, status, state)
  }

  /**
   * Puts an attempt on record whose claim had been taken back: the delivery stands as it stood.
   * @returns whether it was not on record yet
   */
  saveStaleAttempt(seq: number, webhookId: string, attempt: AttemptEntry): boolean {
    const table = `delivery_${this.#days.dayOf(seq)}`
    const known = this.#row(table, seq, webhookId)
    if (known === null || hasAttempt(known.state.attempts, attempt)) return false
    const state = { ...known.state, attempts: withAttempt(known.state.attempts, attempt) }
    this.#write(table, seq, webhookId, known.status, state)
    return true
  }

  /** Keeps which events a call has: it rests, and may leave memory. */
  saveCall(callId: string, seqs: readonly number[]): void {
    const day = this.#days.dayOf(seqs.at(-1) ?? 0)
    this.#sql.exec(
      `INSERT INTO call_${day} (call_id, seqs) VALUES (?, ?)
       ON CONFLICT (call_id) DO UPDATE SET seqs = excluded.seqs`,
      callId,
      JSON.stringify(seqs),
    )
  }

  /** The numbers of a call's events as they were when it last rested; empty if it never did. */
  seqsOf(callId: string): number[] {
    for (const { day } of this.#days.newestFirst) {
      const row = this.#sql
        .exec<{ seqs: string }>(`SELECT seqs FROM call_${day} WHERE call_id = ?`, callId)
        .toArray()[0]
      // Safe: `saveCall` alone writes the column.
      if (row !== undefined) return JSON.parse(row.seqs) as number[]
    }
    return []
  }

  /** The events of these numbers that are still there, in their order. */
  events(seqs: readonly number[]): StoredEvent[] {
    return this.#days.read(
      seqs,
      (day, numbers) =>
        this.#sql
          .exec<{ facts: string }>(
            `SELECT facts FROM event_${day} WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,
            JSON.stringify(numbers),
          )
          .toArray()
          .map((row) => JSON.parse(row.facts) as StoredEvent), // safe: this class alone writes the column
    )
  }

  /** The rows of these events' deliveries. */
  deliveries(seqs: readonly number[]): StoredDelivery[] {
    return this.#days.read(seqs, (day, numbers) =>
      this.#sql
        .exec<Row>(
          `SELECT seq, webhook_id, status, state FROM delivery_${day}
           WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,
          JSON.stringify(numbers),
        )
        .toArray()
        .map(storedDelivery),
    )
  }

  delivery(seq: number, webhookId: string): StoredDelivery | null {
    return this.#row(`delivery_${this.#days.dayOf(seq)}`, seq, webhookId)
  }

  /** The events after a number, at most so many, by number. */
  eventsAfter(seq: number, limit: number): StoredEvent[] {
    const found: StoredEvent[] = []
    for (const { day } of [...this.#days.newestFirst].reverse()) {
      if (found.length >= limit) break
      const rows = this.#sql.exec<{ facts: string }>(
        `SELECT facts FROM event_${day} WHERE seq > ? ORDER BY seq LIMIT ?`,
        seq,
        limit - found.length,
      )
      for (const row of rows) found.push(JSON.parse(row.facts) as StoredEvent) // safe: as above
    }
    return found
  }

  /** The numbers of the events with a delivery that waits. */
  pending(): Set<number> {
    const found = new Set<number>()
    for (const { day } of this.#days.newestFirst) {
      for (const webhookId of unsucceededWebhooks(this.#sql, day)) {
        const rows = this.#sql.exec<{ seq: number }>(
          `SELECT seq FROM delivery_${day}
           WHERE webhook_id = ? AND status = 'pending' AND status <> 'succeeded'`,
          webhookId,
        )
        for (const { seq } of rows) found.add(seq)
      }
    }
    return found
  }

  /** The webhooks that have held deliveries. */
  holding(): string[] {
    const found = new Set<string>()
    for (const { day } of this.#days.newestFirst) {
      for (const webhookId of unsucceededWebhooks(this.#sql, day)) {
        const held = this.#sql.exec(
          `SELECT 1 FROM delivery_${day}
           WHERE webhook_id = ? AND status = 'held' AND status <> 'succeeded' LIMIT 1`,
          webhookId,
        )
        if (held.toArray().length > 0) found.add(webhookId)
      }
    }
    return [...found]
  }

  /** The held deliveries of a webhook after an event, by number. */
  held(webhookId: string, afterSeq: number, limit: number): number[] {
    const found: number[] = []
    for (const { day } of [...this.#days.newestFirst].reverse()) {
      if (found.length >= limit) break
      const rows = this.#sql.exec<{ seq: number }>(
        `SELECT seq FROM delivery_${day}
         WHERE status = 'held' AND status <> 'succeeded' AND webhook_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
        webhookId,
        afterSeq,
        limit - found.length,
      )
      for (const { seq } of rows) found.push(seq)
    }
    return found
  }

  /** How many deliveries of a webhook are held. */
  countHeld(webhookId: string): number {
    let count = 0
    for (const { day } of this.#days.newestFirst) {
      count += this.#sql
        .exec<{ count: number }>(
          `SELECT COUNT(*) AS count FROM delivery_${day}
           WHERE status = 'held' AND status <> 'succeeded' AND webhook_id = ?`,
          webhookId,
        )
        .one().count
    }
    return count
  }

  /**
   * Ends what waits for a webhook, as a disable or a delete says: all but what its lanes keep open.
   * @returns how many deliveries that is
   */
  discardWaiting(webhookId: string, upToSeq: number, kept: readonly number[], nowMs: number): number {
    let discarded = 0
    for (const { day } of this.#days.newestFirst) {
      this.#sql.exec(
        `UPDATE delivery_${day} SET status = 'discarded', state = json_set(state, '$.open', NULL,
           '$.next_attempt_at', NULL, '$.completed_at', ?, '$.written_at', ?)
         WHERE status IN ('pending', 'held') AND status <> 'succeeded' AND webhook_id = ? AND seq <= ?
           AND seq NOT IN (SELECT value FROM json_each(?))`,
        nowMs,
        nowMs,
        webhookId,
        upToSeq,
        JSON.stringify(kept),
      )
      discarded += this.#sql.exec<{ count: number }>('SELECT changes() AS count').one().count
    }
    return discarded
  }

  /** Every call with an event up to here rests, and its row says which events it has. */
  get mark(): number {
    return this.#mark(REST_MARK)
  }

  saveMark(seq: number): void {
    this.#saveMark(REST_MARK, seq)
  }

  /**
   * When deliveries that have no row may last have been begun (ms since epoch), though the rows that they follow from are
   * older than the start rule has it: one row for all of them. In a backlog that is most, and a row each would double
   * what is written.
   */
  get startedMs(): number {
    return this.#mark(START_MARK)
  }

  saveStarted(nowMs: number): void {
    this.#saveMark(START_MARK, nowMs)
  }

  checkpoint(): () => void {
    const [lastSeq, lastMs] = [this.#lastSeq, this.#lastMs]
    return () => {
      this.#lastSeq = lastSeq
      this.#lastMs = lastMs
    }
  }

  #newestSeq(): number {
    const [newest] = this.#days.newestFirst
    if (newest === undefined || newest.day === KEPT) return Math.max(0, this.#days.floor - 1)
    const { seq } = this.#sql
      .exec<{ seq: number | null }>(`SELECT MAX(seq) AS seq FROM event_${newest.day}`)
      .one()
    return Math.max(seq ?? 0, newest.firstSeq - 1)
  }

  #mark(id: number): number {
    const rows = this.#sql.exec<{ value: number }>('SELECT value FROM mark WHERE id = ?', id)
    return rows.toArray()[0]?.value ?? 0
  }

  #saveMark(id: number, value: number): void {
    this.#sql.exec(
      'INSERT INTO mark (id, value) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value',
      id,
      value,
    )
  }

  #state(table: string, seq: number, webhookId: string): DeliveryState | null {
    return this.#row(table, seq, webhookId)?.state ?? null
  }

  #row(table: string, seq: number, webhookId: string): StoredDelivery | null {
    const row = this.#sql
      .exec<Row>(
        `SELECT seq, webhook_id, status, state FROM ${table} WHERE seq = ? AND webhook_id = ?`,
        seq,
        webhookId,
      )
      .toArray()[0]
    return row === undefined ? null : storedDelivery(row)
  }

  #write(
    table: string,
    seq: number,
    webhookId: string,
    status: Standpoint['status'],
    state: DeliveryState,
  ): void {
    this.#sql.exec(
      `INSERT INTO ${table} (seq, webhook_id, status, state) VALUES (?, ?, ?, ?)
       ON CONFLICT (seq, webhook_id) DO UPDATE SET status = excluded.status, state = excluded.state`,
      seq,
      webhookId,
      status,
      JSON.stringify(state),
    )
  }
}

/** What a delivery waits for from now on, as its row has it; null if it is under way, ended, or about to begin. */
function waitOf({ status, open }: Standpoint, isTripped: boolean): WaitWhy | null {
  if (status === 'held') return isTripped ? 'breaker' : 'held'
  if (status !== 'pending' || open?.stand.kind !== 'waiting') return null
  const { why } = open.stand
  return why === 'turn' || why === 'line' ? 'rate' : why
}

/** When the attempt began that a row tells of: it has ended, or is under way. */
function begunMs({ attempt, open }: Standpoint): number | undefined {
  return attempt?.started_at ?? (open?.stand.kind === 'flight' ? open.stand.sinceMs : undefined)
}

type Row = { seq: number; webhook_id: string; status: string; state: string }

function storedDelivery(row: Row): StoredDelivery {
  const state = JSON.parse(row.state) as DeliveryState // safe: this class alone writes the columns
  return {
    seq: row.seq,
    webhookId: row.webhook_id,
    status: row.status as Standpoint['status'], // safe: as above
    open: state.open,
    attempts: state.attempt_count,
    completedMs: state.completed_at,
    writtenMs: state.written_at,
    state,
  }
}
