/** The relay that commands are given to, by the typed client. */
import { hc, type ClientResponse } from 'hono/client'
import type { AppType } from '../../src/api/app.ts'
import { Failure, Misuse, refusalOf } from './failure.ts'

const DEFAULT_URL = 'http://127.0.0.1:8787'
/** The longest answer is a page of deliveries. */
const TIMEOUT_MS = 30_000

export interface Answer<T> {
  value: T
  /** The relay's JSON to the letter: a number of many digits would not come back from `JSON.parse` as it was. */
  text: string
}

/** What the JSON of an answer is; of an answer that differs, each of what it may be. */
type BodyOf<R> = R extends ClientResponse<infer T> ? T : never

export type Client = ReturnType<typeof hc<AppType>>

/** What every request to a relay goes through. */
export class Connection {
  readonly url: string
  readonly client: Client
  readonly #key: string

  /** @throws Misuse if the URL is none of a relay, or there is no key */
  constructor(url: string | undefined, environment: NodeJS.ProcessEnv) {
    this.url = baseOf(url ?? (environment['RELAY_URL'] || DEFAULT_URL))
    this.#key = environment['RELAY_KEY'] ?? ''
    if (this.#key === '') throw new Misuse(NO_KEY)
    // A key that no header carries would be told of by an error that shows it.
    if (!/^[\u0021-\u007e]+$/.test(this.#key)) throw new Misuse('RELAY_KEY is not an API key')
    this.client = hc<AppType>(this.url, { headers: { authorization: `Bearer ${this.#key}` }, fetch: request })
  }

  /** Whether the relay is on this machine. */
  get isOnLoopback(): boolean {
    const { hostname } = new URL(this.url)
    return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
  }

  /**
   * Waits for an answer of the typed client.
   * @throws Failure if it is not a success, or there is none
   */
  async ask<R extends ClientResponse<unknown>>(asked: Promise<R>): Promise<Answer<BodyOf<R>>> {
    const { text } = await this.#read(asked)
    // Safe: the type is what the route says that it answers a success with.
    return { value: parsed(text, this.url) as BodyOf<R>, text }
  }

  async #read(
    asked: Promise<Pick<Response, 'ok' | 'status' | 'headers' | 'text'>>,
  ): Promise<{ text: string }> {
    let response
    let text
    try {
      response = await asked
      text = await response.text()
    } catch (error) {
      throw new Failure(`the relay at ${this.url} does not answer (${reasonOf(error)})`, { mayPass: true })
    }
    if (!response.ok) throw refusalOf(response.status, text, response.headers.get('retry-after'))
    return { text }
  }
}

const NO_KEY = `set RELAY_KEY to an API key of the relay. On the machine of \`npm start\`:
  export RELAY_KEY=$(cat .state/admin-key)`

async function request(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  return fetch(input, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
}

/** @throws Misuse */
function baseOf(text: string): string {
  const url = URL.parse(text)
  // What is given may hold a password, so it is not said again.
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Misuse('the URL of the relay has to be http(s)')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Misuse(
      'the URL of the relay has no user, no query and no fragment; the key goes into RELAY_KEY',
    )
  }
  return url.href.replace(/\/+$/, '')
}

/** @throws Failure if it is no JSON */
function parsed(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure(`what answers at ${url} is not the relay`)
  }
}

/** `ECONNREFUSED`, or what else the platform calls it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return `nothing within ${TIMEOUT_MS / 1000} s`
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}
