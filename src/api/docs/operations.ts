import type { generateSpecs } from 'hono-openapi'

/** An OpenAPI 3.1 document. */
export type ApiDocument = Awaited<ReturnType<typeof generateSpecs>>

type PathItem = NonNullable<ApiDocument['paths'][string]>
export type Described = NonNullable<PathItem['get']>

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
export type Method = (typeof METHODS)[number]

/** A method on a path, as the document describes it. */
export interface Operation {
  id: string
  method: Method
  path: string
  described: Described
}

/** The document's operations, in its order. */
export function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const described = item[method]
      if (described === undefined) return []
      return [{ id: described.operationId ?? `${method}${path}`, method, path, described }]
    }),
  )
}

export interface Parameter {
  name: string
  in: string
  required: boolean
  description: string
  schema: unknown
}

export function parametersOf(described: Described): Parameter[] {
  return (described.parameters ?? []).flatMap((parameter) => {
    if (!('name' in parameter)) return []
    const { name, in: where, required, description, schema } = parameter
    return [{ name, in: where, required: required === true, description: description ?? '', schema }]
  })
}

/** The schema of the JSON body, if it takes one. */
export function bodySchemaOf(described: Described): unknown {
  const { requestBody } = described
  return requestBody !== undefined && 'content' in requestBody
    ? requestBody.content['application/json']?.schema
    : undefined
}
