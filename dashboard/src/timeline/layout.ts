/** A call's timeline as it is drawn: from times to pixels. Pure; the component draws what is here and decides nothing. */
import { isOpen, type Call, type CallEvent, type Ended } from './call.ts'
import { lasting } from './duration.ts'
import { axisOf, foldsOf, type Fold, type Tick } from './axis.ts'
import { labelsOf, textPx, type Label, type Wish } from './labels.ts'
import { lanesOf, type End, type Lane, type Piece, type Queue } from './lanes.ts'
import { mostFolds, scaleOf, xOf, type Scale, type View } from './scale.ts'
import { OCCURRED_WITHIN_MS, spanOf, type FoldedSpan } from './span.ts'

/** A bar is drawn so wide at least, if nothing follows sooner. */
const LEAST_BAR_PX = 4
const MARK_PX = 9
const END_PX = 11

export interface Drawn {
  /** In what is seen: below 0 or above its width is outside. */
  readonly x: number
  readonly px: number
}
export type DrawnPiece = Piece & Drawn
export type DrawnQueue = Queue & Drawn & { /** Null: it does not fit. */ readonly label: string | null }

/** One or more deliveries that ended at about the same place; the worst is shown. */
export interface EndCap extends Drawn {
  readonly status: Ended
  readonly ends: readonly End[]
}

export interface DrawnLane {
  readonly lane: Lane
  readonly tracks: readonly (readonly DrawnPiece[])[]
  readonly queues: readonly DrawnQueue[]
  readonly caps: readonly EndCap[]
  readonly labels: readonly Label[]
}

export interface EventMark extends Drawn {
  readonly event: CallEvent
  /** Of `occurred_at`; null if there is none, or it is too far away. */
  readonly occurredX: number | null
  /** While it waited for an event before it; null if it did not. */
  readonly gap: Drawn | null
}

export interface Picture {
  readonly span: FoldedSpan
  readonly scale: Scale
  readonly events: readonly EventMark[]
  readonly eventLabels: readonly Label[]
  readonly lanes: readonly DrawnLane[]
  readonly ticks: readonly Tick[]
  readonly folds: readonly Fold[]
  /** Null: nothing is open. */
  readonly nowX: number | null
}

/** @param nowMs the time that open waits and attempts reach to */
export function layout(call: Pick<Call, 'events'>, view: View, widthPx: number, nowMs: number): Picture {
  const span = spanOf(call, nowMs, mostFolds(widthPx))
  const scale = scaleOf(span, view, widthPx)
  const events = eventMarks(call.events, scale, nowMs)
  return {
    span,
    scale,
    events,
    eventLabels: labelsOf(
      events.flatMap((mark) => eventWishes(mark, call.events, nowMs)),
      [],
      widthPx,
    ),
    lanes: lanesOf(call, nowMs).map((lane) => drawnLane(lane, scale)),
    ticks: axisOf(scale, span.fromMs),
    folds: foldsOf(scale),
    nowX: isOpen(call) ? xOf(scale, span.untilMs) : null,
  }
}

function drawnLane(lane: Lane, scale: Scale): DrawnLane {
  const tracks = lane.tracks.map((pieces) => inPixels(pieces, scale, LEAST_BAR_PX))
  const caps = capsOf(lane.ends, scale)
  const wishes = tracks.flatMap((pieces) => pieces.flatMap((piece) => pieceWishes(piece)))
  return {
    lane,
    tracks,
    queues: inPixels(lane.queues, scale, 0).map((queue) => ({ ...queue, label: queueLabel(queue) })),
    caps,
    labels: labelsOf(wishes, caps, scale.widthPx),
  }
}

/** Short ones are made wide enough to be seen, up to where the next begins. */
function inPixels<T extends { fromMs: number; untilMs: number }>(
  all: readonly T[],
  scale: Scale,
  leastPx: number,
): (T & Drawn)[] {
  const drawn: (T & Drawn)[] = []
  let nextX = Infinity
  for (const each of all.toReversed()) {
    const x = xOf(scale, each.fromMs)
    const px = Math.max(xOf(scale, each.untilMs) - x, Math.min(leastPx, nextX - x))
    drawn.push({ ...each, x, px })
    nextX = x
  }
  return drawn.reverse()
}

/** Which end is told if several are at one place. */
const WORST: readonly Ended[] = ['failed', 'expired', 'discarded', 'succeeded']

function capsOf(ends: readonly End[], scale: Scale): EndCap[] {
  const caps: (Drawn & { status: Ended; ends: End[] })[] = []
  for (const end of ends) {
    const x = xOf(scale, end.atMs) - END_PX / 2
    const last = caps.at(-1)
    if (last === undefined || last.x + END_PX > x) {
      if (last === undefined) caps.push({ x, px: END_PX, status: end.status, ends: [end] })
      else {
        last.ends.push(end)
        last.status = WORST.find((status) => status === end.status || status === last.status) ?? end.status
      }
    } else caps.push({ x, px: END_PX, status: end.status, ends: [end] })
  }
  return caps
}

/** What goes wrong is labelled first, then what was tried again. */
function pieceWishes(piece: DrawnPiece): Wish[] {
  const { x, px } = piece
  if (piece.kind === 'under_way') return [{ x, px, texts: ['under way'], rank: 0 }]
  if (piece.kind !== 'attempt') {
    // Within its dashes or nowhere.
    return [{ x, px, texts: [lasting(piece.untilMs - piece.fromMs)], rank: 2, isInside: true }]
  }
  const { attempt, answer } = piece
  const code = `${attempt.status_code ?? attempt.error ?? ''}`
  const isOnly = piece.delivery.attempts.length === 1
  const texts = isOnly && answer === 'ok' ? [code] : [`${attempt.number} · ${code}`, code]
  return [{ x, px, texts, rank: answer === 'ok' ? (isOnly ? 3 : 1) : 0 }]
}

function queueLabel({ kind, fromMs, untilMs, count, px }: Queue & Drawn): string | null {
  const time = lasting(untilMs - fromMs)
  const many = count > 1 ? ` ×${count}` : ''
  const texts = {
    held: [`held ${time}${many}`, `held${many}`],
    breaker: [`receiver down ${time}${many}`, `down${many}`],
    rate: [`rate limit ${time}`, time],
    turn: [],
  }[kind]
  return texts.find((text) => textPx(text) + 12 <= px) ?? null
}

function eventMarks(events: readonly CallEvent[], scale: Scale, nowMs: number): EventMark[] {
  const marks = events
    .map((event) => ({
      event,
      fromMs: Date.parse(event.received_at),
      untilMs: Date.parse(event.received_at),
    }))
    .sort((a, b) => a.fromMs - b.fromMs)
  return inPixels(marks, scale, MARK_PX).map(({ event, fromMs, x, px }) => {
    const releasedMs = event.released_at === null ? Math.max(nowMs, fromMs) : Date.parse(event.released_at)
    const occurredMs = event.occurred_at === null ? NaN : Date.parse(event.occurred_at)
    return {
      event,
      x,
      px,
      occurredX: Math.abs(occurredMs - fromMs) <= OCCURRED_WITHIN_MS ? xOf(scale, occurredMs) : null,
      gap: releasedMs > fromMs ? { x, px: xOf(scale, releasedMs) - x } : null,
    }
  })
}

function eventWishes({ event, x, px, gap }: EventMark, all: readonly CallEvent[], nowMs: number): Wish[] {
  const place = `#${event.position}`
  const trigger = event.trigger.replaceAll('_', ' ')
  if (event.late) return [{ x, px, texts: [`${place} late · ${trigger}`, `${place} late`], rank: 0 }]
  if (gap !== null) return [{ x, px, texts: [`${place} ${waitedText(event, all, nowMs)}`, place], rank: 1 }]
  return [{ x, px, texts: [`${place} ${trigger}`, place], rank: 2 }]
}

/** `waited 1.8 s for #2`. */
export function waitedText(event: CallEvent, all: readonly CallEvent[], nowMs: number): string {
  const fromMs = Date.parse(event.received_at)
  const missing = missingBefore(event, all)
  const what = missing === null ? 'an event before it' : `#${missing}`
  return event.released_at === null
    ? `has waited ${lasting(nowMs - fromMs)} for ${what}`
    : `waited ${lasting(Date.parse(event.released_at) - fromMs)} for ${what}`
}

/** The place that had not come when the event did; null if that is not one place, or not known. */
function missingBefore(event: CallEvent, all: readonly CallEvent[]): number | null {
  const fromMs = Date.parse(event.received_at)
  const here = new Set(
    all.flatMap((each) =>
      Date.parse(each.received_at) <= fromMs && each.id !== event.id ? each.position : [],
    ),
  )
  for (let place = event.position - 1; place >= 1; place--) {
    if (!here.has(place)) return place
  }
  return null
}
