/** A receiver on this machine that answers as badly as the seed wants it to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Reply {
  status: number
  retryAfterS?: number
  body?: string
}

/** @param attempt from 1 */
export type Behaviour = (attempt: number) => Reply

export interface SeedReceiver {
  url: string
  /** The address of a server that is there no more. */
  nobodyUrl: string
  /** How many requests have come to a path. */
  received: (path: string) => number
  /** When the last request came (ms since epoch); 0 if none has. */
  lastMs: () => number
  stop: () => Promise<void>
}

export async function startReceiver(behaviours: ReadonlyMap<string, Behaviour>): Promise<SeedReceiver> {
  const counts = new Map<string, number>()
  let lastMs = 0
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    counts.set(path, (counts.get(path) ?? 0) + 1)
    lastMs = Date.now()
    request.resume().once('end', () => answer(request, response, behaviours.get(path)))
  })
  const gone = createServer()
  const [url, nobodyUrl] = [await listen(server), await listen(gone)]
  await close(gone)
  return {
    url,
    nobodyUrl,
    received: (path) => counts.get(path) ?? 0,
    lastMs: () => lastMs,
    stop: () => close(server),
  }
}

type Server = ReturnType<typeof createServer>

async function listen(server: Server): Promise<string> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  // Safe: a server that listens on TCP has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((done) => server.close(done))
  server.closeAllConnections()
  await closed
}

function answer(request: IncomingMessage, response: ServerResponse, behaviour: Behaviour | undefined): void {
  const attempt = Number(request.headers['webhook-attempt'] ?? 1)
  const { status, retryAfterS, body = '' } = behaviour?.(attempt) ?? { status: 404 }
  response.writeHead(status, {
    'content-type': 'text/plain',
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
  })
  response.end(body)
}
