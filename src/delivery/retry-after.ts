const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const SHORT_DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'
const DAY_NAME = new RegExp(`^(?:${SHORT_DAY}|${LONG_DAY})$`)
const MONTH = `(?<month>${MONTHS.join('|')})`
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)'
/** The three spellings of RFC 9110 §5.6.7. */
const HTTP_DATES = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  `${SHORT_DAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT`,
  // Sunday, 06-Nov-94 08:49:37 GMT
  `${LONG_DAY}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT`,
  // Sun Nov  6 08:49:37 1994
  `${SHORT_DAY} ${MONTH} (?<day>\\d\\d| \\d) ${TIME} (?<year>\\d{4})`,
].map((spelling) => new RegExp(`^${spelling}$`))
/** Longer waits than this (s, some 30 years) need not be told apart, and would not fit a number. */
const MOST_S = 1e9

/**
 * `Retry-After` of RFC 9110 §10.2.3 as ms from now: seconds, or a date. A fraction of a second, which some receivers
 * write, rounds up. A header that came several times asks for the longest of its valid values; null if there is none.
 * Nothing is guessed, for a call waits behind it: `Date.parse` would read `45.7` as a year.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null
  let longestMs: number | null = null
  for (const value of valuesOf(header)) {
    const askedMs = msOf(value, nowMs)
    if (askedMs !== null) longestMs = Math.max(longestMs ?? 0, askedMs)
  }
  return longestMs
}

/** The platform joins headers of one name by commas. Two spellings of a date hold one, after the day of the week. */
function valuesOf(header: string): string[] {
  const values: string[] = []
  for (const part of header.split(',')) {
    const last = values.at(-1)
    if (last !== undefined && DAY_NAME.test(last)) values[values.length - 1] = `${last},${part.trimEnd()}`
    else values.push(part.trim())
  }
  return values
}

function msOf(value: string, nowMs: number): number | null {
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Math.min(Number(value), MOST_S)) * 1000
  const atMs = httpDateMs(value, nowMs)
  return atMs === null ? null : Math.max(0, atMs - nowMs)
}

/** A date as ms since epoch, or null. Its day of the week is not checked: the rest says which day it is. */
function httpDateMs(value: string, nowMs: number): number | null {
  for (const spelling of HTTP_DATES) {
    const groups = spelling.exec(value)?.groups
    if (groups === undefined) continue
    const { month = '', year = '' } = groups
    const [day, hour, minute, second] = [
      groups['day'],
      groups['hour'],
      groups['minute'],
      groups['second'],
    ].map(Number)
    if (day === undefined || hour === undefined || minute === undefined || second === undefined) return null
    // Of a leap second, the 60th is the first of the next minute.
    if (hour > 23 || minute > 59 || second > 60) return null
    const date = new Date(Date.UTC(fullYear(year, nowMs), MONTHS.indexOf(month), day))
    if (date.getUTCDate() !== day) return null
    return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000
  }
  return null
}

/** By RFC 9110 §5.6.7 two digits are no year that is more than 50 years ahead, but the last such one before. */
function fullYear(year: string, nowMs: number): number {
  if (year.length !== 2) return Number(year)
  const nowYear = new Date(nowMs).getUTCFullYear()
  const inCentury = nowYear - (nowYear % 100) + Number(year)
  return inCentury > nowYear + 50 ? inCentury - 100 : inCentury
}
