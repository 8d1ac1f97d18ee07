import { setTimeout as passMs } from 'node:timers/promises'
import type { Sample } from '../background.ts'
import { nowMs } from '../clock.ts'
import { figuresOf, type Figures } from '../figures.ts'
import { RECEIVERS, type Arrivals, type Receivers } from './receivers-process.ts'
import { send, type Sent } from './sender-process.ts'
import type { System } from './systems.ts'
import { PARTS, usageOf, type Part, type Usage } from './usage.ts'

/** How events are posted for a while. */
export interface Phase {
  name: string
  connections: number
  /** Null at saturation: each connection posts as soon as its last answer is there. */
  perSecond: number | null
  seconds: number
  /** Posts no more than so many events. */
  events: number | null
}

/** What a phase came to. */
export interface PhaseResult {
  posted: number
  accepted: number
  refused: Record<string, number>
  delivered: number
  /** Deliveries of accepted events that did not arrive in time. */
  lost: number
  repeated: number
  disordered: number
  /** Accepted events over the time from the first post to the last 202. */
  acceptsPerS: number
  /** All deliveries over the time from the first post to the arrival of the last one. */
  deliveriesPerS: number
  ackMs: Figures
  postToReceiverMs: Figures
  /** CPU seconds for 1,000 deliveries. */
  cpuS: Record<Part, number>
  /** What had a CPU while deliveries were made, in shares of one; `waited` is workerd ready without getting one. */
  shares: { workerd: number; waited: number; sender: number; receivers: number }
}

/** Calls that go on at a time at saturation. */
const LIVING_AT_SATURATION = 200
/** Between two events of a call at a steady pace. */
const SECONDS_BETWEEN = 3
/** What is owed is waited for until so long has passed since the last arrival, and no longer than that in all (ms). */
const QUIET_MS = 20_000
const DRAIN_MS = 240_000
/** What a system has to do after the last delivery belongs to the phase (ms). */
const AFTER_MS = 500

/** Runs a phase on a system and waits for all its deliveries. Returns the first call that is not used yet, too. */
export async function runPhase(
  phase: Phase,
  at: { system: System; key: string; receivers: Receivers; firstCall: number },
): Promise<{ result: PhaseResult; nextCall: number }> {
  const { system, receivers, firstCall } = at
  await receivers.begin(firstCall)
  const before = usageOf(system.groupId)
  const sent = await send({
    url: `${system.url}/v1/events`,
    key: at.key,
    connections: phase.connections,
    perSecond: phase.perSecond,
    livingCalls: phase.perSecond === null ? LIVING_AT_SATURATION : phase.perSecond * SECONDS_BETWEEN,
    firstCall,
    seconds: phase.seconds,
    events: phase.events,
  })
  const accepted = sent.acceptedMs.filter((each) => !Number.isNaN(each)).length
  await drained(receivers, accepted * RECEIVERS)
  await passMs(AFTER_MS)
  const after = usageOf(system.groupId)
  return { result: resultOf(sent, await receivers.arrivals(), before, after), nextCall: sent.nextCall }
}

async function drained(receivers: Receivers, expected: number): Promise<void> {
  const startMs = nowMs()
  for (;;) {
    const { delivered, lastMs } = await receivers.count()
    const quietMs = nowMs() - (Number.isNaN(lastMs) ? startMs : Math.max(lastMs, startMs))
    if (delivered >= expected || quietMs > QUIET_MS || nowMs() - startMs > DRAIN_MS) return
    await passMs(50)
  }
}

function resultOf(sent: Sent, arrivals: Arrivals, before: Usage, after: Usage): PhaseResult {
  const acks: Sample[] = []
  const deliveries: Sample[] = []
  let lost = 0
  for (const [at, postedMs] of sent.postedMs.entries()) {
    if (Number.isNaN(postedMs)) continue
    const since = (ms = Number.NaN): number | null => (Number.isNaN(ms) ? null : ms - postedMs)
    const sample = { group: '', sentMs: postedMs, acceptedMs: since(sent.acceptedMs[at]) }
    acks.push({ ...sample, deliveredMs: null })
    for (const arrivedMs of arrivals.arrivedMs) {
      const deliveredMs = since(arrivedMs[at])
      if (sample.acceptedMs !== null && deliveredMs === null) lost += 1
      deliveries.push({ ...sample, deliveredMs })
    }
  }
  const always = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY }
  const ackMs = figuresOf(acks, 'acceptedMs', always)
  const wallMs = arrivals.lastMs - sent.startedMs
  const lastAcceptMs = sent.acceptedMs.reduce((last, each) => (each > last ? each : last), sent.startedMs)
  const usedMs = (part: Part): number => after.cpuMs[part] - before.cpuMs[part]
  const perThousand = (part: Part): number => usedMs(part) / arrivals.delivered
  return {
    posted: acks.length,
    accepted: ackMs.count,
    refused: sent.refused,
    delivered: arrivals.delivered,
    lost,
    repeated: arrivals.repeated,
    disordered: arrivals.disordered,
    acceptsPerS: (ackMs.count * 1_000) / (lastAcceptMs - sent.startedMs),
    deliveriesPerS: (arrivals.delivered * 1_000) / wallMs,
    ackMs,
    postToReceiverMs: figuresOf(deliveries, 'deliveredMs', always),
    cpuS: byPart(perThousand),
    shares: {
      workerd: usedMs('workerd') / wallMs,
      waited: (after.waitedMs - before.waitedMs) / wallMs,
      sender: sent.cpuMs / (sent.endedMs - sent.startedMs),
      receivers: arrivals.cpuMs / wallMs,
    },
  }
}

function byPart(figure: (part: Part) => number): Record<Part, number> {
  const [workerd, node, npm] = PARTS.map(figure)
  return { workerd: workerd ?? 0, node: node ?? 0, npm: npm ?? 0 }
}
