import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { strings } from '../../strings.ts'
import { timeZoneOf, useZone } from '../../ui/zone.ts'
import type { Series } from './chart-data.ts'
import { stacked } from './chart-data.ts'
import { clockText } from './clock-text.ts'
import classes from './chart.module.css'
import { optionsOf } from './plot.ts'

const HEIGHT = 112
const words = strings.webhook.stats

/** One chart with its legend, which has the values at the cursor, and those of the window without one. */
export function Chart({
  title,
  figure,
  kind,
  most,
  starts,
  bucketSeconds,
  series,
  names,
  text,
  webhookZone,
}: {
  title: string
  figure: string
  kind: 'bars' | 'line'
  /** The end of the scale; without one it is by the values. */
  most?: number
  starts: readonly number[]
  bucketSeconds: number
  series: readonly Series[]
  names: Readonly<Record<string, string>>
  text: (value: number) => string
  webhookZone: string
}) {
  const place = useRef<HTMLDivElement>(null)
  const legend = useRef<HTMLUListElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [at, setAt] = useState<number | null>(null)
  const [zone] = useZone()
  const timeZone = timeZoneOf(zone, webhookZone)
  // What the plot is made from; new values alone go into the one that is there.
  const made = `${kind} ${series.map(({ key }) => key).join()} ${timeZone} ${bucketSeconds}`

  useEffect(() => {
    const element = place.current
    if (element === null) return
    const options = optionsOf({
      kind,
      count: series.length,
      most,
      text,
      timeZone,
      bucketSeconds,
      // The legend's marks have the colours of the theme, which a canvas cannot read from a style sheet.
      colour: (index) => colourOf(legend.current?.children[index]?.firstElementChild),
      quiet: () => colourOf(element),
      line: () => getComputedStyle(element).borderTopColor,
      onCursor: (index) => setAt(index),
    })
    const drawn = new uPlot({ ...options, width: element.clientWidth, height: HEIGHT }, [[]], element)
    plot.current = drawn
    const watch = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }))
    watch.observe(element)
    // Colours are read as it is drawn, and the page has those of the other theme from the next frame on.
    const themes = new MutationObserver(() => requestAnimationFrame(() => drawn.redraw()))
    themes.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] })
    return () => {
      watch.disconnect()
      themes.disconnect()
      drawn.destroy()
      plot.current = null
    }
  }, [made])

  useEffect(() => {
    const values = kind === 'bars' ? stacked(series).toReversed() : series.map((each) => [...each.values])
    plot.current?.setData([starts.map((start) => start + bucketSeconds / 2), ...values])
  }, [made, kind, series, starts, bucketSeconds])

  const start = at === null ? undefined : starts[at]
  return (
    <figure className={classes['chart']}>
      <figcaption>
        <span className={classes['title']}>{title}</span>
        {start === undefined ? <b>{figure}</b> : <span>{clockText(start, bucketSeconds, timeZone)}</span>}
      </figcaption>
      <div ref={place} className={classes['plot']} role="img" aria-label={words.chart(title)} />
      <ul ref={legend} className={classes['legend']}>
        {series.map(({ key, values, whole }) => {
          const value = at === null ? whole : values[at]
          return (
            <li key={key}>
              <span className={`${classes['mark']} ${classes[key]}`} aria-hidden="true" />
              {names[key]} <b>{value == null ? words.none : text(value)}</b>
            </li>
          )
        })}
      </ul>
    </figure>
  )
}

function colourOf(element: Element | null | undefined): string {
  return element == null ? 'transparent' : getComputedStyle(element).color
}
