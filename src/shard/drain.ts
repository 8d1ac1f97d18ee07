import type { Calls } from './calls.ts'
import type { Engine } from './engine.ts'
import type { Journal } from './journal.ts'

/** Calls that look at a change with one group: others have their turn between two of them. */
const PORTION = 16
/**
 * A backlog goes on at so much a delivery (ms), a few calls at a time, though it could go faster: it shares its thread
 * with everybody else, who are to feel little of it. 5,000 deliveries take 10 s.
 */
const RELEASED_AT_ONCE = 3
const A_DELIVERY_MS = 2
/** A call's deliveries follow each other: however many they are, the next call goes on after this (ms). */
const LONGEST_PAUSE_MS = 20
/** Attempts of a webhook that may be under way while more of its backlog is woken. */
const MOST_OUT = 64

interface Drain {
  /** The calls that were in memory, and how many of them have been looked at. */
  readonly calls: readonly string[]
  looked: number
  /** What held them is over: they go on at once. Else they only look at what has changed. */
  readonly isReleased: boolean
  /** How far the held deliveries on disk have been gone through; null if they are not to be. */
  afterSeq: number | null
  /** The calls that have been woken. */
  readonly woken: Set<string>
  /** When it goes on (ms since epoch). */
  dueMs: number
}

/**
 * Backlogs that go on: after a pause, at the end of an outage, or because a webhook has changed. A portion at a time,
 * so that nobody else's events wait behind thousands of calls, and none is forgotten: what is held has a row, and a
 * shard that starts again goes through the rows once more.
 */
export class Drains {
  readonly #engine: Engine
  readonly #calls: Calls
  readonly #journal: Journal
  readonly #outOf: (webhookId: string) => number
  /** Told of each change of memory with what takes it back, if the transaction is rolled back. */
  readonly #undoable: (undo: () => void) => void
  readonly #drains = new Map<string, Drain>()

  /** @param outOf how many attempts of a webhook are under way */
  constructor(
    engine: Engine,
    journal: Journal,
    outOf: (webhookId: string) => number,
    undoable: (undo: () => void) => void,
  ) {
    this.#engine = engine
    this.#calls = engine.calls
    this.#journal = journal
    this.#outOf = outOf
    this.#undoable = undoable
  }

  /** What held a webhook's deliveries is over. */
  release(webhookId: string): void {
    this.#begin(webhookId, this.#calls.owing(webhookId), true)
  }

  /** A webhook has changed: those of its calls that are in memory look at it. */
  look(webhookId: string): void {
    const known = this.#drains.get(webhookId)
    if (known?.isReleased === true) return
    const calls = this.#calls.owing(webhookId)
    if (calls.length > 0) this.#begin(webhookId, calls, false)
  }

  #begin(webhookId: string, calls: readonly string[], isReleased: boolean): void {
    const afterSeq = isReleased ? 0 : null
    this.#drains.set(webhookId, { calls, looked: 0, isReleased, afterSeq, woken: new Set(), dueMs: 0 })
  }

  /** When a portion can go (ms since epoch); null if none can, for enough is under way. */
  dueMs(): number | null {
    let due = Infinity
    for (const [webhookId, { dueMs }] of this.#drains)
      if (this.#outOf(webhookId) < MOST_OUT) due = Math.min(due, dueMs)
    return due === Infinity ? null : due
  }

  get isEmpty(): boolean {
    return this.#drains.size === 0
  }

  /** Goes on with each backlog by a portion. Inside a transaction. */
  step(nowMs: number): void {
    for (const [webhookId, drain] of this.#drains) {
      if (this.#outOf(webhookId) >= MOST_OUT || drain.dueMs > nowMs) continue
      const { looked, afterSeq, dueMs } = drain
      const isInMemory = looked < drain.calls.length
      const most = drain.isReleased ? RELEASED_AT_ONCE : PORTION
      const portion = isInMemory
        ? drain.calls.slice(looked, looked + most)
        : this.#fromRows(webhookId, drain, most)
      if (isInMemory) drain.looked += portion.length
      const fresh = new Set(portion.filter((callId) => !drain.woken.has(callId)))
      if (drain.isReleased) for (const callId of fresh) drain.woken.add(callId)
      const isOver = drain.looked === drain.calls.length && drain.afterSeq === null
      if (isOver) this.#drains.delete(webhookId)
      this.#undoable(() => {
        Object.assign(drain, { looked, afterSeq, dueMs })
        for (const callId of fresh) drain.woken.delete(callId)
        if (isOver) this.#drains.set(webhookId, drain)
      })
      let owed = 0
      for (const callId of fresh) owed += this.#engine.look(callId, webhookId, drain.isReleased, nowMs)
      if (drain.isReleased) drain.dueMs = nowMs + Math.min(LONGEST_PAUSE_MS, owed * A_DELIVERY_MS)
    }
  }

  /** The calls of the next held deliveries on disk. */
  #fromRows(webhookId: string, drain: Drain, most: number): string[] {
    if (drain.afterSeq === null) return []
    const seqs = this.#journal.held(webhookId, drain.afterSeq, most)
    drain.afterSeq = seqs.length < most ? null : (seqs.at(-1) ?? null)
    return this.#journal.events(seqs).map((event) => event.call_id)
  }
}
