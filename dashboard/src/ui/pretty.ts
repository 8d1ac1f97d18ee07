/** A request as people read it: with line breaks, and not one character of its values another. Pure. */

const STEP = '  '

/** A body to be read: JSON with its indents, a form as a field a line; null if it is neither. */
export function prettyOf(body: string, contentType: string | undefined): string | null {
  if (/x-www-form-urlencoded/i.test(contentType ?? '')) {
    const fields = pairsOfForm(body)
    return fields.length === 0 ? null : fields.map(({ key, value }) => `${key} = ${value}`).join('\n')
  }
  return isTree(body) ? indentJson(body) : null
}

/** JSON with line breaks, by its characters alone: no number and no repeated key is changed. */
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

/** A form's or a query's pairs, decoded. */
export function pairsOfForm(text: string): { key: string; value: string }[] {
  return [...new URLSearchParams(text)].map(([key, value]) => ({ key, value }))
}

function isTree(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}
