/** Posts events by a plan, over raw connections that are kept. Forked by `send`, with its plan as the one argument. */
import { setTimeout as passMs } from 'node:timers/promises'
import { nowMs } from '../clock.ts'
import { eventNumber, LivingCalls, requestsFor } from './calls.ts'
import { Connection } from './connection.ts'
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

/** Posts one event and returns whether it was accepted. */
async function post(connection: Connection, event: { call: number; place: number }): Promise<boolean> {
  const request = requestOf(event.call, event.place)
  const at = numberOf(event)
  postedMs[at] ??= nowMs()
  const status = await connection.post(request)
  if (status === '202') acceptedMs[at] = nowMs()
  else refused[status] = (refused[status] ?? 0) + 1
  calls.answered(event)
  return status === '202'
}

/** Where the times of an event stand. */
function numberOf(event: { call: number; place: number }): number {
  return eventNumber(event.call, event.place) - firstNumber
}

/** As fast as answers come. */
async function saturate(untilMs: number): Promise<void> {
  const lane = async (): Promise<void> => {
    const connection = new Connection(url)
    while (posted < mostEvents && nowMs() < untilMs) {
      posted += 1
      if (!(await post(connection, calls.take()))) await passMs(AFTER_REFUSAL_MS)
    }
  }
  await Promise.all(Array.from({ length: plan.connections }, lane))
}

/** By the clock, one event at a random moment of each slot, however long answers take. */
async function keepPace(perSecond: number, startMs: number): Promise<void> {
  const count = Math.min(mostEvents, Math.round(plan.seconds * perSecond))
  // The last used first, so that as few connections as needed are in use, and those are warm.
  const idle: Connection[] = []
  const late: { call: number; place: number }[] = []
  const out = new Set<Promise<void>>()
  let connections = 0
  const run = async (connection: Connection, event: { call: number; place: number }): Promise<void> => {
    await post(connection, event)
    for (let next = late.shift(); next !== undefined; next = late.shift()) await post(connection, next)
    idle.push(connection)
  }
  for (let n = 0; n < count; n += 1) {
    const dueMs = startMs + ((n + random()) * 1_000) / perSecond
    await passMs(Math.max(0, dueMs - nowMs()))
    posted += 1
    const event = calls.take()
    let connection = idle.pop()
    if (connection === undefined && connections < plan.connections) {
      connections += 1
      connection = new Connection(url)
    }
    if (connection === undefined) {
      // From here on it waits for a connection, and that is part of its time.
      postedMs[numberOf(event)] = nowMs()
      late.push(event)
      continue
    }
    const done = run(connection, event).finally(() => out.delete(done))
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
