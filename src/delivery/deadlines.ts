/** How often it is looked if attempts are overdue (ms): one ends by so much, and the span, after its time. */
const SWEEP_MS = 50
/** Attempts that start within so many ms of each other have one deadline. */
const SPAN_MS = 50

/** The deadline of the attempts that started at one time. */
export interface Deadline {
  readonly signal: AbortSignal
  /** How many of its attempts are out. Who takes a deadline counts itself off when it is done. */
  out: number
}

interface Armed extends Deadline {
  readonly controller: AbortController
  readonly startedMs: number
}

/**
 * The deadlines of all the attempts that an object or an invocation has out. A timer and a signal for each attempt would
 * cost a good part of what the attempt does; here a thousand share one timer, and those of one moment share a signal.
 * They belong to who made them: the platform lets no request use another's timers and signals.
 */
export class Deadlines {
  readonly #timeoutMs: number
  readonly #now: () => number
  readonly #armed: Armed[] = []
  #newest: Armed | null = null
  /** When the next look is due; null while nothing is out. */
  #sweepDueMs: number | null = null
  #lateMs = 0

  /** @param now ms since epoch */
  constructor(timeoutMs: number, now: () => number) {
    this.#timeoutMs = timeoutMs
    this.#now = now
  }

  /** The deadline of an attempt that starts now: its signal aborts when the timeout has passed, at most 100 ms after. */
  take(nowMs: number): Deadline {
    let newest = this.#newest
    if (newest === null || nowMs - newest.startedMs >= SPAN_MS || nowMs < newest.startedMs) {
      const controller = new AbortController()
      newest = { controller, signal: controller.signal, startedMs: nowMs, out: 0 }
      this.#newest = newest
      this.#armed.push(newest)
      if (this.#sweepDueMs === null) this.#sweepLater(nowMs)
    }
    newest.out += 1
    return newest
  }

  /**
   * By how much this machine's own turns came late so far (ms), while anything was out. On a busy thread an answer
   * waits for its turn, and a receiver that is as fast as ever would be taken for a slow one: what of an attempt's
   * duration was late is the difference between its end and its start.
   */
  get lateMs(): number {
    // A turn that is overdue has been late for so long already.
    return this.#lateMs + (this.#sweepDueMs === null ? 0 : Math.max(0, this.#now() - this.#sweepDueMs))
  }

  #sweepLater(nowMs: number): void {
    this.#sweepDueMs = nowMs + SWEEP_MS
    setTimeout(() => {
      this.#sweep()
    }, SWEEP_MS)
  }

  #sweep(): void {
    this.#lateMs = this.lateMs
    const nowMs = this.#now()
    let kept = 0
    for (const armed of this.#armed) {
      const isOver = armed !== this.#newest || nowMs - armed.startedMs >= SPAN_MS
      if (isOver && armed.out === 0) continue
      if (nowMs - armed.startedMs >= this.#timeoutMs + SPAN_MS) {
        armed.controller.abort()
        continue
      }
      this.#armed[kept] = armed
      kept += 1
    }
    this.#armed.length = kept
    if (kept > 0) this.#sweepLater(nowMs)
    else {
      this.#sweepDueMs = null
      this.#newest = null
    }
  }
}
