import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lines } from '../../src/api/events/lines.ts'

const NOW = 1_000_000

/** The waits of so many requests of an account that come at once, one event each. */
function crowd(
  lines: Lines,
  account: string,
  count: number,
  nowMs: number,
  call = (n: number) => `call-${n}`,
) {
  return Array.from({ length: count }, (_, n) => lines.enter(account, call(n), 1, nowMs))
}

describe('a crowd', () => {
  test('of one account that is alone never waits', () => {
    expect(crowd(new Lines(), 'acc_1', 100, NOW)).toEqual(Array.from({ length: 100 }, () => 0))
  })

  test('beside others waits its turn, and they do not wait for it', () => {
    const lines = new Lines()
    expect(lines.enter('acc_2', 'call', 1, NOW)).toBe(0)
    const waits = crowd(lines, 'acc_1', 10, NOW)
    expect(waits.slice(0, 3), 'the first few go at once').toEqual([0, 0, 0])
    expect(
      waits.slice(3).every((wait, n) => wait > (waits[n + 2] ?? 0)),
      'then one after the other',
    ).toBe(true)
    expect(lines.enter('acc_2', 'other call', 1, NOW)).toBe(0)
  })

  test('of one call waits beside other calls of its account, which do not', () => {
    const lines = new Lines()
    lines.enter('acc_1', 'quiet', 1, NOW)
    lines.leave('acc_1', 'quiet')
    const waits = crowd(lines, 'acc_1', 10, NOW, () => 'flooded')
    expect(waits.at(-1)).toBeGreaterThan(0)
    lines.enter('acc_2', 'call', 1, NOW)
    expect(lines.enter('acc_1', 'another', 1, NOW), 'other accounts or not').toBe(0)
  })

  test('waits no longer once the others have gone', () => {
    const lines = new Lines()
    lines.enter('acc_2', 'call', 1, NOW)
    lines.leave('acc_2', 'call')
    expect(crowd(lines, 'acc_1', 10, NOW + 3_000)).toEqual(Array.from({ length: 10 }, () => 0))
  })

  test('goes slower while its turns come late, and faster while they come on time', () => {
    const last = (lateMs: number): number => {
      const lines = new Lines()
      lines.enter('acc_2', 'call', 1, NOW)
      for (let n = 0; n < 100; n += 1) lines.came(lateMs)
      return crowd(lines, 'acc_1', 20, NOW).at(-1) ?? 0
    }
    expect(last(10)).toBeGreaterThan(3 * last(0))
  })

  test('leaves no line behind if the clock is set back', () => {
    const lines = new Lines()
    lines.enter('acc_2', 'call', 1, NOW)
    crowd(lines, 'acc_1', 100, NOW)
    lines.enter('acc_2', 'call', 1, NOW - 3_600_000)
    expect(lines.enter('acc_1', null, 1, NOW - 3_600_000)).toBeLessThan(1_000)
  })
})

test('one request at a time never waits, whatever others do', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(50))), (others) => {
      const lines = new Lines()
      for (const [account, afterMs] of others) {
        crowd(lines, `acc_${account}`, 5, NOW + afterMs)
        expect(lines.enter('mine', 'call', 1, NOW + afterMs)).toBe(0)
        lines.leave('mine', 'call')
      }
    }),
  )
})
