import type { AttemptError } from '../delivery/attempt.ts'
import { earliestId, timeOfDelivery } from '../lib/id.ts'

export const DELIVERY_STATUSES = ['pending', 'held', 'succeeded', 'failed', 'expired', 'discarded'] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]
export const ATTEMPT_VIAS = ['inline', 'queue', 'test', 'manual'] as const
export type AttemptVia = (typeof ATTEMPT_VIAS)[number]

/** One attempt as the log keeps it. Times are ms since epoch. */
export interface AttemptEntry {
  id: string
  number: number
  started_at: number
  duration_ms: number
  via: AttemptVia
  status_code: number | null
  error: AttemptError | null
  response_body: string | null
  /** The version of the webhook's configuration that the request was made from. */
  version: number
}

/** Where a delivery stands, as its call reports it. Times are ms since epoch. */
export interface LogEntry {
  id: string
  /** Rises with each report of a call: an older or repeated report changes nothing. */
  revision: number
  event_id: string
  call_id: string
  trigger: string
  position: number
  late: boolean
  status: DeliveryStatus
  attempt_count: number
  next_attempt_at: number | null
  last_status_code: number | null
  last_error: AttemptError | null
  created_at: number
  completed_at: number | null
  /** The attempt that led here, where one did. */
  attempt: AttemptEntry | null
}

/** A delivery as the log holds it. */
export interface LoggedDelivery extends Omit<LogEntry, 'attempt' | 'revision'> {
  webhook_id: string
  attempts: AttemptEntry[]
}

export interface LogQuery {
  status?: DeliveryStatus | undefined
  trigger?: string | undefined
  call_id?: string | undefined
  /** Bounds on the event's arrival, ms since epoch; `since` is included, `until` is not. */
  sinceMs?: number | undefined
  untilMs?: number | undefined
  /** Only deliveries older than this id. */
  after?: string | undefined
  limit: number
}

/** A report on an attempt whose claim had been taken back: the attempt is logged, the delivery stays as it is. */
export const STALE_REVISION = 0

/**
 * An object holds 10 GB, and one that is full takes no report: held calls would not be noted, nor a receiver's
 * failures. Age alone does not bound a log, so that from this size on the oldest goes, whatever its age (bytes).
 */
const MOST_BYTES = 8 * 1024 ** 3
/** More than a report brings, so that the size goes down again; few enough to be no burden on one report. */
const FORGOTTEN_AT_ONCE = 1_000
const HAS_ENDED = `facts ->> 'status' NOT IN ('pending', 'held')`

/** A call that waits to be woken. It comes to wait anew with each generation. */
export type Waiting = { call_id: string; generation: number }

/** The delivery log and the held backlog of one webhook, in its object's storage. */
export class Log {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  create(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS delivery (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID',
    )
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS waiting (call_id TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID',
    )
  }

  exists(): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'delivery'").toArray().length > 0
  }

  /**
   * Merges a report; one that is already in, or older than what is in, changes nothing but missing attempts.
   * Returns whether it brought anything new.
   */
  put(webhookId: string, entry: LogEntry): boolean {
    const { attempt, revision, ...facts } = entry
    const known = this.#sql
      .exec<{ revision: number; facts: string }>(
        'SELECT revision, facts FROM delivery WHERE id = ?',
        entry.id,
      )
      .toArray()[0]
    if (known === undefined) {
      const delivery: LoggedDelivery = {
        ...facts,
        webhook_id: webhookId,
        attempts: attempt === null ? [] : [attempt],
      }
      this.#write(entry.id, revision, delivery)
      return true
    }
    const logged = parseDelivery(known.facts)
    const isNewer = revision > known.revision
    const isMissing = attempt !== null && !logged.attempts.some((each) => each.id === attempt.id)
    if (!isNewer && !isMissing) return false
    const attempts = isMissing ? withAttempt(logged.attempts, attempt) : logged.attempts
    // A report without an attempt (held, discarded, expired) leaves what the last attempt got.
    const last =
      attempt === null && facts.last_error === null
        ? { last_status_code: logged.last_status_code, last_error: logged.last_error }
        : {}
    const delivery: LoggedDelivery = isNewer
      ? { ...facts, ...last, webhook_id: webhookId, attempts }
      : { ...logged, attempts }
    this.#write(entry.id, Math.max(revision, known.revision), delivery)
    return true
  }

  #write(id: string, revision: number, delivery: LoggedDelivery): void {
    this.#sql.exec(
      `INSERT INTO delivery (id, revision, facts) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, facts = excluded.facts`,
      id,
      revision,
      JSON.stringify(delivery),
    )
  }

  /** Newest first, without their attempts; one more than `limit` where there are more. */
  list(query: LogQuery): LoggedDelivery[] {
    const where: string[] = []
    const values: (string | number)[] = []
    const only = (condition: string, value: string | number | undefined): void => {
      if (value === undefined) return
      where.push(condition)
      values.push(value)
    }
    only("facts ->> 'status' = ?", query.status)
    only("facts ->> 'trigger' = ?", query.trigger)
    only("facts ->> 'call_id' = ?", query.call_id)
    only('id >= ?', query.sinceMs === undefined ? undefined : earliestId('dlv', query.sinceMs))
    only('id < ?', query.untilMs === undefined ? undefined : earliestId('dlv', query.untilMs))
    only('id < ?', query.after)
    const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`
    return this.#sql
      .exec<{ facts: string }>(
        `SELECT json_set(facts, '$.attempts', json('[]')) AS facts FROM delivery ${condition} ORDER BY id DESC LIMIT ?`,
        ...values,
        query.limit + 1,
      )
      .toArray()
      .map((row) => parseDelivery(row.facts))
  }

  get(id: string): LoggedDelivery | null {
    const row = this.#sql.exec<{ facts: string }>('SELECT facts FROM delivery WHERE id = ?', id).toArray()[0]
    return row === undefined ? null : parseDelivery(row.facts)
  }

  /** Ends what waits, at once, when a disable or delete says so; each call ends its lane when it next looks. */
  discardWaiting(nowMs: number): void {
    this.#sql.exec(
      `UPDATE delivery
       SET facts = json_set(facts, '$.status', 'discarded', '$.next_attempt_at', NULL, '$.completed_at', ?)
       WHERE facts ->> 'status' IN ('pending', 'held')`,
      nowMs,
    )
  }

  /**
   * Forgets deliveries that ended and whose event came before `beforeMs`; returns whether there were any. What is
   * known from a stale report alone is forgotten as well: it came late, and nothing else will.
   */
  prune(beforeMs: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      `DELETE FROM delivery WHERE id < ? AND (${HAS_ENDED} OR revision = ${STALE_REVISION})`,
      earliestId('dlv', beforeMs),
    )
    return rowsWritten > 0
  }

  /** Where the log is about to fill its object's storage, forgets the oldest deliveries that have ended. */
  makeRoom(): void {
    if (this.#sql.databaseSize < MOST_BYTES) return
    this.#sql.exec(
      `DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ${HAS_ENDED} ORDER BY id LIMIT ?)`,
      FORGOTTEN_AT_ONCE,
    )
  }

  /** When the oldest event came that the log has a delivery of (ms since epoch); null where it is empty. */
  oldestMs(): number | null {
    const row = this.#sql.exec<{ id: string }>('SELECT id FROM delivery ORDER BY id LIMIT 1').toArray()[0]
    return row === undefined ? null : timeOfDelivery(row.id)
  }

  isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM delivery LIMIT 1').toArray().length === 0
  }

  /** Keeps a call in the backlog: it waits to be woken. */
  keep(callId: string): void {
    this.#sql.exec(
      'INSERT INTO waiting (call_id, generation) VALUES (?, 1) ON CONFLICT (call_id) DO UPDATE SET generation = generation + 1',
      callId,
    )
  }

  /** The calls that wait after one, by id. */
  waiting(limit: number, after: string): Waiting[] {
    return this.#sql
      .exec<Waiting>(
        'SELECT call_id, generation FROM waiting WHERE call_id > ? ORDER BY call_id LIMIT ?',
        after,
        limit,
      )
      .toArray()
  }

  /** How many calls wait. */
  countWaiting(): number {
    return this.#sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM waiting').one().count
  }

  /** Forgets a call that was woken, unless it has come to wait again since. */
  release(callId: string, generation: number): void {
    this.#sql.exec('DELETE FROM waiting WHERE call_id = ? AND generation = ?', callId, generation)
  }

  /** The call waits no more. */
  forget(callId: string): void {
    this.#sql.exec('DELETE FROM waiting WHERE call_id = ?', callId)
  }
}

/** A row holds 2 MB: of a delivery's attempts the last so many are kept, and the answers to the last few. */
const ATTEMPTS_KEPT = 50
const ANSWERS_KEPT = 5

function withAttempt(attempts: readonly AttemptEntry[], attempt: AttemptEntry): AttemptEntry[] {
  const kept = [...attempts, attempt].sort((a, b) => a.started_at - b.started_at).slice(-ATTEMPTS_KEPT)
  return kept.map((each, index) =>
    index < kept.length - ANSWERS_KEPT ? { ...each, response_body: null } : each,
  )
}

function parseDelivery(facts: string): LoggedDelivery {
  // Safe: Log alone writes the column, always as a LoggedDelivery.
  return JSON.parse(facts) as LoggedDelivery
}
