/**
 * The rows of the stats. Those of a webhook are rings, of minutes, of quarters of an hour and of two hours, where the
 * oldest is written over: nothing has to be deleted, which costs as much as to write, and a window of any length is a
 * hundred rows. A longer period is written when the webhook's first minute behind it is. Until then it is made up of the
 * shorter ones.
 */
import { STATS_WINDOWS, type StatsWindow, type StoredTally } from '../contracts/stats.ts'
import { Tally } from './tally.ts'

/** A tally of a period, as JSON (`StoredTally`), by the period's start (ms since epoch). */
export type StatRow = { start: number; tally: string }

const LEVELS = [
  { periodMs: STATS_WINDOWS['1h'].bucketMs, slots: 90 },
  { periodMs: STATS_WINDOWS['24h'].bucketMs, slots: 112 },
  { periodMs: STATS_WINDOWS['7d'].bucketMs, slots: 96 },
] as const
export const MINUTE_MS = LEVELS[0].periodMs
/** Webhooks that a row of what is kept at rest has: a row may be of 2 MB. */
const KEPT_IN_A_ROW = 500

export class StatRows {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.#makeTables()
  }

  /** When the webhook's newest minute began that has a row (ms since epoch); null if none has. */
  newest(webhookId: string): number | null {
    return this.#sql
      .exec<{ newest: number | null }>(
        'SELECT MAX(start) AS newest FROM stat WHERE webhook_id = ? AND level = 0',
        webhookId,
      )
      .one().newest
  }

  /** Writes a webhook's minute, which is later than all before it; and first the longer periods that are over by it. */
  write(webhookId: string, startMs: number, tally: Tally): void {
    const newest = this.newest(webhookId)
    if (newest !== null) this.#sumUp(webhookId, newest, startMs)
    this.#put(webhookId, 0, startMs, tally)
  }

  /** Writes the longer periods of the newest minute, if they are over by another. */
  #sumUp(webhookId: string, newestMs: number, startMs: number): void {
    for (let level = 1; level < LEVELS.length; level += 1) {
      const before = periodOf(level, newestMs)
      if (before.endMs > startMs) return
      const sum = new Tally()
      for (const row of this.#rows(webhookId, level - 1, before.startMs, before.endMs)) {
        sum.add(JSON.parse(row.tally) as StoredTally) // safe: `#put` alone writes the column
      }
      this.#put(webhookId, level, before.startMs, sum)
    }
  }

  /** What is on disk from a bucket of a window on (ms since epoch). More than one may be of the last bucket. */
  read(webhookId: string, window: StatsWindow, fromMs: number): StatRow[] {
    const wanted = LEVELS.findIndex(({ periodMs }) => periodMs === STATS_WINDOWS[window].bucketMs)
    const found = this.#rows(webhookId, wanted, fromMs)
    const newest = this.newest(webhookId)
    if (newest === null) return found
    for (let level = wanted - 1; level >= 0; level -= 1) {
      const open = periodOf(level + 1, newest)
      found.push(...this.#rows(webhookId, level, Math.max(fromMs, open.startMs), open.endMs))
    }
    return found
  }

  /** Writes the tallies of a minute that goes on, all in one row. */
  keep(startMs: number, tallies: ReadonlyMap<string, Tally>): void {
    const all = [...tallies]
    for (let first = 0; first < all.length; first += KEPT_IN_A_ROW) {
      const some = all.slice(first, first + KEPT_IN_A_ROW)
      this.#sql.exec(
        'INSERT OR REPLACE INTO stat_kept (id, start, tallies) VALUES (?, ?, ?)',
        first,
        startMs,
        JSON.stringify(some.map(([webhookId, tally]) => [webhookId, tally.stored])),
      )
    }
  }

  /** What was kept and has not become rows since, oldest first. */
  kept(): { startMs: number; webhookId: string; tally: Tally }[] {
    return this.#sql
      .exec<{ start: number; tallies: string }>('SELECT start, tallies FROM stat_kept ORDER BY start, id')
      .toArray()
      .flatMap(({ start, tallies }) => {
        const all = JSON.parse(tallies) as [webhookId: string, stored: StoredTally][] // safe: `keep` alone writes it
        return all
          .filter(([webhookId]) => (this.newest(webhookId) ?? 0) < start)
          .map(([webhookId, stored]) => {
            const tally = new Tally()
            tally.add(stored)
            return { startMs: start, webhookId, tally }
          })
      })
  }

  forget(beforeMs: number): void {
    this.#sql.exec('DELETE FROM stat WHERE start < ?', beforeMs)
    this.#sql.exec('DELETE FROM stat_kept WHERE start < ?', beforeMs)
  }

  /** A table that goes costs no rows. */
  forgetAll(): void {
    this.#sql.exec('DROP TABLE stat')
    this.#sql.exec('DROP TABLE stat_kept')
    this.#makeTables()
  }

  #makeTables(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS stat (
         webhook_id TEXT NOT NULL, level INTEGER NOT NULL, slot INTEGER NOT NULL, start INTEGER NOT NULL,
         tally TEXT NOT NULL, PRIMARY KEY (webhook_id, level, slot)
       ) WITHOUT ROWID`,
    )
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS stat_kept (id INTEGER PRIMARY KEY, start INTEGER NOT NULL, tallies TEXT NOT NULL)',
    )
  }

  #put(webhookId: string, level: number, startMs: number, tally: Tally): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO stat (webhook_id, level, slot, start, tally) VALUES (?, ?, ?, ?, ?)',
      webhookId,
      level,
      slotOf(level, startMs),
      startMs,
      JSON.stringify(tally.stored),
    )
  }

  #rows(webhookId: string, level: number, fromMs: number, beforeMs: number = Number.MAX_SAFE_INTEGER) {
    return this.#sql
      .exec<StatRow>(
        'SELECT start, tally FROM stat WHERE webhook_id = ? AND level = ? AND start >= ? AND start < ?',
        webhookId,
        level,
        fromMs,
        beforeMs,
      )
      .toArray()
  }
}

function periodOf(level: number, atMs: number): { startMs: number; endMs: number } {
  const { periodMs } = LEVELS[level] ?? LEVELS[0]
  const startMs = atMs - (atMs % periodMs)
  return { startMs, endMs: startMs + periodMs }
}

function slotOf(level: number, startMs: number): number {
  const { periodMs, slots } = LEVELS[level] ?? LEVELS[0]
  return (startMs / periodMs) % slots
}
