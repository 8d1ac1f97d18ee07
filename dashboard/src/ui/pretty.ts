/** A body to be read: JSON with its indents, a form as a field a line; null if it is neither. Pure. */
export function prettyOf(body: string, contentType: string | undefined): string | null {
  if (/x-www-form-urlencoded/i.test(contentType ?? '')) {
    const fields = [...new URLSearchParams(body)]
    return fields.length === 0 ? null : fields.map(([name, value]) => `${name} = ${value}`).join('\n')
  }
  return prettyJson(body)
}

/** By its text alone, so that no number and no repeated key is changed. */
function prettyJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
  } catch {
    return null
  }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+|[{}[\],:]/g) ?? []
  let pretty = ''
  let depth = 0
  const line = (): string => `\n${'  '.repeat(depth)}`
  tokens.forEach((token, index) => {
    const isEmpty =
      (token === '{' && tokens[index + 1] === '}') || (token === '[' && tokens[index + 1] === ']')
    const closesEmpty = /^[}\]]$/.test(token) && /^[{[]$/.test(tokens[index - 1] ?? '')
    if (token === '{' || token === '[') {
      pretty += token
      depth += 1
      if (!isEmpty) pretty += line()
    } else if (token === '}' || token === ']') {
      depth -= 1
      pretty += closesEmpty ? token : line() + token
    } else if (token === ',') pretty += token + line()
    else pretty += token === ':' ? ': ' : token
  })
  return pretty
}
