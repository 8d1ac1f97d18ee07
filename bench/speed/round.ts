import { setTimeout as passMs } from 'node:timers/promises'
import { runPhase, type Phase, type PhaseResult } from './phase.ts'
import { RECEIVERS, Receivers } from './receivers-process.ts'
import { configureRelay, startSystem, type SystemName } from './systems.ts'
import { usageOf, type Part } from './usage.ts'

/** One system, once through all phases. */
export interface RoundResult {
  system: SystemName
  phases: Record<string, PhaseResult>
  pssMb: {
    idle: Record<Part, number>
    end: Record<Part, number>
    /** After 100,000 deliveries, or null if they were not asked for. */
    full: Record<Part, number> | null
  }
  /** Deliveries of the whole round. */
  delivered: number
}

/** The first of everything: compiled code, connections, objects. It is not counted. */
const WARM_UP: Phase = { name: 'warm-up', connections: 8, perSecond: null, seconds: 2, events: null }
/** For what memory is worth when a system has been at work for long. */
const MANY_DELIVERIES = 100_000
const FILLING = { name: 'until 100,000 deliveries', connections: 32, perSecond: null, seconds: 3_600 }
/** A system is left alone so long before its memory is read (ms). */
const IDLE_MS = 5_000

/**
 * Runs a system on fresh state through all phases.
 * @param isToBeFilled whether it goes on until 100,000 deliveries are made
 */
export async function runRound(
  name: SystemName,
  phases: readonly Phase[],
  isToBeFilled: boolean,
): Promise<RoundResult> {
  await using cleanup = new AsyncDisposableStack()
  const receivers = await Receivers.start()
  cleanup.defer(() => receivers.stop())
  const system = await startSystem(name, receivers.urls)
  cleanup.defer(() => system.stop())

  await passMs(IDLE_MS)
  const idle = usageOf(system.groupId).pssMb
  const key = name === 'relay' ? await configureRelay(system.url, receivers.urls) : 'none'

  let firstCall = 0
  let delivered = 0
  const run = async (phase: Phase): Promise<PhaseResult> => {
    const { result, nextCall } = await runPhase(phase, { system, key, receivers, firstCall })
    firstCall = nextCall
    delivered += result.delivered
    return result
  }
  const results: Record<string, PhaseResult> = {}
  await run(WARM_UP)
  for (const phase of phases) results[phase.name] = await run(phase)
  await passMs(IDLE_MS)
  const end = usageOf(system.groupId).pssMb
  let full: Record<Part, number> | null = null
  if (isToBeFilled) {
    const events = Math.max(0, Math.ceil((MANY_DELIVERIES - delivered) / RECEIVERS))
    results[FILLING.name] = await run({ ...FILLING, events })
    await passMs(IDLE_MS)
    full = usageOf(system.groupId).pssMb
  }
  return { system: name, phases: results, pssMb: { idle, end, full }, delivered }
}
