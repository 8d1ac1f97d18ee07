/** Posts events by a plan, over raw connections that are kept. Forked by `send`, with its plan as the one argument. */
import { connect } from 'node:net'
import { setTimeout as passMs } from 'node:timers/promises'
import { nowMs } from '../clock.ts'
import { eventNumber, LivingCalls, requestsFor } from './calls.ts'
import { MessageReader } from './http.ts'
import type { Sent, SendPlan } from './sender-process.ts'

/** A connection that was refused something waits so long, so that refusals are not all that is made (ms). */
const AFTER_REFUSAL_MS = 50
/** Answers that are out when posting ends are waited for so long (ms). */
const LAST_ANSWERS_MS = 15_000
/** The same posts in each run: a small generator (mulberry32), seeded. */
const random = seeded(7)

const plan = JSON.parse(process.argv[2] ?? '') as SendPlan // safe: send() writes it
const url = new URL(plan.url)
const requestOf = requestsFor(url, plan.key)
const calls = new LivingCalls(plan.firstCall, plan.livingCalls)
const firstNumber = eventNumber(plan.firstCall, 0)
const postedMs: number[] = []
const acceptedMs: number[] = []
const refused: Record<string, number> = {}
const mostEvents = plan.events ?? Infinity
let posted = 0

/** Posts one event and answers whether it was accepted. */
type Post = (event: { call: number; place: number }) => Promise<boolean>

/** A connection that is kept, and made again if the other side ends it. */
function newConnection(): Post {
  let answered: ((status: string) => void) | null = null
  const open = () => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    const end = (status: string): void => {
      const told = answered
      answered = null
      told?.(status)
    }
    const reader = new MessageReader((firstLine) => end(firstLine.split(' ')[1] ?? ''))
    socket.on('data', (chunk: Buffer) => reader.push(chunk))
    socket.on('error', () => undefined) // 'close' follows
    socket.on('close', () => end('closed'))
    return socket
  }
  let socket = open()
  return async (event) => {
    if (socket.destroyed || socket.readableEnded) socket = open()
    const request = requestOf(event.call, event.place)
    const at = eventNumber(event.call, event.place) - firstNumber
    const status = await new Promise<string>((tell) => {
      answered = tell
      postedMs[at] ??= nowMs()
      socket.write(request, 'latin1')
    })
    if (status === '202') acceptedMs[at] = nowMs()
    else refused[status] = (refused[status] ?? 0) + 1
    calls.answered(event)
    return status === '202'
  }
}

/** As fast as answers come. */
async function saturate(untilMs: number): Promise<void> {
  const lane = async (): Promise<void> => {
    const post = newConnection()
    while (posted < mostEvents && nowMs() < untilMs) {
      posted += 1
      if (!(await post(calls.take()))) await passMs(AFTER_REFUSAL_MS)
    }
  }
  await Promise.all(Array.from({ length: plan.connections }, lane))
}

/** By the clock, one event at a random moment of each slot, however long answers take. */
async function keepPace(perSecond: number, startMs: number): Promise<void> {
  const count = Math.min(mostEvents, Math.round(plan.seconds * perSecond))
  // The last used first, so that as few connections as needed are in use, and those are warm.
  const idle: Post[] = []
  const late: { call: number; place: number }[] = []
  const out = new Set<Promise<void>>()
  let open = 0
  const run = async (post: Post, first: { call: number; place: number }): Promise<void> => {
    for (let event: typeof first | undefined = first; event !== undefined; event = late.shift())
      await post(event)
    idle.push(post)
  }
  for (let n = 0; n < count; n += 1) {
    const dueMs = startMs + ((n + random()) * 1_000) / perSecond
    await passMs(Math.max(0, dueMs - nowMs()))
    posted += 1
    const event = calls.take()
    let post = idle.pop()
    if (post === undefined && open < plan.connections) {
      open += 1
      post = newConnection()
    }
    if (post === undefined) {
      // From here on it waits for a connection, and that is part of its time.
      postedMs[eventNumber(event.call, event.place) - firstNumber] = nowMs()
      late.push(event)
      continue
    }
    const done = run(post, event).finally(() => out.delete(done))
    out.add(done)
  }
  await Promise.all(out)
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** By number, with NaN where there is nothing. */
function dense(times: readonly number[]): Float64Array {
  return Float64Array.from(
    { length: eventNumber(calls.nextCall, 0) - firstNumber },
    (_, at) => times[at] ?? Number.NaN,
  )
}

process.once('disconnect', () => process.exit(1))
const startedMs = nowMs()
const untilMs = startedMs + plan.seconds * 1_000
const posting = plan.perSecond === null ? saturate(untilMs) : keepPace(plan.perSecond, startedMs)
// Whoever is not answered at all is not waited for: the figures show it as not accepted.
await Promise.race([posting, passMs(plan.seconds * 1_000 + LAST_ANSWERS_MS)])
const usage = process.cpuUsage()
const sent: Sent = {
  postedMs: dense(postedMs),
  acceptedMs: dense(acceptedMs),
  nextCall: calls.nextCall,
  startedMs,
  endedMs: nowMs(),
  refused,
  cpuMs: (usage.user + usage.system) / 1_000,
}
process.send?.(sent, () => process.exit(0))
