import { exports } from 'cloudflare:workers'
import { api, ADMIN_KEY, newAccount } from './relay.ts'

export interface ProblemBody {
  code: string
  errors: { path: string; message: string }[]
}

/**
 * A request that may be malformed in any way: nothing is added but the key. In the place of one a session's cookie may
 * stand (`sessionOf`): it goes out as one of our own pages sends it.
 */
export async function raw(
  method: string,
  path: string,
  init: { key?: string | null; body?: string | ReadableStream; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { key = ADMIN_KEY, body, headers = {} } = init
  // Safe: the default export is a Worker with a fetch handler.
  const worker = (exports as unknown as { default: Fetcher }).default
  return worker.fetch(`https://relay.test${path}`, {
    method,
    redirect: 'manual',
    headers: { ...credentials(key), ...headers },
    ...(body === undefined ? {} : { body }),
  })
}

function credentials(key: string | null): Record<string, string> {
  if (key === null) return {}
  return key.startsWith('__Host-relay')
    ? { cookie: key, 'sec-fetch-site': 'same-origin' }
    : { authorization: `Bearer ${key}` }
}

/** Signs in, and gives the session's cookie: `__Host-relay=…`. */
export async function signIn(input: { key: string } | { portal_link: string }): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const answer = await raw('POST', '/v1/session', { key: null, headers, body: JSON.stringify(input) })
  if (answer.status !== 200) throw new Error(await answer.text())
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

export interface NewKey {
  id: string
  key: string
  account_id: string | null
  scope: string
  hint: string
}

export async function newKey(accountId: string, scope: string): Promise<NewKey> {
  return (await api<NewKey>('POST', `/v1/accounts/${accountId}/keys`, { name: scope, scope })).body
}

/** An account with a key of each scope that is of one account. */
export async function newTenant() {
  const account = await newAccount()
  const [manage, read, ingest] = await Promise.all([
    newKey(account, 'manage'),
    newKey(account, 'read'),
    newKey(account, 'ingest'),
  ])
  return { account, manage: manage.key, read: read.key, ingest: ingest.key }
}

export interface Webhook {
  id: string
  account_id: string
  name: string
  headers: { key: string; value: string }[]
  [field: string]: unknown
}

/** A webhook that says only what it must. */
export const PLAIN = {
  name: 'CRM sync',
  triggers: ['call_answered_by_agent'],
  url: 'https://example.com/hook',
}

export async function createWebhook(key: string, more: object = {}): Promise<Webhook> {
  const created = await api<Webhook>('POST', '/v1/webhooks', { ...PLAIN, ...more }, key)
  if (created.status !== 201) throw new Error(JSON.stringify(created.body))
  return created.body
}

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}
