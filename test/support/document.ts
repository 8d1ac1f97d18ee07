import { sample } from 'openapi-sampler'
import { app } from '../../src/api/app.ts'
import { apiDocument, type ApiDocument } from '../../src/api/docs/document.ts'
import { operationsOf, type Operation } from '../../src/api/docs/operations.ts'

/** The app's own description: what is generated from it covers a new route by itself. */
export const document: ApiDocument = await apiDocument(app)
export const operations: readonly Operation[] = operationsOf(document)

/** A value that a schema of the document takes, with no more in it than has to be there. */
export function exampleOf(schema: unknown): unknown {
  if (schema === undefined) return undefined
  // Safe: the document's schemas are JSON Schema.
  return sample(schema as object, { skipNonRequired: true, skipReadOnly: true, quiet: true }, document)
}

/** An id for each collection that a path may name. */
export type Ids = Record<
  'accounts' | 'keys' | 'webhooks' | 'deliveries' | 'replays' | 'calls' | 'sessions',
  string
>

/** The operation's path with ids in it. A route with ids of another kind has to be told of in `Ids`. */
export function pathWith(operation: Operation, ids: Ids): string {
  return operation.path.replaceAll(/\/([a-z]+)\/\{\w+\}/g, (_match, collection: string) => {
    // Safe: looked up, and seen to be there.
    const id = ids[collection as keyof Ids] as string | undefined
    if (id === undefined) throw new Error(`${operation.path}: which id stands for ${collection}?`)
    return `/${collection}/${encodeURIComponent(id)}`
  })
}

/** The scopes that the document gives an operation; none where it needs no key. */
export function scopesOf(operation: Operation): string[] {
  const said = /Scopes: (.*)\./.exec(operation.described.description ?? '')?.[1] ?? ''
  return [...said.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')
}
