import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bodySchemaOf, parametersOf } from '../../src/api/docs/operations.ts'
import { createWebhook, newKey, newTenant, raw, signIn } from '../support/control.ts'
import { exampleOf, operations, pathWith, scopesOf, type Ids } from '../support/document.ts'
import { ADMIN_KEY, api, deliveries, env, post, until } from '../support/relay.ts'
import { tracesIn, utf8 } from '../support/traces.ts'

const HEADER = 'planted-header-9f1c/+"&'
const BEARER = 'planted-bearer-51d0'

const secrets: Record<string, string> = {
  ADMIN_KEY,
  ENCRYPTION_KEY: env.ENCRYPTION_KEY ?? '',
  HEADER,
  BEARER,
}
const logged: string[] = []
const keys: Record<string, string> = { admin: ADMIN_KEY }
let ids: Ids

beforeAll(async () => {
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation(
      (...said: unknown[]) => void logged.push(said.map(String).join(' ')),
    )
  }
  // A receiver that hands back all it got, and fails now and then.
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const got = new Request(input, init)
    if (got.url.includes('unreachable'))
      throw new TypeError(`connection refused, with ${got.headers.get('x-bearer')}`)
    return Response.json(Object.fromEntries(got.headers))
  })
  const { account, manage, read, ingest } = await newTenant()
  const { key: portal } = await newKey(account, 'portal')
  const spare = await newKey(account, 'read')
  const session = await signIn({ key: manage })
  const link = await api<{ id: string; url: string }>(
    'POST',
    `/v1/accounts/${account}/portal-links`,
    { scope: 'manage' },
    portal,
  )
  const linkToken = link.body.url.split('=')[1] ?? ''
  const sessions = await api<{ data: { id: string }[] }>('GET', `/v1/accounts/${account}/sessions`)
  Object.assign(keys, { manage, read, ingest, portal, manage_session: session })
  const token = session.split('=')[1] ?? ''
  Object.assign(secrets, { manage, read, ingest, portal, spare: spare.key, token, linkToken })
  const headers = [
    { key: 'X-Header', value: HEADER },
    { key: 'X-Bearer', value: `Bearer ${BEARER}` },
    { key: 'X-Mixed', value: `${HEADER}$uuid` },
  ]
  const webhook = await createWebhook(manage, { url: 'https://echo.receiver.test/', headers })
  await api(
    'PUT',
    '/v1/operational-webhook',
    { url: 'https://echo.receiver.test/operations', headers },
    manage,
  )
  const failing = await createWebhook(manage, { url: 'https://unreachable.receiver.test/', headers })
  for (const { id } of [webhook, failing]) {
    secrets[`signing ${id}`] = (await api<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`)).body.secret
  }
  await post(account, 'call-1')
  for (const { id } of [webhook, failing]) {
    await until('it is attempted', async () => ((await deliveries(account, id))[0]?.attempt_count ?? 0) > 0)
  }
  const delivery = (await deliveries(account, webhook.id))[0]?.id ?? ''
  const asked = { since: '2020-01-01T00:00:00Z' }
  const replay = (await api<{ id: string }>('POST', `/v1/webhooks/${webhook.id}/replay`, asked)).body.id
  ids = {
    accounts: account,
    keys: spare.id,
    webhooks: webhook.id,
    deliveries: delivery,
    replays: replay,
    calls: 'call-1',
    sessions: sessions.body.data[0]?.id ?? '',
  }
})
afterAll(() => vi.restoreAllMocks())

/** Where a secret is what was asked for: to whom it is shown, and which. */
const SHOWN: Record<string, readonly string[]> = {
  getWebhook: ['HEADER', 'BEARER'],
  createWebhook: [],
  updateWebhook: ['HEADER', 'BEARER'],
  enableWebhook: ['HEADER', 'BEARER'],
  pauseWebhook: ['HEADER', 'BEARER'],
  disableWebhook: ['HEADER', 'BEARER'],
  getOperationalWebhook: ['HEADER', 'BEARER'],
  previewWebhook: ['HEADER', 'BEARER'],
  getWebhookSecret: ['signing'],
  rotateWebhookSecret: ['signing'],
}

test('no answer of any route holds a secret, but those that show one to a key that may manage it', async () => {
  const shown = new Set<string>()
  for (const operation of operations.filter((each) => each.method !== 'delete')) {
    for (const [scope, key] of Object.entries(keys)) {
      const schema = bodySchemaOf(operation.described)
      const example = operation.id === 'previewWebhook' ? { webhook: ids.webhooks } : exampleOf(schema)
      const takesAccount = parametersOf(operation.described).some(
        ({ name, in: where }) => name === 'account_id' && where === 'query',
      )
      const query = takesAccount ? `?account_id=${ids.accounts}` : ''
      const answer = await raw(operation.method.toUpperCase(), pathWith(operation, ids) + query, {
        key,
        ...(schema === undefined
          ? {}
          : { body: JSON.stringify(example), headers: { 'content-type': 'application/json' } }),
      })
      const text = utf8(await answer.text())
      const mayManage =
        !['read', 'ingest', 'portal'].includes(scope) &&
        scopesOf(operation).includes(scope.replace('_session', ''))
      const may = mayManage ? (SHOWN[operation.id] ?? []) : []
      const hidden = Object.fromEntries(
        Object.entries(secrets).filter(([name]) => !may.some((each) => name.startsWith(each))),
      )
      expect([operation.id, scope, answer.status, tracesIn(text, hidden)]).toEqual([
        operation.id,
        scope,
        answer.status,
        [],
      ])
      if (tracesIn(text, secrets).length > 0) shown.add(operation.id)
    }
  }
  // Else the requests above would have asked for nothing.
  expect([...shown]).toEqual(expect.arrayContaining(['getWebhook', 'previewWebhook', 'getWebhookSecret']))
})

test('and no line of the log', () => {
  expect(tracesIn(utf8(logged.join('\n')), secrets)).toEqual([])
})
