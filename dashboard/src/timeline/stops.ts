/** What in the picture one can point at or stand on. Pure. */
import { endedAs, type CallDelivery, type CallEvent, type CallWait } from './call.ts'
import type { DrawnLane, EventMark, Picture } from './layout.ts'
import type { Lane } from './lanes.ts'
import { xOf } from './scale.ts'

/** What a stop is. */
export type What =
  /** A stretch of time that is folded, or has been opened. */
  | { readonly kind: 'fold'; readonly isOpen: boolean }
  | { readonly kind: 'event' }
  /** An event waits for one before it. */
  | { readonly kind: 'gap' }
  | { readonly kind: 'attempt' }
  | { readonly kind: 'under_way' }
  /** The end, or the waiting, of a delivery that was never attempted. */
  | { readonly kind: 'end' }
  /** @property delivery null: all of the lane that wait so meanwhile */
  | {
      readonly kind: 'wait'
      readonly why: CallWait['why']
      readonly lane: Lane
      readonly delivery: CallDelivery | null
    }

export interface Stop {
  /** The same in every read of the call. */
  readonly id: string
  readonly what: What
  /** From the top down: `FOLD_ROW`, `EVENT_ROW`, then the lanes. */
  readonly row: number
  /** In a lane, from the top down. */
  readonly track: number
  readonly fromMs: number
  readonly untilMs: number
  /** Where it is drawn. */
  readonly x: number
  readonly px: number
  /** Null: it is no event's, or that of several. */
  readonly eventId: string | null
  /** Null: it is no delivery's, or that of several. */
  readonly deliveryId: string | null
  readonly isFailure: boolean
}

export type Stops = readonly (readonly Stop[])[]

export const FOLD_ROW = 0
export const EVENT_ROW = 1
/** The row of the first lane. */
export const LANE_ROW = 2

/** All of them: each row's in the order of time. */
export function stopsOf(picture: Picture): Stop[][] {
  return [
    foldStops(picture),
    picture.events.flatMap(eventStops).sort(inTime),
    ...picture.lanes.map((lane, index) => laneStops(lane, LANE_ROW + index, picture)),
  ]
}

function foldStops({ folds }: Picture): Stop[] {
  return folds.map(({ pill: { x, px }, fromMs, untilMs, isOpen }) => ({
    id: `fold ${fromMs}`,
    what: { kind: 'fold', isOpen },
    row: FOLD_ROW,
    track: 0,
    fromMs,
    untilMs,
    x,
    px,
    eventId: null,
    deliveryId: null,
    isFailure: false,
  }))
}

function eventStops({ event, x, gap }: EventMark): Stop[] {
  const { id, receivedMs: fromMs, late: isFailure } = event
  const common = { row: EVENT_ROW, track: 0, fromMs, x, eventId: id, deliveryId: null }
  const mark: Stop = { ...common, id, what: { kind: 'event' }, untilMs: fromMs, px: 0, isFailure }
  if (gap === null) return [mark]
  const { px, untilMs } = gap
  return [mark, { ...common, id: `${id} gap`, what: { kind: 'gap' }, untilMs, px, isFailure: false }]
}

function laneStops({ lane, tracks, queues }: DrawnLane, row: number, { scale }: Picture): Stop[] {
  const attempted = new Set<string>()
  const pieces = tracks.flatMap((each, track) =>
    each.map((piece): Stop => {
      const { fromMs, untilMs, x, px, delivery, kind } = piece
      const place = {
        row,
        track,
        fromMs,
        untilMs,
        x,
        px,
        eventId: delivery.event_id,
        deliveryId: delivery.id,
      }
      switch (kind) {
        case 'attempt':
          attempted.add(delivery.id)
          return { ...place, id: piece.attempt.id, what: { kind }, isFailure: piece.answer !== 'ok' }
        case 'under_way':
          attempted.add(delivery.id)
          return { ...place, id: `${delivery.id} now`, what: { kind }, isFailure: false }
        case 'backoff':
        case 'asked': {
          const what = { kind: 'wait', why: kind, lane, delivery } as const
          return { ...place, id: `${delivery.id} ${fromMs}`, what, isFailure: false }
        }
      }
    }),
  )
  const waits = queues.map(({ kind: why, fromMs, untilMs, x, px }): Stop => {
    const place = { row, track: 0, fromMs, untilMs, x, px, eventId: null, deliveryId: null, isFailure: false }
    return { ...place, id: `${lane.webhookId} ${fromMs}`, what: { kind: 'wait', why, lane, delivery: null } }
  })
  // What was never attempted has its end, or its waiting, to stand on.
  const rest = lane.deliveries.flatMap((delivery): Stop[] => {
    if (attempted.has(delivery.id)) return []
    const atMs = delivery.completedMs ?? delivery.waits.at(-1)?.fromMs ?? Date.parse(delivery.created_at)
    const place = { row, track: 0, fromMs: atMs, untilMs: atMs, x: xOf(scale, atMs), px: 0 }
    const whose = { eventId: delivery.event_id, deliveryId: delivery.id }
    const isFailure = endedAs(delivery.status) !== null
    return [{ ...place, ...whose, id: delivery.id, what: { kind: 'end' }, isFailure }]
  })
  return [...pieces, ...waits, ...rest].sort(inTime)
}

function inTime(a: Stop, b: Stop): number {
  return a.fromMs - b.fromMs || a.untilMs - b.untilMs
}

/** A delivery that waits, and what for. */
export interface Waiter {
  readonly event: CallEvent
  readonly delivery: CallDelivery
  readonly wait: CallWait
}

/** Who of a lane waits so in a stretch of time, in the order of the lane. */
export function waitersOf(
  { lane, why, delivery: only }: Extract<What, { kind: 'wait' }>,
  { fromMs, untilMs }: Pick<Stop, 'fromMs' | 'untilMs'>,
): Waiter[] {
  return (only === null ? lane.deliveries : [only]).flatMap((delivery) => {
    const event = lane.events.get(delivery.id)
    // What goes on may have begun at this instant.
    const wait = delivery.waits.find(
      (each) =>
        each.why === why &&
        each.fromMs < Math.max(untilMs, fromMs + 1) &&
        (each.untilMs ?? Infinity) > fromMs,
    )
    return event === undefined || wait === undefined ? [] : [{ event, delivery, wait }]
  })
}

/** The delivery that is opened by a stop: that of several which is first in its lane. */
export function deliveryOf({ what, deliveryId, ...stop }: Stop): string | null {
  return what.kind === 'wait' ? (waitersOf(what, stop)[0]?.delivery.id ?? null) : deliveryId
}
