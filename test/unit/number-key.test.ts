import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NUMBER_VARIABLES } from '../../src/catalogue/numbers.ts'
import { TRIGGERS } from '../../src/catalogue/triggers.ts'
import { lineOf } from '../../src/order/line.ts'
import { keyOf, soughtBy } from '../../src/order/number-key.ts'

/** Whether a number that a call has is found by what somebody looks for. */
function finds(sought: string, number: string, country = 'IN'): boolean {
  const key = keyOf(lineOf(number, country))
  const { whole, ending } = soughtBy(sought, country)
  return key !== null && (key === whole || (ending !== null && key.startsWith(ending)))
}

const SPELLINGS = [
  '+918069010148',
  '8069010148',
  '080 6901 0148',
  '00918069010148',
  'sip:8069010148@10.0.0.1',
]

describe('what is looked for', () => {
  test('is found in any spelling, whatever the spelling of the call', () => {
    for (const number of SPELLINGS) {
      for (const sought of SPELLINGS) expect(finds(sought, number), `${sought} in ${number}`).toBe(true)
      for (let digits = 6; digits <= 12; digits += 1) {
        expect(finds('918069010148'.slice(-digits), number), `${digits} of ${number}`).toBe(true)
      }
    }
  })

  test('is no other number', () => {
    for (const sought of ['+18069010148', '0018069010148', '8069010149', '806901014', '+44 20 7946 0958'])
      expect(finds(sought, '+918069010148'), sought).toBe(false)
    expect(finds('8069010148', '+18069010148'), 'its last ten digits').toBe(true)
    expect(finds('12345', '+918069012345'), 'too short').toBe(false)
  })

  test('may be no valid number: then it is its digits that are compared', () => {
    expect(finds('0607297260058', '0607297260058')).toBe(true)
    expect(finds('260058', '0607-297260058')).toBe(true)
    expect([
      keyOf(lineOf('101', 'IN')),
      keyOf(lineOf('Main', 'IN')),
      keyOf(lineOf('9'.repeat(40), 'IN')),
    ]).toEqual([null, null, null])
  })

  test('is whatever a number ends in, of six digits and more', () => {
    const digits = fc.stringMatching(/^\d{6,14}$/)
    fc.assert(
      fc.property(digits, fc.integer({ min: 6, max: 14 }), (number, length) => {
        const line = lineOf(number, 'IN').replace('+', '')
        // A beginning of 00 makes it a whole number.
        fc.pre(line.length >= length && !line.slice(-length).startsWith('00'))
        expect(finds(line.slice(-length), number), line.slice(-length)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

test('every variable of the catalogue that is a number is one that calls are found by', () => {
  const names = new Set(TRIGGERS.flatMap(({ variables }) => variables.map(({ name }) => name)))
  const ofNumbers = [...names].filter((name) => /number|_no_|(answered|missed)_agent$/.test(name))
  expect(ofNumbers.filter((name) => !NUMBER_VARIABLES.some((each) => each === name))).toEqual([])
  expect(NUMBER_VARIABLES.filter((name) => !names.has(name))).toEqual([])
})
