import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nestsDeeperThan, parseJson } from '../../src/lib/json.ts'

/** A number as JSON may spell it. */
const digits = (most: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: 1, maxLength: most })
const number = fc
  .record({
    minus: fc.constantFrom('', '-'),
    whole: fc.oneof(
      fc.constant('0'),
      digits(20).map((text) => text.replace(/^0+(?=.)/, '')),
    ),
    fraction: fc.oneof(
      fc.constant(''),
      digits(20).map((text) => `.${text}`),
      fc.constantFrom('.0', '.50', '.000000', '.0000001'),
    ),
    exponent: fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), digits(2)).map((parts) => parts.join('')),
      },
    ),
  })
  .map(({ minus, whole, fraction, exponent }) => minus + whole + fraction + exponent)

const space = fc.constantFrom('', '', ' ', '\n\t ', '\r\n')
const scalar = fc.oneof(
  { weight: 3, arbitrary: number },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'null',
      'true',
      '"21:12:56"',
      '"2026-07-11T15:44:45.000Z"',
      '"a,1.50"',
      '"-0"',
    ),
  },
)
const document = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc
      .tuple(space, fc.array(tie('value'), { maxLength: 3 }), space)
      .map(([before, items, after]) => `[${before}${items.join(`${after},${before}`)}${after}]`),
    fc
      .tuple(space, fc.array(tie('value'), { maxLength: 3 }), space)
      .map(
        ([before, items, after]) =>
          `{${items.map((item, index) => `${before}"k${index}"${after}:${before}${item}${after}`).join(',')}}`,
      ),
  ),
})).value

describe('parsing', () => {
  test('keeps the digits of every number, however it is spelled', () => {
    fc.assert(
      fc.property(space, document, space, (before, text, after) => {
        const numbers = (json: string): string[] =>
          json.replaceAll(/"[^"]*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? []
        const parsed = parseJson(before + text + after)
        expect(numbers(JSON.stringify(parsed))).toEqual(numbers(text))
        expect(JSON.stringify(parsed)).toBe(
          text.replaceAll(/"[^"]*"|\s+/g, (part) => (part.startsWith('"') ? part : '')),
        )
      }),
      { numRuns: 5_000, seed: 7 },
    )
  })

  test.each(['', '{', '{"a":1.50', '[1e5,]', 'nonsense', '{"a":01}', '['.repeat(40_000)])(
    'of malformed text is undefined: %.20s',
    (text) => {
      expect(parseJson(text)).toBeUndefined()
    },
  )

  test('of text with no number to keep makes plain values', () => {
    const text = '{"time":1783784606.211,"billsec":"77","n":-12,"zero":0,"at":"2026-07-11T15:44:45.000Z"}'
    expect(parseJson(text)).toEqual(JSON.parse(text))
    expect(nestsDeeperThan(1, text)).toBe(false)
  })
})
