import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as passMs } from 'node:timers/promises'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

/** A request as it came in. Times are ms since the receiver's start. */
export interface Received {
  path: string
  method: string
  /** As sent, without the question mark. */
  query: string
  headers: Record<string, string>
  body: string
  startedMs: number
  /** When the answer was given; null while it is under way. */
  answeredMs: number | null
  status: number
  signature: 'valid' | 'invalid' | 'missing'
}

export interface Endpoint {
  secret: string
  /** So many attempts of each delivery are answered with a 500. */
  failFirst: number
}

/** What a receiver does with an event takes time: two deliveries under way at once would be seen to overlap. */
const WORK_MS = 10

/** A customer's server: it checks every signature before it believes a request. */
export class Receiver {
  readonly received: Received[] = []
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #attempts = new Map<string, number>()
  readonly #server = createServer((request, response) => void this.#handle(request, response))
  readonly #onAnswered: (received: Received) => void
  #wake: () => void = () => {}

  private constructor(onAnswered: (received: Received) => void) {
    this.#onAnswered = onAnswered
  }

  /** Starts one on a free port of this machine. `onAnswered` sees each request once it has its answer. */
  static async start(onAnswered: (received: Received) => void): Promise<Receiver> {
    const receiver = new Receiver(onAnswered)
    await new Promise<void>((listening) => receiver.#server.listen(0, '127.0.0.1', listening))
    return receiver
  }

  get url(): string {
    // Safe: a server that listens on TCP has an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  serve(path: string, endpoint: Endpoint): void {
    this.#endpoints.set(path, endpoint)
  }

  /** Waits for requests until the condition holds; false where it does not by the deadline. */
  async until(holds: () => boolean, deadlineMs: number): Promise<boolean> {
    while (!holds()) {
      const leftMs = deadlineMs - Date.now()
      if (leftMs <= 0) return false
      const stopWaiting = new AbortController()
      await Promise.race([
        new Promise<void>((woken) => (this.#wake = woken)),
        passMs(leftMs, undefined, { signal: stopWaiting.signal }).catch(() => {}),
      ])
      stopWaiting.abort()
    }
    return true
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done))
    this.#server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now()
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer) // safe: no encoding is set
    } catch {
      return // broken off by the sender: there is nobody to answer
    }
    const target = request.url ?? '/'
    const [path = '/'] = target.split('?')
    const received: Received = {
      path,
      method: request.method ?? '',
      query: target.slice(path.length + 1),
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: Buffer.concat(chunks).toString(),
      startedMs,
      answeredMs: null,
      status: 404,
      signature: 'missing',
    }
    this.received.push(received)
    await passMs(WORK_MS)
    const endpoint = this.#endpoints.get(path)
    if (endpoint !== undefined) {
      received.signature = verify(received, endpoint.secret)
      received.status = received.signature === 'valid' ? this.#answer(received, endpoint) : 401
    }
    received.answeredMs = performance.now()
    response.writeHead(received.status).end()
    this.#onAnswered(received)
    this.#wake()
  }

  #answer(received: Received, endpoint: Endpoint): number {
    const delivery = received.headers['webhook-id'] ?? ''
    const attempts = (this.#attempts.get(delivery) ?? 0) + 1
    this.#attempts.set(delivery, attempts)
    return attempts <= endpoint.failFirst ? 500 : 200
  }
}

/** Standard Webhooks signs the body; a GET has none, and its query string as sent stands for it. */
function verify({ method, query, body, headers }: Received, secret: string): Received['signature'] {
  if (headers['webhook-signature'] === undefined) return 'missing'
  try {
    new Webhook(secret).verify(method === 'GET' ? query : body, headers, { jsonParse: false })
    return 'valid'
  } catch (error) {
    if (error instanceof WebhookVerificationError) return 'invalid'
    throw error
  }
}
