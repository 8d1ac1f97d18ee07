import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lines } from '../../src/api/events/lines.ts'

const NOW = 1_800_000_000_000

describe('the line in front of a call', () => {
  test('holds up nobody who is alone in it', () => {
    const lines = new Lines()
    expect(lines.join('call-1', NOW)).toBe(0)
    expect(lines.join('call-1', NOW + 1)).toBe(0)
  })

  test('lets one go each turn', () => {
    const lines = new Lines()
    expect([1, 2, 3, 4].map(() => lines.join('call-1', NOW))).toEqual([0, 1, 2, 3])
  })

  test('is no other call’s', () => {
    const lines = new Lines()
    for (let n = 0; n < 100; n += 1) lines.join('call-1', NOW)
    expect(lines.join('call-2', NOW)).toBe(0)
  })

  test('is gone where the clock was set back: nobody waits for a time long past to come again', () => {
    const lines = new Lines()
    lines.join('call-1', NOW)
    const hourAgo = NOW - 3_600_000
    expect([1, 2].map(() => lines.join('call-1', hourAgo))).toEqual([0, 1])
  })

  test('goes on as slowly as the thread’s turns come, up to 5 ms each, and fast again after it', () => {
    const gapOf = (lines: Lines, call: string): number => {
      lines.join(call, NOW)
      return lines.join(call, NOW)
    }
    const lines = new Lines()
    for (let n = 0; n < 50; n += 1) lines.came(2)
    expect(gapOf(lines, 'busy')).toBeCloseTo(3, 1)
    for (let n = 0; n < 50; n += 1) lines.came(1_000)
    expect(gapOf(lines, 'stalled')).toBe(5)
    for (let n = 0; n < 100; n += 1) lines.came(0)
    expect(gapOf(lines, 'idle')).toBeCloseTo(1, 1)
  })

  test('keeps the order of arrival, whatever comes late', () => {
    const step = fc.record({
      passedMs: fc.integer({ min: 0, max: 5 }),
      lateMs: fc.integer({ min: -5, max: 50 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const lines = new Lines()
        let nowMs = NOW
        let lastMs = 0
        for (const { passedMs, lateMs } of steps) {
          nowMs += passedMs
          lines.came(lateMs)
          const atMs = nowMs + lines.join('call-1', nowMs)
          expect(atMs).toBeGreaterThanOrEqual(lastMs + 1)
          lastMs = atMs
        }
      }),
    )
  })
})
