import type { Json } from '../lib/json.ts'

/** The values that a template may name, by name. A name that is known and has no value holds its blank. */
export interface Scope {
  has(name: string): boolean
  get(name: string): Json | undefined
  /** Of the names that are known, those that are no identifiers, such as `lead-id`: see `irregularOf`. */
  readonly irregular: readonly string[]
}

/** A template taken apart, which is done once for many events. */
export interface Template {
  readonly source: string
  /** Text and what follows a `$` by turns, text first and last. */
  readonly parts: readonly string[]
  /** Of each of what follows a `$`, in order: whether it is the whole name, so that no shorter one fits. */
  readonly isExact: readonly boolean[]
  /** The one variable that the template is, if it is one and nothing else. */
  readonly whole: string | null
}

/**
 * An identifier of any script: letters, marks, digits and `_`, beginning with a letter or `_`. The two joiners stand
 * within words of Indian scripts.
 */
const IDENTIFIER = String.raw`[\p{L}_][\p{L}\p{M}\p{Nd}_\u200c\u200d]*`
const IS_IDENTIFIER = new RegExp(`^${IDENTIFIER}$`, 'u')
const VARIABLE = new RegExp(String.raw`\$(?:\$|\{([^{}]+)\}|(${IDENTIFIER}))?`, 'gu')
const NUMBER = /^\p{Nd}*$/u

/** Whether a template finds a name by the identifier behind a `$`. */
export function isIdentifier(name: string): boolean {
  return IS_IDENTIFIER.test(name)
}

/** Names that are no identifiers as a scope has them: longest first, and no numbers, since `$5` is a price. */
export function irregularOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => !NUMBER.test(name)).sort((a, b) => b.length - a.length)
}

/**
 * Takes a template apart: `$$` is a dollar sign, `${name}` says where a name ends, and a `$` before anything but a name
 * is itself.
 * @param irregular the scope's: without them those names are not found
 */
export function parseTemplate(source: string, irregular: readonly string[] = []): Template {
  const parts: string[] = []
  const isExact: boolean[] = []
  let text = ''
  let from = 0
  VARIABLE.lastIndex = 0
  for (let match = VARIABLE.exec(source); match !== null; match = VARIABLE.exec(source)) {
    const [found, braced, identifier] = match
    text += source.slice(from, match.index)
    from = VARIABLE.lastIndex
    let name = braced === undefined ? identifier : braced.trim()
    if (found === '$' || identifier !== undefined) {
      // It is longer than any identifier here, since it holds a character that none does.
      const known = irregular.find((each) => source.startsWith(each, match.index + 1))
      if (known !== undefined) {
        name = known
        from = VARIABLE.lastIndex = match.index + 1 + known.length
      }
    }
    if (name === undefined || name === '') text += found === '$$' ? '$' : found
    else {
      parts.push(text, name)
      isExact.push(name !== identifier)
      text = ''
    }
  }
  parts.push(text + source.slice(from))
  const isWhole = parts.length === 3 && parts[0] === '' && parts[2] === ''
  return { source, parts, isExact, whole: isWhole ? (parts[1] ?? null) : null }
}

/**
 * Fills `$variables` in. The longest known name that fits is taken, whatever its characters, so `$answered_agent_name`
 * is not the agent followed by `_name`. Where none is known the identifier is blank, because no literal `$name` may
 * reach a receiver. Objects and arrays are JSON text.
 * @param most characters: what is longer is not filled to its end, and comes back longer than that
 */
export function fillText(template: string | Template, scope: Scope, most = Infinity): string {
  return filled(parsed(template, scope), scope, most)
}

function filled({ parts, isExact }: Template, scope: Scope, most: number): string {
  let text = parts[0] ?? ''
  for (let at = 1; at < parts.length && text.length <= most; at += 2) {
    const written = parts[at] ?? ''
    const name = longestKnown(written, isExact[at >> 1] === true, scope)
    if (name !== null) text += textOf(scope.get(name) ?? '') + written.slice(name.length)
    text += parts[at + 1] ?? ''
  }
  return text
}

/** As `fillText`, but a template that is one variable and nothing else keeps the type of its value. */
export function fillValue(template: string | Template, scope: Scope, most = Infinity): Json {
  const taken = parsed(template, scope)
  const value = taken.whole === null ? undefined : scope.get(taken.whole)
  return value === undefined ? filled(taken, scope, most) : value
}

/** What a template says by itself: its text between the variables. */
export function literalsOf(template: string | Template, scope: Scope): string[] {
  const { parts, isExact } = parsed(template, scope)
  const literals: string[] = []
  let text = parts[0] ?? ''
  for (let at = 1; at < parts.length; at += 2) {
    const written = parts[at] ?? ''
    const name = longestKnown(written, isExact[at >> 1] === true, scope)
    if (name !== null) {
      literals.push(text)
      text = written.slice(name.length)
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

function parsed(template: string | Template, { irregular }: Scope): Template {
  if (typeof template === 'string') return parseTemplate(template, irregular)
  // Few events carry such names; those of one that does are known only now.
  const isText = template.parts.length === 1 && !template.source.includes('$')
  return isText || irregular.length === 0 ? template : parseTemplate(template.source, irregular)
}

function longestKnown(written: string, isExact: boolean, scope: Scope): string | null {
  if (isExact) return scope.has(written) ? written : null
  for (let length = written.length; length > 0; length -= 1) {
    const name = written.slice(0, length)
    if (scope.has(name)) return name
  }
  return null
}
