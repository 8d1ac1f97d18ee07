/** A call's timeline as it is drawn: from times to pixels. Pure; the component draws what is here and decides nothing. */
import { strings } from '../strings.ts'
import { isOpen, type Call, type CallEvent, type Ended } from './call.ts'
import { durationText } from '../ui/duration.ts'
import { waitedText } from './gap.ts'
import { axisOf, foldsOf, type Fold, type Tick } from './axis.ts'
import { labelsOf, textPx, type Label, type Wish } from './labels.ts'
import { lanesOf, type End, type Lane, type Piece, type Queue } from './lanes.ts'
import { mostFolds, scaleOf, xOf, type Scale, type View } from './scale.ts'
import { OCCURRED_WITHIN_MS, spanOf, timesOf, type FoldedSpan, type Span, type Times } from './span.ts'

const words = strings.call
/** A bar is drawn so wide at least, if nothing follows sooner. */
const LEAST_BAR_PX = 4
const MARK_PX = 9
const END_PX = 11
/** Events that are nearer to one another have one label. */
const TOGETHER_PX = 5

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
  /** Above its bars. */
  readonly labels: readonly Label[]
  /** How long a wait between attempts is, within it; by track. */
  readonly waitLabels: readonly (readonly Label[])[]
}

export interface EventMark extends Drawn {
  readonly event: CallEvent
  /** Of `occurred_at`; null if there is none, or it is too far away. */
  readonly occurredX: number | null
  /** While it waited for an event before it; null if it did not. */
  readonly gap: (Drawn & { readonly untilMs: number }) | null
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

/** What of a picture does not depend on where one looks: of a large call it takes the most time. */
export interface Subject {
  readonly events: Call['events']
  readonly nowMs: number
  readonly times: Times
  readonly lanes: readonly Lane[]
}

/** @param nowMs the time that open waits and attempts reach to */
export function subjectOf({ events }: Pick<Call, 'events'>, nowMs: number): Subject {
  return { events, nowMs, times: timesOf({ events }, nowMs), lanes: lanesOf({ events }, nowMs) }
}

/**
 * @param span with the folds that are shown
 * @param opened what would be a fold, and has been opened
 */
export function layout(
  subject: Subject,
  view: View,
  widthPx: number,
  span: FoldedSpan = spanOf(subject.times, mostFolds(widthPx)),
  opened: readonly Span[] = [],
): Picture {
  const { nowMs } = subject
  const scale = scaleOf(span, view, widthPx)
  const events = eventMarks(subject.events, scale, nowMs)
  const nowX = isOpen(subject) ? xOf(scale, span.untilMs) : null
  const folds = foldsOf(scale, opened)
  return {
    span,
    scale,
    events,
    eventLabels: eventLabels(events, subject.events, scale, nowMs),
    lanes: subject.lanes.map((lane) => drawnLane(lane, scale)),
    ticks: axisOf(scale, span.fromMs, nowX, folds),
    folds,
    nowX,
  }
}

function drawnLane(lane: Lane, scale: Scale): DrawnLane {
  const tracks = lane.tracks.map((pieces) => trackInPixels(pieces, scale))
  const caps = capsOf(lane.ends, scale)
  const bars = tracks.flatMap((pieces) => pieces.flatMap(barWishes))
  return {
    lane,
    tracks,
    queues: inPixels(lane.queues, scale, 0).map((queue) => ({ ...queue, label: queueLabel(queue) })),
    caps,
    labels: labelsOf(bars, caps, scale.widthPx),
    waitLabels: tracks.map((pieces) => labelsOf(pieces.flatMap(waitWishes), [], scale.widthPx)),
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

/** A short attempt takes what it needs to be seen from the wait behind it, and never from the next attempt. */
function trackInPixels(pieces: readonly Piece[], scale: Scale): DrawnPiece[] {
  const bars = inPixels(
    pieces.filter((piece) => piece.kind !== 'backoff' && piece.kind !== 'asked'),
    scale,
    LEAST_BAR_PX,
  )
  const waits = inPixels(
    pieces.filter((piece) => piece.kind === 'backoff' || piece.kind === 'asked'),
    scale,
    0,
  )
  let untilX = -Infinity
  return [...bars, ...waits]
    .sort((a, b) => a.x - b.x || a.fromMs - b.fromMs || a.untilMs - b.untilMs)
    .map((piece) => {
      if (piece.kind !== 'backoff' && piece.kind !== 'asked') {
        untilX = piece.x + piece.px
        return piece
      }
      const x = Math.max(piece.x, untilX)
      return { ...piece, x, px: Math.max(0, piece.x + piece.px - x) }
    })
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

function waitWishes({ kind, x, px, fromMs, untilMs }: DrawnPiece): Wish[] {
  if (kind === 'attempt' || kind === 'under_way') return []
  return [{ x, px, texts: [durationText(untilMs - fromMs)], rank: 0, isInside: true }]
}

/** What goes wrong is labelled first, then what was tried again. */
function barWishes(piece: DrawnPiece): Wish[] {
  const { x, px } = piece
  if (piece.kind === 'under_way') {
    return [{ x, px, texts: [words.labels.underWay], rank: 0, of: `${piece.delivery.id} now` }]
  }
  if (piece.kind !== 'attempt') return []
  const { attempt, answer } = piece
  const code = `${attempt.status_code ?? attempt.error ?? ''}`
  const isOnly = piece.delivery.attempts.length === 1
  const texts = isOnly && answer === 'ok' ? [code] : [`${attempt.number} · ${code}`, code]
  return [{ x, px, texts, rank: answer === 'ok' ? (isOnly ? 3 : 1) : 0, of: attempt.id }]
}

function queueLabel({ kind, fromMs, untilMs, count, px }: Queue & Drawn): string | null {
  const time = durationText(untilMs - fromMs)
  const many = count > 1 ? ` ×${count}` : ''
  const texts = {
    held: [`${words.labels.held} ${time}${many}`, `${words.labels.held}${many}`],
    breaker: [`${words.labels.down} ${time}${many}`, `${words.labels.downShort}${many}`],
    rate: [words.labels.rate(time), time],
    turn: [],
  }[kind]
  return texts.find((text) => textPx(text) + 12 <= px) ?? null
}

function eventMarks(events: readonly CallEvent[], scale: Scale, nowMs: number): EventMark[] {
  const marks = events
    .map((event) => ({ event, fromMs: event.receivedMs, untilMs: event.receivedMs }))
    .sort((a, b) => a.fromMs - b.fromMs)
  return inPixels(marks, scale, MARK_PX).map(({ event, fromMs, x, px }) => {
    const releasedMs = event.releasedMs ?? Math.max(nowMs, fromMs)
    const occurredMs = event.occurredMs ?? NaN
    return {
      event,
      x,
      px,
      occurredX: Math.abs(occurredMs - fromMs) <= OCCURRED_WITHIN_MS ? xOf(scale, occurredMs) : null,
      gap: releasedMs > fromMs ? { x, px: xOf(scale, releasedMs) - x, untilMs: releasedMs } : null,
    }
  })
}

/** Events that came together have one label, unless something is to be said of one. */
function eventLabels(
  marks: readonly EventMark[],
  all: readonly CallEvent[],
  scale: Scale,
  nowMs: number,
): Label[] {
  const groups: EventMark[][] = []
  for (const mark of marks) {
    const group = groups.at(-1)
    const last = group?.at(-1)
    if (group !== undefined && last !== undefined && mark.x - last.x < TOGETHER_PX) group.push(mark)
    else groups.push([mark])
  }
  const wishes = groups.flatMap((group) => groupWishes(group, all, nowMs))
  return labelsOf(wishes, [], scale.widthPx)
}

function groupWishes(group: readonly EventMark[], all: readonly CallEvent[], nowMs: number): Wish[] {
  const told = group.filter(({ event, gap }) => event.late || gap !== null)
  const [first] = group
  if (first === undefined) return []
  const { x, px } = first
  const plain = group.filter((mark) => !told.includes(mark))
  const places = placesText(plain.map(({ event }) => event.position))
  const only = group.length === 1 ? plain[0] : undefined
  const texts = only === undefined ? [places] : [`${places} ${triggerText(only.event)}`, places]
  return [
    ...told.map((mark) => toldWish(mark, all, nowMs)),
    ...(plain.length === 0 ? [] : [{ x, px, texts, rank: 2 }]),
  ]
}

function toldWish({ event, x, px }: EventMark, all: readonly CallEvent[], nowMs: number): Wish {
  const place = `#${event.position}`
  return event.late
    ? {
        x,
        px,
        texts: [`${words.labels.late(place)} · ${triggerText(event)}`, words.labels.late(place)],
        rank: 0,
      }
    : { x, px, texts: [`${place} · ${waitedText(event, all, nowMs)}`, place], rank: 1 }
}

function triggerText({ trigger }: CallEvent): string {
  return trigger.replaceAll('_', ' ')
}

/** `#1`, `#1–#6`, `#1, #4`, `5 events`. */
function placesText(positions: readonly number[]): string {
  const sorted = positions.toSorted((a, b) => a - b)
  const [first = 0, second = 0] = sorted
  const last = sorted.at(-1) ?? first
  if (sorted.length === 1) return `#${first}`
  if (last - first === sorted.length - 1) return `#${first}–#${last}`
  return sorted.length === 2 ? `#${first}, #${second}` : words.sentence.events(sorted.length)
}
