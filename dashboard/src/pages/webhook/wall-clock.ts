/** Times as a clock on the wall of a time zone shows them, for `<input type="datetime-local">`. */

/** As `2026-11-28T11:57`; empty if it is no time. */
export function wallOf(at: string, timeZone: string): string {
  const ms = Date.parse(at)
  return Number.isNaN(ms) ? '' : wallText(ms, timeZone)
}

/**
 * The instant of a time on the wall, as the API has it; undefined if it is no time. Of an hour that is skipped or comes
 * twice as clocks change, an instant beside it or one of the two.
 */
export function instantOf(wall: string, timeZone: string): string | undefined {
  const asUtcMs = Date.parse(`${wall}Z`)
  if (Number.isNaN(asUtcMs)) return undefined
  // The offset at a guess is that at the instant, but for clocks that change between the two.
  const guessMs = asUtcMs - offsetMs(asUtcMs, timeZone)
  return new Date(asUtcMs - offsetMs(guessMs, timeZone)).toISOString()
}

/** How far the wall is ahead of UTC, to the minute. */
function offsetMs(ms: number, timeZone: string): number {
  const minuteMs = ms - (ms % 60_000)
  return Date.parse(`${wallText(minuteMs, timeZone)}Z`) - minuteMs
}

function wallText(ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(ms)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`
}
