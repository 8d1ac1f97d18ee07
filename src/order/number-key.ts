import { dialled, digitsOf, lineOf } from './line.ts'

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

/** The digits of a number that somebody looks for, as they are written. */
export function digitsSought(number: string): string {
  return digitsOf(dialled(number))
}

/** What somebody may mean by a number: the key of a whole one, or that with which the keys begin that end in its digits. */
export interface Sought {
  whole: string | null
  ending: string | null
}

/**
 * Read in any spelling, or as last digits; it may be both: `9876543` is a line in one country, and ends many in others. One
 * with a country code, as far as it is written as such, is whole: `+18069010148` does not mean `+918069010148`.
 * @param country (ISO 3166) how a number without a country code is read
 */
export function soughtBy(number: string, country: string): Sought {
  const line = lineOf(number, country)
  const written = digitsSought(number)
  const isInternational = /^\D*\+|^00/.test(dialled(number))
  const ending = written.length < FEWEST_DIGITS ? null : backwards(written)
  if (!line.startsWith('+')) return { whole: null, ending }
  const whole = keyOf(line)
  if (isInternational) return { whole, ending: null }
  return { whole: line.endsWith(written) ? null : whole, ending }
}

function backwards(digits: string): string {
  return Array.from(digits).reverse().join('')
}
