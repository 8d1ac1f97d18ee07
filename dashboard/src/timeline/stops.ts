/** What in the picture one can point at or stand on. Pure. */
import { endedAs, underWaySince, type CallDelivery, type CallEvent, type CallWait } from './call.ts'
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
  /** Null: it is in no lane. */
  readonly webhookId: string | null
  /** Null: it is no event's, or that of several. */
  readonly eventId: string | null
  /** Null: it is no delivery's, or that of several. */
  readonly deliveryId: string | null
  readonly isFailure: boolean
}

export const FOLD_ROW = 0
export const EVENT_ROW = 1
/** The row of the first lane. */
export const LANE_ROW = 2

/**
 * All of them. A row is made once it is asked for: a large call has tens of thousands of stops, and a picture is made for
 * each step of a drag.
 */
export interface Stops {
  readonly rows: number
  /** In the order of time. */
  readonly row: (index: number) => readonly Stop[]
}

export function stopsOf(picture: Picture): Stops {
  const made: (readonly Stop[])[] = []
  return {
    rows: LANE_ROW + picture.lanes.length,
    row: (index) => (made[index] ??= madeRow(picture, index)),
  }
}

/** Those of every row. */
export function allStops({ rows, row }: Stops): Stop[] {
  return Array.from({ length: rows }, (_, index) => row(index)).flat()
}

function madeRow(picture: Picture, row: number): Stop[] {
  if (row === FOLD_ROW) return foldStops(picture)
  if (row === EVENT_ROW) return picture.events.flatMap(eventStops).sort(inTime)
  const lane = picture.lanes[row - LANE_ROW]
  if (lane === undefined) return []
  return [...barStops(lane, row, picture, () => true), ...waitStops(lane, row)].sort(inTime)
}

/** Where a stop is found again in another picture of the call. */
export type Place = Pick<Stop, 'id' | 'webhookId' | 'row'>

/** @returns null if what it was is gone */
export function stopAt({ id, webhookId, row }: Place, { lanes }: Picture, stops: Stops): Stop | null {
  // Lanes may have come before its own.
  const lane = lanes.findIndex((each) => each.lane.webhookId === webhookId)
  return stops.row(webhookId === null ? row : LANE_ROW + lane).find((stop) => stop.id === id) ?? null
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
    webhookId: null,
    eventId: null,
    deliveryId: null,
    isFailure: false,
  }))
}

function eventStops(mark: EventMark): Stop[] {
  const { event, gap } = mark
  const stop = markStop(mark)
  if (gap === null) return [stop]
  const { px, untilMs } = gap
  return [stop, { ...stop, id: `${event.id} gap`, what: { kind: 'gap' }, untilMs, px, isFailure: false }]
}

export function markStop({ event: { id, receivedMs, late }, x }: EventMark): Stop {
  const place = { row: EVENT_ROW, track: 0, fromMs: receivedMs, untilMs: receivedMs, x, px: 0 }
  const whose = { webhookId: null, eventId: id, deliveryId: null }
  return { ...place, ...whose, id, what: { kind: 'event' }, isFailure: late }
}

/** Of some deliveries of a lane what was sent; and of those that were never attempted their end, or their waiting. */
export function barStops(
  { lane, tracks }: DrawnLane,
  row: number,
  { scale }: Picture,
  isMeant: (delivery: CallDelivery) => boolean,
): Stop[] {
  const stops: Stop[] = []
  const add = (piece: Pick<Stop, 'id' | 'what' | 'isFailure' | 'track'> & Where): void => {
    const { fromMs, untilMs, x, px, id, what, isFailure, track, delivery } = piece
    const { webhook_id: webhookId, event_id: eventId, id: deliveryId } = delivery
    stops.push({ id, what, row, track, fromMs, untilMs, x, px, webhookId, eventId, deliveryId, isFailure })
  }
  tracks.forEach((pieces, track) => {
    for (const piece of pieces) {
      const { kind, delivery } = piece
      if (kind === 'backoff' || kind === 'asked' || !isMeant(delivery)) continue
      const id = kind === 'attempt' ? piece.attempt.id : `${delivery.id} now`
      const isFailure = kind === 'attempt' && piece.answer !== 'ok'
      add({ ...piece, id, what: { kind }, isFailure, track })
    }
  })
  for (const delivery of lane.deliveries) {
    if (!isMeant(delivery) || delivery.attempts.length > 0 || underWaySince(delivery) !== null) continue
    const atMs = delivery.completedMs ?? delivery.waits.at(-1)?.fromMs ?? Date.parse(delivery.created_at)
    const where = { fromMs: atMs, untilMs: atMs, x: xOf(scale, atMs), px: 0, delivery, track: 0 }
    add({ ...where, id: delivery.id, what: { kind: 'end' }, isFailure: endedAs(delivery.status) !== null })
  }
  return stops
}

type Where = Pick<Stop, 'fromMs' | 'untilMs' | 'x' | 'px'> & { readonly delivery: CallDelivery }

function waitStops({ lane, tracks, queues }: DrawnLane, row: number): Stop[] {
  const { webhookId } = lane
  const between = tracks.flatMap((pieces, track) =>
    pieces.flatMap((piece): Stop[] => {
      const { kind: why, delivery, fromMs, untilMs, x, px } = piece
      if (why !== 'backoff' && why !== 'asked') return []
      const whose = { webhookId, eventId: delivery.event_id, deliveryId: delivery.id }
      const what = { kind: 'wait', why, lane, delivery } as const
      const id = `${delivery.id} ${fromMs}`
      return [{ id, what, row, track, fromMs, untilMs, x, px, ...whose, isFailure: false }]
    }),
  )
  const others = queues.map(({ kind: why, fromMs, untilMs, x, px }): Stop => {
    const whose = { webhookId, eventId: null, deliveryId: null }
    const what = { kind: 'wait', why, lane, delivery: null } as const
    const id = `${webhookId} ${fromMs}`
    return { id, what, row, track: 0, fromMs, untilMs, x, px, ...whose, isFailure: false }
  })
  return [...between, ...others]
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
