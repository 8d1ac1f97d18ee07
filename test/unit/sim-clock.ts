/** A clock that a test moves: `Date.now`, timers and `scheduler.wait` go by it while it is installed. */
export class SimClock {
  nowMs: number
  #timers: { id: number; atMs: number; run: () => void }[] = []
  #lastId = 0
  readonly #real = { now: Date.now, setTimeout, clearTimeout }

  constructor(nowMs: number) {
    this.nowMs = nowMs
  }

  install(): void {
    Date.now = () => this.nowMs
    const wait = (ms: number): Promise<void> => new Promise((resolve) => this.#add(resolve, ms))
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => this.#add(run, ms),
      clearTimeout: (id: number) => {
        this.#timers = this.#timers.filter((timer) => timer.id !== id)
      },
      scheduler: { wait },
    })
  }

  uninstall(): void {
    Date.now = this.#real.now
    Object.assign(globalThis, {
      setTimeout: this.#real.setTimeout,
      clearTimeout: this.#real.clearTimeout,
      scheduler: undefined,
    })
  }

  /** When the next timer goes off; null if there is none. */
  get nextMs(): number | null {
    return this.#timers.length === 0 ? null : Math.min(...this.#timers.map(({ atMs }) => atMs))
  }

  /** Calls a timer that is due by now; false if none is. */
  fire(): boolean {
    const atMs = this.nextMs
    if (atMs === null || atMs > this.nowMs) return false
    const index = this.#timers.findIndex((timer) => timer.atMs === atMs)
    this.#timers.splice(index, 1)[0]?.run()
    return true
  }

  #add(run: () => void, ms: number): number {
    this.#lastId += 1
    this.#timers.push({ id: this.#lastId, atMs: this.nowMs + Math.ceil(Math.max(0, ms)), run })
    return this.#lastId
  }
}

/** Lets everything that has been promised by now come to pass. No chain of promises here is as long as this. */
export async function promisesKept(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve()
}

/**
 * Random numbers that follow from a seed (mulberry32), in the place of the machine's.
 * @returns puts those of the machine back
 */
export function seedRandom(seed: number): () => void {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const fill = (array: Uint32Array): Uint32Array => {
    array.set(array.map(next))
    return array
  }
  Object.defineProperty(crypto, 'getRandomValues', { value: fill, configurable: true })
  return () => void Reflect.deleteProperty(crypto, 'getRandomValues')
}
