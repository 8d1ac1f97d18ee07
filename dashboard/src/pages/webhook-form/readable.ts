/** A request as people read it: with line breaks, and not one character of its values another. */

const STEP = '  '

/** JSON with line breaks, by its characters: a number keeps its digits. */
export function indentJson(text: string): string {
  let depth = 0
  let before = ''
  let out = ''
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const closes = token === '}' || token === ']'
    const isFirst = before === '{' || before === '['
    if (closes) depth -= 1
    if (before === ',' || isFirst !== closes) out += `\n${STEP.repeat(depth)}`
    out += token === ':' ? ': ' : token
    if (token === '{' || token === '[') depth += 1
    before = token
  }
  return out
}

/** A form's or a query's pairs, each in a line, decoded. */
export function pairsOfForm(text: string): { key: string; value: string }[] {
  return [...new URLSearchParams(text)].map(([key, value]) => ({ key, value }))
}
