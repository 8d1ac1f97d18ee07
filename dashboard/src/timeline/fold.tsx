import type { Fold } from './axis.ts'
import { AXIS_PX, clipped, FOLD_PX, FOLD_TOP } from './geometry.ts'
import classes from './timeline.module.css'

/** A fold with the length of what it folds, or the bracket over a stretch that has been opened. */
export function FoldDrawing({ fold, width, height }: { fold: Fold; width: number; height: number }) {
  const { x, px, pill, text, isOpen } = fold
  const at = clipped(fold, width)
  return (
    <g>
      {isOpen ? (
        at !== null && <path d={`M${at.x} ${AXIS_PX - 4}v4h${at.px}v-4`} className={classes['unfolded']} />
      ) : (
        <>
          <path d={torn(x + 6, height)} className={classes['torn']} />
          <path d={torn(x + px - 6, height)} className={classes['torn']} />
        </>
      )}
      <rect
        x={pill.x}
        y={FOLD_TOP}
        width={pill.px}
        height={FOLD_PX}
        rx={FOLD_PX / 2}
        className={classes['foldPill']}
      />
      <text x={pill.x + pill.px / 2} y={AXIS_PX - 9} className={classes['foldText']}>
        {text}
      </text>
    </g>
  )
}

/** The edge of a fold, as paper is torn. */
function torn(x: number, height: number): string {
  let path = `M${x} ${AXIS_PX}`
  for (let y = AXIS_PX; y < height; y += 12) path += `l3 6l-3 6`
  return path
}
