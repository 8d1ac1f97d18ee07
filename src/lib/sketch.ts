/**
 * How many values there were of about each size: a DDSketch (Masson, Rim, Lee 2019) with fixed bins. Two of them are added
 * up bin by bin, so that a percentile of many minutes or shards is as right as that of one. Percentiles of percentiles
 * would not be.
 */

/** A percentile is within this part of the value that it stands for. */
export const ACCURACY = 0.02

const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const PER_E = 1 / Math.log(GAMMA)
/** What lies below 1 has one bin; bin n above it ends at GAMMA to the power of n - 1. */
const SMALL = 0

export class Sketch {
  /** Up to the highest that has any. */
  readonly #bins: number[] = []

  add(value: number): void {
    this.#put(value < 1 ? SMALL : 1 + Math.ceil(Math.log(value) * PER_E), 1)
  }

  /** Adds what another has. @param sizes its bins and their counts in turns */
  merge(sizes: readonly number[]): void {
    for (let at = 0; at + 1 < sizes.length; at += 2) this.#put(sizes[at] ?? SMALL, sizes[at + 1] ?? 0)
  }

  /** The bins, rising, and their counts in turns. */
  get sizes(): number[] {
    return this.#bins.flatMap((count, bin) => (count === 0 ? [] : [bin, count]))
  }

  #put(bin: number, count: number): void {
    while (this.#bins.length <= bin) this.#bins.push(0)
    this.#bins[bin] = (this.#bins[bin] ?? 0) + count
  }
}

/**
 * The values below which these parts of all values are; null if there is none.
 * @param sizes bins and their counts in turns, as `Sketch.sizes` gives them
 * @param parts from 0 to 1, rising
 */
export function quantilesOf(sizes: readonly number[], parts: readonly number[]): number[] | null {
  let count = 0
  for (let at = 1; at < sizes.length; at += 2) count += sizes[at] ?? 0
  if (count === 0) return null
  let at = 0
  let below = sizes[1] ?? 0
  return parts.map((part) => {
    const rank = part * (count - 1)
    while (below <= rank && at + 3 < sizes.length) {
      at += 2
      below += sizes[at + 1] ?? 0
    }
    return valueOf(sizes[at] ?? SMALL)
  })
}

/** The value that is as near as any to all that are in a bin. */
function valueOf(bin: number): number {
  return bin === SMALL ? 0 : (2 * GAMMA ** (bin - 1)) / (GAMMA + 1)
}
