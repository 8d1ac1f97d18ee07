/** The picture by keyboard: one tab stop, and within it a place that keys move. Pure. */
import { endedAs } from './call.ts'
import type { Picture } from './layout.ts'

/** Something in the picture that one can stand on. */
export interface Stop {
  readonly id: string
  /** 0 is the row of events; then the lanes. */
  readonly lane: number
  readonly fromMs: number
  readonly untilMs: number
  /** Null: it is an event. */
  readonly deliveryId: string | null
  readonly eventId: string
  readonly isFailure: boolean
}

export type Move =
  | { readonly kind: 'stand'; readonly stop: Stop }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'whole' }
  | { readonly kind: 'open'; readonly deliveryId: string }

export const ZOOM_STEP = 1.6

/** All of them: each lane's in the order of time. */
export function stopsOf({ events, lanes }: Pick<Picture, 'events' | 'lanes'>): Stop[][] {
  const first = events.map(({ event }): Stop => {
    const fromMs = event.receivedMs
    const facts = { deliveryId: null, eventId: event.id, isFailure: event.late }
    return { id: event.id, lane: 0, fromMs, untilMs: fromMs, ...facts }
  })
  const others = lanes.map(({ lane, tracks }, index) => {
    const stops = tracks.flat().flatMap((piece): Stop[] => {
      if (piece.kind === 'backoff' || piece.kind === 'asked') return []
      const { fromMs, untilMs, delivery } = piece
      const id = piece.kind === 'attempt' ? piece.attempt.id : `${delivery.id} now`
      const isFailure = piece.kind === 'attempt' && piece.answer !== 'ok'
      return [stopAt(id, index, fromMs, untilMs, delivery, isFailure)]
    })
    const attempted = new Set(stops.map(({ deliveryId }) => deliveryId))
    // What was never attempted has its end, or its waiting, to stand on.
    const rest = lane.deliveries.flatMap((delivery): Stop[] => {
      if (attempted.has(delivery.id)) return []
      const atMs = delivery.completedMs ?? delivery.waits.at(-1)?.fromMs ?? Date.parse(delivery.created_at)
      return [stopAt(delivery.id, index, atMs, atMs, delivery, endedAs(delivery.status) !== null)]
    })
    return [...stops, ...rest].sort((a, b) => a.fromMs - b.fromMs)
  })
  return [first, ...others]
}

function stopAt(
  id: string,
  index: number,
  fromMs: number,
  untilMs: number,
  delivery: { id: string; event_id: string },
  isFailure: boolean,
): Stop {
  return {
    id,
    lane: index + 1,
    fromMs,
    untilMs,
    deliveryId: delivery.id,
    eventId: delivery.event_id,
    isFailure,
  }
}

/** @returns null if the key is none of the picture's, or leads nowhere: the page keeps it then */
export function moveOf(key: string, at: Stop | null, stops: readonly (readonly Stop[])[]): Move | null {
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
      return at === null || at.deliveryId === null ? null : { kind: 'open', deliveryId: at.deliveryId }
    default: {
      const stop = at === null ? firstFor(key, stops) : next(key, at, stops)
      return stop === undefined ? null : { kind: 'stand', stop }
    }
  }
}

function firstFor(key: string, stops: readonly (readonly Stop[])[]): Stop | undefined {
  if (key === '.') return failures(stops)[0]
  return key.startsWith('Arrow') || key === 'Home' || key === 'End' ? stops.flat()[0] : undefined
}

function next(key: string, at: Stop, stops: readonly (readonly Stop[])[]): Stop | undefined {
  const lane = stops[at.lane] ?? []
  const index = lane.findIndex(({ id }) => id === at.id)
  switch (key) {
    case 'ArrowRight':
      return lane[index + 1]
    case 'ArrowLeft':
      return lane[index - 1]
    case 'Home':
      return lane[0]
    case 'End':
      return lane.at(-1)
    case 'ArrowDown':
      return nearest(at, stops.slice(at.lane + 1))
    case 'ArrowUp':
      return nearest(at, stops.slice(0, at.lane).toReversed())
    case '.': {
      const all = failures(stops)
      return all.find((stop) => inTime(stop, at) > 0) ?? all[0]
    }
    default:
      return undefined
  }
}

/** The one that is nearest in time, in the first lane that has any. */
function nearest(at: Stop, lanes: readonly (readonly Stop[])[]): Stop | undefined {
  const lane = lanes.find((each) => each.length > 0) ?? []
  const away = (stop: Stop): number => Math.abs(stop.fromMs - at.fromMs)
  return lane.reduce<Stop | undefined>(
    (best, stop) => (best === undefined || away(stop) < away(best) ? stop : best),
    undefined,
  )
}

function failures(stops: readonly (readonly Stop[])[]): Stop[] {
  return stops
    .flat()
    .filter(({ isFailure }) => isFailure)
    .sort(inTime)
}

/** In time, then from the top down; never 0 for two. */
function inTime(a: Stop, b: Stop): number {
  return a.fromMs - b.fromMs || a.lane - b.lane || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
