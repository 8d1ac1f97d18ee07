import type { AttemptReport, AttemptResult } from '../contracts/jobs.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { CLAIM_START_MS, START_MS, type Claimed } from './engine.ts'

/** What comes of the attempts that a shard makes itself. */
interface Told {
  /** Whether nothing forbids the attempt now. */
  readonly mayStart: (claimed: Claimed) => boolean
  /** Makes the attempt: everything up to its request goes on in this turn. Null if its webhook is not open yet. */
  readonly start: (claimed: Claimed) => Promise<AttemptResult> | null
  /** Opens what the webhook has sealed, for `start`. */
  readonly open: (webhookId: string) => Promise<void>
  readonly reported: (report: AttemptReport) => void
  /** The mark of starts, as it is on disk (ms since epoch): what has no row may start soon after it as well. */
  readonly startedMs: () => number
  /** Too late after the rows that they follow from. */
  readonly late: (claimed: readonly Claimed[]) => void
}

/** A delivery is in the log by then (ms), counted from its first attempt, answered or not. */
const LISTED_AFTER_MS = 1_000
/**
 * Attempts of a webhook that are begun at once. More wait for an answer, or until those have been out for a while: a
 * backlog must not open a connection for each of its calls, and a receiver that hangs must not hold up its other calls.
 */
const MOST_YOUNG = 32
const YOUNG_MS = 500
/** So many of those that wait are begun in one turn (each takes its time of the thread), and the next so much later (ms). */
const BEGUN_AT_ONCE = 4
const NEXT_TURN_MS = 10

interface Out {
  readonly claimed: Claimed
  readonly line: Line
  readonly sinceMs: number
  isYoung: boolean
  isListed: boolean
}

/** The attempts of one webhook. */
interface Line {
  out: number
  young: number
  /** Those that are to be begun, first come first. */
  waiting: Claimed[]
}

/** The attempts that a shard makes itself. */
export class OwnAttempts {
  readonly #told: Told
  /** By when they were begun. */
  readonly #out = new Set<Out>()
  readonly #lines = new Map<string, Line>()
  #waiting = 0
  #lastMs = 0
  /** A turn is to come that begins more of those that wait. */
  #isGrowing = false

  constructor(told: Told) {
    this.#told = told
  }

  /** How many are under way, or about to be. */
  get size(): number {
    return this.#out.size + this.#waiting
  }

  /** When the last was begun (ms since epoch). */
  get lastMs(): number {
    return this.#lastMs
  }

  outOf(webhookId: string): number {
    const line = this.#lines.get(webhookId)
    return line === undefined ? 0 : line.out + line.waiting.length
  }

  /** Begins an attempt, whose row is on disk by now, or has it wait in its webhook's line. */
  begin(claimed: Claimed): void {
    let line = this.#lines.get(claimed.webhookId)
    if (line === undefined) {
      line = { out: 0, young: 0, waiting: [] }
      this.#lines.set(claimed.webhookId, line)
    }
    // Claimed anew after it had waited: it has had its place in the line.
    if (line.young < MOST_YOUNG || claimed.isAgain) this.#go(claimed, line)
    else {
      line.waiting.push(claimed)
      this.#waiting += 1
    }
  }

  /** Some of those that have been under way for so long that the log is to list them, each once. */
  takeUnlisted(most: number, nowMs: number): Claimed[] {
    const found: Claimed[] = []
    for (const out of this.#out) {
      if (nowMs - out.sinceMs < LISTED_AFTER_MS || found.length >= most) break
      if (out.isListed) continue
      out.isListed = true
      found.push(out.claimed)
    }
    return found
  }

  /** A webhook has changed: what waits in its line and may not start any more goes back, to stand as it says now. */
  look(webhookId: string): void {
    const line = this.#lines.get(webhookId)
    if (line === undefined) return
    for (const claimed of line.waiting.splice(0)) {
      if (this.#told.mayStart(claimed)) line.waiting.push(claimed)
      else {
        this.#waiting -= 1
        this.#report(claimed, null)
      }
    }
  }

  /** What has been out for a while leaves its place to those that wait. */
  grow(nowMs: number): void {
    if (this.#waiting === 0) return
    for (const out of this.#out) {
      if (nowMs - out.sinceMs < YOUNG_MS) break
      if (!out.isYoung) continue
      out.isYoung = false
      out.line.young -= 1
    }
    this.#nextOfAll()
  }

  #nextOfAll(): void {
    for (const line of this.#lines.values()) this.#next(line)
  }

  /** Begins those of a line that have a place by now: a few, and more in a later turn. */
  #next(line: Line): void {
    const places = MOST_YOUNG - line.young
    if (places <= 0 || line.waiting.length === 0) return
    let free = Math.min(places, BEGUN_AT_ONCE)
    if (free < places && free < line.waiting.length && !this.#isGrowing) {
      this.#isGrowing = true
      setTimeout(() => {
        this.#isGrowing = false
        this.#nextOfAll()
      }, NEXT_TURN_MS)
    }
    const late: Claimed[] = []
    const nowMs = Date.now()
    for (const claimed of line.waiting.splice(0, free)) {
      this.#waiting -= 1
      free -= 1
      if (this.#isLate(claimed, nowMs)) late.push({ ...claimed, isAgain: true })
      else this.#go(claimed, line)
    }
    if (late.length > 0) this.#told.late(late)
  }

  #isLate({ rowMs, hasRow }: Claimed, nowMs: number): boolean {
    const untilMs = hasRow
      ? rowMs + CLAIM_START_MS
      : Math.max(rowMs + START_MS, this.#told.startedMs() + CLAIM_START_MS)
    return nowMs > untilMs
  }

  #go(claimed: Claimed, line: Line): void {
    const nowMs = Date.now()
    this.#lastMs = nowMs
    const out: Out = { claimed, line, sinceMs: nowMs, isYoung: true, isListed: claimed.hasRow }
    this.#out.add(out)
    line.out += 1
    line.young += 1
    if (claimed.delayMs > 0) setTimeout(() => this.#start(out), claimed.delayMs)
    else this.#start(out)
  }

  #start(out: Out): void {
    const { claimed } = out
    if (!this.#told.mayStart(claimed)) return this.#end(out, null)
    // By the clock of this machine alone: it is the shard that asks itself.
    if (this.#isLate(claimed, Date.now())) {
      this.#forget(out)
      return this.#told.late([{ ...claimed, isAgain: true }])
    }
    try {
      const result = this.#told.start(claimed)
      if (result === null) void this.#open(out)
      else void this.#follow(out, result)
    } catch (error) {
      // A fault of our own, before anything was sent: it does not count as an attempt.
      reportFailure('attempt', error)
      this.#end(out, null)
    }
  }

  async #open(out: Out): Promise<void> {
    try {
      await this.#told.open(out.claimed.webhookId)
      this.#start(out)
    } catch (error) {
      reportFailure('open webhook', error)
      this.#end(out, null)
    }
  }

  async #follow(out: Out, result: Promise<AttemptResult>): Promise<void> {
    try {
      this.#end(out, await result)
    } catch (error) {
      reportFailure('attempt', error)
      this.#end(out, null)
    }
  }

  #end(out: Out, result: AttemptResult | null): void {
    // Free before the report, which may start the next.
    this.#forget(out)
    this.#report(out.claimed, result)
    this.#next(out.line)
  }

  #report({ callId, webhookId, event, token, open, via }: Claimed, result: AttemptResult | null): void {
    this.#told.reported({
      call_id: callId,
      webhook_id: webhookId,
      seq: event.seq,
      token,
      attempt: open.attempts,
      via,
      result,
    })
  }

  #forget(out: Out): void {
    const { line } = out
    this.#out.delete(out)
    line.out -= 1
    if (out.isYoung) line.young -= 1
    if (line.out === 0 && line.waiting.length === 0) this.#lines.delete(out.claimed.webhookId)
  }
}
