/** What a shard has stored of its replays: how far each is, and what it has still to open. */
import type { DeliveryStatus } from '../contracts/deliveries.ts'
import type { NamedReplay, Replay, ReplayFilter, ReplayQuery } from '../contracts/shard.ts'
import { KEPT, type Days } from './days.ts'
import type { Log } from './log.ts'

export interface Progress extends Replay {
  /** The last call that was asked. */
  call: string
  /** The events whose delivery has been opened again and was not made yet, as of the last look. */
  out: number[]
}

interface Selection {
  text: string
  values: (string | number)[]
}

/**
 * Events whose deliveries are read at a time with those that succeeded: to count them by webhook they are sorted, in memory.
 */
const EVENTS_AT_ONCE = 1_000

export class ReplayRows {
  readonly #sql: SqlStorage
  readonly #days: Days
  readonly #log: Log

  constructor(sql: SqlStorage, days: Days, log: Log) {
    this.#sql = sql
    this.#days = days
    this.#log = log
    sql.exec(
      'CREATE TABLE IF NOT EXISTS replay (id TEXT PRIMARY KEY, webhook_id TEXT NOT NULL, progress TEXT NOT NULL) WITHOUT ROWID',
    )
    // `place`: the event's rank, in whose order a call is made again.
    sql.exec(
      `CREATE TABLE IF NOT EXISTS replay_delivery (
         replay_id TEXT, call_id TEXT, place INTEGER, seq INTEGER, PRIMARY KEY (replay_id, call_id, place, seq)
       ) WITHOUT ROWID`,
    )
  }

  /** How many logged deliveries a replay of each of these webhooks would be of; one that is not named has none. */
  counts(webhookIds: readonly string[], filter: ReplayFilter): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { text, values } of this.#selections(
      webhookIds,
      filter,
      'd.webhook_id AS id, COUNT(*) AS count',
    )) {
      const rows = this.#sql.exec<{ id: string; count: number }>(`${text} GROUP BY d.webhook_id`, ...values)
      for (const { id, count } of rows) counts.set(id, (counts.get(id) ?? 0) + count)
    }
    return counts
  }

  /** Writes down what replays are of, each of another webhook. */
  take(replays: readonly NamedReplay[], filter: ReplayFilter): void {
    const webhookIds = replays.map(({ webhook_id }) => webhook_id)
    const ids = JSON.stringify(Object.fromEntries(replays.map(({ id, webhook_id }) => [webhook_id, id])))
    // What was discarded before it had a place in its call goes first.
    const fields = `? ->> d.webhook_id, e.facts ->> 'call_id', COALESCE(e.facts ->> 'rank', 0), d.seq`
    for (const { text, values } of this.#selections(webhookIds, filter, fields)) {
      this.#sql.exec(`INSERT INTO replay_delivery ${text}`, ids, ...values)
    }
  }

  left(id: string): number {
    return this.#sql
      .exec<{ count: number }>('SELECT COUNT(*) AS count FROM replay_delivery WHERE replay_id = ?', id)
      .one().count
  }

  isDone(id: string): boolean {
    return (
      this.#sql.exec('SELECT 1 FROM replay_delivery WHERE replay_id = ? LIMIT 1', id).toArray().length === 0
    )
  }

  /** The calls that come after the last one that was asked, and after the end of them the first ones again. */
  nextCalls({ id, call }: Progress, limit: number): string[] {
    const after = (last: string): string[] =>
      this.#sql
        .exec<{ call_id: string }>(
          'SELECT DISTINCT call_id FROM replay_delivery WHERE replay_id = ? AND call_id > ? ORDER BY call_id LIMIT ?',
          id,
          last,
          limit,
        )
        .toArray()
        .map((row) => row.call_id)
    const next = after(call)
    return next.length > 0 ? next : after('')
  }

  /** The first events of a call that the replay has still to open. */
  nextOf(id: string, callId: string, limit: number): number[] {
    return this.#sql
      .exec<{ seq: number }>(
        'SELECT seq FROM replay_delivery WHERE replay_id = ? AND call_id = ? ORDER BY place, seq LIMIT ?',
        id,
        callId,
        limit,
      )
      .toArray()
      .map((row) => row.seq)
  }

  crossOut(id: string, callId: string, seqs: readonly number[]): void {
    this.#sql.exec(
      `DELETE FROM replay_delivery WHERE replay_id = ? AND call_id = ? AND seq IN (SELECT value FROM json_each(?))`,
      id,
      callId,
      JSON.stringify(seqs),
    )
  }

  /** How the log has the webhook's deliveries of these events. */
  statuses(webhookId: string, seqs: readonly number[]): Map<number, DeliveryStatus> {
    const rows = this.#days.read(seqs, (day, some) =>
      this.#sql
        .exec<{ seq: number; status: DeliveryStatus }>(
          `SELECT seq, status FROM delivery_${day}
           WHERE seq IN (SELECT value FROM json_each(?)) AND webhook_id = ?`,
          JSON.stringify(some),
          webhookId,
        )
        .toArray(),
    )
    return new Map(rows.map((row) => [row.seq, row.status]))
  }

  /** What is not done, oldest first: of one webhook, or of all. */
  running(webhookId?: string): Progress[] {
    const condition = `progress ->> 'completed_at' IS NULL`
    return webhookId === undefined
      ? this.#select(`${condition} ORDER BY id`)
      : this.#select(`${condition} AND webhook_id = ? ORDER BY id`, webhookId)
  }

  get(webhookId: string, id: string): Progress | null {
    return this.#select('id = ? AND webhook_id = ?', id, webhookId)[0] ?? null
  }

  /** Newest first: ids sort by when they were made. */
  list({ webhookId, after, limit }: ReplayQuery): Progress[] {
    return this.#select(
      '(?1 IS NULL OR webhook_id = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3',
      webhookId ?? null,
      after ?? null,
      limit,
    )
  }

  save(progress: Progress): void {
    this.#sql.exec(
      `INSERT INTO replay (id, webhook_id, progress) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET progress = excluded.progress`,
      progress.id,
      progress.webhook_id,
      JSON.stringify(progress),
    )
  }

  /** Forgets what a replay has still to open. */
  clear(id: string): void {
    this.#sql.exec('DELETE FROM replay_delivery WHERE replay_id = ?', id)
  }

  drop(webhookId: string, id: string): void {
    this.clear(id)
    this.#sql.exec('DELETE FROM replay WHERE id = ? AND webhook_id = ?', id, webhookId)
  }

  /** Forgets replays that were done before `beforeMs`. */
  prune(beforeMs: number): void {
    this.#sql.exec(`DELETE FROM replay WHERE progress ->> 'completed_at' < ?`, beforeMs)
  }

  #select(condition: string, ...values: (string | number | null)[]): Progress[] {
    return this.#sql
      .exec<{ progress: string }>(`SELECT progress FROM replay WHERE ${condition}`, ...values)
      .toArray()
      .map((row) => JSON.parse(row.progress) as Progress) // safe: `save` alone writes the column
  }

  /**
   * Queries that are of all these webhooks at once, and so read a row once; tests are nobody's call data. What did not
   * succeed is found by its index; with what did, a day's rows are read.
   */
  #selections(
    webhookIds: readonly string[],
    { since, until, statuses }: ReplayFilter,
    fields: string,
  ): Selection[] {
    const from = this.#log.firstSeqFrom(since)
    const to = this.#log.firstSeqFrom(until)
    const withSucceeded = statuses.includes('succeeded')
    return this.#days.newestFirst.flatMap(({ day }) => {
      const text = `SELECT ${fields} FROM delivery_${day} d ${withSucceeded ? '' : `INDEXED BY unsucceeded_${day}`}
        JOIN event_${day} e ON e.seq = d.seq AND e.facts ->> 'test' IS NULL
        WHERE d.webhook_id IN (SELECT value FROM json_each(?)) AND d.status IN (SELECT value FROM json_each(?))
        AND d.seq >= ? AND d.seq < ? ${withSucceeded ? '' : `AND d.status <> 'succeeded'`}`
      return (withSucceeded ? this.#portions(day, from, to) : [[from, to] as const]).map((range) => ({
        text,
        values: [JSON.stringify(webhookIds), JSON.stringify(statuses), ...range],
      }))
    })
  }

  /** The range of a day's events, some at a time. */
  #portions(day: number, from: number, to: number): [from: number, to: number][] {
    const { first, last } = this.#sql
      .exec<{ first: number | null; last: number | null }>(
        `SELECT (SELECT MIN(seq) FROM event_${day}) AS first, (SELECT MAX(seq) FROM event_${day}) AS last`,
      )
      .one()
    if (first === null || last === null) return []
    // Day 0 has little, and that far apart.
    const size = day === KEPT ? last - first + 1 : EVENTS_AT_ONCE
    const end = Math.min(to, last + 1)
    const portions: [number, number][] = []
    for (let low = Math.max(from, first); low < end; low += size) {
      portions.push([low, Math.min(end, low + size)])
    }
    return portions
  }
}
