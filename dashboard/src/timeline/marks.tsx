import { clipped, frameOf, type Frame, type LaneBox } from './geometry.ts'
import type { Stop } from './stops.ts'
import classes from './card.module.css'

/** How far outside of a thing its mark is drawn, so that it touches no thin one. */
const RING_PX = 4
const RELATED_PX = 2

/** What one points at or stands on, and what belongs to it. */
export function Marks({
  stop,
  related,
  boxes,
  widthPx,
}: {
  stop: Stop
  related: readonly Stop[]
  boxes: readonly LaneBox[]
  widthPx: number
}) {
  const at = seen(frameOf(stop, boxes), RING_PX, widthPx)
  return (
    <>
      {at !== null && (
        <div
          className={classes['ring']}
          data-mark={stop.id}
          style={{ left: at.x, top: at.top, width: at.px, height: at.height }}
        />
      )}
      {related.map((each) => {
        const frame = seen(frameOf(each, boxes), RELATED_PX, widthPx)
        return frame === null ? null : (
          <div
            key={each.id}
            className={classes['related']}
            data-related={each.id}
            style={{ left: frame.x, top: frame.top, width: frame.px, height: frame.height }}
          />
        )
      })}
    </>
  )
}

/** @returns null if it is outside of what is seen */
function seen({ x, px, top, height }: Frame, outsidePx: number, widthPx: number): Frame | null {
  const at = clipped({ x: x - outsidePx, px: px + 2 * outsidePx }, widthPx)
  return at === null ? null : { ...at, top: top - outsidePx / 2, height: height + outsidePx }
}
