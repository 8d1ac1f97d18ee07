/** What a schema of the OpenAPI document says, in the words of a reference page. */
import type { ApiDocument } from '../src/api/docs/operations.ts'

export type Node = Readonly<Record<string, unknown>>

/** A field of an object, with the fields of what it holds. */
export interface SchemaField {
  name: string
  type: TypeName
  required: boolean
  description: string
  /** Bounds, defaults and the like, in words. */
  constraints: string[]
  /** Of what is described here alone: what has a name of its own is described once, where that name leads. */
  fields: SchemaField[]
}

/** A type in words, and the named schemas in it: `list of ` and `Webhook`. */
export type TypeName = (string | { schema: string })[]

/** Schemas that nest deeper are shown by their type alone. */
const DEPTH = 5

export class Schemas {
  readonly #document: ApiDocument
  readonly #isNamed: (name: string) => boolean

  /** @param isNamed whether a schema of the document's components has a place of its own, to which types lead */
  constructor(document: ApiDocument, isNamed: (name: string) => boolean) {
    this.#document = document
    this.#isNamed = isNamed
  }

  /** The name of a schema that is described elsewhere; null if it is to be described where it stands. */
  nameOf(schema: unknown): string | null {
    const name = refOf(schema)
    return name !== null && this.#isNamed(name) ? name : null
  }

  /** The fields of a schema that is described where it stands, whatever its name. */
  fieldsOf(schema: unknown, depth = 0): SchemaField[] {
    const node = this.resolved(schema)
    if (depth >= DEPTH) return []
    if (node['type'] === 'array') return this.#fieldsUnder(node['items'], depth)
    const alternatives = alternativesOf(node)
    if (alternatives.length > 0) {
      // The richest alternative is spelled out; the type names the others.
      const all = alternatives.map((each) => this.#fieldsUnder(each, depth))
      return all.reduce((richest, each) => (each.length > richest.length ? each : richest), [])
    }
    const required = Array.isArray(node['required']) ? node['required'] : []
    // Only bodies have read-only fields, and there they are ignored.
    const own = Object.entries(record(node['properties'])).filter(
      ([, each]) => record(each)['readOnly'] !== true,
    )
    return own.map(([name, property]) => {
      const field = this.resolved(property)
      return {
        name,
        type: this.typeOf(property),
        required: required.includes(name),
        description:
          textOf(record(property)['description']) ||
          (this.nameOf(property) === null ? textOf(field['description']) : ''),
        constraints: this.constraintsOf(property),
        fields: this.#fieldsUnder(property, depth + 1),
      }
    })
  }

  #fieldsUnder(schema: unknown, depth: number): SchemaField[] {
    return this.nameOf(schema) === null ? this.fieldsOf(schema, depth) : []
  }

  typeOf(schema: unknown): TypeName {
    const name = this.nameOf(schema)
    if (name !== null) return [{ schema: name }]
    const node = this.resolved(schema)
    const alternatives = alternativesOf(node)
    if (alternatives.length > 0) {
      const types = new Map(
        alternatives.map((each) => [JSON.stringify(this.typeOf(each)), this.typeOf(each)]),
      )
      return [...types.values()].flatMap((type, index) => (index === 0 ? type : [' or ', ...type]))
    }
    if (node['type'] === 'array') return ['list of ', ...this.typeOf(node['items'])]
    if (Array.isArray(node['type'])) return [node['type'].join(' or ')]
    if (node['const'] !== undefined) return [JSON.stringify(node['const'])]
    if (node['type'] === 'string' && node['format'] === 'date-time') return ['time']
    return [typeof node['type'] === 'string' ? node['type'] : 'any']
  }

  constraintsOf(schema: unknown): string[] {
    if (this.nameOf(schema) !== null) return []
    const said: string[] = []
    const node = this.resolved(schema)
    const given = this.#besidesNull(schema)
    const isList = given['type'] === 'array'
    const bounded = isList ? this.#besidesNull(given['items']) : given
    const isNamed = this.nameOf(isList ? given['items'] : schema) !== null
    if (Array.isArray(bounded['enum']) && !isNamed)
      said.push(`one of ${bounded['enum'].map((value) => `\`${String(value)}\``).join(', ')}`)
    const length = range(bounded['minLength'], bounded['maxLength'])
    if (length !== null && !isNamed) said.push(`${length} characters`)
    if (typeof bounded['exclusiveMinimum'] === 'number') said.push(`more than ${bounded['exclusiveMinimum']}`)
    const value = range(bounded['minimum'], bounded['maximum'])
    if (value !== null) said.push(value)
    const items = range(given['minItems'], given['maxItems'])
    if (items !== null)
      said.push(`${items} ${given['minItems'] === 1 && given['maxItems'] === undefined ? 'item' : 'items'}`)
    if ('default' in node) said.push(`default \`${JSON.stringify(node['default'])}\``)
    return said
  }

  /** What a value is if it is not null. */
  #besidesNull(schema: unknown): Node {
    const node = this.resolved(schema)
    const alternatives = alternativesOf(node).map((each) => this.resolved(each))
    return alternatives.find((each) => each['type'] !== 'null') ?? node
  }

  resolved(schema: unknown): Node {
    const name = refOf(schema)
    return record(name === null ? schema : this.#document.components.schemas?.[name])
  }
}

/** The name of the component that a schema is a reference to. */
export function refOf(schema: unknown): string | null {
  const ref = record(schema)['$ref']
  return typeof ref === 'string' ? (ref.split('/').at(-1) ?? null) : null
}

/** The names of the components that a schema refers to by itself, not by another of them. */
export function refsIn(value: unknown): Set<string> {
  const found = new Set<string>()
  const visit = (each: unknown): void => {
    const name = refOf(each)
    if (name !== null) found.add(name)
    if (typeof each === 'object' && each !== null) Object.values(each).forEach(visit)
  }
  visit(value)
  return found
}

/** Null if nothing bounds it; what zod gives every whole number is no bound. */
function range(least: unknown, most: unknown): string | null {
  const from = typeof least === 'number' && least !== Number.MIN_SAFE_INTEGER ? least : null
  const to = typeof most === 'number' && most !== Number.MAX_SAFE_INTEGER ? most : null
  if (from === null) return to === null ? null : `at most ${to}`
  return to === null ? `at least ${from}` : `${from}–${to}`
}

function alternativesOf(node: Node): unknown[] {
  if (Array.isArray(node['anyOf'])) return node['anyOf']
  return Array.isArray(node['oneOf']) ? node['oneOf'] : []
}

export function record(value: unknown): Node {
  // Safe: any object may be read by string keys, each value unknown.
  return typeof value === 'object' && value !== null ? (value as Node) : {}
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
