import type { Json } from '../lib/json.ts'

/** The values that a template may name, by name. A name that is known and has no value holds its blank. */
export type Scope = ReadonlyMap<string, Json>

const VARIABLE = /\$(?:\$|([A-Za-z_][A-Za-z0-9_]*))/g
const WHOLE = /^\$([A-Za-z_][A-Za-z0-9_]*)$/

/**
 * Fills `$variables` in. The longest known name that fits is taken, so `$answered_agent_name` is not the agent
 * followed by `_name`; a name that is not known is blank, because no literal `$name` may reach a receiver; `$$`
 * is a dollar sign. Objects and arrays are JSON text.
 */
export function fillText(template: string, scope: Scope): string {
  return template.replace(VARIABLE, (_match, identifier: string | undefined) => {
    if (identifier === undefined) return '$'
    const name = longestKnown(identifier, scope)
    return name === null ? '' : textOf(scope.get(name) ?? '') + identifier.slice(name.length)
  })
}

/** As `fillText`, but a template that is one variable and nothing else keeps the type of its value. */
export function fillValue(template: string, scope: Scope): Json {
  const whole = WHOLE.exec(template)?.[1]
  const value = whole === undefined ? undefined : scope.get(whole)
  return value === undefined ? fillText(template, scope) : value
}

// No header value may hold it.
const GAP = '\u0000'

/** What a template says by itself: its text between the variables. */
export function literalsOf(template: string, scope: Scope): string[] {
  if (!template.includes('$')) return [template]
  return fillText(template, new Map([...scope.keys()].map((name) => [name, GAP]))).split(GAP)
}

/** A value as text: what it is if it is text, and else its JSON; null is blank. */
export function textOf(value: Json): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  return JSON.stringify(value)
}

function longestKnown(identifier: string, scope: Scope): string | null {
  for (let length = identifier.length; length > 0; length -= 1) {
    const name = identifier.slice(0, length)
    if (scope.has(name)) return name
  }
  return null
}
