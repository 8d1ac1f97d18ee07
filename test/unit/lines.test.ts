import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lines, type Arrival } from '../../src/api/events/lines.ts'

const NOW = 1_000_000
const EVENT: Arrival = { account: 'acc_1', call: null, trigger: 'received', count: 1 }

/** The waits (ms) of so many events of an account that come at once, each of a call of its own unless told otherwise. */
function flood(lines: Lines, count: number, nowMs = NOW, of: (n: number) => Partial<Arrival> = () => ({})) {
  return Array.from({ length: count }, (_, n) =>
    lines.enter({ ...EVENT, call: `call-${nowMs}-${n}`, ...of(n) }, nowMs),
  )
}

/** An event of another account, which has nobody wait for it. */
function other(lines: Lines, nowMs = NOW): number {
  return lines.enter({ ...EVENT, account: 'acc_2', call: 'other' }, nowMs)
}

describe('a flood', () => {
  test('of one account that is alone never waits', () => {
    const lines = new Lines()
    for (let second = 0; second < 10; second += 1) {
      expect(Math.max(...flood(lines, 1_000, NOW + second * 1_000))).toBe(0)
    }
  })

  test('that was alone waits no longer for that, once others come', () => {
    const [long, short] = [new Lines(), new Lines()]
    for (let ms = 0; ms < 10_000; ms += 1) flood(long, 10, NOW - 10_000 + ms)
    for (const lines of [long, short]) other(lines)
    const waitOf = (lines: Lines): number => flood(lines, 100).at(-1) ?? 0
    expect(waitOf(long)).toBeLessThan(1.2 * waitOf(short))
  })

  test('beside others waits its turn after the first few, and they do not wait', () => {
    const lines = new Lines()
    expect(other(lines)).toBe(0)
    const waits = flood(lines, 100)
    expect(waits.slice(0, 8), 'the first few go at once').toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(
      waits.slice(10).every((wait, n) => wait > (waits[n + 9] ?? 0)),
      'then one after the other',
    ).toBe(true)
    expect(other(lines)).toBe(0)
  })

  test('waits no longer once the others have gone', () => {
    const lines = new Lines()
    other(lines)
    expect(Math.max(...flood(lines, 100, NOW + 3_000))).toBe(0)
  })

  test('of one call holds up no other call of its account, nor another account', () => {
    const lines = new Lines()
    lines.enter({ ...EVENT, call: 'quiet' }, NOW)
    expect(flood(lines, 100, NOW, () => ({ call: 'flooded' })).at(-1)).toBeGreaterThan(0)
    expect(lines.enter({ ...EVENT, call: 'quiet' }, NOW)).toBe(0)
    expect(other(lines)).toBe(0)
  })

  test('of one trigger holds up no other trigger of its account', () => {
    const lines = new Lines()
    other(lines)
    expect(flood(lines, 100).at(-1)).toBeGreaterThan(0)
    expect(lines.enter({ ...EVENT, call: 'beside', trigger: 'hangup' }, NOW)).toBe(0)
  })

  test('of several triggers goes no faster than one of one trigger', () => {
    const waitOf = (triggers: number): number => {
      const lines = new Lines()
      other(lines)
      return Math.max(...flood(lines, 1_200, NOW, (n) => ({ trigger: `trigger-${n % triggers}` })))
    }
    expect(waitOf(6)).toBeGreaterThan(0.8 * waitOf(1))
  })

  test('waits for no other flood, if nobody else is there', () => {
    const lines = new Lines()
    for (let ms = 0; ms < 2_500; ms += 1) {
      for (const account of ['acc_1', 'acc_2']) flood(lines, 2, NOW + ms, () => ({ account }))
    }
    const waits = ['acc_1', 'acc_2'].map((account) => flood(lines, 10, NOW + 2_500, () => ({ account })))
    expect(Math.max(...waits.flat())).toBe(0)
  })

  test('in batches goes no faster than singly', () => {
    const waitOf = (count: number): number => {
      const lines = new Lines()
      other(lines)
      return flood(lines, 400 / count, NOW, () => ({ call: null, count })).at(-1) ?? 0
    }
    expect(waitOf(4)).toBeGreaterThan(0.9 * waitOf(1))
  })

  test('goes slower while it takes longer to store an event', () => {
    const waitOf = (tookMs: number): number => {
      const lines = new Lines()
      other(lines)
      for (let n = 0; n < 200; n += 1) lines.stored(tookMs)
      return flood(lines, 100).at(-1) ?? 0
    }
    expect(waitOf(4)).toBeGreaterThan(3 * waitOf(1))
  })

  test('that comes late, for the thread was busy, does not come all at once', () => {
    const lines = new Lines()
    const waits = Array.from({ length: 20 }, () => lines.turn(1, NOW))
    expect(waits[0]).toBe(0)
    for (const [n, waitMs] of waits.slice(1).entries())
      expect(waitMs).toBeGreaterThanOrEqual((waits[n] ?? 0) + 1)
    expect(lines.turn(1, NOW + 1_000), 'and is made up for').toBe(0)
  })

  test('leaves no line behind if the clock is set back', () => {
    const lines = new Lines()
    other(lines)
    flood(lines, 100)
    other(lines, NOW - 3_600_000)
    expect(lines.enter({ ...EVENT, call: 'later' }, NOW - 3_600_000)).toBeLessThan(1_000)
  })
})

test('no more is kept than what is of this moment, however many calls and accounts there were', () => {
  const lines = new Lines()
  for (let ms = 0; ms < 5_000; ms += 1) {
    flood(lines, 5, NOW + ms, (n) => ({ call: `call-${ms}-${n}` }))
    lines.enter({ ...EVENT, account: `acc_${ms}`, call: `call-${ms}` }, NOW + ms)
  }
  expect(lines.size).toBeLessThan(500)
})

test('who keeps to a pace below its share never waits, whatever others do', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 5, max: 50 }))), (others) => {
      const lines = new Lines()
      let nowMs = NOW
      for (const [account, afterMs] of others) {
        nowMs += afterMs
        flood(lines, 20, nowMs, () => ({ account: `acc_${account}` }))
        expect(lines.enter({ ...EVENT, account: 'mine', call: 'mine' }, nowMs)).toBe(0)
      }
    }),
  )
})
