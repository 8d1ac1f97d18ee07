/** The receivers of all webhooks: one server on loopback that misbehaves by plan and remembers what it got. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chance } from './chance.ts'
import { WEBHOOKS, type WebhookName } from './plan.ts'
import { SLOWEST_ANSWER_MS } from './settings.ts'

/**
 * The time that what is seen here is put in order by, ms since epoch with fractions. It never goes back, and it may go
 * away from `Date.now()`, by which the relay tells times: on a machine whose clock is set it was 1.1 s behind.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

/** A request as a receiver saw it. */
export interface Seen {
  readonly webhook: WebhookName
  readonly delivery: string
  readonly callId: string
  readonly attempt: number
  readonly startedMs: number
  /** The same by `Date.now()`, as the relay's log has it. */
  readonly wallMs: number
  /** When it was answered, or its connection ended; Infinity while it is open. */
  endedMs: number
  /** The status, or how it went without one: closed from here, or by the relay (a timeout, or it was killed). */
  answer: number | 'closed' | 'left' | null
}

type Answer =
  | { kind: 'status'; status: number; afterMs: number; retryAfterS?: number }
  | { kind: 'close'; afterMs: number }
  | { kind: 'hang' }

export class Receivers {
  readonly seen: Seen[] = []
  readonly #seed: string
  readonly #outages = new Set<WebhookName>()
  readonly #counts = new Map<WebhookName, number>()
  readonly #server = createServer((request, response) => this.#handle(request, response))

  private constructor(seed: string) {
    this.#seed = seed
    // The relay is to keep its connections: one that is closed while idle would be a fault that nobody planned.
    this.#server.keepAliveTimeout = 0
  }

  static async start(seed: string): Promise<Receivers> {
    const receivers = new Receivers(seed)
    await new Promise<void>((listening) => receivers.#server.listen(0, '127.0.0.1', listening))
    return receivers
  }

  url(webhook: WebhookName): string {
    // Safe: a server that listens on TCP has an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${webhook}`
  }

  /** From now on every request to a webhook fails, or no longer. */
  setOutage(webhook: WebhookName, isOut: boolean): void {
    if (isOut) this.#outages.add(webhook)
    else this.#outages.delete(webhook)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const header = (name: string): string => String(request.headers[name] ?? '')
    const webhook = WEBHOOKS.find((name) => request.url === `/${name}`)
    if (webhook === undefined) throw new Error(`a request to ${request.url}`)
    const seen: Seen = {
      webhook,
      delivery: header('webhook-id'),
      callId: header('webhook-call-id'),
      attempt: Number(header('webhook-attempt')),
      startedMs: nowMs(),
      wallMs: Date.now(),
      endedMs: Infinity,
      answer: null,
    }
    this.seen.push(seen)
    const end = (answer: number | 'closed' | 'left'): void => {
      if (seen.answer !== null) return
      seen.answer = answer
      seen.endedMs = nowMs()
    }
    response.once('close', () => end('left'))
    request.resume()
    const answer = this.#answer(webhook, header('x-event-id'), seen.attempt)
    if (answer.kind === 'hang') return
    setTimeout(() => {
      if (seen.answer !== null) return
      if (answer.kind === 'close') {
        end('closed')
        request.socket.destroy()
        return
      }
      end(answer.status)
      if (answer.retryAfterS !== undefined) response.setHeader('retry-after', answer.retryAfterS)
      response.writeHead(answer.status).end('answered')
    }, answer.afterMs)
  }

  #answer(webhook: WebhookName, eventId: string, attempt: number): Answer {
    const count = (this.#counts.get(webhook) ?? 0) + 1
    this.#counts.set(webhook, count)
    const roll = chance(this.#seed, webhook, eventId, attempt)
    const ok: Answer = { kind: 'status', status: 200, afterMs: Math.floor(roll * 10) }
    const isOut = this.#outages.has(webhook)
    switch (webhook) {
      case 'steady':
      case 'deleted':
        return ok
      case 'fails': {
        // A few are refused for good, so that failing for good is on record as well.
        const isDoomed = chance(this.#seed, 'doomed', eventId) < 0.004
        return isOut || isDoomed || roll < 0.12 ? { ...ok, status: 500 } : ok
      }
      case 'hangs':
        return roll < 0.03 ? { kind: 'hang' } : ok
      case 'closes':
        return isOut || roll < 0.06 ? { kind: 'close', afterMs: Math.floor(roll * 200) } : ok
      case 'slow': {
        // In spells it is slow enough for the relay to send to it by the queue.
        const isSpell = count % 300 > 230
        return {
          ...ok,
          afterMs: isSpell ? SLOWEST_ANSWER_MS - Math.floor(roll * 200) : 50 + Math.floor(roll * 500),
        }
      }
      case 'limits':
        if (!isOut && roll >= 0.1) return ok
        return Math.floor(roll * 1_000) % 2 === 0
          ? { ...ok, status: 429, retryAfterS: 1 }
          : { ...ok, status: 429 }
    }
  }
}
