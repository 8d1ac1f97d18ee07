/**
 * JSON that keeps every digit. A number that a double cannot hold as written (`12345678901234567890`, `1.50`)
 * is kept as its source text in a raw JSON value, which `JSON.stringify` writes back unchanged. Ids and
 * timestamps of the core are such numbers; `JSON.parse` alone would round them on the way to the receiver.
 */

/** What `JSON.rawJSON` makes: frozen, without a prototype, its text in `rawJSON`. */
export interface RawNumber {
  readonly rawJSON: string
}
export type Json = string | number | boolean | null | RawNumber | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

// In V8 since 11.4 (the JSON.parse source text access proposal); TypeScript's library does not know it yet.
interface RawJson {
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): value is RawNumber
}
// Safe: V8 adds exactly these two functions to the global JSON object.
const rawJson = JSON as JSON & RawJson

/** Parses JSON text, keeping each number's digits. Malformed text is `undefined`. */
export function parseJson(text: string): Json | undefined {
  try {
    // A parse that asks about each value takes six times as long, and most texts have no number to ask about.
    if (!MAY_LOSE_DIGITS.test(text)) return JSON.parse(text) as Json
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as Json
  } catch {
    return undefined
  }
}

/**
 * Finds each number that a double may not write back as it came: with 15 digits or more, ending in zeros behind the
 * point, very small, negative zero, or with an exponent. In a document every number but a sole one is behind `:`, `,` or
 * `[`; what looks like one in a string is found as well, which costs time alone.
 */
const MAY_LOSE_DIGITS =
  /(?:^|[:,[])[ \t\n\r]*(?:-0|-?(?:\d[\d.]{15}|0\.0{6}|\d+\.?\d*[eE]|\d+\.\d*0(?:[ \t\n\r,\]}]|$)))/

/** Whether arrays and objects nest deeper than so, found without parsing, which deep nesting could fail. */
export function nestsDeeperThan(most: number, text: string): boolean {
  // Most texts hold fewer brackets than that in all, which is found without a look at each character.
  if (occurs('{', text, most) + occurs('[', text, most) <= most) return false
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        isInString = !isInString
        break
      case BACKSLASH:
        at += 1
        break
      case OPENING_BRACKET:
      case OPENING_BRACE:
        if (!isInString) depth += 1
        if (depth > most) return true
        break
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        if (!isInString) depth -= 1
        break
    }
  }
  return false
}

/** How often a character occurs, as far as it matters: not counted on beyond `most`. */
function occurs(character: string, text: string, most: number): number {
  let count = 0
  for (let at = text.indexOf(character); at !== -1 && count <= most; at = text.indexOf(character, at + 1)) {
    count += 1
  }
  return count
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c] as const
const [OPENING_BRACKET, CLOSING_BRACKET] = [0x5b, 0x5d] as const
const [OPENING_BRACE, CLOSING_BRACE] = [0x7b, 0x7d] as const

function keepDigits(_key: string, value: unknown, context: { source: string }): unknown {
  if (typeof value !== 'number' || String(value) === context.source) return value
  return rawJson.rawJSON(context.source)
}

/**
 * The safe integer that a number of JSON stands for, however it is spelled: `1`, `1.0` and `10e-1` are one integer, as
 * they are to JSON Schema. Null for any other number: one with a fraction, however small, or beyond what a double counts.
 */
export function safeInteger(value: Json | undefined): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : null
  if (!isRawNumber(value)) return null
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(value.rawJSON) ?? []
  const digits = whole + fraction
  // By its digits: as a double, `1.00000000000000000001` is 1.
  let significant = digits.length
  while (significant > 0 && digits[significant - 1] === '0') significant -= 1
  const isWhole = significant === 0 || significant <= whole.length + Number(exponent)
  const number = Number(value.rawJSON)
  return isWhole && Number.isSafeInteger(number) ? number : null
}

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

export function isRawNumber(value: unknown): value is RawNumber {
  return rawJson.isRawJSON(value)
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)
}

/** JSON text that is equal for equal values, in whatever order their objects have their keys. */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
        : each,
    ) ?? ''
  )
}
