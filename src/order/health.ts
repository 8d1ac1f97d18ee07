import type { WebhookHealth } from '../contracts/webhook.ts'

/**
 * A webhook's health by its last outcomes, across calls, and its breaker. Pure. Once it is not healthy it is stored
 * with each change of state; the counts of a healthy webhook are kept in memory alone.
 */
export interface Health {
  readonly state: WebhookHealth
  /** Attempts that failed since the last success. */
  readonly failures: number
  /** When the first of them ended (ms since epoch), or null. */
  readonly sinceMs: number | null
  /** Those of them that say that the receiver is down, and the first calls that they are of. */
  readonly faults: number
  readonly calls: readonly string[]
  /** While open: how many probes have gone out, when the next may (ms since epoch), and the call of the last. */
  readonly probes: number
  readonly nextProbeMs: number
  readonly probedCall: string
}

export const HEALTHY: Health = {
  state: 'healthy',
  failures: 0,
  sinceMs: null,
  faults: 0,
  calls: [],
  probes: 0,
  nextProbeMs: 0,
  probedCall: '',
}

/** What one attempt says of its receiver. `limited`: it is there, and wants less (429). */
export type Sign = 'succeeded' | 'failed' | 'limited'

/** This many failed attempts in a row, of any calls, and the webhook is shown as failing. */
const FAILING_AFTER = 5
/**
 * The breaker opens after this many failures in a row, over this many calls and this time: one call whose every
 * event is refused does not open it, nor does a hiccup.
 */
const OPEN_AFTER = 20
const OPEN_CALLS = 5
const OPEN_AFTER_MS = 5_000
/** The delay before the first probe of an open breaker (ms). Each is twice the one before, up to a longest. */
const FIRST_PROBE_MS = 1_000
/** So most outages are seen to be over within seconds, and one that goes on for days does not cost a probe every few. */
const LONGEST_PROBE_DELAY_MS = 5_000
const LASTING_MS = 10 * 60 * 1000
const LONGEST_WHEN_LASTING_MS = 15_000
/** Each delay is moved by up to a fifth, so that the webhooks of one receiver do not probe it together. */
const JITTER = 0.2
/** A webhook that has had nothing but failures for so long is disabled. */
export const DISABLE_AFTER_MS = 5 * 24 * 60 * 60 * 1000

/** @param random a number in [0, 1) */
export function observe(health: Health, sign: Sign, callId: string, nowMs: number, random: number): Health {
  if (sign === 'succeeded') return HEALTHY
  const failures = health.failures + 1
  const sinceMs = health.sinceMs ?? nowMs
  const isFault = sign === 'failed'
  const isNewCall = isFault && health.calls.length < OPEN_CALLS && !health.calls.includes(callId)
  const calls = isNewCall ? [...health.calls, callId] : health.calls
  const next: Health = { ...health, failures, sinceMs, faults: health.faults + Number(isFault), calls }
  if (health.state === 'open') {
    // Not of the probe: it was out when the breaker opened, or asked for by hand. The probe may be out still.
    if (callId !== health.probedCall) return next
    // A probe has failed. Its delay counts from here, and not from when it went out.
    return { ...next, nextProbeMs: Math.min(health.nextProbeMs, nowMs + probeDelayMs(next, nowMs, random)) }
  }
  const opens =
    isFault && next.faults >= OPEN_AFTER && calls.length >= OPEN_CALLS && nowMs - sinceMs >= OPEN_AFTER_MS
  if (opens) {
    const opened: Health = { ...next, state: 'open', probes: 0 }
    return { ...opened, nextProbeMs: nowMs + probeDelayMs(opened, nowMs, random) }
  }
  return { ...next, state: failures >= FAILING_AFTER ? 'failing' : 'healthy' }
}

/**
 * A probe goes out, of this call.
 * @param mostMs how long the probe may take: if nothing is heard of it, the next goes its delay after that
 */
export function probed(
  health: Health,
  callId: string,
  nowMs: number,
  mostMs: number,
  random: number,
): Health {
  const out: Health = { ...health, probes: health.probes + 1, probedCall: callId }
  return { ...out, nextProbeMs: nowMs + mostMs + probeDelayMs(out, nowMs, random) }
}

/** Whether the webhook has failed for so long that it is to be disabled. */
export function isLost(health: Health, nowMs: number): boolean {
  return health.state !== 'healthy' && health.sinceMs !== null && nowMs - health.sinceMs >= DISABLE_AFTER_MS
}

function probeDelayMs({ probes, sinceMs }: Health, nowMs: number, random: number): number {
  const longestMs = nowMs - (sinceMs ?? nowMs) < LASTING_MS ? LONGEST_PROBE_DELAY_MS : LONGEST_WHEN_LASTING_MS
  const delayMs = Math.min(longestMs, FIRST_PROBE_MS * 2 ** probes)
  return Math.round(delayMs * (1 - JITTER + 2 * JITTER * random))
}
