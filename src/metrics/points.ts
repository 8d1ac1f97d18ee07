/** The figures of an isolate as points of Analytics Engine: what was counted since the last time. */
import { ageS, meter, shardGauges, type Histogram, type ShardGauges } from './meter.ts'

type Dataset = Pick<AnalyticsEngineDataset, 'writeDataPoint'>

/** They go out this often (ms) at most, while there is something; and sooner if an object comes to rest. */
const EVERY_MS = 60_000
const AT_REST_MS = 5_000

const TIMES: Readonly<Record<string, Histogram>> = {
  ack: meter.ack,
  receiver: meter.receiver,
  delivery: meter.delivery,
  group: meter.groupTime,
  group_size: meter.groupSize,
  queue_age: meter.queueAge,
}

let sentMs = 0
const sent = new Map<string, readonly number[]>()

/**
 * Writes what was counted since it last did, if that is long enough ago: at most a point of each kind (`blob1`), of
 * which there are eight. Nothing is waited for.
 * @param isAtRest whoever asks may leave memory
 */
export function writePoints(dataset: Dataset | undefined, isAtRest: boolean, nowMs: number): void {
  if (dataset === undefined || nowMs - sentMs < (isAtRest ? AT_REST_MS : EVERY_MS)) return
  sentMs = nowMs
  const { events, deliveries, attempts, retries, changes } = meter
  const counts = [...events.counts, ...deliveries.counts, ...attempts.counts, ...retries.counts]
  writeNew(dataset, 'counts', counts)
  writeNew(dataset, 'changes', changes.counts)
  for (const [kind, { counts: buckets, sum }] of Object.entries(TIMES))
    writeNew(dataset, kind, [sum, ...buckets])
}

const NOTHING: ShardGauges = { held: 0, waiting: new Map(), failing: 0, open: 0 }

/** Writes what a shard says of itself. @param name of the shard: the account's id, and its number there */
export function writeGauges(dataset: Dataset | undefined, name: string, nowMs: number): void {
  if (dataset === undefined) return
  const gauges = shardGauges.get(name) ?? NOTHING
  let waiting = 0
  let oldestS = 0
  for (const [minute, count] of gauges.waiting) {
    waiting += count
    oldestS = Math.max(oldestS, ageS(minute, nowMs))
  }
  const { held, failing, open } = gauges
  dataset.writeDataPoint({
    indexes: [name],
    blobs: ['shard', name],
    doubles: [held, waiting, oldestS, failing, open],
  })
}

function writeNew(dataset: Dataset, kind: string, now: readonly number[]): void {
  const before = sent.get(kind)
  const since = now.map((value, place) => value - (before?.[place] ?? 0))
  if (since.every((value) => value === 0)) return
  sent.set(kind, [...now])
  dataset.writeDataPoint({ indexes: [kind], blobs: [kind], doubles: since })
}
