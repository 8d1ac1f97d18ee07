import { strings } from '../strings.ts'

const { units } = strings.call

/** How long something took, to be read at a glance: `12 ms`, `2.1 s`, `4 m 58 s`, `2 h 10 m`, `3 d 4 h`. */
export function lasting(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ${units.ms}`
  // Rounded first, so that 59.96 s is a minute and not 60.0 s.
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} ${units.s}`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return two(seconds, 60, units.m, units.s)
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return two(minutes, 60, units.h, units.m)
  return two(Math.round(minutes / 60), 24, units.d, units.h)
}

function two(count: number, size: number, large: string, small: string): string {
  const rest = count % size
  return `${Math.floor(count / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}
