/** Between a time of the API and what an `<input type="datetime-local">` holds: pure. */

const MINUTE_MS = 60_000

/** @returns empty if there is none, or one that nobody can read */
export function inputText(at: string | undefined, isUtc: boolean): string {
  const ms = at === undefined ? NaN : Date.parse(at)
  if (Number.isNaN(ms)) return ''
  const offsetMs = isUtc ? 0 : new Date(ms).getTimezoneOffset() * MINUTE_MS
  return new Date(ms - offsetMs).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length)
}

/** @returns RFC 3339 in UTC; undefined if the text is no time */
export function instantOf(text: string, isUtc: boolean): string | undefined {
  const ms = Date.parse(isUtc ? `${text}Z` : text)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
