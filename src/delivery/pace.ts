/**
 * How fast each receiver has answered lately, and how many attempts it has out, in this isolate. A hint for the choice
 * between an inline attempt and the queue, and nothing more: it may be missing or out of date, and either choice
 * delivers.
 */
import QuickLRU from 'quick-lru'

const paces = new QuickLRU<string, number>({ maxSize: 10_000 })

/** A receiver that takes longer than this (ms) is sent to from the queue, where waiting is not billed. */
const SLOW_MS = 1_000
/** The weight of the newest answer. */
const NEWEST = 0.5

export function observePace(webhookId: string, durationMs: number): void {
  const known = paces.get(webhookId)
  paces.set(webhookId, known === undefined ? durationMs : known * (1 - NEWEST) + durationMs * NEWEST)
}

export function isSlow(webhookId: string): boolean {
  return (paces.get(webhookId) ?? 0) > SLOW_MS
}

/**
 * Inline attempts of one webhook that an isolate has out at a time; more go by the queue, which makes some at a time.
 * Where the objects of an isolate share a thread, the answers to a flood of one webhook are what another's waits for.
 */
const MOST_OUT = 50
/** An attempt that has been out for so long (ms) is not: its object died. No timeout is longer. */
const LONGEST_OUT_MS = 30_000
const out = new Map<string, Set<{ startedMs: number }>>()

export function isCrowded(webhookId: string, nowMs: number): boolean {
  const attempts = out.get(webhookId)
  if (attempts === undefined || attempts.size < MOST_OUT) return false
  for (const each of attempts) if (nowMs - each.startedMs > LONGEST_OUT_MS) attempts.delete(each)
  return attempts.size >= MOST_OUT
}

/** An inline attempt is out, until what is returned is called. */
export function goesOut(webhookId: string, startedMs: number): () => void {
  const attempts = out.get(webhookId) ?? new Set()
  out.set(webhookId, attempts)
  const attempt = { startedMs }
  attempts.add(attempt)
  return () => {
    attempts.delete(attempt)
    if (attempts.size === 0) out.delete(webhookId)
  }
}

/** When an attempt that is out first looks whether its turns come late (ms). */
const FIRST_LOOK_MS = 100

/**
 * Counts by how much this machine's own turns come late while something is out (ms): on a busy thread an answer waits
 * for its turn, and a receiver that is as fast as ever would be taken for a slow one. It looks each time after twice as
 * long: a thousand attempts at a receiver that hangs would look ten thousand times a second.
 * @returns ends the count, and tells it
 */
export function watchLateness(now: () => number): () => number {
  let lateMs = 0
  let dueMs = 0
  let timer: ReturnType<typeof setTimeout>
  const lookIn = (waitMs: number): void => {
    dueMs = now() + waitMs
    timer = setTimeout(() => {
      lateMs += Math.max(0, now() - dueMs)
      lookIn(2 * waitMs)
    }, waitMs)
  }
  lookIn(FIRST_LOOK_MS)
  return () => {
    clearTimeout(timer)
    // A turn that is overdue has been late for so long already.
    return lateMs + Math.max(0, now() - dueMs)
  }
}
