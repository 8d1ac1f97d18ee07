/**
 * The line in front of each call: of the requests that bring events to one call, one goes on each turn. A call's object
 * takes them one after another in any case, so nothing is slower for it; and where a thread is shared, as all of it is
 * on one machine, the others' events come between two of a flood, and not behind all of it. No I/O, and no clock.
 */
import QuickLRU from 'quick-lru'

/** A turn's length (ms): the least that a timer takes, and the most, however busy the machine is. */
const LEAST_TURN_MS = 1
const MOST_TURN_MS = 5
/** No line is as long as this (ms): a later time is from before the clock was set back, and holds up nobody. */
const LONGEST_LINE_MS = 10_000
/** The weight of the newest turn. */
const NEWEST = 0.1
/** More calls than an isolate serves at a time; one that is forgotten has no line. */
const MOST_CALLS = 10_000

export class Lines {
  /** When each call's line may go on (ms since epoch). */
  readonly #next = new QuickLRU<string, number>({ maxSize: MOST_CALLS })
  #turnMs = LEAST_TURN_MS

  /**
   * Takes the last place in the line of a call. It is a time and not a promise: a request may end while it waits, and
   * must not take those behind it along.
   * @returns how long it is until its turn (ms); 0 where nobody is before it
   */
  join(call: string, nowMs: number): number {
    const nextMs = this.#next.get(call) ?? nowMs
    const atMs = nextMs > nowMs + LONGEST_LINE_MS ? nowMs : Math.max(nowMs, nextMs)
    this.#next.set(call, atMs + this.#turnMs)
    return atMs - nowMs
  }

  /** A turn has come so much later than it was due (ms). What comes late is a round of a busy thread: turns are as long. */
  came(lateMs: number): void {
    const turnMs = this.#turnMs * (1 - NEWEST) + (LEAST_TURN_MS + Math.max(0, lateMs)) * NEWEST
    this.#turnMs = Math.min(MOST_TURN_MS, turnMs)
  }
}
