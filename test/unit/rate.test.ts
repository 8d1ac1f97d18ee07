import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_TURNS, sooner, takeTurn, type Turns } from '../../src/order/rate.ts'

const AHEAD_MS = 60_000

/** One delivery that asks for its turn: when it next does, and the turn that it was given. */
interface Asker {
  atMs: number
  turnMs: number | null
}

/** Lets the first of the askers ask. Its start, or null where it is to come back. */
function ask(
  turns: Turns,
  askers: Asker[],
  perSecond: number,
  nowMs: number,
  lateMs: number,
  random: number,
) {
  const [asker] = askers.splice(0, 1)
  if (asker === undefined) return { turns, startMs: null }
  const taken = takeTurn(turns, asker.turnMs, perSecond, nowMs, random)
  const { turn } = taken
  if (turn.kind !== 'go') {
    askers.push({ atMs: turn.atMs + lateMs, turnMs: turn.kind === 'turn' ? turn.atMs : null })
    askers.sort((a, b) => a.atMs - b.atMs)
  }
  return { turns: taken.turns, startMs: turn.kind === 'go' ? turn.atMs : null }
}

/** The most starts in any window of a second, its first moment included and its last not. */
function mostInASecond(starts: readonly number[]): number {
  let most = 0
  for (const [index, start] of starts.entries()) {
    const within = starts.slice(index).findIndex((other) => other >= start + 1_000)
    most = Math.max(most, within === -1 ? starts.length - index : within)
  }
  return most
}

function rising(starts: readonly number[]): number[] {
  return [...starts].sort((a, b) => a - b)
}

describe('a rate limit', () => {
  test('is never exceeded in any second, whoever asks whenever and claims whatever turn', () => {
    const step = fc.record({
      waitMs: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(3_000)),
      turnMs: fc.option(fc.integer({ min: -70_000, max: 70_000 })),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(step, { maxLength: 300, size: 'max' }),
        (perSecond, steps) => {
          let [turns, nowMs] = [NO_TURNS, 1_000_000]
          const starts: number[] = []
          for (const { waitMs, turnMs, random } of steps) {
            nowMs += waitMs
            const taken = takeTurn(turns, turnMs === null ? null : nowMs + turnMs, perSecond, nowMs, random)
            turns = taken.turns
            if (taken.turn.kind === 'go') starts.push(taken.turn.atMs)
            expect(taken.turn.atMs, 'nobody is sent back in time').toBeGreaterThanOrEqual(nowMs)
            expect(taken.turn.atMs - nowMs, 'nor told of a time too far off').toBeLessThanOrEqual(
              AHEAD_MS + 1,
            )
          }
          expect(mostInASecond(rising(starts))).toBeLessThanOrEqual(perSecond + 1)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('lets everyone go in the end, at nearly its full rate, though they come back a little late', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 400 }),
        fc.array(fc.nat(150), { minLength: 20, maxLength: 20 }),
        (perSecond, count, lates) => {
          const askers: Asker[] = Array.from({ length: count }, () => ({ atMs: 1_000_000, turnMs: null }))
          let [turns, last, n] = [NO_TURNS, 1_000_000, 0]
          const starts: number[] = []
          for (; askers.length > 0; n += 1) {
            expect(n, 'nobody asks again and again').toBeLessThan(count * 20 + 100)
            const nowMs = Math.max(last, askers[0]?.atMs ?? 0)
            last = nowMs
            const answer = ask(turns, askers, perSecond, nowMs, lates[n % 20] ?? 0, (n % 10) / 10)
            turns = answer.turns
            if (answer.startMs !== null) starts.push(answer.startMs)
          }
          expect(starts).toHaveLength(count)
          expect(mostInASecond(rising(starts))).toBeLessThanOrEqual(perSecond + 1)
          // A line of more than a minute is asked for again, at a moment of the last half of the next.
          const leastMs = (count * 1_000) / perSecond
          expect(Math.max(...starts) - 1_000_000).toBeLessThanOrEqual(leastMs * 2 + AHEAD_MS + 2_000)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('keeps the order of the line: who was given an earlier turn and comes for it goes first', () => {
    let turns = NO_TURNS
    const given: number[] = []
    for (let n = 0; n < 50; n += 1) {
      const taken = takeTurn(turns, null, 10, 1_000_000, 0)
      turns = taken.turns
      given.push(taken.turn.atMs)
    }
    expect(given).toEqual(rising(given))
    expect(new Set(given).size, 'each has a turn of its own').toBe(50)
  })

  test('lets who comes before its turn keep it, and moves nobody else', () => {
    const line = takeTurn({ startedMs: 1_000_000, givenMs: 1_020_000 }, null, 10, 1_000_000, 0)
    const early = takeTurn(line.turns, 1_010_000, 10, 1_000_000, 0)
    expect(early).toEqual({ turns: line.turns, turn: { kind: 'turn', atMs: 1_010_000 } })
  })

  test('that was raised is felt at once by whoever waits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 2, max: 100 }),
        fc.integer({ min: 2, max: 300 }),
        (before, times, count) => {
          const [after, changedMs] = [before * times, 1_002_000]
          let [turns, nowMs, isRaised] = [NO_TURNS, 1_000_000, false]
          let askers: Asker[] = Array.from({ length: count }, () => ({ atMs: nowMs, turnMs: null }))
          const starts: number[] = []
          for (let n = 0; askers.length > 0; n += 1) {
            const nextMs = Math.max(nowMs, askers[0]?.atMs ?? 0)
            if (!isRaised && nextMs >= changedMs) {
              nowMs = changedMs
              isRaised = true
              const bySooner = sooner(before, after, nowMs)
              turns = { ...turns, givenMs: bySooner(turns.givenMs) }
              askers = askers.map(({ atMs, turnMs }) => ({
                atMs: bySooner(atMs),
                turnMs: turnMs === null ? null : bySooner(turnMs),
              }))
              continue
            }
            nowMs = nextMs
            const answer = ask(turns, askers, isRaised ? after : before, nowMs, 0, (n % 10) / 10)
            turns = answer.turns
            if (answer.startMs !== null) starts.push(answer.startMs)
          }
          expect(starts).toHaveLength(count)
          const later = rising(starts.filter((start) => start >= changedMs))
          // Those without a turn ask for one at some time of what a minute has become.
          const mostMs = (later.length * 2 * 1_000) / after + AHEAD_MS / times + 2_000
          expect((later.at(-1) ?? changedMs) - changedMs, 'the new pace').toBeLessThanOrEqual(mostMs)
          expect(mostInASecond(later), 'and no more').toBeLessThanOrEqual(after + 1)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('that was taken away lets all go at once, and one that was lowered moves nobody', () => {
    expect([1_000_000, 1_000_500, 1_060_000].map(sooner(10, null, 1_000_400))).toEqual([
      1_000_000, 1_000_400, 1_000_400,
    ])
    expect([1_000_000, 1_060_000].map(sooner(10, 1, 1_000_400))).toEqual([1_000_000, 1_060_000])
  })

  test('that was changed is felt by all within a minute, though nobody told those who wait', () => {
    for (const [before, after] of [
      [1, 100],
      [100, 1],
    ] as const) {
      let [turns, nowMs] = [NO_TURNS, 1_000_000]
      const askers: Asker[] = Array.from({ length: 500 }, () => ({ atMs: nowMs, turnMs: null }))
      const starts: number[] = []
      for (let n = 0; askers.length > 0 && n < 20_000 && nowMs < 1_000_000 + 180_000; n += 1) {
        nowMs = Math.max(nowMs, askers[0]?.atMs ?? 0)
        const perSecond = nowMs < 1_002_000 ? before : after
        const answer = ask(turns, askers, perSecond, nowMs, 0, (n % 10) / 10)
        turns = answer.turns
        if (answer.startMs !== null) starts.push(answer.startMs)
      }
      const later = starts.filter((start) => start >= 1_003_000)
      if (after > before) {
        expect(starts, 'a higher limit: all have gone').toHaveLength(500)
        expect(Math.max(...starts) - 1_002_000).toBeLessThanOrEqual(AHEAD_MS * 2)
      } else {
        expect(mostInASecond(rising(later)), 'a lower limit').toBeLessThanOrEqual(after + 1)
        expect(later.length, 'is not a stop').toBeGreaterThan(60)
      }
    }
  })
})
