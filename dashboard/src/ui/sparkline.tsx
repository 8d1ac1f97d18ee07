import { barsOf, type Ends } from './sparkline-bars.ts'
import classes from './sparkline.module.css'

const BARS = 24
const BAR_WIDTH = 3
const STEP = 4
const WIDTH = BARS * STEP - (STEP - BAR_WIDTH)
const HEIGHT = 26

/** How deliveries ended over time: successes above the line, failures below it. @param label the same in words */
export function Sparkline({ buckets, label }: { buckets: readonly Ends[]; label: string }) {
  const bars = barsOf(buckets, BARS, HEIGHT - 1)
  const line = Math.max(...bars.map(({ up }) => up), bars.some(({ down }) => down > 0) ? 0 : HEIGHT - 1)
  const path = (isUp: boolean) =>
    bars
      .map(({ up, down }, at) => {
        const height = isUp ? up : down
        if (height === 0) return ''
        return `M${at * STEP} ${isUp ? line : line + 1}h${BAR_WIDTH}v${isUp ? -height : height}h${-BAR_WIDTH}z`
      })
      .join('')
  return (
    <svg className={classes['sparkline']} width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <title>{label}</title>
      <path className={classes['up']} d={path(true)} />
      <path className={classes['down']} d={path(false)} />
      <rect className={classes['line']} y={line} width={WIDTH} height={1} />
    </svg>
  )
}
