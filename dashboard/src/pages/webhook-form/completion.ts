/** What is being written behind a `$`, by the rules of the relay's own templates. */

export interface Completion {
  /** From the `$` to where the text that is replaced ends. */
  from: number
  to: number
  /** What of the name is there before the cursor. */
  query: string
  isBraced: boolean
}

const PART = /^[\p{L}\p{M}\p{Nd}_]$/u

/** Characters of a name from `from` on: where they end. */
function endOfName(text: string, from: number): number {
  let at = from
  while (at < text.length && PART.test(text.charAt(at))) at += 1
  return at
}

/**
 * What the cursor stands in; null if that is no variable. `$$` is a dollar sign and begins none.
 * @param known names that are variables: one that the cursor is in the middle of is replaced as a whole
 */
export function completionAt(text: string, cursor: number, known: readonly string[]): Completion | null {
  for (let at = text.indexOf('$'); at !== -1 && at < cursor; at = text.indexOf('$', at)) {
    if (text[at + 1] === '$') {
      at += 2
      continue
    }
    const isBraced = text[at + 1] === '{'
    const start = isBraced ? at + 2 : at + 1
    const end = isBraced ? endOfBraced(text, start) : endOfName(text, start)
    if (cursor >= start && cursor <= end) {
      const query = text.slice(start, cursor)
      // A number is a price: `$5`.
      if (/^\p{Nd}/u.test(query)) return null
      if (isBraced) return { from: at, to: text[end] === '}' ? end + 1 : end, query, isBraced }
      const isKnown = known.includes(text.slice(start, end))
      return { from: at, to: isKnown ? end : cursor, query, isBraced }
    }
    at = Math.max(end, at + 1)
  }
  return null
}

function endOfBraced(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '}' && text[at] !== '{' && text[at] !== '$') at += 1
  return at
}

/** The text with the name in its place, and where the cursor is then. */
export function complete(text: string, { from, to, isBraced }: Completion, name: string) {
  const after = text.slice(to)
  // Without braces what follows would be read as part of the name.
  const needsBraces = isBraced || PART.test(after.charAt(0)) || !/^[\p{L}_][\p{L}\p{M}\p{Nd}_]*$/u.test(name)
  const written = needsBraces ? `\${${name}}` : `$${name}`
  return { text: text.slice(0, from) + written + after, cursor: from + written.length }
}

/** Those that begin with what is written first, then those that hold it. */
export function matching<T extends { name: string }>(variables: readonly T[], query: string): T[] {
  const written = query.toLowerCase()
  const begins = variables.filter(({ name }) => name.toLowerCase().startsWith(written))
  const holds = variables.filter(
    ({ name }) => !name.toLowerCase().startsWith(written) && name.toLowerCase().includes(written),
  )
  return [...begins, ...holds]
}
