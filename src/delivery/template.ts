import type { Json } from '../lib/json.ts'

/** The values that a template may name, by name. A name that is known and has no value holds its blank. */
export interface Scope {
  has(name: string): boolean
  get(name: string): Json | undefined
}

/** A template taken apart, which is done once for many events. */
export interface Template {
  /** Text and what follows a `$` by turns, text first and last. */
  readonly parts: readonly string[]
  /** The one variable that the template is, if it is one and nothing else. */
  readonly whole: string | null
}

const VARIABLE = /\$(?:\$|([A-Za-z_][A-Za-z0-9_]*))/g
const WHOLE = /^\$([A-Za-z_][A-Za-z0-9_]*)$/

/** Takes a template apart: `$$` is a dollar sign, a `$` before anything but a name is itself. */
export function parseTemplate(template: string): Template {
  const parts: string[] = []
  let text = ''
  let from = 0
  for (const match of template.matchAll(VARIABLE)) {
    text += template.slice(from, match.index)
    from = match.index + match[0].length
    if (match[1] === undefined) text += '$'
    else {
      parts.push(text, match[1])
      text = ''
    }
  }
  parts.push(text + template.slice(from))
  return { parts, whole: WHOLE.exec(template)?.[1] ?? null }
}

/**
 * Fills `$variables` in. The longest known name that fits is taken, so `$answered_agent_name` is not the agent
 * followed by `_name`; a name that is not known is blank, because no literal `$name` may reach a receiver. Objects
 * and arrays are JSON text.
 */
export function fillText(template: string | Template, scope: Scope): string {
  const { parts } = parsed(template)
  let text = parts[0] ?? ''
  for (let at = 1; at < parts.length; at += 2) {
    const identifier = parts[at] ?? ''
    const name = longestKnown(identifier, scope)
    if (name !== null) text += textOf(scope.get(name) ?? '') + identifier.slice(name.length)
    text += parts[at + 1] ?? ''
  }
  return text
}

/** As `fillText`, but a template that is one variable and nothing else keeps the type of its value. */
export function fillValue(template: string | Template, scope: Scope): Json {
  const { whole } = parsed(template)
  const value = whole === null ? undefined : scope.get(whole)
  return value === undefined ? fillText(template, scope) : value
}

/** What a template says by itself: its text between the variables. */
export function literalsOf(template: string | Template, scope: Scope): string[] {
  const { parts } = parsed(template)
  const literals: string[] = []
  let text = parts[0] ?? ''
  for (let at = 1; at < parts.length; at += 2) {
    const identifier = parts[at] ?? ''
    const name = longestKnown(identifier, scope)
    if (name !== null) {
      literals.push(text)
      text = identifier.slice(name.length)
    }
    text += parts[at + 1] ?? ''
  }
  literals.push(text)
  return literals
}

/** A value as text: what it is if it is text, and else its JSON; null is blank. */
export function textOf(value: Json): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  return JSON.stringify(value)
}

function parsed(template: string | Template): Template {
  return typeof template === 'string' ? parseTemplate(template) : template
}

function longestKnown(identifier: string, scope: Scope): string | null {
  for (let length = identifier.length; length > 0; length -= 1) {
    const name = identifier.slice(0, length)
    if (scope.has(name)) return name
  }
  return null
}
