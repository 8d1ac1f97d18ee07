export interface Ends {
  succeeded: number
  failed: number
}

/** A bar in units of height: successes stand on the line, failures hang from it, so that colour is not all that tells. */
export interface Bar {
  up: number
  down: number
}

/** Of the bars that are not empty, so that one in a thousand is seen. */
const LEAST = 1.5

/**
 * The bars of a sparkline, all by one scale.
 * @param count how many: neighbours are added up to as many, and if that leaves a rest, the first is of fewer
 * @param height what the highest bar above and the lowest below have together
 */
export function barsOf(buckets: readonly Ends[], count: number, height: number): Bar[] {
  const size = Math.max(1, Math.ceil(buckets.length / count))
  const sums: Ends[] = []
  for (let end = buckets.length; end > 0; end -= size) {
    sums.unshift(sumOf(buckets.slice(Math.max(0, end - size), end)))
  }
  const most = (end: keyof Ends) => Math.max(0, ...sums.map((sum) => sum[end]))
  const range = most('succeeded') + most('failed')
  // What the least bars take more than is theirs, the scale gives.
  const scale = range === 0 ? 0 : (height - 2 * LEAST) / range
  const sized = (value: number) => (value === 0 ? 0 : Math.max(LEAST, value * scale))
  return sums.map(({ succeeded, failed }) => ({ up: sized(succeeded), down: sized(failed) }))
}

function sumOf(ends: readonly Ends[]): Ends {
  return ends.reduce(
    (sum, { succeeded, failed }) => ({ succeeded: sum.succeeded + succeeded, failed: sum.failed + failed }),
    { succeeded: 0, failed: 0 },
  )
}
