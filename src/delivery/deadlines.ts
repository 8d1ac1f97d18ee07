/** How often it is looked if attempts are overdue (ms): one ends by so much, and the span, after its time. */
const SWEEP_MS = 50
/** Attempts that start within so many ms of each other have one deadline. */
const SPAN_MS = 10
/**
 * One deadline ends in a turn, and the next that is overdue so much later (ms): each of its attempts ends as a timeout,
 * which is work for the thread, and a receiver that hangs must not hold up others with all of its own at once.
 */
const NEXT_MS = 2

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
  /** Whether a look is to come: only while something is out, since an object with a timer does not rest. */
  #isSweeping = false

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
      if (!this.#isSweeping) this.#sweepLater(SWEEP_MS)
    }
    newest.out += 1
    return newest
  }

  #sweepLater(afterMs: number): void {
    this.#isSweeping = true
    setTimeout(() => {
      this.#sweep()
    }, afterMs)
  }

  #sweep(): void {
    const nowMs = this.#now()
    // Its time is over, so that none is added to what is left out here.
    if (this.#newest !== null && nowMs - this.#newest.startedMs >= SPAN_MS) this.#newest = null
    let kept = 0
    let isOneEnded = false
    let isMoreOverdue = false
    for (const armed of this.#armed) {
      if (armed.out === 0 && armed !== this.#newest) continue
      const isOverdue = nowMs - armed.startedMs >= this.#timeoutMs + SPAN_MS
      if (isOverdue && !isOneEnded) {
        isOneEnded = true
        armed.controller.abort()
        continue
      }
      isMoreOverdue ||= isOverdue
      this.#armed[kept] = armed
      kept += 1
    }
    this.#armed.length = kept
    if (kept > 0) this.#sweepLater(isMoreOverdue ? NEXT_MS : SWEEP_MS)
    else this.#isSweeping = false
  }
}
