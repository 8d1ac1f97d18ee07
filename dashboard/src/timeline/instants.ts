/** Times on a card, to the millisecond, with their zone. Pure. */
import { formatIn, timeZoneOf, type Zone } from '../ui/zone.ts'

export interface Instants {
  /** `28 Nov 2026, 11:57:41.123 IST`. @param ms since epoch */
  readonly at: (ms: number) => string
  /** `28 Nov 2026, 11:57:41.123 IST – 11:57:43.500 IST`: what both have in common is said once. Both in ms since epoch. */
  readonly range: (fromMs: number, untilMs: number) => string
}

/** Milliseconds are left out if there are none: an `occurred_at` is to the second more often than not. */
export function instantsIn(zone: Zone): Instants {
  // A call is of no webhook.
  const timeZone = timeZoneOf(zone, undefined)
  const toSecond = formatIn(timeZone)
  const toMs = formatIn(timeZone, { fractionalSecondDigits: 3 })
  const formatOf = (...times: number[]): Intl.DateTimeFormat =>
    times.every((ms) => ms % 1000 === 0) ? toSecond : toMs
  return {
    at: (ms) => formatOf(ms).format(ms),
    range: (fromMs, untilMs) => formatOf(fromMs, untilMs).formatRange(fromMs, untilMs),
  }
}
