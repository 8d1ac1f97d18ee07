/** My Numbers as lines of text, and what a new list changes: pure. */

export interface Line {
  readonly number: string
  readonly label: string
}

/**
 * Reads `number, label` a line: as typed, or as pasted from a sheet (a tab or semicolon in the comma's place, quotes
 * around what holds one). Empty lines are left out.
 */
export function parseLines(text: string): Line[] {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, number = '', label = ''] = /^([^,;\t]*)[,;\t]?(.*)$/.exec(line) ?? []
      return { number: unquoted(number), label: unquoted(label) }
    })
}

function unquoted(text: string): string {
  const trimmed = text.trim()
  const [, quoted] = /^"(.*)"$/.exec(trimmed) ?? []
  return quoted === undefined ? trimmed : quoted.replaceAll('""', '"').trim()
}

/** What `parseLines` reads as the same again. */
export function linesText(lines: readonly Line[]): string {
  return lines
    .map(({ number, label }) => (label === '' ? number : `${number}, ${quotedIfNeeded(label)}`))
    .join('\n')
}

function quotedIfNeeded(label: string): string {
  return /^\s*"|^\s|\s$/.test(label) ? `"${label.replaceAll('"', '""')}"` : label
}

export interface Replacement {
  readonly goes: Line[]
  readonly comes: Line[]
  readonly renamed: { number: string; before: string; after: string }[]
}

/**
 * What is to be said before a list takes the place of another. The API has the last word on which spellings are one
 * number: here those are that have the same digits, but for a country code or zeros before them.
 */
export function replacementOf(current: readonly Line[], next: readonly Line[]): Replacement {
  const left = [...current]
  const comes: Line[] = []
  const renamed: Replacement['renamed'] = []
  for (const line of next) {
    const at = foundAt(left, line.number)
    const [known] = at === -1 ? [] : left.splice(at, 1)
    if (known === undefined) comes.push(line)
    else if (known.label !== line.label)
      renamed.push({ number: known.number, before: known.label, after: line.label })
  }
  return { goes: left, comes, renamed }
}

/** The same spelling, if there is one, before another. */
function foundAt(lines: readonly Line[], number: string): number {
  const exact = lines.findIndex((line) => line.number === number)
  return exact === -1 ? lines.findIndex((line) => isOneNumber(line.number, number)) : exact
}

/** Shorter ones are extensions and short codes, which many longer numbers end with. */
const FEWEST_DIGITS = 8

function isOneNumber(one: string, other: string): boolean {
  const [short = '', long = ''] = [digitsOf(one), digitsOf(other)].sort((a, b) => a.length - b.length)
  return short === long ? short !== '' : short.length >= FEWEST_DIGITS && long.endsWith(short)
}

function digitsOf(number: string): string {
  return number.replaceAll(/\D/g, '').replace(/^0+/, '')
}
