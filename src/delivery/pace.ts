/**
 * How fast each receiver has answered lately, in this isolate. A hint for the choice between an attempt by the invocation
 * and the queue, and nothing more: it may be missing or out of date, and either choice delivers.
 */
import QuickLRU from 'quick-lru'

const paces = new QuickLRU<string, number>({ maxSize: 10_000 })

/** A receiver that takes longer than this (ms) is sent to from the queue, where waiting is not billed. */
const SLOW_MS = 1_000
/** The weight of the newest answer. */
const NEWEST = 0.5

/** Takes how long a receiver took to answer (ms). */
export function observePace(webhookId: string, durationMs: number): void {
  const known = paces.get(webhookId)
  paces.set(webhookId, known === undefined ? durationMs : known * (1 - NEWEST) + durationMs * NEWEST)
}

/** Whether a webhook's receiver is better waited for elsewhere. */
export function isSlow(webhookId: string): boolean {
  return (paces.get(webhookId) ?? 0) > SLOW_MS
}
