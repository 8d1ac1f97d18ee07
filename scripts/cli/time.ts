/** Times as people give them and read them. Pure. */
import { readTime } from '../../src/lib/time.ts'

const AGO = /^(\d{1,6})(s|m|h|d)$/
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const NO_TIME_GIVEN = 'give 30s, 15m, 1h or 7d for so long ago, or a time such as 2026-07-11T15:44:45Z'

/** A time as the API takes it, from `1h` (so long before `nowMs`) or an RFC 3339 time. Null: it is neither. */
export function timeGiven(text: string, nowMs: number): string | null {
  const ago = AGO.exec(text)
  if (ago === null) return readTime(text)?.utc ?? null
  const ms = nowMs - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? 0)
  const time = new Date(ms).toISOString()
  return readTime(time) === null ? null : time
}

/** `2026-07-11`, in UTC, of a time of the API. */
export function dayOf(time: string): string {
  return time.slice(0, 10)
}

/** `15:42:56.120`, in UTC, of a time of the API. */
export function clockOf(time: string): string {
  return new Date(time).toISOString().slice(11, 23)
}

/** `07-11 15:42:56`, in UTC, of a time of the API. */
export function shortTime(time: string): string {
  return new Date(time).toISOString().slice(5, 19).replace('T', ' ')
}

/** How long something took, to be read at a glance: `12 ms`, `2.0 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function lasting(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  // Rounded first, so that 59.96 s is a minute and not 60.0 s.
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return two(seconds, 60, 'min', 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return two(minutes, 60, 'h', 'min')
  return two(Math.round(minutes / 60), 24, 'd', 'h')
}

function two(count: number, size: number, large: string, small: string): string {
  const rest = count % size
  return `${Math.floor(count / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** From one time of the API to another, in ms. */
export function between(from: string, until: string): number {
  return Date.parse(until) - Date.parse(from)
}
