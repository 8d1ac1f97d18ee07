/** A time (ms since epoch) as the API writes it: RFC 3339 in UTC. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString()
}

/** A time that came in by the API. */
export interface Time {
  /** The first whole millisecond since epoch that is not before it. */
  readonly ms: number
  /** As the API gives it back: in UTC, with as many digits of a fraction as came in. */
  readonly utc: string
}

export const NO_TIME = 'must be an RFC 3339 time, such as 2026-07-11T15:44:45Z'

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/i

/**
 * The one reader of times that come in by the API: RFC 3339 (section 5.6) and nothing near it, of a day that there is.
 * A leap second is read as the second after it, since no clock here counts it. Null: it is no such time, or not one of
 * the years 0000 to 9999 in UTC.
 */
export function readTime(text: string): Time | null {
  const match = RFC3339.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours, offsetMinutes] = match
  const isLeap = second === '60'
  const wallS = utcSeconds(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    isLeap ? 59 : Number(second),
  )
  if (wallS === null) return null
  let instantS = wallS
  if (sign !== undefined) {
    const [hours, minutes] = [Number(offsetHours), Number(offsetMinutes)]
    if (hours > 23 || minutes > 59) return null
    instantS -= (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
  if (isLeap) {
    instantS += 1
    // Leap seconds are the last of a month in UTC.
    const next = new Date(instantS * 1000)
    if (next.getUTCDate() !== 1 || instantS % DAY_S !== 0) return null
  }
  if (instantS < FIRST_S || instantS > LAST_S) return null
  const ms = instantS * 1000 + wholeMs(fraction)
  const isUtc = instantS === wallS && text.endsWith('Z') && text[10] === 'T'
  return { ms, utc: isUtc ? text : `${rfc3339(instantS * 1000).slice(0, 19)}${fraction}Z` }
}

/** A fraction of a second, such as `.5` or nothing, rounded up: as digits, for 0.281 times 1000 is more than 281. */
function wholeMs(fraction: string): number {
  if (fraction === '') return 0
  return Number(fraction.slice(1, 4).padEnd(3, '0')) + (/[1-9]/.test(fraction.slice(4)) ? 1 : 0)
}

const DAY_S = 86_400
const FIRST_S = new Date(0).setUTCFullYear(0, 0, 1) / 1000
const LAST_S = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000

/** The fields of a clock in UTC as seconds since epoch, or null if there is no such day or time. */
export function utcSeconds(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | null {
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return null
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // It takes a year below 100 for one of the 1900s.
  if (year < 100) date.setUTCFullYear(year, month - 1, day)
  return date.getUTCDate() === day ? date.getTime() / 1000 : null
}
