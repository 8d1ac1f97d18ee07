import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { paced, SLOWEST, type Pace } from '../../src/webhooks/drain-pace.ts'

function after(turns: number, lateMs: number, from: Pace = SLOWEST): Pace {
  let pace = from
  for (let n = 0; n < turns; n += 1) pace = paced(pace, lateMs)
  return pace
}

describe('a drain', () => {
  test('goes ever faster while its turns come on time, up to a call a millisecond', () => {
    expect(after(10, 0).gapMs).toBeLessThan(SLOWEST.gapMs)
    expect(after(1_000, 0).gapMs).toBe(1)
  })

  test('gives way within some turns of the machine becoming busy', () => {
    expect(after(60, 20, after(1_000, 0)).gapMs).toBe(SLOWEST.gapMs)
  })

  test('does not give way to a single late turn', () => {
    const fast = after(1_000, 0)
    expect(paced(fast, 8).gapMs).toBe(fast.gapMs)
  })

  test('never stops, and never goes on all at once, however late or early its turns come', () => {
    const lateness = fc.array(fc.double({ min: -10, max: 1e9, noNaN: true }), { maxLength: 200 })
    fc.assert(
      fc.property(lateness, (turns) => {
        let pace = SLOWEST
        for (const lateMs of turns) {
          pace = paced(pace, lateMs)
          expect(pace.gapMs).toBeGreaterThanOrEqual(1)
          expect(pace.gapMs).toBeLessThanOrEqual(SLOWEST.gapMs)
        }
      }),
    )
  })
})
