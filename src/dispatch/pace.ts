/**
 * How fast each receiver has answered lately, in this isolate. A hint for the choice between an inline attempt
 * and the queue, and nothing more: it may be missing or out of date, and either choice delivers.
 */
const paces = new Map<string, number>()

/** A receiver that takes longer than this (ms) is sent to from the queue, where waiting is not billed. */
const SLOW_MS = 1_000
const MOST_RECEIVERS = 10_000
/** The weight of the newest answer. */
const NEWEST = 0.5

export function observePace(webhookId: string, durationMs: number): void {
  const known = paces.get(webhookId)
  const pace = known === undefined ? durationMs : known * (1 - NEWEST) + durationMs * NEWEST
  paces.delete(webhookId)
  paces.set(webhookId, pace)
  const oldest = paces.keys().next()
  if (paces.size > MOST_RECEIVERS && oldest.done !== true) paces.delete(oldest.value)
}

export function isSlow(webhookId: string): boolean {
  return (paces.get(webhookId) ?? 0) > SLOW_MS
}
