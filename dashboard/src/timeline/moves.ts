/** The picture by keyboard: one tab stop, and within it a place that keys move. Pure. */
import type { Span } from './span.ts'
import { allStops, deliveryOf, EVENT_ROW, type Stop, type Stops } from './stops.ts'

export type Move =
  | { readonly kind: 'stand'; readonly stop: Stop }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'whole' }
  | { readonly kind: 'open'; readonly deliveryId: string }
  /** @property isOpen what becomes of it */
  | { readonly kind: 'fold'; readonly fold: Span; readonly isOpen: boolean }

export const ZOOM_STEP = 1.6

/** @returns null if the key is none of the picture's, or leads nowhere: the page keeps it then */
export function moveOf(key: string, at: Stop | null, stops: Stops): Move | null {
  switch (key) {
    case '+':
    case '=':
      return { kind: 'zoom', factor: ZOOM_STEP }
    case '-':
    case '−':
      return { kind: 'zoom', factor: 1 / ZOOM_STEP }
    case '0':
      return { kind: 'whole' }
    case 'Enter':
      return at === null ? null : entered(at)
    default: {
      const stop = at === null ? firstFor(key, stops) : next(key, at, stops)
      return stop === undefined ? null : { kind: 'stand', stop }
    }
  }
}

/** What Enter does on a stop, or a click. */
export function entered(stop: Stop): Move | null {
  const { what, fromMs, untilMs } = stop
  if (what.kind === 'fold') return { kind: 'fold', fold: { fromMs, untilMs }, isOpen: !what.isOpen }
  const deliveryId = deliveryOf(stop)
  return deliveryId === null ? null : { kind: 'open', deliveryId }
}

function firstFor(key: string, stops: Stops): Stop | undefined {
  if (key === '.') return failures(stops)[0]
  return key.startsWith('Arrow') || key === 'Home' || key === 'End' ? stops.row(EVENT_ROW)[0] : undefined
}

function next(key: string, at: Stop, stops: Stops): Stop | undefined {
  const row = stops.row(at.row)
  const index = row.findIndex(({ id }) => id === at.id)
  switch (key) {
    case 'ArrowRight':
      return row[index + 1]
    case 'ArrowLeft':
      return row[index - 1]
    case 'Home':
      return row[0]
    case 'End':
      return row.at(-1)
    case 'ArrowDown':
      return nearest(at, stops, 1)
    case 'ArrowUp':
      return nearest(at, stops, -1)
    case '.': {
      const all = failures(stops)
      return all.find((stop) => inTime(stop, at) > 0) ?? all[0]
    }
    default:
      return undefined
  }
}

/** The one that is nearest in time, in the next row that has any; a wait only if there is nothing else. */
function nearest(at: Stop, stops: Stops, step: 1 | -1): Stop | undefined {
  let index = at.row + step
  while (index >= 0 && index < stops.rows && stops.row(index).length === 0) index += step
  const row = index < 0 || index >= stops.rows ? [] : stops.row(index)
  const bars = row.filter(({ what }) => what.kind !== 'wait' && what.kind !== 'gap')
  const away = (stop: Stop): number => Math.abs(stop.fromMs - at.fromMs)
  return (bars.length > 0 ? bars : row).reduce<Stop | undefined>(
    (best, stop) => (best === undefined || away(stop) < away(best) ? stop : best),
    undefined,
  )
}

function failures(stops: Stops): Stop[] {
  return allStops(stops)
    .filter(({ isFailure }) => isFailure)
    .sort(inTime)
}

/** In time, then from the top down; never 0 for two. */
function inTime(a: Stop, b: Stop): number {
  return a.fromMs - b.fromMs || a.row - b.row || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
