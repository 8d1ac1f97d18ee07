import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { membersOf, unquote } from '../../src/delivery/members.ts'
import { hostileText } from '../support/hostile.ts'

const members = (text: string): [string, string][] => [...membersOf(text)]

describe('the members of a JSON object', () => {
  test('are its keys in their order, each with its value as it is written', () => {
    const text =
      '{"7":1.50,"a":"x\\"},{","b":{"c":[{"d":"]}"}]},"e":[],"f":{},"g":12345678901234567890,"h":-0,"i":null,' +
      '"j\\n\\"":true,"__proto__":{"a":1},"k\\\\":"\\\\"}'
    expect(members(text)).toEqual([
      ['7', '1.50'],
      ['a', '"x\\"},{"'],
      ['b', '{"c":[{"d":"]}"}]}'],
      ['e', '[]'],
      ['f', '{}'],
      ['g', '12345678901234567890'],
      ['h', '-0'],
      ['i', 'null'],
      ['j\n"', 'true'],
      ['__proto__', '{"a":1}'],
      ['k\\', '"\\\\"'],
    ])
  })

  test('are those of any object as JSON.stringify writes it', () => {
    const object = fc.dictionary(fc.oneof(hostileText, fc.string()), fc.jsonValue())
    fc.assert(
      fc.property(object, (value) => {
        // An object of JSON has no other prototype than any, and may have a key that would set one.
        const own = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
        const expected = Object.entries(own).map(([key, each]) => [key, JSON.stringify(each)])
        expect(members(JSON.stringify(own))).toEqual(expected)
      }),
      { numRuns: 1_000 },
    )
  })

  test.each(['{ "a": 1,\n"b": [1, 2] }', ' {"a":1,"b":[1,2]}', '{"a":1,"b":[1, 2]}', '{"a":1,"b":[1,2]}\n'])(
    'are there in %j, too, which JSON.stringify does not write',
    (text) => {
      expect(members(text)).toEqual([
        ['a', '1'],
        ['b', '[1,2]'],
      ])
    },
  )

  test.each([
    '',
    'null',
    '[1]',
    '"a"',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":"',
    '{"a":[',
    '{"a":,"b":1}',
    '{,}',
    '{}}',
  ])('are none in %j, which is no object', (text) => {
    expect(members(text)).toEqual([])
  })
})

test('a string of JSON says what JSON.parse reads in it', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(unquote(JSON.stringify(text))).toBe(text)
    }),
  )
})
