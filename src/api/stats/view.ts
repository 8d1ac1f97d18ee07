import * as z from 'zod'
import type { AttemptError } from '../../contracts/deliveries.ts'
import {
  ERROR_AT,
  HELD_COUNTED,
  OUTCOME_AT,
  RETRIED_AT,
  STATS_WINDOWS,
  TAKEN_AT,
  type ShardStats,
  type StatsWindow,
  type StoredTally,
} from '../../contracts/stats.ts'
import { quantilesOf } from '../../lib/sketch.ts'
import { rfc3339 } from '../../lib/time.ts'
import { Tally } from '../../shard/tally.ts'

const time = z.iso.datetime()

const timesView = z
  .object({ p50: z.int(), p95: z.int(), p99: z.int() })
  .nullable()
  .describe('In milliseconds, each within 2 % of the value; null if there was none.')

const errors = Object.keys(ERROR_AT) as AttemptError[] // safe: it has these keys and no others

const tallyView = z.object({
  deliveries: z
    .object({ succeeded: z.int(), failed: z.int(), expired: z.int(), discarded: z.int() })
    .describe('Those that ended then. One that was made again by hand and ended again counts again.'),
  attempts: z.object({
    total: z.int(),
    succeeded: z.int(),
    retries: z.int().describe('Those that were not the first of their delivery.'),
    errors: z
      .partialRecord(z.enum(errors), z.int())
      .describe('Those that failed, by error class; a class of which there was none is left out.'),
  }),
  success_rate: z
    .number()
    .nullable()
    .describe('The part that succeeded of what succeeded, failed or expired; null if nothing did.'),
  receiver_ms: timesView.describe(
    'How long the receiver took, or until we gave it up: attempts that were sent.',
  ),
  done_ms: timesView.describe(
    'From the event’s arrival to the end of its delivery: those that succeeded or failed, but by hand.',
  ),
})

export const statsView = z.object({
  held: z
    .int()
    .describe(`Deliveries that are held as of now; in a shard ${HELD_COUNTED} are counted at most.`),
  oldest_waiting_at: time
    .nullable()
    .describe(
      'When the event came whose delivery has not ended for longest, as of now; null if none is open.',
    ),
  total: tallyView,
  buckets: z.array(tallyView.extend({ start: time })).describe('Oldest first; the last goes on.'),
})

export const spanView = z.object({
  window: z.enum(Object.keys(STATS_WINDOWS) as [StatsWindow, ...StatsWindow[]]),
  since: time.describe('The start of the first bucket: the window and no more, up to now.'),
  bucket_seconds: z.int(),
})

export type TallyView = z.infer<typeof tallyView>
export type StatsView = z.infer<typeof statsView>

/** What a client is told of a webhook, out of what each shard knows of it. */
export function viewStats(shards: readonly ShardStats[], window: StatsWindow, sinceMs: number): StatsView {
  const { bucketMs, buckets } = STATS_WINDOWS[window]
  const total = new Tally()
  const parts: StoredTally[][] = Array.from({ length: buckets }, () => [])
  for (const { start, tally } of shards.flatMap(({ tallies }) => tallies)) {
    const stored = JSON.parse(tally) as StoredTally // safe: a shard's answer
    total.add(stored)
    // A shard's clock may be ahead.
    parts[Math.min(buckets - 1, Math.floor((start - sinceMs) / bucketMs))]?.push(stored)
  }
  const waits = shards.flatMap((shard) => shard.oldest_waiting_at ?? [])
  return {
    held: shards.reduce((held, shard) => held + shard.held, 0),
    oldest_waiting_at: waits.length === 0 ? null : rfc3339(Math.min(...waits)),
    total: viewOf(total.stored),
    buckets: parts.map((part, at) => ({ start: rfc3339(sinceMs + at * bucketMs), ...viewOf(sumOf(part)) })),
  }
}

/** Most buckets are one tally, and are not to be added up. */
function sumOf(part: readonly StoredTally[]): StoredTally {
  const [first, ...others] = part
  if (first === undefined) return EMPTY
  if (others.length === 0) return first
  const sum = new Tally()
  for (const stored of part) sum.add(stored)
  return sum.stored
}

const EMPTY: StoredTally = [[], [], []]

function viewOf([counts, receiver, done]: StoredTally): TallyView {
  const at = (place: number): number => counts[place] ?? 0
  const succeeded = at(OUTCOME_AT.succeeded)
  const failed = at(OUTCOME_AT.failed)
  const expired = at(OUTCOME_AT.expired)
  const taken = at(TAKEN_AT)
  const failures = errors.map((error) => [error, at(ERROR_AT[error])] as const).filter(([, n]) => n > 0)
  const ended = succeeded + failed + expired
  return {
    deliveries: { succeeded, failed, expired, discarded: at(OUTCOME_AT.discarded) },
    attempts: {
      total: failures.reduce((all, [, n]) => all + n, taken),
      succeeded: taken,
      retries: at(RETRIED_AT),
      errors: Object.fromEntries(failures),
    },
    success_rate: ended === 0 ? null : Math.round((succeeded / ended) * 10_000) / 10_000,
    receiver_ms: timesOf(receiver),
    done_ms: timesOf(done),
  }
}

function timesOf(sizes: readonly number[]): TallyView['done_ms'] {
  const [p50, p95, p99] = (quantilesOf(sizes, [0.5, 0.95, 0.99]) ?? []).map(Math.round)
  return p50 === undefined || p95 === undefined || p99 === undefined ? null : { p50, p95, p99 }
}
