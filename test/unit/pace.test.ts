import { afterEach, describe, expect, test, vi } from 'vitest'
import { goesOut, isCrowded, isSlow, observePace, watchLateness } from '../../src/delivery/pace.ts'

describe('a receiver', () => {
  test('is slow while its last answers took more than a second, and not after one hiccup', () => {
    observePace('wh_hiccup', 100)
    observePace('wh_hiccup', 1_500)
    expect(isSlow('wh_hiccup')).toBe(false)
    for (let n = 0; n < 3; n += 1) observePace('wh_slow', 4_000)
    expect(isSlow('wh_slow')).toBe(true)
    for (let n = 0; n < 4; n += 1) observePace('wh_slow', 50)
    expect(isSlow('wh_slow')).toBe(false)
  })
})

describe('the attempts of a webhook that are out', () => {
  test('are a crowd from fifty on, and no crowd of another webhook', () => {
    const back = Array.from({ length: 50 }, (_, n) => {
      expect(isCrowded('wh_flood', 1_000), `with ${n} out`).toBe(false)
      return goesOut('wh_flood', 1_000)
    })
    expect(isCrowded('wh_flood', 1_000)).toBe(true)
    expect(isCrowded('wh_beside', 1_000)).toBe(false)
    back[7]?.()
    expect(isCrowded('wh_flood', 1_000)).toBe(false)
    for (const each of back) each()
    expect(isCrowded('wh_flood', 1_000)).toBe(false)
  })

  test('do not count for ever where the object that made them died', () => {
    for (let n = 0; n < 50; n += 1) goesOut('wh_dead', 1_000 + n)
    expect(isCrowded('wh_dead', 31_000)).toBe(true)
    expect(isCrowded('wh_dead', 31_001)).toBe(false)
  })
})

describe('the lateness of this machine', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is what its turns came too late by, and the one that is overdue', () => {
    vi.useFakeTimers()
    let stalledMs = 0
    const end = watchLateness(() => Date.now() + stalledMs)
    vi.advanceTimersByTime(50)
    stalledMs = 400
    vi.advanceTimersByTime(50)
    expect(vi.getTimerCount(), 'it goes on looking').toBe(1)
    stalledMs += 1_000
    expect(end()).toBe(400 + 800)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('costs an attempt that hangs for 25 s eight looks', () => {
    vi.useFakeTimers()
    let looks = 0
    const end = watchLateness(() => {
      looks += 1
      return Date.now()
    })
    vi.advanceTimersByTime(25_000)
    // Each reads the clock twice, and the start once.
    expect((looks - 1) / 2).toBeLessThanOrEqual(8)
    expect(end()).toBe(0)
  })
})
