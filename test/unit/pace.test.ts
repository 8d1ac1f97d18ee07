import { describe, expect, test } from 'vitest'
import { isSlow, observePace } from '../../src/delivery/pace.ts'

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
