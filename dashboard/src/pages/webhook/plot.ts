import uPlot from 'uplot'

/** All charts of the page have one cursor. */
const CURSORS = 'webhook'
/** Nobody counts half a delivery, or reads half a millisecond. */
const WHOLE = [1, 2, 5]
  .flatMap((digit) => [0, 1, 2, 3, 4, 5, 6, 7].map((power) => digit * 10 ** power))
  .toSorted((a, b) => a - b)
/** A scale of less is of noise alone. */
const LEAST_MS = 10
const FONT = '11px system-ui, sans-serif'

export interface PlotTerms {
  kind: 'bars' | 'line'
  count: number
  /** The end of the scale of values. */
  most: number | undefined
  text: (value: number) => string
  timeZone: string
  bucketSeconds: number
  /** Of a series, as the theme has it now. */
  colour: (index: number) => string
  /** Of the axes' text. */
  quiet: () => string
  /** Of the grid. */
  line: () => string
  /** The bucket that the cursor is at, or null. */
  onCursor: (index: number | null) => void
}

/** How a chart is drawn. Bars come as a stack from its top down: each is drawn over the one before. */
export function optionsOf(terms: PlotTerms): Omit<uPlot.Options, 'width' | 'height'> {
  const { kind, count, most, text, timeZone, bucketSeconds, colour, quiet, line, onCursor } = terms
  const bars = uPlot.paths.bars?.({ size: [0.8, 24] })
  const seriesAt = (drawn: number): uPlot.Series => {
    const index = kind === 'bars' ? count - 1 - drawn : drawn
    if (kind === 'bars') {
      return {
        fill: () => colour(index),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      }
    }
    return {
      stroke: () => colour(index),
      width: 1.5,
      // A value between two gaps has no line.
      points: { size: 3, width: 0, fill: () => colour(index), show: true },
      ...(index === 0 ? {} : { dash: [2 + index * 2, 3] }),
    }
  }
  const grid = { stroke: line, width: 1 }
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
    legend: { show: false },
    padding: [6, 18, 0, 0],
    cursor: {
      sync: { key: CURSORS, setSeries: false },
      drag: { x: false, y: false },
      y: false,
      points: { show: false },
    },
    scales: {
      // Values stand at the middle of their buckets, of which the first and the last are there in full.
      x: { time: true, range: (_plot, min, max) => [min - bucketSeconds / 2, max + bucketSeconds / 2] },
      y: {
        range: (_plot, _min, max) => [0, most ?? Math.max(kind === 'bars' ? 1 : LEAST_MS, (max || 0) * 1.08)],
      },
    },
    series: [{}, ...Array.from({ length: count }, (_, drawn) => seriesAt(drawn))],
    axes: [
      {
        stroke: quiet,
        font: FONT,
        size: 20,
        gap: 2,
        space: 48,
        grid: { show: false },
        ticks: { show: false },
        values: [
          [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
          [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
        ],
      },
      {
        stroke: quiet,
        font: FONT,
        size: 48,
        gap: 4,
        space: 34,
        grid,
        ticks: { show: false },
        ...(most === undefined ? { incrs: WHOLE } : {}),
        values: (_plot, values) => values.map((value) => text(value)),
      },
    ],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  }
}
