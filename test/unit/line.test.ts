import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keptNumber, lineOf } from '../../src/order/line.ts'
import { OwnNumbers } from '../../src/order/own-numbers.ts'

describe('one line, however it is written', () => {
  test.each([
    '+918069010148',
    '8069010148',
    '08069010148',
    '918069010148',
    '00918069010148',
    '0918069010148',
    '(080) 6901-0148',
    '080.6901.0148',
    '+91 80690 10148',
    '+91-80-6901-0148',
    '+91 (0)80 6901 0148',
    '+08069010148',
    '\u202A+91 80690 10148\u202C',
    '+91\u00A080690\u201110148',
    '＋９１８０６９０１０１４８',
    ' 8069010148 ',
    'sip:8069010148@10.0.0.1:5060',
    'sips:+918069010148@pbx.example.com;transport=tls',
    'sip:%2B918069010148@10.0.0.1',
    'SIP:8069010148:secret@10.0.0.1;user=phone',
    '"Main line 2" <sip:08069010148@10.0.0.1>;tag=77',
    'tel:+91-80-6901-0148',
    '8069010148@10.0.0.1:5060',
    'PJSIP/8069010148@trunk',
  ])('%s', (spelling) => {
    expect(lineOf(spelling, 'IN')).toBe('+918069010148')
  })

  test.each([
    ['+1 806 901 0148', '+18069010148'],
    ['14155550123', '+14155550123'],
    ['44 20 7946 0958', '+442079460958'],
    ['+918069010149', '+918069010149'],
    ['1800 11 1222', '+911800111222'],
  ])('%s is another one: %s', (spelling, line) => {
    expect(lineOf(spelling, 'IN')).toBe(line)
  })

  test.each([
    ['8069010148', 'US', '+18069010148'],
    ['020 7946 0958', 'GB', '+442079460958'],
    ['6581234567', 'SG', '+6581234567'],
    ['6581234567', 'IN', '+916581234567'],
    ['+918069010148', 'US', '+918069010148'],
  ])('%s in %s is %s', (spelling, country, line) => {
    expect(lineOf(spelling, country)).toBe(line)
  })
})

describe('what is no valid number', () => {
  test.each([
    ['101', '1 0 1'],
    ['Extension-0602141810347', '0602141810347'],
    ['sip:101@10.0.0.1', '101'],
  ])('%s and %s are one by their digits', (a, b) => {
    expect(lineOf(a, 'IN')).toBe(lineOf(b, 'IN'))
    expect(keptNumber(a, lineOf(a, 'IN'))).toBe(a)
  })

  test.each([
    ['101', '2101'],
    ['5251305', '918065251305'],
    ['front desk', 'back desk'],
    ['+91 80 6901 0148 ext. 5', '+91 80 6901 0148 ext. 6'],
    ['+91 80 6901 0148 ext. 5', '+91 80 6901 0148'],
    ['', '101'],
  ])('%s and %s are two', (a, b) => {
    expect(lineOf(a, 'IN')).not.toBe(lineOf(b, 'IN'))
  })
})

test('any text has a line, the same each time, and what is kept of it has that line too', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 64 }),
    fc.stringMatching(/^[+0-9 ().;:@/x-]{0,40}$/),
    fc.constantFrom('sip:', 'tel:', '@', ';ext=', '<>', '%2B', '%2'),
  )
  fc.assert(
    fc.property(text, fc.constantFrom('IN', 'US', 'GB', 'ZZ'), (number, country) => {
      const line = lineOf(number, country)
      expect(lineOf(number, country)).toBe(line)
      expect(lineOf(keptNumber(number, line), country)).toBe(line)
    }),
    { numRuns: 300 },
  )
})

test('My Numbers that were stored as they came are known in every spelling', () => {
  const own = new OwnNumbers(['8069010148', '101'], 'IN')
  expect(['+918069010148', '(080) 6901-0148', '1-0-1'].map((number) => own.has(number))).toEqual([
    true,
    true,
    true,
  ])
  expect(['+18069010148', '102', ''].map((number) => own.has(number))).toEqual([false, false, false])
})
