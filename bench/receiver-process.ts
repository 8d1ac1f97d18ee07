import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Calls of the background are named so; their deliveries are timed, and no behaviour touches them. */
export const BACKGROUND = 'background-'

/** How a path answers what is not background: at once, after 1.5 s, with 500, or never. */
export type Behaviour = 'ok' | 'slow' | 'fail' | 'hang'

export type Ask =
  | { kind: 'behave'; path: string; behaviour: Behaviour }
  /** Whether connections are taken at all. */
  | { kind: 'listen'; on: boolean }
  /** When each background delivery arrived; forgets them. */
  | { kind: 'arrivals' }
  | { kind: 'count'; path: string }

/** What has come in but for the background. */
export interface Count {
  /** Deliveries of the path that were answered with 200, each once. */
  taken: number
  /** Requests of all paths. */
  requests: number
  /** Those answered with 200 after a later one of their call. */
  disordered: number
  /** When the first and the last 200 were. */
  firstMs: number
  lastMs: number
}

/** Names one delivery in what the receiver notes. */
export function arrivalKey(path: string, callId: string, position: number): string {
  return `${path} ${callId} ${position}`
}

/** A receiver on loopback in a process of its own, so that its event loop is nobody else's. */
export class Receiver {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(): Promise<Receiver> {
    const child = fork(join(import.meta.dirname, 'receiver.ts'))
    const [url] = (await once(child, 'message')) as [string] // safe: the first thing it sends
    return new Receiver(child, url)
  }

  async behave(path: string, behaviour: Behaviour): Promise<void> {
    await this.#ask({ kind: 'behave', path, behaviour })
  }

  async listen(on: boolean): Promise<void> {
    await this.#ask({ kind: 'listen', on })
  }

  async arrivals(): Promise<Map<string, number>> {
    const all = (await this.#ask({ kind: 'arrivals' })) as [string, number][] // safe: what receiver.ts answers
    // The first arrival of each: a repeat is no news.
    return new Map(all.reverse())
  }

  async count(path: string): Promise<Count> {
    return (await this.#ask({ kind: 'count', path })) as Count // safe: what receiver.ts answers
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
