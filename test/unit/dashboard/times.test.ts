import { describe, expect, test } from 'vitest'
import { leftText, overAtMs } from '../../../dashboard/src/pages/operator/countdown.ts'
import { inputText, instantOf } from '../../../dashboard/src/ui/time-input.ts'

describe('a time that is typed', () => {
  test('in UTC is that time', () => {
    expect(instantOf('2026-11-28T06:30', true)).toBe('2026-11-28T06:30:00.000Z')
    expect(inputText('2026-11-28T06:30:41.5Z', true)).toBe('2026-11-28T06:30')
  })

  test('in the zone of the browser is shown as it was typed', () => {
    const at = instantOf('2026-07-01T23:45', false)
    expect(Date.parse(at ?? '')).toBe(new Date(2026, 6, 1, 23, 45).getTime())
    expect(inputText(at, false)).toBe('2026-07-01T23:45')
  })

  test('that is none is none', () => {
    expect([instantOf('', true), instantOf('soon', false)]).toEqual([undefined, undefined])
    expect([inputText(undefined, true), inputText('soon', true)]).toEqual(['', ''])
  })
})

describe('what is left of a portal link', () => {
  const madeMs = Date.parse('2026-11-28T06:00:00Z')
  const expiresAt = '2026-11-28T06:05:00Z'

  test('is counted by the second until it is over', () => {
    const overMs = overAtMs(expiresAt, madeMs)
    const left = [0, 1, 1_000, 240_001, 299_999, 300_000, 400_000]
    expect(left.map((passed) => leftText(overMs, madeMs + passed))).toEqual([
      '5:00',
      '5:00',
      '4:59',
      '1:00',
      '0:01',
      null,
      null,
    ])
  })

  test('is never more than its five minutes, however late the clock of the browser is', () => {
    const lateMs = madeMs - 600_000
    expect(leftText(overAtMs(expiresAt, lateMs), lateMs)).toBe('5:00')
  })
})
