/**
 * What became of deliveries, counted by webhook and minute. Counts are in memory. They are written as a row for each
 * webhook once their minute is over, and all of them in one row when the shard comes to rest, since it may leave memory
 * then. A shard that is killed has not counted what was not written, and nothing else is missing.
 */
import type { AttemptEntry, EndedStatus } from '../contracts/deliveries.ts'
import type { StatsQuery } from '../contracts/stats.ts'
import { DAY_MS } from './days.ts'
import { MINUTE_MS, StatRows, type StatRow } from './stat-rows.ts'
import { Notes, Tally } from './tally.ts'

/** The account's own tally, of all its webhooks together, has no webhook's id. */
const ALL = ''
/** Webhooks whose minutes are written at a time, so that others have their turn. */
const WRITTEN_AT_ONCE = 20
/** A shard of which nothing was counted for this long (ms), and that has nothing under way, is at rest. */
const REST_MS = 1_000

interface Minute {
  readonly startMs: number
  readonly webhookId: string
  readonly tally: Tally
}

export class Stats {
  readonly #rows: StatRows
  readonly #retentionMs: number
  /** What the transaction that runs has led to. */
  readonly #notes = new Notes()
  /** Those of the minute that began at `#startMs`. */
  #tallies = new Map<string, Tally>()
  #startMs: number
  /** Minutes that are over and not written, oldest first. */
  #over: readonly Minute[]
  /** Whether anything of `#tallies` is not on disk. */
  #isUnkept = false
  /** When the shard is at rest if nothing comes (ms since epoch). */
  #restMs = 0
  /** When the newest minute began that anything is on disk of (ms since epoch). */
  #newestMs: number | null

  constructor(sql: SqlStorage, retentionMs: number) {
    this.#rows = new StatRows(sql)
    this.#retentionMs = retentionMs
    const written = this.#rows.newest(ALL)
    const kept = this.#rows.kept()
    const keptMs = kept.at(-1)?.startMs ?? 0
    // A minute that is written takes no more, also if the clock was set back.
    this.#startMs = Math.max(written === null ? 0 : written + MINUTE_MS, keptMs)
    this.#over = kept.filter(({ startMs }) => startMs < this.#startMs)
    for (const { startMs, webhookId, tally } of kept) {
      if (startMs === this.#startMs) this.#tallies.set(webhookId, tally)
    }
    this.#newestMs = written === null && keptMs === 0 ? null : Math.max(written ?? 0, keptMs)
  }

  /** An attempt was made, or is known to be lost. This and what follows is counted if the transaction stands. */
  attempt(webhookId: string, entry: AttemptEntry): void {
    this.#notes.attempt(webhookId, entry)
  }

  /**
   * A delivery has ended.
   * @param tookMs since its event came; null if that says nothing of how fast the relay is
   */
  ended(webhookId: string, status: EndedStatus, tookMs: number | null): void {
    this.#notes.ended(webhookId, status, tookMs)
  }

  /** So many deliveries that waited were discarded. */
  discarded(webhookId: string, howMany: number): void {
    if (howMany > 0) this.#notes.discarded(webhookId, howMany)
  }

  /** The transaction stands: what it has led to is counted. */
  keep(nowMs: number): void {
    if (this.#notes.isEmpty) return
    this.#turn(nowMs)
    this.#notes.count((webhookId) => this.#tallyOf(webhookId), this.#tallyOf(ALL))
    this.#isUnkept = true
    this.#restMs = nowMs + REST_MS
  }

  /** The transaction was rolled back: nothing of it is counted. */
  undo(): void {
    this.#notes.clear()
  }

  checkpoint(): () => void {
    const [tallies, startMs, over] = [this.#tallies, this.#startMs, this.#over]
    const [isUnkept, restMs, newestMs] = [this.#isUnkept, this.#restMs, this.#newestMs]
    return () => {
      this.#tallies = tallies
      this.#startMs = startMs
      this.#over = over
      this.#isUnkept = isUnkept
      this.#restMs = restMs
      this.#newestMs = newestMs
    }
  }

  /** When all of it is to be forgotten (ms since epoch); null if there is nothing. To write is worth no alarm. */
  owedMs(): number | null {
    return this.#newestMs === null ? null : this.#forgetMs(this.#newestMs)
  }

  /** When something is to be written or forgotten (ms since epoch); null if there is nothing. */
  dueMs(): number | null {
    if (this.#over.length > 0) return 0
    const forgetMs = this.owedMs() ?? Infinity
    const writeMs = this.#isUnkept ? Math.min(this.#restMs, this.#startMs + MINUTE_MS) : Infinity
    const dueMs = Math.min(forgetMs, writeMs)
    return dueMs === Infinity ? null : dueMs
  }

  /** Writes a portion of the minutes that are over, and once the shard is at rest all that is left. In a transaction. */
  step(isBusy: boolean, nowMs: number): void {
    this.#turn(nowMs)
    for (const { webhookId, startMs, tally } of this.#over.slice(0, WRITTEN_AT_ONCE)) {
      this.#rows.write(webhookId, startMs, tally)
      this.#newestMs = Math.max(this.#newestMs ?? 0, startMs)
    }
    if (this.#over.length > 0) this.#over = this.#over.slice(WRITTEN_AT_ONCE)
    if (this.#newestMs !== null && nowMs >= this.#forgetMs(this.#newestMs)) this.forget(nowMs)
    if (!this.#isUnkept || this.#over.length > 0 || nowMs < this.#restMs) return
    this.#restMs = nowMs + REST_MS
    if (isBusy) return
    this.#rows.keep(this.#startMs, this.#tallies)
    this.#newestMs = Math.max(this.#newestMs ?? 0, this.#startMs)
    this.#isUnkept = false
  }

  /** Forgets what is past the retention. In a transaction. */
  forget(nowMs: number): void {
    const beforeMs = nowMs - this.#retentionMs
    if (this.#newestMs === null || this.#newestMs >= beforeMs) return this.#rows.forget(beforeMs)
    this.#rows.forgetAll()
    this.#newestMs = null
  }

  /** What is known of a webhook, or of all together (null): on disk and in memory. */
  read(webhookId: string | null, { window, since }: StatsQuery, nowMs: number): StatRow[] {
    const id = webhookId ?? ALL
    const fromMs = Math.max(since, nowMs - this.#retentionMs)
    const found = this.#rows.read(id, window, fromMs)
    const add = (startMs: number, tally: Tally): void => {
      if (startMs >= fromMs) found.push({ start: startMs, tally: JSON.stringify(tally.stored) })
    }
    for (const each of this.#over) if (each.webhookId === id) add(each.startMs, each.tally)
    const tally = this.#tallies.get(id)
    if (tally !== undefined) add(this.#startMs, tally)
    return found
  }

  /** Turns to the minute that it is. Minutes only ever rise. */
  #turn(nowMs: number): void {
    const startMs = nowMs - (nowMs % MINUTE_MS)
    if (startMs <= this.#startMs) return
    if (this.#tallies.size > 0) {
      const over = [...this.#tallies].map(([webhookId, tally]) => ({
        startMs: this.#startMs,
        webhookId,
        tally,
      }))
      this.#over = [...this.#over, ...over]
      this.#tallies = new Map()
    }
    this.#isUnkept = false
    this.#startMs = startMs
  }

  #tallyOf(webhookId: string): Tally {
    let tally = this.#tallies.get(webhookId)
    if (tally === undefined) {
      tally = new Tally()
      this.#tallies.set(webhookId, tally)
    }
    return tally
  }

  /** When all is past the retention up to a minute (ms since epoch): with the day's events, so at no wake-up of its own. */
  #forgetMs(minuteMs: number): number {
    return minuteMs - (minuteMs % DAY_MS) + DAY_MS + this.#retentionMs
  }
}
