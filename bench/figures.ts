import type { Sample } from './background.ts'

/** Percentiles of what was delivered or accepted (ms), and how much was not. */
export interface Figures {
  count: number
  missing: number
  p50: number
  p95: number
  p99: number
}

/** The figures of a window, by the time at which each event was posted. */
export function figuresOf(
  samples: readonly Sample[],
  what: 'deliveredMs' | 'acceptedMs',
  window: { fromMs: number; untilMs: number },
): Figures {
  const inside = samples.filter((each) => each.sentMs >= window.fromMs && each.sentMs < window.untilMs)
  const found = inside.flatMap((each) => each[what] ?? [])
  return {
    count: found.length,
    missing: inside.length - found.length,
    p50: quantile(found, 0.5),
    p95: quantile(found, 0.95),
    p99: quantile(found, 0.99),
  }
}

/** The value that so large a share of values is not above; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = values.filter((each) => !Number.isNaN(each)).sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Prints rows under a head, numbers to the right. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) =>
      column === 0 || /[a-z]/i.test(rows[0]?.[column] ?? '')
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0),
    )
    console.log(cells.join('  ').trimEnd())
  }
}

export function ms(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(1)
}

export function times(value: number): string {
  return Number.isNaN(value) ? '-' : `${value.toFixed(2)}×`
}
