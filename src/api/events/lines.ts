/**
 * The lines that a flood waits in. A thread that several accounts share, as all do on one machine, takes what comes in
 * the order in which it comes, and whoever posts as fast as answers come would have most of it. So an account that posts
 * faster than its share waits its turn while others are there, and so does a call: each has a bucket of its own (GCRA,
 * ITU-T I.371), whose pace follows how long it takes to store an event. Alone, or at a pace that leaves the others their
 * time, nobody ever waits. No I/O, and no clock.
 */

/** Events that may come at once before their account, or their call, is held to its pace. */
const BURST = 8
/** Between an event of a flood and the next: so many times of what it takes to store one, the rest being the others'. */
const SHARE = 3
/** The least and the most of that (ms): no clock is finer, and a flood has to end. */
const LEAST_GAP_MS = 2
const MOST_GAP_MS = 20
/** As many floods have their full pace at once; more than these share what these would have. */
const FLOODS = 2
/** The weight of the newest time. */
const NEWEST = 0.02
/** Others are there if they were seen within this (ms). */
const RECENTLY_MS = 2_000
/** No line is as long as this (ms): a later time is from before the clock was set back, and holds up nobody. */
const LONGEST_LINE_MS = 60_000

/** What comes in one request, or in one portion of a batch. */
export interface Arrival {
  readonly account: string
  /** The call that all of its events are of; null if they are of several. */
  readonly call: string | null
  /** The trigger that all of its events are of; null if they are of several. */
  readonly trigger: string | null
  /** How many events it brings. */
  readonly count: number
}

export class Lines {
  readonly #calls = new Buckets()
  /** By account: its triggers have a bucket each, so that a flood of one does not hold up the others. */
  readonly #accounts = new Map<string, Buckets>()
  readonly #quietCalls = new Quiet()
  readonly #quietAccounts = new Quiet()
  #storeMs = LEAST_GAP_MS / SHARE
  /** Before this no more of a flood is taken (ms since epoch). */
  #turnMs = 0

  /** @returns how long these events are to wait before they are taken (ms); mostly 0 */
  enter({ account, call, trigger, count }: Arrival, nowMs: number): number {
    this.#forget(nowMs)
    const gapMs = this.#gapMs
    if (call !== null) {
      const name = `${account}/${call}`
      const isHeld = this.#quietCalls.isAnother(name, nowMs)
      const waitMs = this.#calls.fill(name, { count, gapMs, isHeld }, nowMs)
      // A flood of one call is none of its account, whose other calls need not wait.
      if (waitMs > 0) return isHeld ? waitMs : 0
      this.#quietCalls.seen(name, nowMs)
    }
    const triggers = this.#accounts.get(account) ?? new Buckets()
    // Behind the others, as in a bucket's.
    this.#accounts.delete(account)
    this.#accounts.set(account, triggers)
    const isHeld = this.isBesideOthers(account, nowMs)
    // They share what is their account's.
    const flooding = Math.max(1, triggers.full(gapMs, nowMs))
    const waitMs = triggers.fill(trigger ?? '', { count, gapMs: gapMs * flooding, isHeld }, nowMs)
    if (waitMs > 0) return isHeld ? waitMs : 0
    if (triggers.full(gapMs, nowMs) === 0) this.#quietAccounts.seen(account, nowMs)
    return 0
  }

  /**
   * Events that have waited are about to be taken.
   * @returns how long they are to wait still (ms): what came late, for the thread was busy, must not come all at once
   */
  turn(count: number, nowMs: number): number {
    const fromMs = this.#turnMs > nowMs + LONGEST_LINE_MS ? nowMs : Math.max(nowMs, this.#turnMs)
    this.#turnMs = fromMs + (count * this.#gapMs) / FLOODS
    return fromMs - nowMs
  }

  /** Whether other accounts are there that post no more than their share. */
  isBesideOthers(account: string, nowMs: number): boolean {
    return this.#quietAccounts.isAnother(account, nowMs)
  }

  /** An event was stored, which took so long (ms). */
  stored(tookMs: number): void {
    this.#storeMs = this.#storeMs * (1 - NEWEST) + Math.max(0, tookMs) * NEWEST
  }

  get #gapMs(): number {
    return Math.min(MOST_GAP_MS, Math.max(LEAST_GAP_MS, SHARE * this.#storeMs))
  }

  /** How many buckets are kept. */
  get size(): number {
    let size = this.#calls.size
    for (const triggers of this.#accounts.values()) size += triggers.size
    return size
  }

  /** Buckets that have run empty are as good as none. */
  #forget(nowMs: number): void {
    this.#calls.forget(nowMs)
    for (const [account, triggers] of this.#accounts) {
      if (triggers.forget(nowMs)) this.#accounts.delete(account)
      else break
    }
  }
}

interface Poured {
  readonly count: number
  readonly gapMs: number
  /** Whether they do wait if there is no room. */
  readonly isHeld: boolean
}

/** By name, when what has been poured in will have run out (ms since epoch). */
class Buckets {
  readonly #emptyMs = new Map<string, number>()

  /** Pours events in. @returns how long they would have to wait (ms) until there is room for them */
  fill(name: string, { count, gapMs, isHeld }: Poured, nowMs: number): number {
    const known = this.#emptyMs.get(name) ?? 0
    const fromMs = known > nowMs + LONGEST_LINE_MS ? nowMs : Math.max(nowMs, known)
    const fullMs = nowMs + BURST * gapMs
    // What nobody waits for runs over: else a flood that was alone would stand still once others come.
    const emptyMs = isHeld ? fromMs + count * gapMs : Math.min(fromMs, fullMs) + count * gapMs
    // Behind the others: those that run empty first are mostly found first.
    this.#emptyMs.delete(name)
    this.#emptyMs.set(name, emptyMs)
    return Math.max(0, fromMs - fullMs)
  }

  get size(): number {
    return this.#emptyMs.size
  }

  /** How many are full. */
  full(gapMs: number, nowMs: number): number {
    let count = 0
    for (const emptyMs of this.#emptyMs.values()) if (emptyMs - nowMs >= BURST * gapMs) count += 1
    return count
  }

  /** Lets those go that are empty. @returns whether none is left */
  forget(nowMs: number): boolean {
    for (const [name, emptyMs] of this.#emptyMs) {
      if (emptyMs > nowMs && emptyMs <= nowMs + LONGEST_LINE_MS) break
      this.#emptyMs.delete(name)
    }
    return this.#emptyMs.size === 0
  }
}

interface Seen {
  readonly name: string
  readonly atMs: number
}

const NOBODY: Seen = { name: '', atMs: -Infinity }

/** Who was there of late, and posted no more than its share. */
class Quiet {
  #latest = NOBODY
  /** The latest that was another one. */
  #before = NOBODY

  seen(name: string, nowMs: number): void {
    if (this.#latest.name !== name) this.#before = this.#latest
    this.#latest = { name, atMs: nowMs }
  }

  isAnother(name: string, nowMs: number): boolean {
    const other = this.#latest.name === name ? this.#before : this.#latest
    return Math.abs(nowMs - other.atMs) <= RECENTLY_MS
  }
}
