import type { AttemptReport, AttemptResult } from '../contracts/jobs.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { START_MS, type Claimed } from './engine.ts'

/** What comes of the attempts that a shard makes itself. */
interface Told {
  /** Whether nothing forbids the attempt now. */
  readonly mayStart: (claimed: Claimed) => boolean
  /** Makes the attempt: everything up to its request goes on in this turn. Null if its webhook is not open yet. */
  readonly start: (claimed: Claimed) => Promise<AttemptResult> | null
  /** Opens what the webhook has sealed, for `start`. */
  readonly open: (webhookId: string) => Promise<void>
  readonly reported: (report: AttemptReport) => void
  /** Too late after the row that it follows from: it needs one of its own. */
  readonly late: (claimed: Claimed) => void
}

/** A delivery is in the log by then (ms), counted from its first attempt, answered or not. */
const LISTED_AFTER_MS = 1_000

interface Out {
  readonly claimed: Claimed
  readonly sinceMs: number
  isListed: boolean
}

/** The attempts that a shard makes itself. */
export class OwnAttempts {
  readonly #told: Told
  readonly #out = new Set<Out>()
  readonly #byWebhook = new Map<string, number>()
  #lastMs = 0

  constructor(told: Told) {
    this.#told = told
  }

  /** How many are under way. */
  get size(): number {
    return this.#out.size
  }

  /** When the last was begun (ms since epoch). */
  get lastMs(): number {
    return this.#lastMs
  }

  outOf(webhookId: string): number {
    return this.#byWebhook.get(webhookId) ?? 0
  }

  /** Begins an attempt, whose row is on disk by now. */
  begin(claimed: Claimed): void {
    this.#lastMs = Date.now()
    const out: Out = { claimed, sinceMs: Date.now(), isListed: claimed.hasRow }
    this.#out.add(out)
    const { webhookId } = claimed
    this.#byWebhook.set(webhookId, this.outOf(webhookId) + 1)
    if (claimed.delayMs > 0) setTimeout(() => this.#start(out), claimed.delayMs)
    else this.#start(out)
  }

  /** Those that have been under way for so long that the log is to list them, each once. */
  takeUnlisted(nowMs: number): Claimed[] {
    const found: Claimed[] = []
    for (const out of this.#out) {
      if (out.isListed || nowMs - out.sinceMs < LISTED_AFTER_MS) continue
      out.isListed = true
      found.push(out.claimed)
    }
    return found
  }

  #start(out: Out): void {
    const { claimed } = out
    if (!this.#told.mayStart(claimed)) return this.#end(out, null)
    // The clock of this machine alone: it is the shard that asks itself.
    if (Date.now() - claimed.rowMs > START_MS) {
      this.#forget(out)
      return this.#told.late(claimed)
    }
    const result = this.#told.start(claimed)
    if (result === null) void this.#open(out)
    else void this.#follow(out, result)
  }

  async #open(out: Out): Promise<void> {
    try {
      await this.#told.open(out.claimed.webhookId)
      this.#start(out)
    } catch (error) {
      // A fault of our own, before anything was sent: it does not count as an attempt.
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
    const { callId, webhookId, event, token, open, via } = out.claimed
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
    const { webhookId } = out.claimed
    this.#out.delete(out)
    const left = this.outOf(webhookId) - 1
    if (left > 0) this.#byWebhook.set(webhookId, left)
    else this.#byWebhook.delete(webhookId)
  }
}
