import { isJsonObject, parseJson } from '../lib/json.ts'

/**
 * The members of a JSON object, each value as the text that it is written in. Most of an event goes to the receiver as
 * it came: to take it apart so far takes a third of what it takes to parse it and write it again, and leaves no garbage.
 */
export type Members = ReadonlyMap<string, string>

/** The members of an object's JSON text. A text that is no object has none. */
export function membersOf(text: string): Members {
  const members = read(text)
  if (members !== null) return members
  // Not as `JSON.stringify` writes it, which is how texts are kept.
  const value = parseJson(text)
  return (isJsonObject(value) ? read(JSON.stringify(value)) : null) ?? new Map()
}

const [QUOTE, BACKSLASH, COLON, COMMA, SPACE] = [0x22, 0x5c, 0x3a, 0x2c, 0x20] as const
const [OPENING_BRACKET, CLOSING_BRACKET] = [0x5b, 0x5d] as const
const [OPENING_BRACE, CLOSING_BRACE] = [0x7b, 0x7d] as const

/** Null if the text is not an object without white space. It is taken to be JSON: what is in a value is not looked at. */
function read(text: string): Map<string, string> | null {
  const members = new Map<string, string>()
  if (text === '{}') return members
  if (text.charCodeAt(0) !== OPENING_BRACE) return null
  for (let at = 1; ; at += 1) {
    if (text.charCodeAt(at) !== QUOTE) return null
    const colon = endOfString(text, at)
    if (colon === -1 || text.charCodeAt(colon) !== COLON) return null
    const key = text.slice(at + 1, colon - 1)
    const end = endOfValue(text, colon + 1)
    if (end === -1) return null
    members.set(key.includes('\\') ? unquote(text.slice(at, colon)) : key, text.slice(colon + 1, end))
    at = end
    const next = text.charCodeAt(end)
    if (next === CLOSING_BRACE) return end === text.length - 1 ? members : null
    if (next !== COMMA) return null
  }
}

/** The place after a value, or -1 if it has no end. */
function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from)
  if (first === QUOTE) return endOfString(text, from)
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at) - 1
      if (at < 0) return -1
    } else if (code === OPENING_BRACE || code === OPENING_BRACKET) depth += 1
    else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) {
      // Of the object that the value is in.
      if (depth === 0) return at === from ? -1 : at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (code === COMMA && depth === 0) return at === from ? -1 : at
    else if (code <= SPACE) return -1
  }
  return -1
}

/** The place after a string, or -1 if it has no end. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return at + 1
  }
  return -1
}

/** What a string in JSON says. */
export function unquote(text: string): string {
  if (!text.includes('\\')) return text.slice(1, -1)
  return JSON.parse(text) as string // safe: JSON that begins with a quote is a string
}
