/**
 * Group commit. What comes in while the last commit is on its way to the disk is decided together and written by one
 * transaction; answers and requests wait for that transaction alone. It is what makes a shard fast: without it, each
 * event and each outcome waits for a sync of its own.
 */

import { meter } from '../metrics/meter.ts'

/** One change: decides in memory, writes its rows, and answers. Run again from the start if its group fails. */
export interface Change<T> {
  /** Synchronous. It may throw: then nothing of it is kept, neither in memory nor in rows. */
  readonly run: () => T
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

export interface GroupTerms {
  /** Runs changes in one transaction of the storage, which is rolled back if it throws. */
  readonly transaction: <T>(run: () => T) => T
  /** Called when a group's rows are written, in the same commit: what has to be on disk with them. */
  readonly written: () => void
  /** Returns once all that has been written is on disk. */
  readonly synced: () => Promise<void>
  /** Puts memory back to what it was when the transaction began. */
  readonly undo: () => void
  /** The changes of a transaction are made: memory as it is now stands. */
  readonly keep: () => void
  /** Called after each group, once it is on disk and before its changes are answered: begins what follows from it. */
  readonly after: () => void
}

/** The changes that one transaction takes, so that others on the thread have their turn between two of them. */
const MOST_IN_A_GROUP = 64

export class Group {
  readonly #terms: GroupTerms
  #waiting: Change<unknown>[] = []
  #isRunning = false

  constructor(terms: GroupTerms) {
    this.#terms = terms
  }

  /** Makes a change with the next group. Resolves once it is on disk; rejects if it could not be made. */
  commit<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // Safe: `resolve` gets what this change's own `run` returns.
      this.#waiting.push({ run, resolve: resolve as (value: unknown) => void, reject })
      if (!this.#isRunning) void this.#go()
    })
  }

  async #go(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      const changes = this.#waiting.splice(0, MOST_IN_A_GROUP)
      const startedMs = Date.now()
      const made = this.#write(changes)
      try {
        this.#terms.written()
        await this.#terms.synced()
        meter.groupSize.observe(changes.length)
        meter.groupTime.observe((Date.now() - startedMs) / 1000)
        this.#terms.after()
        for (const { resolve, value } of made) resolve(value)
      } catch (error) {
        // Nobody can say what is on disk: whoever asked is told so, and asks again.
        for (const { reject } of made) reject(error)
      }
    }
    this.#isRunning = false
  }

  /** @returns the changes that were made, with their answers */
  #write(changes: readonly Change<unknown>[]): (Change<unknown> & { value: unknown })[] {
    const { transaction, undo, keep } = this.#terms
    try {
      const values = transaction(() => changes.map((change) => change.run()))
      keep()
      return changes.map((change, index) => ({ ...change, value: values[index] }))
    } catch (error) {
      undo()
      // One that cannot be made must not take the others along: each by itself, before anything is given up.
      if (changes.length > 1) return changes.flatMap((change) => this.#write([change]))
      for (const { reject } of changes) reject(error)
      return []
    }
  }
}
