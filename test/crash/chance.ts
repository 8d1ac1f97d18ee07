/**
 * A number in [0, 1) that depends on its parts alone: the same seed gives the same plan and the same faults,
 * whatever order requests come in. FNV-1a, with the finalizer of MurmurHash3 to spread the low bits.
 */
export function chance(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const character of parts.join('/')) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** A sequence of such numbers with its own name, so that drawing one more from it moves no other. */
export class Dice {
  readonly #seed: string
  #thrown = 0

  constructor(...seed: readonly (string | number)[]) {
    this.#seed = seed.join('/')
  }

  next(): number {
    this.#thrown += 1
    return chance(this.#seed, this.#thrown)
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.whole(0, from.length - 1)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }
}
