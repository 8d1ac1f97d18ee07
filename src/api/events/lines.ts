/**
 * The line that a crowd waits in. A thread that several accounts share, as all do on one machine, takes what comes in the
 * order in which it comes, and whoever posts over many connections at once would have most of it. So an account, or a
 * call, of which several requests are being taken at once waits its turn while others are there as well, and goes as
 * fast as turns come on time: it takes what the others leave over, as LEDBAT does on a network (RFC 6817). Alone it
 * never waits, and one request at a time never does. No I/O, and no clock.
 */

/** Requests of one account, or of one call, that are taken at once without a wait. */
const FREE = 2
/** Others are there if they were seen within this (ms). */
const RECENTLY_MS = 2_000
/** Between an event of a crowd and the next (ms): the least, and the most, since a crowd has to end. */
const LEAST_GAP_MS = 1
const MOST_GAP_MS = 6
/** The lateness of turns (ms) that a crowd may add to what others wait for. */
const TARGET_MS = 1
/** The weight of the newest turn. */
const NEWEST = 0.1
const SLOWER = 1.1
const FASTER = 0.97
/** No line is as long as this (ms): a later time is from before the clock was set back, and holds up nobody. */
const LONGEST_LINE_MS = 60_000

export class Lines {
  readonly #accounts = new Crowds()
  readonly #calls = new Crowds()
  #nextMs = 0
  #gapMs = LEAST_GAP_MS
  #lateMs = 0

  /**
   * A request with events of an account begins to be taken.
   * @param call the call that all of them are of; null if they are of several
   * @param count how many they are
   * @returns how long it is to wait (ms); mostly 0
   */
  enter(account: string, call: string | null, count: number, nowMs: number): number {
    const name = `${account}/${call}`
    const isCallCrowd = call !== null && this.#calls.enter(name, nowMs)
    // A crowd of one call is one of its account's calls, and none of the account: its other calls need not wait.
    const isCrowd =
      call !== null && this.#calls.insideOf(name) > 1 ? false : this.#accounts.enter(account, nowMs)
    // Many events in one request are a crowd by themselves.
    const isMany = count > FREE && this.#accounts.isBesideOthers(account, nowMs)
    if (!isCrowd && !isCallCrowd && !isMany) return 0
    const fromMs = this.#nextMs > nowMs + LONGEST_LINE_MS ? nowMs : Math.max(nowMs, this.#nextMs)
    this.#nextMs = fromMs + count * this.#gapMs
    return fromMs - nowMs
  }

  /** The request has been taken. */
  leave(account: string, call: string | null): void {
    const name = `${account}/${call}`
    if (call !== null) this.#calls.leave(name)
    if (call === null || this.#calls.insideOf(name) === 0) this.#accounts.leave(account)
  }

  /** A turn has come so much later than it was due (ms). */
  came(lateMs: number): void {
    this.#lateMs = this.#lateMs * (1 - NEWEST) + Math.max(0, lateMs) * NEWEST
    const gapMs = this.#gapMs * (this.#lateMs > TARGET_MS ? SLOWER : FASTER)
    this.#gapMs = Math.min(MOST_GAP_MS, Math.max(LEAST_GAP_MS, gapMs))
  }
}

interface Seen {
  readonly name: string
  readonly atMs: number
}

const NOBODY: Seen = { name: '', atMs: -Infinity }

/** How many requests of each are being taken, and who else was there of late. */
class Crowds {
  readonly #inside = new Map<string, number>()
  #latest = NOBODY
  /** The latest that was another one. */
  #before = NOBODY

  /** @returns whether it is a crowd, beside others */
  enter(name: string, nowMs: number): boolean {
    const inside = (this.#inside.get(name) ?? 0) + 1
    this.#inside.set(name, inside)
    if (this.#latest.name !== name) this.#before = this.#latest
    this.#latest = { name, atMs: nowMs }
    return inside > FREE && this.isBesideOthers(name, nowMs)
  }

  leave(name: string): void {
    const inside = (this.#inside.get(name) ?? 0) - 1
    if (inside > 0) this.#inside.set(name, inside)
    else this.#inside.delete(name)
  }

  insideOf(name: string): number {
    return this.#inside.get(name) ?? 0
  }

  isBesideOthers(name: string, nowMs: number): boolean {
    const other = this.#latest.name === name ? this.#before : this.#latest
    return nowMs - other.atMs <= RECENTLY_MS
  }
}
