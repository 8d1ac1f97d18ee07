import { expect, test } from 'vitest'
import { clockOf, lasting, shortTime, timeGiven } from '../../scripts/cli/time.ts'

const NOW = Date.UTC(2026, 6, 11, 15, 44, 45, 120)

test.each([
  ['30s', '2026-07-11T15:44:15.120Z'],
  ['15m', '2026-07-11T15:29:45.120Z'],
  ['1h', '2026-07-11T14:44:45.120Z'],
  ['7d', '2026-07-04T15:44:45.120Z'],
  ['0s', '2026-07-11T15:44:45.120Z'],
  ['2026-07-11T15:44:45Z', '2026-07-11T15:44:45Z'],
  ['2026-07-11T21:14:45+05:30', '2026-07-11T15:44:45Z'],
])('%s is a time that the API takes', (text, time) => {
  expect(timeGiven(text, NOW)).toBe(time)
})

test.each([
  '',
  '1',
  'h',
  '1 h',
  '-1h',
  '1.5h',
  '1y',
  '1h30m',
  '9999999d',
  '999999d',
  'yesterday',
  '2026-07-11',
  '2026-02-30T00:00:00Z',
])('%j is none', (text) => {
  expect(timeGiven(text, NOW)).toBeNull()
})

test.each([
  [0, '0 ms'],
  [12.4, '12 ms'],
  [999, '999 ms'],
  [2000, '2.0 s'],
  [59_949, '59.9 s'],
  [59_990, '1 min'],
  [185_000, '3 min 5 s'],
  [3_599_900, '1 h'],
  [7_800_000, '2 h 10 min'],
  [86_400_000, '1 d'],
  [273_600_000, '3 d 4 h'],
  [-5, '0 ms'],
])('%d ms are told as %s', (ms, text) => {
  expect(lasting(ms)).toBe(text)
})

test('times are told in UTC, whatever the machine keeps', () => {
  expect(clockOf('2026-07-11T15:44:45.120Z')).toBe('15:44:45.120')
  expect(shortTime('2026-07-11T15:44:45Z')).toBe('07-11 15:44:45')
})
