import type { AttemptError, EndedStatus } from './deliveries.ts'

const MINUTE_MS = 60_000

/** The windows that stats are of: so many buckets of so many milliseconds, the last of which is not over. */
export const STATS_WINDOWS = {
  '1h': { bucketMs: MINUTE_MS, buckets: 60 },
  '24h': { bucketMs: 15 * MINUTE_MS, buckets: 96 },
  '7d': { bucketMs: 120 * MINUTE_MS, buckets: 84 },
} as const
export type StatsWindow = keyof typeof STATS_WINDOWS

/** Where in `counts` each number is. What is new goes to the end: numbers that were written stay where they are. */
export const OUTCOME_AT = { succeeded: 0, failed: 1, expired: 2, discarded: 3 } as const satisfies Record<
  EndedStatus,
  number
>
/** Attempts that the receiver took, and those that were not the first of their delivery. */
export const TAKEN_AT = 4
export const RETRIED_AT = 5
export const ERROR_AT = {
  timeout: 6,
  connection: 7,
  dns: 8,
  tls: 9,
  redirect: 10,
  status: 11,
  blocked_target: 12,
  invalid_request: 13,
  dead_letter: 14,
  lost: 15,
} as const satisfies Record<AttemptError, number>
export const COUNTS = 16

/** What was counted, as it is on disk and goes to the Worker: the counts, and the sizes of two sketches (ms). */
export type StoredTally = readonly [counts: number[], receiverMs: number[], doneMs: number[]]

export interface StatsQuery {
  /** null: of all webhooks of the account together. */
  webhook_ids: readonly string[] | null
  window: StatsWindow
  /** The start of the first bucket (ms since epoch). */
  since: number
}

/** What a shard knows of a webhook, or of all of them. Times are ms since epoch. */
export interface ShardStats {
  /** The deliveries that are held; of many no more than `HELD_COUNTED`. */
  held: number
  /** When the event came whose delivery has waited longest, for whatever reason; null if none waits. */
  oldest_waiting_at: number | null
  /** Each is of the bucket that its start is in. A tally is JSON. */
  tallies: { start: number; tally: string }[]
}

/** So many held deliveries of a webhook are counted, and no more: to count a million would hold up those that go. */
export const HELD_COUNTED = 10_000
