/** How full shards are, in words. Pure. */

/** From which part on there is something to do, and from which on the relay does it: the oldest day goes early. */
const FILLING = 0.7
const FULL = 0.9

/** How an operator is told of a shard; null as long as there is room. */
export type Warning = 'filling' | 'full'

interface Filled {
  shard: number
  /** What part of it is used, from 0 to 1; null if that is not known. */
  share: number | null
}

/** @param share as in `Filled` */
export function warningOf(share: number): Warning | null {
  if (share >= FULL) return 'full'
  return share >= FILLING ? 'filling' : null
}

/** The shards that there is something to say of, the fullest first. */
export function fullest(shards: readonly Filled[]): { shard: number; share: number; warning: Warning }[] {
  return shards
    .flatMap(({ shard, share }) => {
      const warning = warningOf(share ?? 0)
      return share === null || warning === null ? [] : [{ shard, share, warning }]
    })
    .sort((a, b) => b.share - a.share)
}

const UNITS = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['KB', 1e3],
] as const

/** In its largest unit, with a digit behind the point below ten: `1.8 GB`, `420 MB`, `98 KB`. */
export function bytesText(bytes: number): string {
  const [unit, size] = UNITS.find(([, each]) => bytes >= each) ?? ['bytes', 1]
  const value = bytes / size
  return `${value < 9.95 && size > 1 ? Number(value.toFixed(1)) : Math.round(value)} ${unit}`
}

/** A part as whole per cent, rounded down: what is not full is never said to be. */
export function percentText(share: number): string {
  // A little more than it is, so that 0.29 is 29 and not 28.999….
  return `${Math.floor(share * 100 + 1e-9)} %`
}
