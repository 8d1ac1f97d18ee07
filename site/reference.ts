/** The OpenAPI document as pages: one for each tag, each schema on the page that it is mostly used on. */
import { sample } from 'openapi-sampler'
import { bodySchemaOf, operationsOf, type ApiDocument, type Operation } from '../src/api/docs/operations.ts'
import { record, refOf, refsIn, Schemas } from './schema.ts'

/** A page of the reference. */
export interface Resource {
  name: string
  path: string
  description: string
  operations: Operation[]
  /** The named schemas that are described here. */
  schemas: string[]
}

export class Reference {
  readonly document: ApiDocument
  readonly schemas: Schemas
  readonly resources: readonly Resource[]
  /** Where each named schema is described. */
  readonly #places = new Map<string, string>([[PROBLEM, '/docs/api#errors']])

  constructor(document: ApiDocument) {
    this.document = document
    const operations = operationsOf(document)
    this.resources = (document.tags ?? []).flatMap((tag) => {
      const own = operations.filter((each) => each.described.tags?.[0] === tag.name)
      const { name, description = '' } = tag
      const path = `/docs/api/${name.toLowerCase().replaceAll(/\W+/g, '-')}`
      return own.length === 0 ? [] : [{ name, path, description, operations: own, schemas: [] }]
    })
    for (const { path, operations: own } of this.resources) {
      for (const operation of own) {
        const name = refOf(bodySchemaOf(operation.described))
        if (name !== null) this.#places.set(name, `${path}#${bodyId(operation)}`)
      }
    }
    for (const [name, resource] of homesOf(document, this.resources)) {
      if (this.#places.has(name)) continue
      this.#places.set(name, `${resource.path}#${schemaId(name)}`)
      resource.schemas.push(name)
    }
    this.schemas = new Schemas(document, (name) => this.#places.has(name))
  }

  /** Where a named schema is described. */
  hrefOf(schema: string): string {
    return this.#places.get(schema) ?? '/docs/api'
  }

  /** A value that a schema takes: of what is asked, what has to be there; of an answer, all. */
  exampleOf(schema: unknown, isAsked: boolean): unknown {
    // Safe: the document's schemas are JSON Schema, which the sampler takes.
    return sample(
      schema as object,
      { skipNonRequired: isAsked, skipReadOnly: isAsked, quiet: true },
      this.document,
    )
  }
}

/** Of every answer that is no success: described once, in the introduction. */
const PROBLEM = 'Problem'

/** Of the place where an operation's body is described. */
export function bodyId(operation: Operation): string {
  return `${operation.id}-body`
}

export function schemaId(name: string): string {
  return `schema-${name}`
}

/**
 * Which named schemas have a place of their own, and which page it is on: those that more than one place refers to, on the
 * page that is named as they are, else on the one that refers to them most. What one place alone refers to is described
 * there.
 */
function homesOf(document: ApiDocument, resources: readonly Resource[]): Map<string, Resource> {
  const components = document.components.schemas ?? {}
  const within = new Map(Object.entries(components).map(([name, schema]) => [name, refsIn(schema)]))
  const uses = new Map<string, Map<Resource, number>>()
  const use = (name: string, resource: Resource): void => {
    const counts = uses.get(name) ?? new Map<Resource, number>()
    uses.set(name, counts)
    const isFirst = !counts.has(resource)
    counts.set(resource, (counts.get(resource) ?? 0) + 1)
    // What it refers to in turn is used by the page once, however often the page refers to it.
    if (isFirst) for (const inner of within.get(name) ?? []) use(inner, resource)
  }
  for (const resource of resources) {
    for (const { described } of resource.operations) for (const name of refsIn(described)) use(name, resource)
  }
  const homes = new Map<string, Resource>()
  for (const name of Object.keys(components)) {
    const counts = [...(uses.get(name) ?? [])].sort(([, a], [, b]) => b - a)
    const total = counts.reduce((sum, [, count]) => sum + count, 0)
    const [most] = counts
    if (most === undefined || (total === 1 && !('enum' in record(components[name])))) continue
    homes.set(name, namesake(name, resources) ?? most[0])
  }
  return homes
}

/** The resource by which a schema is named: `Webhooks` for `WebhookCreate`. The longest name counts. */
function namesake(schema: string, resources: readonly Resource[]): Resource | undefined {
  return resources
    .map((resource) => ({
      resource,
      stem: resource.name
        .replaceAll(' ', '')
        .toLowerCase()
        .replace(/(?<!ie)s$/, ''),
    }))
    .filter(({ stem }) => schema.toLowerCase().startsWith(stem))
    .sort((a, b) => b.stem.length - a.stem.length)[0]?.resource
}
