/** How the demo looks in a terminal. Colour is for terminals alone. */
import { stripVTControlCharacters, styleText } from 'node:util'
import type { Verdict } from './check.ts'

type Style = Parameters<typeof styleText>[0]

const isColoured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined

export function paint(style: Style, text: string): string {
  return isColoured ? styleText(style, text, { validateStream: false }) : text
}

export function say(line = ''): void {
  console.log(line)
}

/** A heading between two parts. */
export function part(title: string): void {
  say()
  say(paint('bold', title))
}

export interface Line {
  atMs: number
  isWell: boolean
  webhook: string
  call: string
  position: number
  trigger: string
  note: string
}

/** One delivery. */
export function deliveryLine({ atMs, isWell, webhook, call, position, trigger, note }: Line): string {
  return [
    paint('dim', `${(atMs / 1000).toFixed(2).padStart(6)} s`),
    isWell ? paint('green', '✓') : paint('red', '✗'),
    paint('cyan', webhook.padEnd(9)),
    call.padEnd(22),
    `#${position}`,
    trigger.padEnd(39),
    paint('yellow', note),
  ]
    .join(' ')
    .trimEnd()
}

/** Columns as wide as their widest cell; the first is to the left, what `right` names to the right. */
export function columns(rows: readonly string[][], right: ReadonlySet<number>): string[] {
  const widths: number[] = []
  const widthOf = (cell: string): number => stripVTControlCharacters(cell).length
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))))
  }
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const gap = ' '.repeat((widths[index] ?? 0) - widthOf(cell))
        return right.has(index) ? gap + cell : cell + gap
      })
      .join('  ')
      .trimEnd(),
  )
}

export function summary(verdicts: readonly Verdict[]): string[] {
  const yes = (holds: boolean): string => (holds ? paint('green', 'yes') : paint('red', 'NO'))
  const total = (of: (verdict: Verdict) => number): number =>
    verdicts.reduce((sum, verdict) => sum + of(verdict), 0)
  const count = (delivered: number, expected: number): string =>
    paint(delivered === expected ? 'green' : 'red', `${delivered}/${expected}`)
  const rows = [
    ['webhook', 'shape', 'delivered', 'retried', 'held', 'signed', 'in order'].map((cell) =>
      paint('bold', cell),
    ),
    ...verdicts.map((verdict) => [
      paint('cyan', verdict.webhook.name),
      verdict.webhook.shape,
      count(verdict.delivered, verdict.expected),
      String(verdict.retried),
      String(verdict.held),
      yes(verdict.areSigned),
      yes(verdict.isInOrder),
    ]),
    [
      paint('bold', 'all'),
      '',
      count(
        total((verdict) => verdict.delivered),
        total((verdict) => verdict.expected),
      ),
      String(total((verdict) => verdict.retried)),
      String(total((verdict) => verdict.held)),
      yes(verdicts.every((verdict) => verdict.areSigned)),
      yes(verdicts.every((verdict) => verdict.isInOrder)),
    ],
  ]
  return columns(rows, new Set([2, 3, 4]))
}
