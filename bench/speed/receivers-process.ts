import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Each is of one webhook. */
export const RECEIVERS = 3

export type Ask =
  /** Forgets what came, and counts from this call on. */
  { kind: 'begin'; firstCall: number } | { kind: 'count' } | { kind: 'arrivals' }

/** What has come since `begin`. */
export interface Count {
  /** Deliveries, each once. */
  delivered: number
  repeated: number
  /** Deliveries that came after a later one of their call and webhook. */
  disordered: number
  /** Requests of calls before the first, or of no event that was posted. */
  strange: number
  lastMs: number
}

export interface Arrivals extends Count {
  /** When each delivery came first, by receiver and event number (less that of the first call's first); NaN if not. */
  arrivedMs: Float64Array[]
  cpuMs: number
}

/** The three receivers, in a process of their own. */
export class Receivers {
  readonly #child: ChildProcess
  readonly urls: readonly string[]

  private constructor(child: ChildProcess, urls: readonly string[]) {
    this.#child = child
    this.urls = urls
  }

  static async start(): Promise<Receivers> {
    const child = fork(join(import.meta.dirname, 'receivers.ts'), { serialization: 'advanced' })
    const [urls] = (await once(child, 'message')) as [string[]] // safe: the first thing it sends
    return new Receivers(child, urls)
  }

  async begin(firstCall: number): Promise<void> {
    await this.#ask({ kind: 'begin', firstCall })
  }

  async count(): Promise<Count> {
    return (await this.#ask({ kind: 'count' })) as Count // safe: what receivers.ts answers
  }

  async arrivals(): Promise<Arrivals> {
    return (await this.#ask({ kind: 'arrivals' })) as Arrivals // safe: what receivers.ts answers
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  /** One question at a time: the benchmark asks in sequence. */
  async #ask(ask: Ask): Promise<unknown> {
    const answer = once(this.#child, 'message') as Promise<[unknown]> // safe: messages are single values
    this.#child.send(ask)
    return (await answer)[0]
  }
}
