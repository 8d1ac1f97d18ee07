/** The OpenAPI document as pages: one for each tag, each schema on the page that it is mostly used on. */
import { sample } from 'openapi-sampler'
import { bodySchemaOf, operationsOf, type ApiDocument, type Operation } from '../src/api/docs/operations.ts'
import { record, refsIn, Schemas } from './schema.ts'

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
  readonly #homes = new Map<string, Resource>()

  constructor(document: ApiDocument) {
    this.document = document
    const operations = operationsOf(document)
    this.resources = (document.tags ?? []).flatMap((tag) => {
      const own = operations.filter((each) => each.described.tags?.[0] === tag.name)
      const { name, description = '' } = tag
      const path = `/docs/api/${name.toLowerCase().replaceAll(/\W+/g, '-')}`
      return own.length === 0 ? [] : [{ name, path, description, operations: own, schemas: [] }]
    })
    for (const [name, resource] of homesOf(document, this.resources)) {
      this.#homes.set(name, resource)
      resource.schemas.push(name)
    }
    this.schemas = new Schemas(document, (name) => name === PROBLEM || this.#homes.has(name))
  }

  /** Where a named schema is described. */
  hrefOf(schema: string): string {
    const home = this.#homes.get(schema)
    return home === undefined ? '/docs/api#errors' : `${home.path}#${schemaId(schema)}`
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

export function schemaId(name: string): string {
  return `schema-${name}`
}

/**
 * Which named schemas have a place of their own, and which page it is on: those that more than one place refers to, on the
 * page that does so most. What one place alone refers to is described there.
 */
function homesOf(document: ApiDocument, resources: readonly Resource[]): Map<string, Resource> {
  const components = document.components.schemas ?? {}
  const within = new Map(Object.entries(components).map(([name, schema]) => [name, refsIn(schema)]))
  const uses = new Map<string, Map<Resource, number>>()
  const bodies = new Set<string>()
  const use = (name: string, resource: Resource): void => {
    const counts = uses.get(name) ?? new Map<Resource, number>()
    uses.set(name, counts)
    const isFirst = !counts.has(resource)
    counts.set(resource, (counts.get(resource) ?? 0) + 1)
    // What it refers to in turn is used by the page once, however often the page refers to it.
    if (isFirst) for (const inner of within.get(name) ?? []) use(inner, resource)
  }
  for (const resource of resources) {
    for (const { described } of resource.operations) {
      for (const name of refsIn(described)) use(name, resource)
      for (const name of refsIn(bodySchemaOf(described))) bodies.add(name)
    }
  }
  const homes = new Map<string, Resource>()
  for (const name of Object.keys(components)) {
    const counts = [...(uses.get(name) ?? [])]
    const total = counts.reduce((sum, [, count]) => sum + count, 0)
    const most = counts.reduce<[Resource, number] | null>(
      (best, each) => (best === null || each[1] > best[1] ? each : best),
      null,
    )
    if (name === PROBLEM || most === null) continue
    if (total > 1 || 'enum' in record(components[name])) homes.set(name, most[0])
  }
  return homes
}
