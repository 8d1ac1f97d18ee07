/** Where the rows of the picture are, from the top down, and what is under a pointer. Pure. */
import type { Drawn, DrawnLane, Picture } from './layout.ts'
import { EVENT_ROW, FOLD_ROW, LANE_ROW, type Stop, type Stops } from './stops.ts'

export const AXIS_PX = 26
export const EVENTS_PX = 56
/** Of labels and ends, above a lane's bars. */
export const LABELS_PX = 17
export const TRACK_PX = 16
const BELOW_PX = 9

export interface LaneBox {
  readonly top: number
  readonly height: number
}

export function boxesOf(lanes: readonly DrawnLane[]): LaneBox[] {
  let top = AXIS_PX + EVENTS_PX
  return lanes.map(({ tracks }) => {
    const height = LABELS_PX + Math.max(1, tracks.length) * TRACK_PX + BELOW_PX
    const box = { top, height }
    top += height
    return box
  })
}

export function heightOf(boxes: readonly LaneBox[]): number {
  const last = boxes.at(-1)
  return last === undefined ? AXIS_PX + EVENTS_PX : last.top + last.height
}

/** Of an event's mark, in the row of events. */
export const EVENT_Y = AXIS_PX + 36
const MARK_PX = 14
export const GAP_PX = 10
export const FOLD_TOP = AXIS_PX - 22
export const FOLD_PX = 18

export interface Frame {
  readonly x: number
  readonly top: number
  readonly px: number
  readonly height: number
}

/** Where a stop is drawn. */
export function frameOf({ what, row, track, x, px }: Stop, boxes: readonly LaneBox[]): Frame {
  switch (what.kind) {
    case 'fold':
      return { x, px, top: FOLD_TOP, height: FOLD_PX }
    case 'event':
      return { x: x - MARK_PX / 2, px: MARK_PX, top: EVENT_Y - MARK_PX / 2, height: MARK_PX }
    case 'gap':
      return { x, px, top: EVENT_Y - GAP_PX / 2, height: GAP_PX }
    case 'attempt':
    case 'under_way':
    case 'wait':
    case 'end': {
      const top = (boxes[row - LANE_ROW]?.top ?? 0) + LABELS_PX + track * TRACK_PX
      return { x, px, top, height: TRACK_PX }
    }
  }
}

/** From where to where (px) the row of a stop is. */
export function rowOf({ row }: Stop, boxes: readonly LaneBox[]): { top: number; bottom: number } {
  if (row === FOLD_ROW) return { top: 0, bottom: AXIS_PX }
  // Above the events there are ticks alone, to be covered neither.
  if (row === EVENT_ROW) return { top: 0, bottom: AXIS_PX + EVENTS_PX }
  const { top, height } = boxes[row - LANE_ROW] ?? { top: 0, height: 0 }
  return { top, bottom: top + height }
}

/** A little beside what is meant is meant, too. */
const NEAR_PX = 7
/** A bar that is so near is rather meant than the wait that one points into: bars may be thin. */
const WAIT_PX = 5

/** The stop that is nearest to a place, in the track that it is in; null if none is near. */
export function stopUnder(
  { lanes }: Pick<Picture, 'lanes'>,
  stops: Stops,
  boxes: readonly LaneBox[],
  x: number,
  y: number,
): Stop | null {
  const pill = stops.row(FOLD_ROW).find((each) => x >= each.x && x <= each.x + each.px) ?? null
  if (y < AXIS_PX) return pill
  // Down through all rows, if there is nothing else; what has been opened is time as any other.
  const fold = pill?.what.kind === 'fold' && !pill.what.isOpen ? pill : null
  if (y < AXIS_PX + EVENTS_PX) return nearest(stops.row(EVENT_ROW), x) ?? fold
  const index = boxes.findIndex(({ top, height }) => y >= top && y < top + height)
  const [box, lane] = [boxes[index], lanes[index]]
  if (box === undefined || lane === undefined) return null
  const row = stops.row(LANE_ROW + index)
  const track = Math.floor((y - box.top - LABELS_PX) / TRACK_PX)
  const last = Math.max(0, lane.tracks.length - 1)
  const found =
    track < 0
      ? (labelled(lane, row, x) ?? nearest(row, x))
      : nearest(
          row.filter((stop) => stop.track === Math.min(track, last)),
          x,
        )
  return found ?? fold
}

function nearest(row: readonly Stop[], x: number): Stop | null {
  let best: Stop | null = null
  let bestPx = NEAR_PX
  for (const stop of row) {
    const besidePx = x < stop.x ? stop.x - x : Math.max(0, x - stop.x - stop.px)
    const px = besidePx + (stop.what.kind === 'wait' || stop.what.kind === 'gap' ? WAIT_PX : 0)
    if (px < bestPx) [best, bestPx] = [stop, px]
  }
  return best
}

/** What an end or a label above the bars of a lane is of, whichever track that is on. */
function labelled({ caps, labels }: DrawnLane, row: readonly Stop[], x: number): Stop | null {
  const isHere = (each: Drawn): boolean => x >= each.x && x <= each.x + each.px
  const cap = caps.find(isHere)
  // Of several ends at one place the one that is shown.
  const end = cap?.ends.find(({ status }) => status === cap.status)
  if (end !== undefined)
    return (
      row.findLast(({ deliveryId, what }) => deliveryId === end.delivery.id && what.kind !== 'wait') ?? null
    )
  const label = labels.find(isHere)
  return label === undefined ? null : (row.find(({ id }) => id === label.of) ?? null)
}

/** What is to be drawn of a stretch: far outside of what is seen no drawing is exact. */
export function clipped({ x, px }: Drawn, widthPx: number): Drawn | null {
  const from = Math.max(x, -20)
  const until = Math.min(x + px, widthPx + 20)
  return until < from ? null : { x: from, px: until - from }
}
