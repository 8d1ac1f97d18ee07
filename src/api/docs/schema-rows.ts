import type { ApiDocument } from './document.ts'

/** A line of a schema's table in the reference page. */
export interface SchemaRow {
  /** Dotted, with `[]` for the items of a list. */
  path: string
  type: string
  required: boolean
  description: string
  /** Bounds, defaults and the like, in words. */
  constraints: string[]
}

type Node = Readonly<Record<string, unknown>>

/** How deep the table goes: what nests deeper is shown by its type alone. */
const DEPTH = 4

/** The fields of a schema, in its order, each under its parent. */
export function schemaRows(document: ApiDocument, schema: unknown): SchemaRow[] {
  return rowsUnder(document, schema, '', 0)
}

function rowsUnder(document: ApiDocument, schema: unknown, parent: string, depth: number): SchemaRow[] {
  const node = resolved(document, schema)
  if (depth >= DEPTH) return []
  const item = node.type === 'array' ? resolved(document, node.items) : null
  if (item !== null) return rowsUnder(document, item, `${parent}[]`, depth)
  const alternatives = alternativesOf(node)
  if (alternatives.length > 0) {
    // Only the richest alternative is spelled out; the type names the others.
    const rows = alternatives.map((each) => rowsUnder(document, each, parent, depth))
    return rows.reduce((richest, each) => (each.length > richest.length ? each : richest), [])
  }
  const required = Array.isArray(node.required) ? node.required : []
  const properties = Object.entries(record(node.properties))
  // Only bodies have such fields, and there they are ignored.
  const own = properties.filter(([, property]) => record(property).readOnly !== true)
  return own.flatMap(([name, property]) => {
    const path = parent === '' ? name : `${parent}.${name}`
    const field = resolved(document, property)
    const row: SchemaRow = {
      path,
      type: typeOf(document, field),
      required: required.includes(name),
      description: textOf(record(property).description) || textOf(field.description),
      constraints: constraintsOf(document, field),
    }
    return [row, ...rowsUnder(document, field, path, depth + 1)]
  })
}

/** A value that the schema takes: the example it has, else its required fields. */
export function exampleOf(document: ApiDocument, schema: unknown, depth = 0): unknown {
  const node = resolved(document, schema)
  if (Array.isArray(node.examples)) return node.examples[0]
  if ('default' in node) return node.default
  if (Array.isArray(node.enum)) return node.enum[0]
  const alternatives = alternativesOf(node)
  if (alternatives.length > 0) return exampleOf(document, alternatives.at(-1), depth)
  switch (node.type) {
    case 'array':
      return Number(node.minItems ?? 0) > 0 || depth === 1 ? [exampleOf(document, node.items, depth + 1)] : []
    case 'integer':
    case 'number':
      return typeof node.minimum === 'number' && node.minimum > 0 ? node.minimum : 1
    case 'boolean':
      return true
    case 'object': {
      const required = Array.isArray(node.required) ? node.required : []
      const fields = Object.entries(record(node.properties)).filter(([name]) => required.includes(name))
      return Object.fromEntries(
        fields.map(([name, field]) => [name, EXAMPLES[name] ?? exampleOf(document, field, depth + 1)]),
      )
    }
    default:
      return 'text'
  }
}

const EXAMPLES: Readonly<Record<string, string>> = {
  call_id: '1628364922.6274679',
  since: '2026-01-01T00:00:00Z',
}

function typeOf(document: ApiDocument, schema: unknown): string {
  const node = resolved(document, schema)
  const alternatives = alternativesOf(node)
  if (alternatives.length > 0)
    return [...new Set(alternatives.map((each) => typeOf(document, each)))].join(' or ')
  if (node.type === 'array') return `list of ${typeOf(document, node.items)}`
  if (Array.isArray(node.type)) return node.type.join(' or ')
  if (node.const !== undefined) return JSON.stringify(node.const)
  if (node.type === 'string' && node.format === 'date-time') return 'time'
  return typeof node.type === 'string' ? node.type : 'any'
}

function constraintsOf(document: ApiDocument, node: Node): string[] {
  const said: string[] = []
  const given = besidesNull(document, node)
  const bounded = given.type === 'array' ? besidesNull(document, resolved(document, given.items)) : given
  if (Array.isArray(bounded.enum)) said.push(`one of ${bounded.enum.map(String).join(', ')}`)
  const length = range(bounded.minLength, bounded.maxLength)
  if (length !== null) said.push(`${length} characters`)
  if (typeof bounded.exclusiveMinimum === 'number') said.push(`more than ${bounded.exclusiveMinimum}`)
  const value = range(bounded.minimum, bounded.maximum)
  if (value !== null) said.push(value)
  const items = range(given.minItems, given.maxItems)
  if (items !== null) said.push(`${items} items`)
  if ('default' in node) said.push(`default ${JSON.stringify(node.default)}`)
  return said
}

/** What a value is if it is not null. */
function besidesNull(document: ApiDocument, node: Node): Node {
  const alternatives = alternativesOf(node).map((each) => resolved(document, each))
  return alternatives.find((each) => each.type !== 'null') ?? node
}

/** Null where nothing bounds it; what zod gives every whole number is no bound. */
function range(least: unknown, most: unknown): string | null {
  const from = typeof least === 'number' && least !== Number.MIN_SAFE_INTEGER ? least : null
  const to = typeof most === 'number' && most !== Number.MAX_SAFE_INTEGER ? most : null
  if (from === null) return to === null ? null : `at most ${to}`
  return to === null ? `at least ${from}` : `${from}–${to}`
}

function alternativesOf(node: Node): unknown[] {
  if (Array.isArray(node.anyOf)) return node.anyOf
  return Array.isArray(node.oneOf) ? node.oneOf : []
}

function resolved(document: ApiDocument, schema: unknown): Node {
  const node = record(schema)
  const name = typeof node.$ref === 'string' ? node.$ref.split('/').at(-1) : undefined
  return name === undefined ? node : record(document.components.schemas?.[name])
}

function record(value: unknown): Node {
  // Safe: any object may be read by string keys, each value unknown.
  return typeof value === 'object' && value !== null ? (value as Node) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
