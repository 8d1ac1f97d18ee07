/**
 * The turns of a webhook with a rate limit. Pure. Attempts are let go at least an interval apart, whatever was
 * promised. A delivery whose turn is not soon is given a later one and comes back for it, so none is overtaken.
 */
export interface Turns {
  /** The last turn that was given (ms since epoch). */
  readonly givenMs: number
  /** When the last attempt was let go (ms since epoch). */
  readonly startedMs: number
}

export const NO_TURNS: Turns = { givenMs: 0, startedMs: 0 }

export type Turn =
  /** Start at `atMs`, which is soon. */
  | { kind: 'go'; atMs: number }
  /** Come back at `atMs`; this turn is yours. */
  | { kind: 'turn'; atMs: number }
  /** The line is long: ask again at `atMs`, without a turn. */
  | { kind: 'later'; atMs: number }

/** An attempt waits where it is for a turn that is no further off than this (ms). */
const SOON_MS = 200
/** Turns are given for no more than this ahead (ms), so that a lowered limit is soon felt by all that wait. */
const AHEAD_MS = 60_000

/**
 * @param turnMs the turn that it was given when it asked before, or null
 * @param random a number in [0, 1)
 */
export function takeTurn(
  turns: Turns,
  turnMs: number | null,
  perSecond: number,
  nowMs: number,
  random: number,
): { turns: Turns; turn: Turn } {
  const intervalMs = 1000 / perSecond
  const freeMs = Math.max(nowMs, turns.startedMs + intervalMs)
  const ownMs = turnMs === null ? null : Math.max(freeMs, turnMs)
  // Before its turn, which is still its own.
  if (turnMs !== null && turnMs - nowMs > SOON_MS && turnMs - nowMs <= AHEAD_MS) {
    return { turns, turn: { kind: 'turn', atMs: turnMs } }
  }
  // A turn that was missed by more than a moment is given up for a new one.
  const atMs =
    ownMs !== null && ownMs - nowMs <= SOON_MS ? ownMs : Math.max(freeMs, turns.givenMs + intervalMs)
  const aheadMs = atMs - nowMs
  if (aheadMs > AHEAD_MS) {
    return { turns, turn: { kind: 'later', atMs: Math.round(nowMs + (AHEAD_MS * (1 + random)) / 2) } }
  }
  const givenMs = Math.max(turns.givenMs, atMs)
  if (aheadMs <= SOON_MS) return { turns: { givenMs, startedMs: atMs }, turn: { kind: 'go', atMs } }
  return { turns: { givenMs, startedMs: turns.startedMs }, turn: { kind: 'turn', atMs: Math.ceil(atMs) } }
}

/**
 * Times that were given by a limit which has been raised, by the new one: whoever waits comes sooner, in the same order
 * and at the new pace. By a lower limit they stay: a turn that comes too soon for it is given up for a new one.
 * @param before the limit (per second) by which they were given
 * @param after the limit as it is now; null: there is none
 */
export function sooner(before: number, after: number | null, nowMs: number): (atMs: number) => number {
  const share = after === null ? 0 : Math.min(1, before / after)
  return (atMs) => (atMs <= nowMs ? atMs : nowMs + Math.ceil((atMs - nowMs) * share))
}
