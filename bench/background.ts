import { setTimeout as passMs } from 'node:timers/promises'
import { nowMs } from './clock.ts'
import { event } from './flood-process.ts'
import { arrivalKey, BACKGROUND, type Receiver } from './receiver-process.ts'

/** Calls that go to one webhook, posted with an account's own key. */
export interface Line {
  /** What it is to the flood: its figures are told by this. */
  group: string
  key: string
  trigger: string
  path: string
}

/** What one event took (ms), from its POST being sent; `deliveredMs` is null where it has not arrived. */
export interface Sample {
  group: string
  sentMs: number
  acceptedMs: number | null
  deliveredMs: number | null
}

const EVENTS_PER_CALL = 3
/**
 * Between the events of a call: longer than a delivery takes, so that none waits for its own call, and no multiple
 * of what is between the calls, so that the posts of different calls are spread evenly.
 */
const BETWEEN_EVENTS_MS = 233

/** Posts that may be out. Where the relay is that far behind, the next are not sent, and count as not accepted. */
const MOST_OUT = 300

/** Steady traffic by the clock: it does not slow down where the relay does. */
export class Background {
  readonly #url: string
  readonly #lines: readonly Line[]
  readonly #callsPerSecond: number
  readonly #receiver: Receiver
  readonly #name: string
  readonly #posted: { group: string; key: string; sentMs: number; acceptedMs: number | null }[] = []
  readonly #arrived = new Map<string, number>()
  readonly #running = new Set<Promise<void>>()
  #out = 0
  #stopped = false
  #loop: Promise<void> | null = null

  /** @param name of its calls, if the relay may know those of another */
  constructor(url: string, receiver: Receiver, lines: readonly Line[], callsPerSecond: number, name = '') {
    this.#name = name
    this.#url = url
    this.#receiver = receiver
    this.#lines = lines
    this.#callsPerSecond = callsPerSecond
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** Ends the traffic, waits for what is still to arrive, and answers with all that was posted. */
  async stop(): Promise<Sample[]> {
    this.#stopped = true
    await this.#loop
    await Promise.all(this.#running)
    for (let round = 0; round < 100; round += 1) {
      for (const [key, seenMs] of await this.#receiver.arrivals()) this.#arrived.set(key, seenMs)
      if (this.#posted.every(({ key, acceptedMs }) => acceptedMs === null || this.#arrived.has(key))) break
      await passMs(100)
    }
    return this.#posted.map(({ group, key, sentMs, acceptedMs }) => {
      const seenMs = this.#arrived.get(key)
      return { group, sentMs, acceptedMs, deliveredMs: seenMs === undefined ? null : seenMs - sentMs }
    })
  }

  async #run(): Promise<void> {
    const startedMs = nowMs()
    for (let call = 0; !this.#stopped; call += 1) {
      const line = this.#lines[call % this.#lines.length]
      if (line === undefined) return
      const dueMs = startedMs + (call * 1_000) / this.#callsPerSecond
      await passMs(Math.max(0, dueMs - nowMs()))
      const run = this.#call(line, `${BACKGROUND}${this.#name}${call}`).finally(() =>
        this.#running.delete(run),
      )
      this.#running.add(run)
    }
  }

  async #call(line: Line, callId: string): Promise<void> {
    const posts: Promise<void>[] = []
    for (let n = 1; n <= EVENTS_PER_CALL; n += 1) {
      posts.push(this.#post(line, callId, n))
      await passMs(BETWEEN_EVENTS_MS)
    }
    await Promise.all(posts)
  }

  async #post(line: Line, callId: string, n: number): Promise<void> {
    const body = JSON.stringify(event(line.trigger, callId, n))
    const sentMs = nowMs()
    const posted = {
      group: line.group,
      key: arrivalKey(line.path, callId, n),
      sentMs,
      acceptedMs: null as number | null,
    }
    this.#posted.push(posted)
    if (this.#out >= MOST_OUT) return
    this.#out += 1
    try {
      const response = await fetch(`${this.#url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${line.key}`, 'content-type': 'application/json' },
        body,
      })
      await response.arrayBuffer()
      if (response.status === 202) posted.acceptedMs = nowMs() - sentMs
    } catch {
      // Not accepted, which the figures show.
    } finally {
      this.#out -= 1
    }
  }
}
