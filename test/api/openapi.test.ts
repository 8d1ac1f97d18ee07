import { Validator, type Schema } from '@cfworker/json-schema'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bodySchemaOf, parametersOf, type Operation } from '../../src/api/docs/operations.ts'
import { raw } from '../support/control.ts'
import { document, exampleOf, operations, pathWith, type Ids } from '../support/document.ts'
import { spoiled, valuesOf } from '../support/generate.ts'
import { ADMIN_KEY, Receivers } from '../support/relay.ts'
import { tenantWithAll } from '../support/tenant.ts'

/*
 * Requests made from the app's own document, and answers held against it. What the document says is what a client
 * is written from: an answer that it does not describe is a fault, whichever of the two is wrong.
 */

/** Requests go out so many at a time, since a change answers only once it holds everywhere. */
const AT_ONCE = 10
const ROUNDS = 6
const SEED = 12

let keys: Record<string, string | null>
let ids: Ids

beforeAll(async () => {
  const tenant = await tenantWithAll(new Receivers(), 'described')
  ids = tenant.ids
  keys = { admin: ADMIN_KEY, ...tenant.keys, none: null }
})
afterAll(() => vi.restoreAllMocks())

function validatorOf(schema: unknown): Validator {
  // Safe: the document's schemas are JSON Schema, and what they refer to is among its components.
  return new Validator({ ...(schema as Schema), components: document.components }, '2020-12', false)
}

interface Sent {
  key: string
  path: string
  type: string
  body: string | undefined
  /** The body as a value, where it is one. */
  value: unknown
}

/** Path, query, headers and body: as the document has them, or nearly, or not at all. */
function requestsOf(operation: Operation): fc.Arbitrary<Sent> {
  const known = {
    account_id: ids.accounts,
    call_id: ids.calls,
    webhook: ids.webhooks,
    key: ADMIN_KEY,
    url: 'https://example.com/hook',
  }
  const path = fc.oneof(
    { weight: 4, arbitrary: fc.constant(pathWith(operation, ids)) },
    {
      weight: 1,
      arbitrary: fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
        .map((text) =>
          operation.path.replaceAll(/\{\w+\}/g, encodeURIComponent(/^\.+$/.test(text) ? 'dots' : text)),
        ),
    },
  )
  const inQueryKnown = new Map<string, string>(Object.entries({ ...known, number: '080 6901 0148' }))
  const inQuery = parametersOf(operation.described).filter((each) => each.in === 'query')
  const query = fc
    .record(
      Object.fromEntries(
        inQuery.map(({ name, schema }) => [
          name,
          fc.oneof(
            {
              weight: 3,
              arbitrary: inQueryKnown.has(name)
                ? fc.constant(inQueryKnown.get(name))
                : valuesOf(document, schema),
            },
            { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
          ),
        ]),
      ),
      { requiredKeys: [] },
    )
    .map(
      (values) => new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])),
    )
  const schema = bodySchemaOf(operation.described)
  const values = fc
    .oneof(valuesOf(document, schema, known), fc.constant(exampleOf(schema)))
    .map(withFewShards)
  const bodies: fc.Arbitrary<{ body: string | undefined; value: unknown }> =
    schema === undefined
      ? fc.constant({ body: undefined, value: undefined })
      : fc.oneof(
          { weight: 4, arbitrary: values.map((value) => ({ body: JSON.stringify(value), value })) },
          { weight: 4, arbitrary: spoiled(values).map((value) => ({ body: JSON.stringify(value), value })) },
          { weight: 1, arbitrary: fc.jsonValue().map((value) => ({ body: JSON.stringify(value), value })) },
          { weight: 1, arbitrary: fc.string().map((body) => ({ body, value: undefined })) },
        )
  return fc
    .record({
      key: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom('admin', 'manage', 'manage_session') },
        { weight: 1, arbitrary: fc.constantFrom(...Object.keys(keys)) },
      ),
      path,
      query,
      type: fc.oneof(
        { weight: 9, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', '') },
      ),
      content: bodies,
    })
    .map(({ query: asked, content, path: at, ...rest }) => ({
      ...rest,
      ...content,
      path: `${at}${asked.size > 0 ? `?${asked.toString()}` : ''}`,
    }))
}

/** An account of many shards takes seconds to make, and is answered as one of a few. */
function withFewShards(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('shards' in value)) return value
  return typeof value.shards === 'number' ? { ...value, shards: Math.min(value.shards, 3) } : value
}

/** What is wrong with an answer by the document; nothing where all is as described. */
async function faultsOf(operation: Operation, sent: Sent): Promise<{ status: number; faults: string[] }> {
  const answer = await raw(operation.method.toUpperCase(), sent.path, {
    key: keys[sent.key] ?? null,
    ...(sent.body === undefined ? {} : { body: sent.body, headers: { 'content-type': sent.type } }),
  })
  const text = await answer.text()
  const { status } = answer
  if (status >= 500) return { status, faults: [`${status}: ${text}`] }
  const described = operation.described.responses?.[status]
  if (described === undefined || '$ref' in described)
    return { status, faults: [`${status} is not described: ${text}`] }
  const faults: string[] = []
  const [type = '', content] = Object.entries(described.content ?? {})[0] ?? []
  const given = answer.headers.get('content-type')?.split(';')[0] ?? ''
  if (given !== type) faults.push(`${status} is ${given}, not ${type}`)
  if (type === '' && text !== '') faults.push(`${status} has a body`)
  if (content !== undefined) {
    const read = validatorOf(content.schema).validate(type.includes('json') ? JSON.parse(text) : text)
    if (!read.valid) faults.push(`${status}: ${JSON.stringify(read.errors)} in ${text}`)
  }
  // Each event of a batch has an answer of its own, and the batch is taken all the same.
  const schema = operation.id === 'createEvents' ? undefined : bodySchemaOf(operation.described)
  if (schema !== undefined && sent.value !== undefined) {
    const isDescribed = validatorOf(schema).validate(sent.value).valid
    if (!isDescribed && answer.ok) faults.push(`a body that is not described is taken: ${sent.body}`)
    if (isDescribed && status === 400) faults.push(`a body that is described is malformed: ${text}`)
  }
  return { status, faults }
}

describe('whatever is asked, the answer is one that the document describes', () => {
  // What takes away goes last, and the account after all that is in it.
  const rank = ({ method, id }: Operation): number => {
    if (id === 'deleteAccount') return 4
    if (id === 'deleteAccountSessions') return 3
    // Both end the session that asks.
    if (id === 'deleteSession') return 1
    if (method === 'delete' || id === 'createSession') return 2
    return id === 'disableWebhook' ? 1 : 0
  }
  const inOrder = operations.toSorted((a, b) => rank(a) - rank(b))

  test.each(inOrder.map((operation) => [operation.id, operation] as const))(
    '%s',
    async (_id, operation) => {
      const statuses = new Set<number>()
      await fc.assert(
        fc.asyncProperty(
          fc.array(requestsOf(operation), { minLength: AT_ONCE, maxLength: AT_ONCE }),
          async (requests) => {
            const answers = await Promise.all(
              requests.map(async (sent) => ({ sent, ...(await faultsOf(operation, sent)) })),
            )
            for (const { status } of answers) statuses.add(status)
            expect(answers.filter(({ faults }) => faults.length > 0)).toEqual([])
          },
        ),
        { numRuns: ROUNDS, seed: SEED, endOnFailure: true },
      )
      // Else the requests would lead nowhere. The key that there is to delete is an account's.
      const succeeds = [...statuses].some((status) => status < 300)
      expect(succeeds).toBe(operation.id !== 'deleteKey')
    },
    60_000,
  )
})
