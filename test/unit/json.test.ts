import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nestsDeeperThan, parseJson, safeInteger } from '../../src/lib/json.ts'

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

describe('a number of JSON is an integer', () => {
  /** The integer that a number is, by exact arithmetic; null if it has a fraction, or is beyond what a double counts. */
  function exactly(text: string): number | null {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] =
      /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
    const scale = Number(exponent) - fraction.length
    const all = BigInt(whole + fraction)
    const divisor = 10n ** BigInt(Math.max(0, -scale))
    if (all % divisor !== 0n) return null
    const value = (all / divisor) * 10n ** BigInt(Math.max(0, scale))
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) return null
    return sign === '-' ? -Number(value) : Number(value)
  }

  test('if it has no fraction and a double counts it, however it is spelled', () => {
    fc.assert(
      fc.property(number, (text) => {
        expect(safeInteger(parseJson(text))).toBe(exactly(text))
      }),
      { numRuns: 5_000, seed: 10 },
    )
  })

  test.each([
    ['1', 1],
    ['1.0', 1],
    ['-2.50e1', -25],
    ['120e-1', 12],
    ['0e999', 0],
    ['9007199254740991.0', 9007199254740991],
    ['9007199254740992', null],
    ['1.00000000000000000001', null],
    ['1e-1', null],
    ['1e999', null],
    ['"1"', null],
    ['[1]', null],
    ['null', null],
  ])('%s: %s', (text, expected) => {
    expect(safeInteger(parseJson(text))).toBe(expected)
  })

  test('is found in a time that its length allows', () => {
    const zeros = '0'.repeat(60_000)
    expect(safeInteger(parseJson(`1.${zeros}`))).toBe(1)
    expect(safeInteger(parseJson(`1.${zeros}1`))).toBeNull()
    expect(safeInteger(parseJson(`1${zeros}e-60000`))).toBe(1)
  })
})
