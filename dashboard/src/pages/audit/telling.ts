import { differences, type Difference } from './diff.ts'

/** A line of what is told: a difference, or several members that came to one list, or went from it. */
export interface Line {
  readonly path: string
  readonly kind: Difference['kind']
  readonly before: readonly unknown[]
  readonly after: readonly unknown[]
}

/** What differs, a line each. Of what was made or is gone, fields that say nothing come last. */
export function linesOf(before: object | null, after: object | null): Line[] {
  const lines: Line[] = []
  for (const each of differences(before, after)) {
    const last = lines.at(-1)
    const line = lineOf(each)
    const isOneMore = last !== undefined && last.path === line.path && last.kind === line.kind
    if (!isOneMore) lines.push(line)
    else
      lines[lines.length - 1] = {
        ...last,
        before: [...last.before, ...line.before],
        after: [...last.after, ...line.after],
      }
  }
  if (before !== null && after !== null) return lines
  return [...lines.filter((line) => !saysNothing(line)), ...lines.filter(saysNothing)]
}

function lineOf(difference: Difference): Line {
  const { path, kind } = difference
  return {
    path,
    kind,
    before: 'before' in difference ? [difference.before] : [],
    after: 'after' in difference ? [difference.after] : [],
  }
}

/** Whether it has no value on either side. */
export function saysNothing({ before, after }: Line): boolean {
  return [...before, ...after].every(
    (value) => value === null || value === '' || (Array.isArray(value) && value.length === 0),
  )
}
