import { isRawNumber, type Json } from '../lib/json.ts'

export type DateTimeFormat = 'default' | 'epoch' | 'iso8601'

const STAMP =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/i
/** As live lines of dialer queues write it: `7/11/2026, 9:11:53 PM`. */
const US_STAMP = /^(\d{1,2})\/(\d{1,2})\/(\d{4}),?\s+(\d{1,2}):(\d\d):(\d\d)\s*([AP])M$/i
const EPOCH = /^(\d{9,11})(?:\.\d+)?$/

/** The IANA name of a zone as a webhook names it. */
export function ianaZone(zone: string): string {
  return zone === 'IST' ? 'Asia/Kolkata' : zone
}

/**
 * The instant (whole seconds since epoch) of a stamp of the core, or null where it is not one. A stamp without an
 * offset is read in `sourceZone`. A date without a time is no instant: in another zone it might be another day.
 */
export function parseStamp(value: Json, sourceZone: string): number | null {
  if (typeof value !== 'string' && typeof value !== 'number' && !isRawNumber(value)) return null
  const text = (isRawNumber(value) ? value.rawJSON : String(value)).trim()
  const epoch = EPOCH.exec(text)
  if (epoch !== null) return Number(epoch[1])
  const stamp = STAMP.exec(text)
  if (stamp !== null) {
    const [, year, month, day, hour, minute, second = '0', offset] = stamp
    const wall = wallSeconds([year, month, day, hour, minute, second].map(Number))
    if (wall === null) return null
    return offset === undefined ? instantOf(wall, sourceZone) : wall - offsetSeconds(offset)
  }
  const us = US_STAMP.exec(text)
  if (us === null) return null
  const [, month, day, year, hour, minute, second, half] = us
  const wall = wallSeconds([year, month, day, hour, minute, second].map(Number))
  const twelve = Number(hour)
  if (wall === null || twelve < 1 || twelve > 12) return null
  const shift = (twelve === 12 ? -12 : 0) + (half?.toUpperCase() === 'P' ? 12 : 0)
  return instantOf(wall + shift * 3600, sourceZone)
}

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

/** The fields of a wall clock as if they were UTC (s), or null where there is no such day or time. */
function wallSeconds([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: number[]):
  number | null {
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const isReal =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  return isReal ? date.getTime() / 1000 : null
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

function offsetSeconds(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0
  const sign = offset.startsWith('-') ? -1 : 1
  return sign * (Number(offset.slice(1, 3)) * 3600 + Number(offset.slice(-2)) * 60)
}

function offsetText(seconds: number): string {
  const minutes = Math.abs(Math.round(seconds / 60))
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
