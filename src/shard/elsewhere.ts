import { START_MS, type Claimed } from './engine.ts'

/** A delivery is in the log by then (ms), counted from its first attempt, answered or not. */
const LISTED_AFTER_MS = 1_000

interface Handed {
  readonly claimed: Claimed
  readonly sinceMs: number
  readonly untilMs: number
  isListed: boolean
}

/** The attempts that were handed to makers outside of the shard, until they have reported or are past their time. */
export class Elsewhere {
  readonly #handed = new Map<string, Handed>()
  #lastMs = 0

  get size(): number {
    return this.#handed.size
  }

  /** When the last was handed out (ms since epoch): it starts soon after, or not at all. */
  get lastMs(): number {
    return this.#lastMs
  }

  /** @param mostMs how long the attempt may take */
  hand(claimed: Claimed, nowMs: number, mostMs: number): void {
    this.#lastMs = nowMs
    const untilMs = nowMs + START_MS + mostMs
    const isListed = claimed.hasRow
    this.#handed.set(keyOf(claimed), { claimed, sinceMs: nowMs, untilMs, isListed })
  }

  back(claim: { callId: string; webhookId: string; token: number }): void {
    this.#handed.delete(keyOf(claim))
  }

  /** Some of those that have been under way for so long that the log is to list them, each once. */
  takeUnlisted(most: number, nowMs: number): Claimed[] {
    const found: Claimed[] = []
    for (const [key, handed] of this.#handed) {
      if (handed.untilMs <= nowMs) this.#handed.delete(key)
      else if (found.length < most && !handed.isListed && nowMs - handed.sinceMs >= LISTED_AFTER_MS) {
        handed.isListed = true
        found.push(handed.claimed)
      }
    }
    return found
  }
}

function keyOf({ callId, webhookId, token }: { callId: string; webhookId: string; token: number }): string {
  return `${webhookId} ${token} ${callId}`
}
