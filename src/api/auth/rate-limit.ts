import ipaddr from 'ipaddr.js'
import QuickLRU from 'quick-lru'
import type { Env } from '../../contracts/env.ts'
import { report } from '../../lib/failure.ts'
import { Problem } from '../http/problem.ts'

/** The period of the bindings in wrangler.toml: by then there is room again, whenever it was that it ran out. */
const RETRY_AFTER_S = 10
/** A refusal is held against its key for this long (ms) before the binding is asked again. */
const REFUSAL_MS = 1_000
/** More keys than an isolate serves at a time; about so many are kept, the last used. */
const MOST_KEYS = 1_000

interface Turns {
  left: number
  refusedUntilMs: number
}

/**
 * A limit on the requests of each key. An isolate takes turns by the lot, so that the binding is not asked at
 * each request; it counts lots, and its `limit` in wrangler.toml is in lots. What is left of a lot stays good.
 */
export class RequestLimit {
  readonly #bindingOf: (env: Env) => RateLimit
  readonly #lot: number
  readonly #turns = new QuickLRU<string, Turns>({ maxSize: MOST_KEYS })

  constructor(bindingOf: (env: Env) => RateLimit, lot: number) {
    this.#bindingOf = bindingOf
    this.#lot = lot
  }

  /** @throws Problem (429) where the key has no turn left. */
  async take(env: Env, key: string, nowMs: number): Promise<void> {
    const turns = this.#of(key)
    if (turns.left > 0) {
      turns.left -= 1
      return
    }
    this.check(key, nowMs)
    if (await this.#ask(env, key)) {
      turns.left += this.#lot - 1
      return
    }
    turns.refusedUntilMs = nowMs + REFUSAL_MS
    throw refusal()
  }

  /** @throws Problem (429) where the key was refused just now. Takes no turn, and asks nobody. */
  check(key: string, nowMs: number): void {
    if ((this.#turns.get(key)?.refusedUntilMs ?? 0) > nowMs) throw refusal()
  }

  /** A limit that cannot be asked refuses nobody: it guards the relay, and must not be what stops it. */
  async #ask(env: Env, key: string): Promise<boolean> {
    try {
      return (await this.#bindingOf(env).limit({ key })).success
    } catch (error) {
      report('rate limit', error)
      return true
    }
  }

  #of(key: string): Turns {
    const known = this.#turns.get(key)
    if (known !== undefined) return known
    const turns = { left: 0, refusedUntilMs: 0 }
    this.#turns.set(key, turns)
    return turns
  }
}

function refusal(): Problem {
  return new Problem('rate_limited', 'Too many requests; come back later', { retryAfterS: RETRY_AFTER_S })
}

/** By key id: what takes events, and every other route. */
export const ingestLimit = new RequestLimit((env) => env.INGEST_LIMIT, 50)
export const apiLimit = new RequestLimit((env) => env.API_LIMIT, 10)
/** By address: requests without a known key. */
export const unknownKeyLimit = new RequestLimit((env) => env.UNKNOWN_KEY_LIMIT, 1)

/** The sender of a request, as the platform has it. */
export function requestSender(headers: Headers): string {
  return senderOf(headers.get('cf-connecting-ip') ?? undefined)
}

/** What counts as one sender: an address, of IPv6 its /64, which is what one customer of a provider gets. */
export function senderOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  // Safe: it is of one kind or the other.
  return (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':')
}
