/**
 * How many of some spans of time go on, from one instant to the next. Of a large call there are tens of thousands: as plain
 * numbers they are sorted without a function to compare them, and without an object for each. Pure.
 */
export class Sweep {
  readonly #begins: Float64Array
  readonly #ends: Float64Array
  #begun = 0
  #ended = 0

  /** Both in any order; each span has one of each, and ends no earlier than it begins. */
  constructor(begins: readonly number[], ends: readonly number[]) {
    this.#begins = sorted(begins)
    this.#ends = sorted(ends)
  }

  /**
   * How many go on right after an instant.
   * @param ms no earlier than the one before
   */
  after(ms: number): number {
    while ((this.#begins[this.#begun] ?? Infinity) <= ms) this.#begun += 1
    while ((this.#ends[this.#ended] ?? Infinity) <= ms) this.#ended += 1
    return this.#begun - this.#ended
  }
}

export function sorted(all: readonly number[]): Float64Array {
  return Float64Array.from(all).sort()
}
