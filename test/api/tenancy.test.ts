import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bodySchemaOf, parametersOf, type Operation } from '../../src/api/docs/operations.ts'
import { raw } from '../support/control.ts'
import { exampleOf, operations, pathWith, scopesOf, type Ids } from '../support/document.ts'
import { tenantWithAll, type Tenant } from '../support/tenant.ts'
import { ADMIN_KEY, api, env, event, Receivers } from '../support/relay.ts'

/** Stands in all that the other tenant has, so that it cannot leak unseen. */
const MARKER = 'belongs-to-somebody-else'

let receivers: Receivers
let mine: Tenant
let other: Tenant

beforeAll(async () => {
  receivers = new Receivers()
  mine = await tenantWithAll(receivers, 'mine')
  other = await tenantWithAll(receivers, MARKER)
})
afterAll(() => vi.restoreAllMocks())

/** Bodies that name a tenant's objects; whatever else a route takes is its document's example. */
function bodiesWith(operation: Operation, ids: Ids): { body: unknown; names: boolean }[] {
  const schema = bodySchemaOf(operation.described)
  if (schema === undefined) return [{ body: undefined, names: false }]
  switch (operation.id) {
    case 'createEvent':
      return [{ body: event(ids.accounts, 'new-call'), names: true }]
    case 'createEvents':
      return [
        { body: { events: [event(ids.accounts, 'new-call'), event(ids.accounts, ids.calls)] }, names: true },
      ]
    case 'previewWebhook':
      return [ids.webhooks, { id: ids.webhooks }].map((webhook) => ({ body: { webhook }, names: true }))
    case 'retryDeliveries': {
      const all = { status: 'succeeded', since: '2020-01-01T00:00:00Z' }
      return [
        { body: all, names: false },
        { body: { ...all, webhook_id: ids.webhooks }, names: true },
      ]
    }
    case 'createSession':
      return [{ body: { key: ADMIN_KEY }, names: false }]
    case 'putOperationalWebhook':
      return [{ body: { url: 'https://example.com/hook' }, names: false }]
    default:
      return [{ body: exampleOf(schema), names: false }]
  }
}

interface Asked {
  query: string
  body: unknown
  path: string
  /** Whether an id of the tenant's is anywhere in it. */
  names: boolean
}

/** Every way in which an operation may name a tenant: in its path, its query and its body. */
function requestsFor(operation: Operation, ids: Ids): Asked[] {
  const path = pathWith(operation, ids)
  const inQuery = parametersOf(operation.described).filter((each) => each.in === 'query')
  // What a query has to name is named in each request.
  const call = inQuery.some(({ name, required }) => name === 'call_id' && required)
    ? `?call_id=${ids.calls}`
    : ''
  const account = `${call === '' ? '?' : `${call}&`}account_id=${ids.accounts}`
  const takesAccount = inQuery.some(({ name }) => name === 'account_id')
  return [call, ...(takesAccount ? [account] : [])].flatMap((query) =>
    bodiesWith(operation, ids).map(({ body, names }) => ({
      path,
      query,
      body,
      names: names || query !== '' || path !== operation.path,
    })),
  )
}

async function ask(operation: Operation, asked: Asked, key: string | null) {
  const answer = await raw(operation.method.toUpperCase(), asked.path + asked.query, {
    key,
    ...(asked.body === undefined
      ? {}
      : { body: JSON.stringify(asked.body), headers: { 'content-type': 'application/json' } }),
  })
  return { status: answer.status, text: await answer.text() }
}

/** All that is stored of a tenant. */
async function stateOf({ ids }: Tenant): Promise<string> {
  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string
  }>()
  const stored: unknown[] = []
  for (const { name } of tables.results) {
    if (name.startsWith('_') || name.startsWith('sqlite_')) continue
    const rows = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
    stored.push(
      rows.results.filter((row) =>
        [ids.accounts, ids.webhooks].some((id) => JSON.stringify(row).includes(id)),
      ),
    )
  }
  const query = `?account_id=${ids.accounts}`
  for (const path of [
    `/v1/webhooks/${ids.webhooks}/deliveries`,
    `/v1/calls/${ids.calls}`,
    `/v1/calls/new-call`,
  ]) {
    stored.push((await api('GET', path + query)).body)
  }
  stored.push((await api('GET', `/v1/deliveries/${ids.deliveries}`)).body)
  return JSON.stringify(stored, null, 1)
}

const REFUSALS = [401, 403, 404]

/** Whether an answer gives nothing of what was asked: a refusal, an empty list, or a batch of refusals. */
function isNothing({ status, text }: { status: number; text: string }): boolean {
  if (REFUSALS.includes(status)) return true
  if (status !== 200 && status !== 202) return false
  // Safe: what is not such a list fails here or is not empty.
  const { data } = JSON.parse(text) as { data?: { status?: number }[] }
  return data?.every((item) => item.status !== undefined && REFUSALS.includes(item.status)) ?? false
}

describe("another account's ids", () => {
  test('get a key of every scope nothing but 401, 403 and 404, on every route, and change nothing', async () => {
    const before = await stateOf(other)
    expect(before).toContain(MARKER)
    const sent = receivers.got(`https://${MARKER}.receiver.test/hook`).length
    const keys = { ...mine.keys, none: null, unknown: 'rk_unknown' }
    let named = 0
    for (const operation of operations) {
      for (const asked of requestsFor(operation, other.ids)) {
        // A browser that signs in or out has nothing more to ask with.
        const asking = Object.entries(keys).filter(
          ([scope]) => operation.path !== '/v1/session' || scope !== 'manage_session',
        )
        const answers = asking.map(async ([scope, key]) => ({
          scope,
          answer: await ask(operation, asked, key),
        }))
        for (const { scope, answer } of await Promise.all(answers)) {
          const request = [scope, operation.method, asked.path + asked.query, answer.status, answer.text]
          expect([...request, answer.text.includes(MARKER)]).toEqual([...request, false])
          if (!asked.names) continue
          named += 1
          expect([...request, isNothing(answer)]).toEqual([...request, true])
        }
      }
    }
    expect(named).toBeGreaterThan(operations.length * 3)
    expect(await stateOf(other)).toBe(before)
    expect(receivers.got(`https://${MARKER}.receiver.test/hook`)).toHaveLength(sent)
  })

  test('mixed with own ones get nothing either: a key or a replay under a path of an own object', async () => {
    for (const operation of operations.filter((each) => (each.path.match(/\{/g)?.length ?? 0) > 1)) {
      const { accounts, webhooks } = mine.ids
      const path = pathWith(operation, { ...other.ids, accounts, webhooks })
      for (const key of [...Object.values(mine.keys), ADMIN_KEY]) {
        const [asked] = requestsFor(operation, mine.ids)
        const answer = await ask(operation, { query: '', body: asked?.body, path, names: true }, key)
        expect([operation.id, answer.status, isNothing(answer)]).toEqual([operation.id, answer.status, true])
      }
    }
  })
})

describe('own ids', () => {
  test('get a key of a scope that may not 403, no key and an unknown one 401, on every route', async () => {
    const before = await stateOf(mine)
    for (const operation of operations) {
      const scopes = scopesOf(operation)
      if (scopes.length === 0) continue
      for (const asked of requestsFor(operation, mine.ids)) {
        for (const [scope, key] of Object.entries({ ...mine.keys, none: null, unknown: 'rk_unknown' })) {
          if (scopes.includes(scope.replace('_session', ''))) continue
          // What brings events takes no cookie.
          const isNobody =
            key === null ||
            scope === 'unknown' ||
            (scope === 'manage_session' && operation.path.startsWith('/v1/events'))
          const expected = isNobody ? 401 : 403
          const { status, text } = await ask(operation, asked, key)
          const request = [scope, operation.method, asked.path + asked.query]
          expect([...request, status, text.includes('"code"')]).toEqual([...request, expected, true])
        }
      }
    }
    expect(await stateOf(mine)).toBe(before)
  })

  test('open what the scopes of the contract open', () => {
    const withScope = (scope: string): Operation[] =>
      operations.filter((each) => scopesOf(each).includes(scope))
    const isAdminAlone = (each: Operation): boolean => scopesOf(each).join() === 'admin'
    for (const operation of withScope('ingest')) expect(operation.path).toMatch(/^\/v1\/events/)
    // To sign out is everybody's own.
    for (const operation of withScope('read').filter((each) => each.id !== 'deleteSession'))
      expect([operation.path, operation.method]).toEqual([operation.path, 'get'])
    expect(withScope('read').map((each) => each.id)).not.toContain('getWebhookSecret')
    expect(withScope('portal').map((each) => each.id)).toEqual(['createPortalLink'])
    for (const operation of withScope('manage')) expect(operation.path).not.toMatch(/^\/v1\/events/)
    for (const operation of operations.filter(isAdminAlone))
      expect(operation.path).toMatch(/^\/(v1\/(accounts|keys|encryption)|metrics)/)
    const open = operations.filter((each) => scopesOf(each).length === 0).map((each) => each.path)
    expect(open).toEqual(['/v1/session', '/health', '/openapi.json'])
    for (const operation of operations)
      expect([
        operation.id,
        scopesOf(operation).length === 0 || withScope('admin').includes(operation),
      ]).toEqual([operation.id, true])
  })

  // The last, because it deletes: without it, ids that lead nowhere would let everything above pass.
  test('open every route to an admin key', async () => {
    // The account goes last, and takes with it what is left.
    const isLast = (each: Operation): number => (each.id === 'deleteAccount' ? 1 : 0)
    const deletions = operations
      .filter((each) => each.method === 'delete')
      .sort((a, b) => isLast(a) - isLast(b) || b.path.length - a.path.length)
    // What is put has to be there before it is read.
    const isPut = (each: Operation): number => (each.method === 'put' ? 1 : 0)
    const rest = operations.filter((each) => each.method !== 'delete').sort((a, b) => isPut(b) - isPut(a))
    for (const operation of [...rest, ...deletions]) {
      const [asked] = requestsFor(operation, other.ids).toReversed()
      if (asked === undefined) throw new Error('nothing to ask')
      const { status, text } = await ask(operation, asked, ADMIN_KEY)
      // There is no such key, and a key is no session.
      if (['deleteKey', 'getSession', 'deleteSession'].includes(operation.id)) expect(status).toBe(404)
      else expect([operation.id, status < 300 || status === 409, text]).toEqual([operation.id, true, text])
    }
  })
})
