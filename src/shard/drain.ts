import type { Calls } from './calls.ts'
import type { Engine } from './engine.ts'
import type { Journal } from './journal.ts'

/** Calls that go on with one group: others have their turn between two of them. */
const PORTION = 16
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
    const calls = this.#calls.owing(webhookId)
    this.#drains.set(webhookId, { calls, looked: 0, isReleased: true, afterSeq: 0, woken: new Set() })
  }

  /** A webhook has changed: those of its calls that are in memory look at it. */
  look(webhookId: string): void {
    const known = this.#drains.get(webhookId)
    if (known?.isReleased === true) return
    const calls = this.#calls.owing(webhookId)
    if (calls.length > 0)
      this.#drains.set(webhookId, { calls, looked: 0, isReleased: false, afterSeq: null, woken: new Set() })
  }

  /** Whether a portion can go now. */
  get isReady(): boolean {
    for (const webhookId of this.#drains.keys()) if (this.#outOf(webhookId) < MOST_OUT) return true
    return false
  }

  get isEmpty(): boolean {
    return this.#drains.size === 0
  }

  /** Goes on with each backlog by a portion. Inside a transaction. */
  step(nowMs: number): void {
    for (const [webhookId, drain] of this.#drains) {
      if (this.#outOf(webhookId) >= MOST_OUT) continue
      const { looked, afterSeq } = drain
      const isInMemory = looked < drain.calls.length
      const portion = isInMemory
        ? drain.calls.slice(looked, looked + PORTION)
        : this.#fromRows(webhookId, drain)
      if (isInMemory) drain.looked += portion.length
      const fresh = new Set(portion.filter((callId) => !drain.woken.has(callId)))
      if (drain.isReleased) for (const callId of fresh) drain.woken.add(callId)
      const isOver = drain.looked === drain.calls.length && drain.afterSeq === null
      if (isOver) this.#drains.delete(webhookId)
      this.#undoable(() => {
        Object.assign(drain, { looked, afterSeq })
        for (const callId of fresh) drain.woken.delete(callId)
        if (isOver) this.#drains.set(webhookId, drain)
      })
      for (const callId of fresh) this.#engine.look(callId, webhookId, drain.isReleased, nowMs)
    }
  }

  /** The calls of the next held deliveries on disk. */
  #fromRows(webhookId: string, drain: Drain): string[] {
    if (drain.afterSeq === null) return []
    const seqs = this.#journal.held(webhookId, drain.afterSeq, PORTION)
    drain.afterSeq = seqs.length < PORTION ? null : (seqs.at(-1) ?? null)
    return this.#journal.events(seqs).map((event) => event.call_id)
  }
}
