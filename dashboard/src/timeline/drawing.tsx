import { memo, useId } from 'react'
import { strings } from '../strings.ts'
import { answerOf, type Answer } from './call.ts'
import { AXIS_PX, clipped, EVENT_Y, GAP_PX, heightOf, LABELS_PX, TRACK_PX, type LaneBox } from './geometry.ts'
import { FoldDrawing } from './fold.tsx'
import type { Drawn, DrawnLane, DrawnPiece, EndCap, EventMark, Picture } from './layout.ts'
import { Queues } from './queue-drawing.tsx'
import classes from './timeline.module.css'

/** The picture as it was laid out. What looks the same in a lane is one path: a call may have ten thousand attempts. */
export const Drawing = memo(function Drawing({
  picture,
  boxes,
}: {
  picture: Picture
  boxes: readonly LaneBox[]
}) {
  const { scale, lanes, ticks, folds, nowX, events, eventLabels } = picture
  const width = scale.widthPx
  const height = heightOf(boxes)
  const id = useId()
  return (
    <svg width={width} height={height} className={classes['svg']} aria-hidden="true">
      <defs>
        <pattern
          id={`${id}held`}
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="6" height="6" className={classes['hatchGround']} />
          <rect width="2" height="6" className={classes['hatch']} />
        </pattern>
      </defs>
      {boxes.map(({ top, height: px }, index) => (
        <rect
          key={top}
          y={top}
          width={width}
          height={px}
          className={classes[index % 2 === 0 ? 'even' : 'odd']}
        />
      ))}
      <line y1={AXIS_PX} y2={AXIS_PX} x2={width} className={classes['rule']} />
      {ticks.map(({ x, text }) => (
        <g key={text}>
          <line x1={x} x2={x} y1={AXIS_PX - 5} y2={height} className={classes['grid']} />
          <text x={x} y={AXIS_PX - 10} className={classes['tick']}>
            {text}
          </text>
        </g>
      ))}
      {events.map((mark) => {
        const x = mark.x
        return x < 0 || x > width ? null : (
          <line key={mark.event.id} x1={x} x2={x} y1={EVENT_Y} y2={height} className={classes['thread']} />
        )
      })}
      <g>
        {events.map((mark) => (
          <Mark key={mark.event.id} mark={mark} width={width} hatch={`url(#${id}held)`} />
        ))}
        <Labels labels={eventLabels} y={AXIS_PX + 17} />
      </g>
      {lanes.map((lane, index) => (
        <g key={lane.lane.webhookId} transform={`translate(0 ${boxes[index]?.top ?? 0})`}>
          <LaneDrawing drawn={lane} picture={picture} hatch={`url(#${id}held)`} />
        </g>
      ))}
      {folds.map((fold) =>
        fold.x + fold.px < 0 || fold.x > width ? null : (
          <FoldDrawing key={fold.fromMs} fold={fold} width={width} height={height} />
        ),
      )}
      {nowX !== null && nowX >= 0 && nowX <= width && (
        <g>
          <line x1={nowX} x2={nowX} y1={AXIS_PX - 4} y2={height} className={classes['now']} />
          <text x={nowX + 5} y={AXIS_PX - 10} className={classes['nowText']}>
            {strings.call.labels.now}
          </text>
        </g>
      )}
    </svg>
  )
})

function Mark({ mark, width, hatch }: { mark: EventMark; width: number; hatch: string }) {
  const { x, event, occurredX, gap } = mark
  const shownGap = gap === null ? null : clipped(gap, width)
  const isSeen = x > -20 && x < width + 20
  return (
    <g>
      {shownGap !== null && (
        <rect
          x={shownGap.x}
          y={EVENT_Y - GAP_PX / 2}
          width={shownGap.px}
          height={GAP_PX}
          fill={hatch}
          className={classes['gap']}
        />
      )}
      {occurredX !== null && occurredX > 0 && occurredX < x && (
        <>
          <line
            x1={occurredX}
            x2={Math.min(x, width)}
            y1={EVENT_Y}
            y2={EVENT_Y}
            className={classes['posted']}
          />
          <line
            x1={occurredX}
            x2={occurredX}
            y1={EVENT_Y - 5}
            y2={EVENT_Y + 5}
            className={classes['occurred']}
          />
        </>
      )}
      {isSeen && (
        <circle
          cx={x}
          cy={EVENT_Y}
          r={Math.min(4.5, Math.max(1, mark.px / 2))}
          className={classes['event']}
        />
      )}
      {isSeen && event.late && <path d={`M${x} ${EVENT_Y - 4}v-13l10 4l-10 4`} className={classes['flag']} />}
    </g>
  )
}

function Labels({ labels, y }: { labels: Picture['eventLabels']; y: number }) {
  return labels.map(({ x, text }) => (
    <text key={`${x.toFixed(1)} ${text}`} x={x} y={y} className={classes['label']}>
      {text}
    </text>
  ))
}

const LOOKS: readonly (Answer | 'under_way')[] = ['ok', 'failed', 'none', 'unsent', 'under_way']

function LaneDrawing({ drawn, picture, hatch }: { drawn: DrawnLane; picture: Picture; hatch: string }) {
  const { tracks, queues, caps, labels, waitLabels } = drawn
  const width = picture.scale.widthPx
  const middle = LABELS_PX + TRACK_PX / 2
  return (
    <>
      <Queues queues={queues} width={width} hatch={hatch} />
      {tracks.map((pieces, track) => (
        // Tracks have no name but their place, and never change it.
        <g key={track} transform={`translate(0 ${LABELS_PX + track * TRACK_PX})`}>
          <path d={waitPath(pieces, 'backoff', width)} className={classes['backoff']} />
          <path d={waitPath(pieces, 'asked', width)} className={classes['rate']} />
          {LOOKS.map((look) => (
            <path key={look} d={barPath(pieces, look, width)} className={classes[look]} />
          ))}
        </g>
      ))}
      {caps.map((cap) => (
        <Cap key={cap.ends[0]?.delivery.id} cap={cap} width={width} />
      ))}
      <Labels labels={labels} y={LABELS_PX - 5} />
      {waitLabels.flatMap((each, track) =>
        each.map(({ x, px, text }) => (
          <text
            key={`${track} ${x}`}
            x={x + px / 2}
            y={middle + track * TRACK_PX + 4}
            className={classes['within']}
          >
            {text}
          </text>
        )),
      )}
    </>
  )
}

function waitPath(pieces: readonly DrawnPiece[], kind: 'backoff' | 'asked', width: number): string {
  return pieces
    .filter((piece) => piece.kind === kind)
    .map((piece) => lineOf(clipped(piece, width)))
    .join('')
}

function lineOf(at: Drawn | null): string {
  return at === null ? '' : `M${at.x} ${TRACK_PX / 2}h${at.px}`
}

/** Failures are a little taller than successes, so that they are told apart without colour. */
function barPath(pieces: readonly DrawnPiece[], look: Answer | 'under_way', width: number): string {
  const inset = look === 'ok' || look === 'under_way' ? 2 : 0
  const height = TRACK_PX - 2 * inset
  let path = ''
  for (const piece of pieces) {
    const own = piece.kind === 'attempt' ? answerOf(piece.attempt) : piece.kind
    const at = own === look ? clipped(piece, width) : null
    if (at !== null) path += `M${at.x} ${inset}h${at.px}v${height}h${-at.px}z`
  }
  return path
}

/** Each end has a shape of its own. */
const SHAPES: Readonly<Record<EndCap['status'], string>> = {
  succeeded: 'M-4 0l3 3.5l5 -7',
  failed: 'M-3.5 -3.5l7 7m0 -7l-7 7',
  expired: 'M-4 -4h8l-8 8h8z',
  discarded: 'M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0M-3 3l6 -6',
}

function Cap({ cap, width }: { cap: EndCap; width: number }) {
  const x = cap.x + cap.px / 2
  if (x < -10 || x > width + 10) return null
  return (
    <path
      d={SHAPES[cap.status]}
      transform={`translate(${x} ${LABELS_PX - 8})`}
      className={`${classes['cap']} ${classes[`cap_${cap.status}`]}`}
    />
  )
}
