import { isRawNumber, type Json } from '../lib/json.ts'
import { utcSeconds } from '../lib/time.ts'

export type DateTimeFormat = 'default' | 'epoch' | 'iso8601'

const ZONE = String.raw`Z|(?:UTC|GMT)?[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?|UTC|GMT`
const CLOCK = String.raw`(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:\s*([AP])\.?M\.?)?`
const YEAR_FIRST = new RegExp(
  String.raw`^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:T|,?\s+)${CLOCK}(?:\s*(${ZONE}))?$`,
  'i',
)
/** As live lines of dialer queues write it: `7/11/2026, 9:11:53 PM`. Always of twelve hours. */
const MONTH_FIRST = new RegExp(String.raw`^(\d{1,2})\/(\d{1,2})\/(\d{4}),?\s+${CLOCK}(?:\s*(${ZONE}))?$`, 'i')
/** RFC 2822 (section 3.3), as mail and Twilio write it: `Mon, 09 Aug 2021 12:28:44 +0000`. */
const MAIL = new RegExp(
  String.raw`^(?:([a-z]{3}),?\s+)?(\d{1,2})\s+([a-z]{3})\s+(\d{4})\s+${CLOCK}(?:\s*(${ZONE}|UT|[ECMP][SD]T))?(?:\s*\([^()]*\))?$`,
  'i',
)
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** Offsets (h) of the zones that RFC 2822 (section 4.3) names in letters. Elsewhere such letters may mean several. */
const MAIL_ZONES: ReadonlyMap<string, number> = new Map([
  ['UT', 0],
  ['EST', -5],
  ['EDT', -4],
  ['CST', -6],
  ['CDT', -5],
  ['MST', -7],
  ['MDT', -6],
  ['PST', -8],
  ['PDT', -7],
])
/**
 * Since epoch: in seconds, or in milliseconds, microseconds or nanoseconds, which of the years 2001 to 2286 have 13, 16
 * and 19 digits. What has another number of digits could be anything, such as `202108091758`.
 */
const SECONDS_DIGITS = 10
const EPOCH = /^([1-9]\d{8}|[1-9]\d{9}(?:\d{3}){0,3})(?:\.\d+)?$/

/** The IANA name of a zone as a webhook names it. */
export function ianaZone(zone: string): string {
  return zone === 'IST' ? 'Asia/Kolkata' : zone
}

/**
 * The instant (whole seconds since epoch) of a stamp of the core, or null if it is not one, or could be more than one. A
 * stamp without an offset is read in `sourceZone`. A date without a time is no instant: in another zone it might be
 * another day.
 */
export function parseStamp(value: Json, sourceZone: string): number | null {
  if (typeof value !== 'string' && typeof value !== 'number' && !isRawNumber(value)) return null
  const text = (isRawNumber(value) ? value.rawJSON : String(value)).trim()
  const wall = readYearFirst(text) ?? readMonthFirst(text) ?? readMail(text)
  if (wall !== null) {
    return wall.zone === undefined ? instantOf(wall.wallS, sourceZone) : wall.wallS - offsetSeconds(wall.zone)
  }
  const epoch = EPOCH.exec(text)
  return epoch?.[1] === undefined ? null : Number(epoch[1].slice(0, SECONDS_DIGITS))
}

/** What a clock showed (as if it were UTC), and in which zone if that was said. */
interface Wall {
  readonly wallS: number
  readonly zone: string | undefined
}

function readYearFirst(text: string): Wall | null {
  const match = YEAR_FIRST.exec(text)
  if (match === null) return null
  const [, year, , month, day, hour, minute, second, half, zone] = match
  return wallOf([year, month, day], [hour, minute, second, half], zone)
}

/**
 * That of the USA. A date with the day first looks the same for the first twelve days of a month, so those are never
 * read. Other countries write am and pm small (`11/7/2026, 9:11:53 pm` in India): then it is one of the USA only if it
 * can be nothing else.
 */
function readMonthFirst(text: string): Wall | null {
  const match = MONTH_FIRST.exec(text)
  if (match === null) return null
  const [, month, day, year, hour, minute, second, half, zone] = match
  if (half === undefined) return null
  const isSure = Number(day) > 12 || Number(day) === Number(month)
  if (half === half.toLowerCase() && !isSure) return null
  return wallOf([year, month, day], [hour, minute, second, half], zone)
}

function readMail(text: string): Wall | null {
  const match = MAIL.exec(text)
  if (match === null) return null
  const [, weekday, day, monthName = '', year, hour, minute, second, half, zone] = match
  const month = String(MONTHS.indexOf(monthName.toLowerCase()) + 1)
  const wall = wallOf([year, month, day], [hour, minute, second, half], zone)
  if (wall === null || weekday === undefined) return wall
  const isThatDay = WEEKDAYS.indexOf(weekday.toLowerCase()) === new Date(wall.wallS * 1000).getUTCDay()
  return isThatDay ? wall : null
}

/** Null: there is no such day, or no such time. */
function wallOf(
  date: Digits,
  [hour, minute, second = '0', half]: Digits,
  zone: string | undefined,
): Wall | null {
  const [year = 0, month = 0, day = 0] = date.map(Number)
  let hours = Number(hour)
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return null
    hours = (hours % 12) + (half.toUpperCase() === 'P' ? 12 : 0)
  }
  // A year below 100 is one that nobody would write for a call.
  const wallS = year < 100 ? null : utcSeconds(year, month, day, hours, Number(minute), Number(second))
  return wallS === null ? null : { wallS, zone }
}

type Digits = readonly (string | undefined)[]

/**
 * An instant in a webhook's format and zone. Epoch is text as every stamp is: the catalogue documents a string.
 */
export function formatStamp(instantS: number, format: DateTimeFormat, zone: string): string {
  if (format === 'epoch') return String(instantS)
  const offset = zoneOffsetSeconds(instantS, zone)
  const wall = wallText(instantS + offset)
  if (format === 'default') return wall
  return wall.replace(' ', 'T') + (zone === 'UTC' ? 'Z' : offsetText(offset))
}

let lastWall = { wallS: 0, text: '1970-01-01 00:00:00' }

/** The last is remembered: a stamp is mostly told as a whole, as a date and as a time, one after the other. */
function wallText(wallS: number): string {
  if (lastWall.wallS !== wallS) {
    lastWall = { wallS, text: new Date(wallS * 1000).toISOString().slice(0, 19).replace('T', ' ') }
  }
  return lastWall.text
}

export function formatDate(instantS: number, zone: string): string {
  return formatStamp(instantS, 'default', zone).slice(0, 10)
}

export function formatTime(instantS: number, zone: string): string {
  return formatStamp(instantS, 'default', zone).slice(11)
}

/**
 * The instant at which a zone's wall clock shows `wall`. Where the clock shows it twice, the first; where it
 * skips it, the instant that it would have been without the skip.
 */
function instantOf(wall: number, zone: string): number {
  const before = zoneOffsetSeconds(wall - 86_400, zone)
  const after = zoneOffsetSeconds(wall + 86_400, zone)
  for (const offset of [before, after]) {
    if (zoneOffsetSeconds(wall - offset, zone) === offset) return wall - offset
  }
  return wall - before
}

// A formatter costs far more to make than to use.
const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: ianaZone(zone),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    clocks.set(zone, clock)
  }
  return clock
}

const DAY_S = 86_400
/** Zones by days that are remembered; stamps are mostly of today. */
const MOST_DAYS = 1_000
/** The offset (s) of each day on whose start and end it is the same, and NaN of the others. */
const days = new Map<string, Map<number, number>>()

/**
 * Asking a formatter takes longer than all else that is done for an event, so the answer is remembered for the UTC day.
 * No zone has changed its offset and changed it back within a day since 1970.
 */
function zoneOffsetSeconds(instantS: number, zone: string): number {
  if (zone === 'UTC') return 0
  if (instantS < 0) return askedOffsetSeconds(instantS, zone)
  const day = Math.floor(instantS / DAY_S)
  let offsets = days.get(zone)
  if (offsets === undefined || offsets.size >= MOST_DAYS) {
    offsets = new Map()
    days.set(zone, offsets)
  }
  let offset = offsets.get(day)
  if (offset === undefined) {
    const atStart = askedOffsetSeconds(day * DAY_S, zone)
    offset = atStart === askedOffsetSeconds((day + 1) * DAY_S, zone) ? atStart : Number.NaN
    offsets.set(day, offset)
  }
  return Number.isNaN(offset) ? askedOffsetSeconds(instantS, zone) : offset
}

function askedOffsetSeconds(instantS: number, zone: string): number {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(instantS * 1000)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const field = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const wallMs = Date.UTC(
    field('year'),
    field('month') - 1,
    field('day'),
    field('hour'),
    field('minute'),
    field('second'),
  )
  return wallMs / 1000 - instantS
}

function offsetSeconds(zone: string): number {
  const name = zone.toUpperCase()
  const hours = MAIL_ZONES.get(name)
  if (hours !== undefined) return hours * 3600
  const [, sign, hour, minute = '0'] = /([+-])(\d\d):?(\d\d)?$/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hour ?? 0) * 3600 + Number(minute) * 60)
}

function offsetText(seconds: number): string {
  const minutes = Math.abs(Math.round(seconds / 60))
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
