import { LABELS_PX, TRACK_PX, clipped } from './geometry.ts'
import type { DrawnQueue } from './layout.ts'
import classes from './timeline.module.css'

const KINDS = ['turn', 'rate', 'held', 'breaker'] as const
const MIDDLE = LABELS_PX + TRACK_PX / 2

/** What waits in a lane beside its attempts: one path for each kind, since behind a retry of a busy call thousands do. */
export function Queues({
  queues,
  width,
  hatch,
}: {
  queues: readonly DrawnQueue[]
  width: number
  hatch: string
}) {
  return (
    <>
      {KINDS.map((kind) => {
        const path = pathOf(queues, kind, width)
        if (path === '') return null
        return isLine(kind) ? (
          <path key={kind} d={path} className={classes[kind]} />
        ) : (
          <path key={kind} d={path} fill={hatch} className={classes['held']} />
        )
      })}
      {queues.map((queue) => {
        const at = queue.label === null ? null : clipped(queue, width)
        if (at === null) return null
        const { x, px } = isLine(queue.kind) ? queue : at
        return (
          <text
            key={`${queue.kind} ${queue.fromMs}`}
            x={x + px / 2}
            y={MIDDLE + 4}
            className={
              isLine(queue.kind) ? classes['within'] : `${classes['within']} ${classes['withinHeld']}`
            }
          >
            {queue.label}
          </text>
        )
      })}
    </>
  )
}

function isLine(kind: DrawnQueue['kind']): boolean {
  return kind === 'turn' || kind === 'rate'
}

function pathOf(queues: readonly DrawnQueue[], kind: DrawnQueue['kind'], width: number): string {
  let path = ''
  for (const queue of queues) {
    const at = queue.kind === kind ? clipped(queue, width) : null
    if (at === null) continue
    path += isLine(kind)
      ? `M${at.x} ${MIDDLE}h${at.px}`
      : `M${at.x} ${LABELS_PX}h${at.px}v${TRACK_PX}h${-at.px}z`
  }
  return path
}
