import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that a receiver got. Times are ms since the test's start; `endedMs` is null while it is handled. */
export interface Received {
  path: string
  method: string
  query: string
  headers: Record<string, string>
  /** Every header's name, in the order and as often as they came. */
  headerNames: string[]
  body: string
  startedMs: number
  endedMs: number | null
}

type Answer = (request: Received, response: ServerResponse) => void | Promise<void>

/** A real HTTP server on loopback that remembers what it got. */
export class Receiver {
  readonly received: Received[] = []
  // Node's own limit is a quarter of the longest URL that comes.
  readonly #server = createServer(
    { maxHeaderSize: 128 * 1024 },
    (request, response) => void this.#handle(request, response),
  )
  #answer: Answer = (_request, response) => void response.writeHead(200).end('ok')

  static async start(answer?: Answer): Promise<Receiver> {
    const receiver = new Receiver()
    if (answer !== undefined) receiver.#answer = answer
    await new Promise<void>((listening) => receiver.#server.listen(0, '127.0.0.1', listening))
    return receiver
  }

  get url(): string {
    // Safe: a server that listens on TCP has an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  at(path: string): Received[] {
    return this.received.filter((request) => request.path === path)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    const url = new URL(request.url ?? '/', 'http://receiver')
    const received: Received = {
      path: url.pathname,
      method: request.method ?? '',
      query: url.search.slice(1),
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
      ),
      headerNames: request.rawHeaders.filter((_each, index) => index % 2 === 0),
      body: '',
      startedMs: performance.now(),
      endedMs: null,
    }
    // Closed early counts as ended, too: whoever sent it is gone.
    response.once('close', () => (received.endedMs = performance.now()))
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer) // safe: no encoding is set
    } catch {
      return
    }
    received.body = Buffer.concat(chunks).toString()
    this.received.push(received)
    await this.#answer(received, response)
  }
}
