import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readTime } from '../../src/lib/time.ts'

describe('a time of the API', () => {
  test.each([
    ['2021-08-09T12:28:44Z', '2021-08-09T12:28:44Z'],
    ['2021-08-09t12:28:44z', '2021-08-09T12:28:44Z'],
    ['2021-08-09T17:58:44+05:30', '2021-08-09T12:28:44Z'],
    ['2021-08-09T17:58:44.1200+05:30', '2021-08-09T12:28:44.1200Z'],
    ['2021-08-09T12:28:44.123456789012Z', '2021-08-09T12:28:44.123456789012Z'],
    ['2021-08-09T12:28:44-00:00', '2021-08-09T12:28:44Z'],
    ['2021-12-31T23:30:00-01:00', '2022-01-01T00:30:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2017-01-01T05:29:60.5+05:30', '2017-01-01T00:00:00.5Z'],
  ])('%s is given back as %s', (text, utc) => {
    expect(readTime(text)?.utc).toBe(utc)
  })

  test.each([
    ['2021-02-30T00:00:00Z', 'no such day'],
    ['2023-02-29T00:00:00Z', 'no such day in that year'],
    ['1900-02-29T00:00:00Z', 'no such day in that year'],
    ['2021-04-31T00:00:00Z', 'no such day'],
    ['2021-00-01T00:00:00Z', 'no such month'],
    ['2021-13-01T00:00:00Z', 'no such month'],
    ['2021-01-00T00:00:00Z', 'no such day'],
    ['2021-08-09T24:00:00Z', 'no such hour'],
    ['2021-08-09T12:60:00Z', 'no such minute'],
    ['2021-08-09T12:28:60Z', 'no leap second'],
    ['2021-08-09T23:59:60Z', 'no leap second but at the end of a month'],
    ['2016-12-31T23:59:60+05:30', 'no leap second but in UTC'],
    ['2021-08-09T12:28:61Z', 'no such second'],
    ['2021-08-09T12:28:44+24:00', 'no such offset'],
    ['2021-08-09T12:28:44+05:60', 'no such offset'],
    ['2021-08-09T12:28:44+0530', 'an offset without a colon'],
    ['2021-08-09T12:28:44+05', 'an offset of hours alone'],
    ['2021-08-09 12:28:44Z', 'a space for the T'],
    ['2021-08-09T12:28:44 +05:30', 'a space before the offset, as a + that was not encoded leaves it'],
    ['2021-08-09T12:28:44', 'no zone'],
    ['2021-08-09T12:28Z', 'no seconds'],
    ['2021-08-09T12:28:44.Z', 'a point without digits'],
    ['2021-08-09T12:28:44,5Z', 'a comma'],
    ['2021-08-09', 'a date'],
    ['0000-01-01T00:00:00+00:01', 'before the year 0000'],
    ['9999-12-31T23:59:59-00:01', 'after the year 9999'],
    ['+002021-08-09T12:28:44Z', 'a year of six digits'],
    ['٢٠٢١-08-09T12:28:44Z', 'digits of another script'],
    ['2021-08-09T12:28:44Z\n', 'a line break after it'],
    ['1628512124', 'seconds since epoch'],
    ['', 'nothing'],
  ])('%j is refused: %s', (text) => {
    expect(readTime(text)).toBeNull()
  })

  test('is the first millisecond that is not before it', () => {
    const ms = (fraction: string): number | undefined => readTime(`1970-01-01T00:00:01${fraction}Z`)?.ms
    expect(['', '.5', '.281', '.2810', '.2811', '.9999'].map(ms)).toEqual([
      1000, 1500, 1281, 1281, 1282, 2000,
    ])
    expect(readTime('1969-12-31T23:59:59.5Z')?.ms).toBe(-500)
  })

  test('is the same instant whatever its offset', () => {
    const instants = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9998-01-01'),
      noInvalidDate: true,
    })
    const offsets = fc.integer({ min: -23 * 60, max: 23 * 60 })
    fc.assert(
      fc.property(instants, offsets, (at, offset) => {
        const wall = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1)
        const two = (part: number): string => String(part).padStart(2, '0')
        const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
        const text = `${wall}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
        expect(readTime(text)).toEqual({ ms: at.getTime(), utc: at.toISOString() })
      }),
    )
  })
})
