import { dialledDigits, digitsOf, lineOf } from './line.ts'

/**
 * How a number is kept to be found again: the digits of its line (`lineOf`), backwards. All spellings of a line have one
 * key, and the keys of numbers that end alike begin alike: an index of keys finds a whole number and its last digits.
 */

/** Last digits that are looked for have to be so many: fewer end too many numbers. */
export const FEWEST_DIGITS = 6
/** E.164 has 15 at most, and extensions make it longer. */
const MOST_DIGITS = 25

/** The key of a line; null if nobody can look for it, being too short, or no number. */
export function keyOf(line: string): string | null {
  const digits = digitsOf(line)
  if (line.startsWith('text:') || digits.length < FEWEST_DIGITS || digits.length > MOST_DIGITS) return null
  return backwards(digits)
}

/**
 * What the keys of the numbers begin with that are meant by what somebody looks for: a number in any spelling, or its
 * last digits. It may be both: `9876543` is a line in one country, and ends many in others.
 * @param country (ISO 3166) how a number without a country code is read
 */
export function keysSought(number: string, country: string): string[] {
  const written = dialledDigits(number)
  const line = lineOf(number, country)
  const whole = line.startsWith('+') ? line.slice(1) : written
  const all = whole.endsWith(written) ? [written] : [whole, written]
  return all.filter((digits) => digits.length >= FEWEST_DIGITS).map(backwards)
}

function backwards(digits: string): string {
  return [...digits].reverse().join('')
}
