import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson, type Json } from '../../src/lib/json.ts'
import { formatDate, formatStamp, formatTime, parseStamp } from '../../src/delivery/timestamps.ts'

const IST = 'Asia/Kolkata'
const instant = (text: string): number => Date.parse(text) / 1000
/** The instant of a stamp that is one. */
const parsed = (stamp: string, zone: string): number => {
  const seconds = parseStamp(stamp, zone)
  if (seconds === null) throw new Error(`${stamp} is not read as a stamp`)
  return seconds
}

describe('a stamp of the core', () => {
  test.each([
    ['2021-08-09 17:58:44', '2021-08-09T12:28:44Z'],
    ['2021-08-09T17:58:44', '2021-08-09T12:28:44Z'],
    ['2021-08-09 17:58', '2021-08-09T12:28:00Z'],
    ['2021-08-09T12:28:44Z', '2021-08-09T12:28:44Z'],
    ['2021-08-09T12:28:44.999Z', '2021-08-09T12:28:44Z'],
    ['2021-08-09T17:58:44+05:30', '2021-08-09T12:28:44Z'],
    ['2021-08-09T08:28:44-0400', '2021-08-09T12:28:44Z'],
    ['7/11/2026, 9:11:53 PM', '2026-07-11T15:41:53Z'],
    ['7/11/2026, 9:11:53\u202fPM', '2026-07-11T15:41:53Z'],
    ['7/11/2026, 12:05:00 AM', '2026-07-10T18:35:00Z'],
    ['7/11/2026, 12:05:00 PM', '2026-07-11T06:35:00Z'],
    ['1628512124', '2021-08-09T12:28:44Z'],
    ['1628512124.999', '2021-08-09T12:28:44Z'],
    ['2021-08-09t12:28:44.5z', '2021-08-09T12:28:44Z'],
    [' 2021-08-09 17:58:44 ', '2021-08-09T12:28:44Z'],
    ['2021-08-09 12:28:44+00', '2021-08-09T12:28:44Z'],
    ['2021-08-09 17:28:44.123456+05', '2021-08-09T12:28:44Z'],
    ['2021-08-09 08:58:44-03:30', '2021-08-09T12:28:44Z'],
    ['2021-08-09 12:28:44 UTC', '2021-08-09T12:28:44Z'],
    ['2021-08-09 12:28:44 gmt', '2021-08-09T12:28:44Z'],
    ['2021-08-09 17:58:44 +0530', '2021-08-09T12:28:44Z'],
    ['2021/08/09 17:58:44', '2021-08-09T12:28:44Z'],
    ['2021/8/9 5:58:44 pm', '2021-08-09T12:28:44Z'],
    ['2021-08-09, 5:58:44 p.m.', '2021-08-09T12:28:44Z'],
    ['Mon, 09 Aug 2021 12:28:44 +0000', '2021-08-09T12:28:44Z'],
    ['Mon, 9 Aug 2021 17:58:44 +0530 (IST)', '2021-08-09T12:28:44Z'],
    ['09 AUG 2021 12:28 GMT', '2021-08-09T12:28:00Z'],
    ['9 Aug 2021 08:28:44 EDT', '2021-08-09T12:28:44Z'],
    ['9 Aug 2021 12:28:44 -0000', '2021-08-09T12:28:44Z'],
    ['1628512124999', '2021-08-09T12:28:44Z'],
    ['1628512124999.5', '2021-08-09T12:28:44Z'],
    ['1628512124123456', '2021-08-09T12:28:44Z'],
    ['1628512124123456789', '2021-08-09T12:28:44Z'],
    ['2/24/2026 2:19:58 AM', '2026-02-23T20:49:58Z'],
    ['2/24/2026 2:19:58 AM +00:00', '2026-02-24T02:19:58Z'],
    ['2/24/2026 2:19 pm', '2026-02-24T08:49:00Z'],
    ['2/2/2026, 12:00:00 am', '2026-02-01T18:30:00Z'],
  ])('%j is the instant %s', (stamp, expected) => {
    expect(parseStamp(stamp, IST)).toBe(instant(expected))
  })

  test('may be a number, with a fraction and all', () => {
    expect(parseStamp(1628512124, IST)).toBe(1628512124)
    expect(parseStamp(parseJson('1783784606.0750') ?? null, IST)).toBe(1783784606)
  })

  test.each<[Json, string]>([
    ['', 'blank'],
    ['tomorrow', 'words'],
    ['2021-08-09', 'a date, which is no instant'],
    ['7/11/2026', 'a date, which is no instant'],
    ['7/11/2026, 0:11:53 AM', 'no such hour of twelve'],
    ['9:11:53 PM', 'a time of no day'],
    ['2021-02-30 10:00:00', 'no such day'],
    ['2021-08-09 24:00:00', 'no such hour'],
    ['2021-08-09 10:60:00', 'no such minute'],
    ['0021-08-09 10:00:00', 'a year that JavaScript would take for 1921'],
    ['13/11/2026, 9:11:53 PM', 'no such month'],
    ['7/11/2026, 13:11:53 PM', 'no such hour of twelve'],
    ['2021-08-09T10:00:00+24:00', 'no such offset'],
    ['42', 'a number that is not a time'],
    ['162851212412', 'a number of digits that no unit has'],
    ['20210809175844', 'a number of digits that no unit has'],
    ['0123456789', 'a number that is not a time'],
    ['2021-08-09 17:58:44 IST', 'India, Israel or Ireland'],
    ['2021-08-09 17:58:44 EST', 'letters that mean several zones'],
    ['2021-08/09 17:58:44', 'two kinds of separators'],
    ['2021/02/30 17:58:44', 'no such day'],
    ['2021-08-09 13:00:00 PM', 'no such hour of twelve'],
    ['2021-08-09 12:28:44+5', 'an offset of one digit'],
    ['Tue, 09 Aug 2021 12:28:44 +0000', 'another day of the week'],
    ['Mon, 09 Foo 2021 12:28:44 +0000', 'no such month'],
    ['31 Feb 2021 12:28:44 +0000', 'no such day'],
    ['Mon, 09 Aug 21 12:28:44 +0000', 'a year of two digits'],
    ['7/11/2026, 9:11:53 pm', 'July or November: other countries write pm small'],
    ['24/2/2026 2:19:58 AM', 'a day first, which on another day would be read as a month'],
    ['2/24/2026 14:19:58', 'slashes without AM or PM'],
    ['09.08.2021 17:58:44', 'points'],
    ['2021-08-09 10:00:00 and more', 'text after it'],
    [null, 'null'],
    [true, 'a boolean'],
    [['2021-08-09 10:00:00'], 'a list'],
  ])('%j is none: %s', (value) => {
    expect(parseStamp(value, IST)).toBeNull()
  })
})

describe('an instant in a webhook’s format and zone', () => {
  const at = instant('2021-08-09T12:28:44Z')
  test.each([
    ['default', 'IST', '2021-08-09 17:58:44'],
    ['default', 'UTC', '2021-08-09 12:28:44'],
    ['default', 'America/New_York', '2021-08-09 08:28:44'],
    ['epoch', 'IST', '1628512124'],
    ['epoch', 'UTC', '1628512124'],
    ['iso8601', 'IST', '2021-08-09T17:58:44+05:30'],
    ['iso8601', 'UTC', '2021-08-09T12:28:44Z'],
    ['iso8601', 'America/St_Johns', '2021-08-09T09:58:44-02:30'],
    ['iso8601', 'Asia/Kathmandu', '2021-08-09T18:13:44+05:45'],
    ['iso8601', 'Europe/London', '2021-08-09T13:28:44+01:00'],
  ] as const)('%s, %s: %s', (format, zone, expected) => {
    expect(formatStamp(at, format, zone)).toBe(expected)
  })

  test('midnight is 00, and the day is that of the zone', () => {
    const midnight = instant('2021-08-09T18:30:00Z')
    expect(formatStamp(midnight, 'default', 'IST')).toBe('2021-08-10 00:00:00')
    expect([formatDate(midnight, 'IST'), formatTime(midnight, 'IST')]).toEqual(['2021-08-10', '00:00:00'])
    expect([formatDate(midnight, 'UTC'), formatTime(midnight, 'UTC')]).toEqual(['2021-08-09', '18:30:00'])
  })
})

describe('where a zone changes its clocks', () => {
  const NEW_YORK = 'America/New_York'
  test('an hour that comes twice is its first', () => {
    expect(parsed('2026-11-01 01:30:00', NEW_YORK)).toBe(instant('2026-11-01T05:30:00Z'))
    expect(formatStamp(instant('2026-11-01T05:30:00Z'), 'iso8601', NEW_YORK)).toBe(
      '2026-11-01T01:30:00-04:00',
    )
    expect(formatStamp(instant('2026-11-01T06:30:00Z'), 'iso8601', NEW_YORK)).toBe(
      '2026-11-01T01:30:00-05:00',
    )
  })

  test('an hour that is skipped is read as if it had not been', () => {
    expect(parsed('2026-03-08 02:30:00', NEW_YORK)).toBe(instant('2026-03-08T07:30:00Z'))
    expect(formatStamp(instant('2026-03-08T07:30:00Z'), 'iso8601', NEW_YORK)).toBe(
      '2026-03-08T03:30:00-04:00',
    )
  })

  test.each([
    ['2026-03-08 01:59:59', '2026-03-08T06:59:59Z'],
    ['2026-03-08 03:00:00', '2026-03-08T07:00:00Z'],
    ['2026-11-01 00:59:59', '2026-11-01T04:59:59Z'],
    ['2026-11-01 02:00:00', '2026-11-01T07:00:00Z'],
  ])('%s, next to the change, is %s', (wall, expected) => {
    expect(parsed(wall, NEW_YORK)).toBe(instant(expected))
  })

  test('half an hour and a whole day count, too', () => {
    expect(parsed('2026-04-05 01:45:00', 'Australia/Lord_Howe')).toBe(instant('2026-04-04T14:45:00Z'))
    expect(parsed('2011-12-31 00:00:00', 'Pacific/Apia')).toBe(instant('2011-12-30T10:00:00Z'))
  })
})

test('what is formatted is read back as the same instant, in every format and zone', () => {
  const zones = [
    'IST',
    'UTC',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Africa/Casablanca',
  ]
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
      fc.constantFrom(...zones),
      fc.constantFrom('epoch' as const, 'iso8601' as const, 'default' as const),
      (seconds, zone, format) => {
        const text = formatStamp(seconds, format, zone)
        const again = parsed(text, zone)
        // A wall clock alone cannot tell the two hours of an autumn night apart; its text is the same then.
        if (
          format !== 'default' ||
          formatStamp(again, 'iso8601', zone) === formatStamp(seconds, 'iso8601', zone)
        ) {
          expect(again).toBe(seconds)
        } else {
          expect(formatStamp(again, format, zone)).toBe(text)
          expect(again, 'the first of the two').toBeLessThan(seconds)
        }
      },
    ),
  )
})

test('each format across a change of clocks, to the second', () => {
  const shown = (at: string): string[] =>
    (['default', 'iso8601', 'epoch'] as const).map((format) =>
      formatStamp(instant(at), format, 'America/New_York'),
    )
  expect(shown('2026-03-08T06:59:59Z')).toEqual([
    '2026-03-08 01:59:59',
    '2026-03-08T01:59:59-05:00',
    '1772953199',
  ])
  expect(shown('2026-03-08T07:00:00Z')).toEqual([
    '2026-03-08 03:00:00',
    '2026-03-08T03:00:00-04:00',
    '1772953200',
  ])
  expect(shown('2026-11-01T05:59:59Z')).toEqual([
    '2026-11-01 01:59:59',
    '2026-11-01T01:59:59-04:00',
    '1793512799',
  ])
  expect(shown('2026-11-01T06:00:00Z')).toEqual([
    '2026-11-01 01:00:00',
    '2026-11-01T01:00:00-05:00',
    '1793512800',
  ])
})
