import { isJsonObject, type Json } from '../lib/json.ts'
import { textOf } from './template.ts'

/** How nested values go into a form or a query: as JSON text, or a field for each leaf (`agent[0][number]=…`). */
export type NestedForm = 'json' | 'brackets'

/**
 * Pairs as application/x-www-form-urlencoded. A blank object or array in brackets is the key with nothing, so
 * that no key goes missing.
 */
export function encodeForm(pairs: Iterable<readonly [string, Json]>, nested: NestedForm): string {
  return Array.from(pairs, ([key, value]) => encodeField(key, value, nested)).join('&')
}

/**
 * One pair of a form: a field, or in brackets a field for each leaf.
 * @param most characters: of what is longer the rest is left out, and it comes back longer than that
 */
export function encodeField(key: string, value: Json, nested: NestedForm, most = Infinity): string {
  if (nested === 'json' || typeof value === 'string') return `${encode(key)}=${encode(textOf(value))}`
  const fields: string[] = []
  let length = 0
  for (const [name, text] of leaves(key, value)) {
    // Each leaf has the names of all that it is in before it: a few kilobytes can be gigabytes of fields.
    if (length > most) break
    const field = `${encode(name)}=${encode(text)}`
    fields.push(field)
    length += field.length
  }
  return fields.join('&')
}

function leaves(name: string, value: Json): (readonly [string, string])[] {
  const children = Array.isArray(value)
    ? [...value.entries()]
    : isJsonObject(value)
      ? Object.entries(value)
      : null
  if (children === null) return [[name, textOf(value)]]
  if (children.length === 0) return [[name, '']]
  return children.flatMap(([key, child]) => leaves(`${name}[${key}]`, child))
}

/** Everything but RFC 3986's unreserved characters is percent-encoded: no reader disagrees about those. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
