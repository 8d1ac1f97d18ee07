/**
 * The receiver of a benchmark, forked by `Receiver.start`. It notes when each background delivery arrives and
 * counts the others, and does what it is told to by path.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arrivalKey, BACKGROUND, type Ask, type Behaviour } from './receiver-process.ts'
import { nowMs } from './clock.ts'

const behaviours = new Map<string, Behaviour>()
let arrivals: [string, number][] = []
const taken = new Map<string, Set<string>>()
let requests = 0
let lastMs = 0

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
async function listen(on: Server): Promise<void> {
  await new Promise<void>((listening) => on.listen(port, '127.0.0.1', 4_096, listening))
  port = (on.address() as AddressInfo).port // safe: a server that listens on TCP has an AddressInfo
}

process.on('message', async (ask: Ask) => {
  switch (ask.kind) {
    case 'behave':
      behaviours.set(ask.path, ask.behaviour)
      return process.send?.(null)
    case 'arrivals': {
      const answer = arrivals
      arrivals = []
      return process.send?.(answer)
    }
    case 'count':
      return process.send?.({ taken: taken.get(ask.path)?.size ?? 0, requests, lastMs })
  }
})
process.on('disconnect', () => process.exit(0))
await listen(server)
process.send?.(`http://127.0.0.1:${port}`)
