/** Where the rows of the picture are, from the top down, and what is under a pointer. Pure. */
import type { Drawn, DrawnLane, Picture } from './layout.ts'
import type { Stop } from './moves.ts'
import { xOf } from './scale.ts'

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

/** A little beside what is meant is meant, too. */
const NEAR_PX = 7

/** The stop that is nearest to a place, in the row that it is in; null if none is near. */
export function stopUnder(
  picture: Picture,
  stops: readonly (readonly Stop[])[],
  boxes: readonly LaneBox[],
  x: number,
  y: number,
): Stop | null {
  const index = boxes.findIndex(({ top, height }) => y >= top && y < top + height)
  const lane = y < AXIS_PX ? [] : y < AXIS_PX + EVENTS_PX ? stops[0] : index < 0 ? [] : stops[index + 1]
  let best: Stop | null = null
  let bestPx = NEAR_PX
  for (const stop of lane ?? []) {
    const [from, until] = [xOf(picture.scale, stop.fromMs), xOf(picture.scale, stop.untilMs)]
    const px = x < from ? from - x : x > until ? x - until : 0
    if (px < bestPx) [best, bestPx] = [stop, px]
  }
  return best
}

/** What is to be drawn of a stretch: far outside of what is seen no drawing is exact. */
export function clipped({ x, px }: Drawn, widthPx: number): Drawn | null {
  const from = Math.max(x, -20)
  const until = Math.min(x + px, widthPx + 20)
  return until < from ? null : { x: from, px: until - from }
}
