import { strings } from '../strings.ts'

const { units } = strings
const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A length of time in its two largest units: `340 ms`, `2.1 s`, `45 s`, `4 m 58 s`, `3 h 2 m`, `2 d 5 h`. */
export function durationText(ms: number): string {
  const rounded = Math.round(Math.max(0, ms))
  if (rounded < SECOND_MS) return `${rounded} ${units.ms}`
  if (rounded < 9_950) return `${(rounded / SECOND_MS).toFixed(1)} ${units.s}`
  const seconds = Math.round(rounded / SECOND_MS)
  if (seconds < 60) return `${seconds} ${units.s}`
  const wholeMs = seconds * SECOND_MS
  if (wholeMs < HOUR_MS) return two(wholeMs, MINUTE_MS, units.m, SECOND_MS, units.s)
  if (wholeMs < DAY_MS) return two(wholeMs, HOUR_MS, units.h, MINUTE_MS, units.m)
  return two(wholeMs, DAY_MS, units.d, HOUR_MS, units.h)
}

function two(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs)
  const first = `${Math.floor(ms / largeMs)} ${large}`
  return rest === 0 ? first : `${first} ${rest} ${small}`
}
