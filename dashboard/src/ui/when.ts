/** Times of filters, as `<input type="datetime-local">` has them in one time zone and the API in UTC. Pure. */

const HOUR_MS = 3_600_000

/** What is often asked for, as hours back from now. */
export const SPANS = { hour: 1, day: 24, week: 168 } as const
export type Span = keyof typeof SPANS

/** @returns when such a span of time began, in RFC 3339, to the minute */
export function beginOf(span: Span, nowMs: number): string {
  const begin = nowMs - SPANS[span] * HOUR_MS
  return new Date(begin - (begin % 60_000)).toISOString()
}

/** A time of the URL, if it is one. */
export function timeOf(value: unknown): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : undefined
}

/** `2026-11-28T11:57` of a time; empty for none. @param isUtc else it is the browser's zone */
export function localOf(time: string | undefined, isUtc: boolean): string {
  if (time === undefined) return ''
  const ms = Date.parse(time)
  const shift = isUtc ? 0 : new Date(ms).getTimezoneOffset() * 60_000
  return new Date(ms - shift).toISOString().slice(0, 16)
}

/** The time that such a text is, in UTC; undefined for what is none. */
export function timeOfLocal(local: string, isUtc: boolean): string | undefined {
  const ms = Date.parse(isUtc ? `${local}Z` : local)
  return local === '' || Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
