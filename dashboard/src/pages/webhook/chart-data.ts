import type { StatsView, TallyView } from '../../../../src/api/stats/view.ts'

/** A line or a stack of bars of a chart; null: there is nothing to say of that bucket. */
export interface Series {
  readonly key: string
  readonly values: readonly (number | null)[]
  /** Of the whole window. */
  readonly whole: number | null
}

const OUTCOMES = ['succeeded', 'failed', 'expired', 'discarded'] as const
const PERCENTILES = ['p50', 'p95', 'p99'] as const

/** The starts of the buckets, in seconds since epoch. */
export function startsOf({ buckets }: Pick<StatsView, 'buckets'>): number[] {
  return buckets.map(({ start }) => Date.parse(start) / 1000)
}

/** How many deliveries ended, by outcome. An outcome that never was is left out, but for the one that should be. */
export function volumeOf(stats: Pick<StatsView, 'buckets' | 'total'>): Series[] {
  return OUTCOMES.map((key) => ({
    key,
    values: stats.buckets.map(({ deliveries }) => deliveries[key]),
    whole: stats.total.deliveries[key],
  })).filter(({ key, whole }) => key === 'succeeded' || whole > 0)
}

/** The part that succeeded, from 0 to 1. */
export function rateOf({ buckets, total }: Pick<StatsView, 'buckets' | 'total'>): Series[] {
  return [{ key: 'rate', values: buckets.map(({ success_rate }) => success_rate), whole: total.success_rate }]
}

/** How long the receiver took (ms). */
export function latencyOf({ buckets, total }: Pick<StatsView, 'buckets' | 'total'>): Series[] {
  return PERCENTILES.map((key) => ({
    key,
    values: buckets.map(({ receiver_ms }) => receiver_ms?.[key] ?? null),
    whole: total.receiver_ms?.[key] ?? null,
  }))
}

/** Each series on top of those before it, as bars are stacked. */
export function stacked(series: readonly Series[]): (number | null)[][] {
  let below: number[] = []
  return series.map(({ values }) => {
    below = values.map((value, at) => (below[at] ?? 0) + (value ?? 0))
    return below
  })
}

export function endedIn({ deliveries }: Pick<TallyView, 'deliveries'>): number {
  return OUTCOMES.reduce((sum, outcome) => sum + deliveries[outcome], 0)
}

/** Whether there is anything to tell of a bucket. */
export function isEmpty(tally: TallyView): boolean {
  return endedIn(tally) === 0 && tally.attempts.total === 0
}
