/**
 * Three receivers, each on a port of its own as those of customers are on hosts of their own. They answer 200 at once
 * and note when each delivery came. Forked by `Receivers.start`.
 */
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { nowMs } from '../clock.ts'
import { eventNumber, eventNumberIn, EVENTS_PER_CALL } from './calls.ts'
import { MessageReader } from './http.ts'
import { RECEIVERS, type Arrivals, type Ask, type Count } from './receivers-process.ts'

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')

let firstNumber = 0
let count: Count = newCount()
/** By receiver and event. */
let arrivedMs: number[][] = []
/** The last event of each call that came, by receiver. */
let lastOfCall: number[][] = []
let cpuAtBegin = process.cpuUsage()

function newCount(): Count {
  return { delivered: 0, repeated: 0, disordered: 0, strange: 0, lastMs: Number.NaN }
}

function begin(firstCall: number): void {
  firstNumber = eventNumber(firstCall, 0)
  count = newCount()
  arrivedMs = Array.from({ length: RECEIVERS }, () => [])
  lastOfCall = Array.from({ length: RECEIVERS }, () => [])
  cpuAtBegin = process.cpuUsage()
}

function note(receiver: number, body: Buffer): void {
  const seenMs = nowMs()
  const at = (eventNumberIn(body) ?? -1) - firstNumber
  const [arrived, last] = [arrivedMs[receiver], lastOfCall[receiver]]
  if (at < 0 || arrived === undefined || last === undefined) {
    count.strange += 1
    return
  }
  if (arrived[at] !== undefined) {
    count.repeated += 1
    return
  }
  arrived[at] = seenMs
  count.delivered += 1
  count.lastMs = seenMs
  const call = Math.floor(at / EVENTS_PER_CALL)
  if (at < (last[call] ?? 0)) count.disordered += 1
  last[call] = Math.max(at, last[call] ?? 0)
}

function answerTo(ask: Ask): unknown {
  switch (ask.kind) {
    case 'begin':
      begin(ask.firstCall)
      return null
    case 'count':
      return count
    case 'arrivals': {
      const usage = process.cpuUsage(cpuAtBegin)
      const arrivals: Arrivals = {
        ...count,
        arrivedMs: arrivedMs.map((times) =>
          Float64Array.from({ length: times.length }, (_, at) => times[at] ?? Number.NaN),
        ),
        cpuMs: (usage.user + usage.system) / 1_000,
      }
      return arrivals
    }
  }
}

async function listen(receiver: number): Promise<string> {
  const server = createServer({ noDelay: true }, (socket) => {
    const reader = new MessageReader((_firstLine, body) => {
      note(receiver, body)
      socket.write(ANSWER)
    })
    socket.on('data', (chunk: Buffer) => reader.push(chunk))
    socket.on('error', () => socket.destroy())
  })
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // safe: a server that listens on TCP has an AddressInfo
  return `http://127.0.0.1:${port}/`
}

begin(0)
const urls = await Promise.all(Array.from({ length: RECEIVERS }, (_, receiver) => listen(receiver)))
process.on('message', (ask: Ask) => process.send?.(answerTo(ask)))
process.on('disconnect', () => process.exit(0))
process.send?.(urls)
