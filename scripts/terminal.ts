/** How scripts write to a terminal. Colour is for terminals alone: what is piped has none. */
import { stripVTControlCharacters, styleText } from 'node:util'

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
