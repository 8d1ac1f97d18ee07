import * as fc from 'fast-check'
import type { ApiDocument } from '../../src/api/docs/document.ts'

type Node = Readonly<Record<string, unknown>>

function nodeOf(document: ApiDocument, schema: unknown): Node {
  // Safe: a schema is an object, and what is read of it is checked.
  const node = (typeof schema === 'object' && schema !== null ? schema : {}) as Node
  const name = typeof node['$ref'] === 'string' ? node['$ref'].split('/').at(-1) : undefined
  return name === undefined ? node : nodeOf(document, document.components.schemas?.[name])
}

const numberOf = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback)

/**
 * Values that a schema of the document takes.
 * @param known values that lead somewhere, by the name of their property: ids, for one
 */
export function valuesOf(
  document: ApiDocument,
  schema: unknown,
  known: Readonly<Record<string, unknown>> = {},
): fc.Arbitrary<unknown> {
  const node = nodeOf(document, schema)
  const inner = (each: unknown): fc.Arbitrary<unknown> => valuesOf(document, each, known)
  const alternatives = node['anyOf'] ?? node['oneOf']
  if (Array.isArray(alternatives)) return fc.oneof(...alternatives.map(inner))
  if ('const' in node) return fc.constant(node['const'])
  if (Array.isArray(node['enum'])) return fc.constantFrom<unknown>(...node['enum'])
  if (Array.isArray(node['type'])) return fc.oneof(...node['type'].map((type) => inner({ ...node, type })))
  switch (node['type']) {
    case 'string':
      return strings(node)
    case 'integer': {
      const min = 'exclusiveMinimum' in node ? numberOf(node['exclusiveMinimum'], 0) + 1 : node['minimum']
      const max = numberOf(node['maximum'], Number.MAX_SAFE_INTEGER)
      return fc.integer({ min: numberOf(min, Number.MIN_SAFE_INTEGER), max })
    }
    case 'number':
      return fc.double({
        min: numberOf(node['minimum'] ?? node['exclusiveMinimum'], -1e9),
        max: numberOf(node['maximum'], 1e9),
        minExcluded: 'exclusiveMinimum' in node,
        noNaN: true,
      })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(inner(node['items']), {
        minLength: numberOf(node['minItems'], 0),
        maxLength: Math.min(numberOf(node['maxItems'], 5), 5),
      })
    case 'object': {
      const fields = Object.entries(nodeOf(document, node['properties'])).map(([name, property]) => {
        const values = inner(property)
        return [name, name in known ? fc.oneof(fc.constant(known[name]), values) : values] as const
      })
      const required = Array.isArray(node['required']) ? node['required'].map(String) : []
      const record = fc.record(Object.fromEntries(fields), { requiredKeys: required })
      if (node['additionalProperties'] === false || fields.length > 0) return record
      return fc.dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 })
    }
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function strings(node: Node): fc.Arbitrary<string> {
  if (node['format'] === 'date-time') {
    return fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString())
  }
  const minLength = numberOf(node['minLength'], 0)
  const maxLength = numberOf(node['maxLength'], 64)
  if (typeof node['pattern'] === 'string') {
    return fc
      .stringMatching(new RegExp(node['pattern'], 'u'), { maxLength: Math.min(maxLength, 64) })
      .filter((text) => Array.from(text).length >= minLength)
  }
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 64) })
}

/** A value with one thing about it changed: a part replaced, left out or added. */
export function spoiled(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(values, fc.jsonValue({ maxDepth: 2 }), fc.nat(), fc.nat(3))
    .map(([value, other, at, how]) => {
      if (typeof value !== 'object' || value === null) return other
      const names = Object.keys(value)
      const name = names[at % Math.max(1, names.length)]
      if (name === undefined || how === 0) return { ...value, unknown: other }
      if (how === 1) return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name))
      return Array.isArray(value)
        ? value.map((each: unknown, index) => (String(index) === name ? other : each))
        : { ...value, [name]: other }
    })
}
