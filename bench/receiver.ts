/**
 * The receiver of a benchmark, forked by `Receiver.start`. It notes when each background delivery arrives and
 * counts the others, and does what it is told to by path.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arrivalKey, BACKGROUND, type Ask, type Behaviour, type Count } from './receiver-process.ts'
import { nowMs } from './clock.ts'

const behaviours = new Map<string, Behaviour>()
let arrivals: [string, number][] = []
const taken = new Map<string, Set<string>>()
let requests = 0
let firstMs = 0
let lastMs = 0
/** The last position of each call that was answered with 200, and how often an earlier one came after it. */
const positions = new Map<string, number>()
let disordered = 0

const server = createServer((request, response) => {
  const seenMs = nowMs()
  const path = request.url ?? '/'
  const callId = String(request.headers['webhook-call-id'])
  const isBackground = callId.startsWith(BACKGROUND)
  if (isBackground)
    arrivals.push([arrivalKey(path, callId, Number(request.headers['webhook-position'])), seenMs])
  else requests += 1
  request.resume()
  const answer = (status: number): void => {
    if (!isBackground && status === 200) {
      const ids = taken.get(path) ?? new Set()
      taken.set(path, ids.add(String(request.headers['webhook-id'])))
      const position = Number(request.headers['webhook-position'])
      if (position < (positions.get(callId) ?? 0)) disordered += 1
      positions.set(callId, position)
      if (firstMs === 0) firstMs = seenMs
      lastMs = seenMs
    }
    response.writeHead(status).end()
  }
  const behaviour: Behaviour = isBackground ? 'ok' : (behaviours.get(path) ?? 'ok')
  switch (behaviour) {
    case 'ok':
      return answer(200)
    case 'slow':
      return void setTimeout(() => answer(200), 1_500)
    case 'fail':
      return answer(500)
    case 'hang':
      return
  }
})
server.keepAliveTimeout = 60_000

let port = 0
async function listen(): Promise<void> {
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', 4_096, listening))
  port = (server.address() as AddressInfo).port // safe: a server that listens on TCP has an AddressInfo
}

async function close(): Promise<void> {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
}

async function answerTo(ask: Ask): Promise<unknown> {
  switch (ask.kind) {
    case 'behave':
      behaviours.set(ask.path, ask.behaviour)
      return null
    case 'listen':
      await (ask.on ? listen() : close())
      return null
    case 'arrivals': {
      const answer = arrivals
      arrivals = []
      return answer
    }
    case 'count': {
      const count: Count = { taken: taken.get(ask.path)?.size ?? 0, requests, disordered, firstMs, lastMs }
      return count
    }
  }
}

process.on('message', (ask: Ask) => void answerTo(ask).then((answer) => process.send?.(answer)))
process.on('disconnect', () => process.exit(0))
await listen()
process.send?.(`http://127.0.0.1:${port}`)
