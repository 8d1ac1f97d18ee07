import { createExecutionContext } from 'cloudflare:test'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { vaultOf } from '../../src/store/vault.ts'
import { audit } from '../support/audit.ts'
import { newTenant, PLAIN, raw, type ProblemBody } from '../support/control.ts'
import { ADMIN_KEY, api, deliveries, env, newAccount, post, Receivers, until } from '../support/relay.ts'

const FORMER = 'a-former-encryption-key-0123'
/** The relay as it was, with the key that is now the former one. */
const BEFORE = { ...env, ENCRYPTION_KEY: FORMER }
/** The relay in the middle of the rotation: with the new key, and the former one beside it. */
const BETWEEN = { ...env, ENCRYPTION_KEYS_OLD: ` ${FORMER} ,another-former-key-012345` }
// And `env` itself is the relay after the rotation: the new key alone.

interface Counts {
  resealed: number
  remaining: number
  unreadable: number
}

let receivers: Receivers
beforeEach(async () => {
  receivers = new Receivers()
  for (const table of ['webhook_versions', 'webhooks']) await env.DB.prepare(`DELETE FROM ${table}`).run()
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function call<T>(bindings: typeof env, method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const answer = await app.request(path, init, bindings, createExecutionContext())
  expect([path, answer.ok]).toEqual([path, true])
  return answer.json<T>()
}

const reseal = (bindings: typeof env = BETWEEN) => call<Counts>(bindings, 'POST', '/v1/encryption/reseal')

const header = (value: string) => ({ headers: [{ key: 'X-Key', value }] })

async function webhookBefore(account: string, more: object): Promise<string> {
  const path = `/v1/webhooks?account_id=${account}`
  return (await call<{ id: string }>(BEFORE, 'POST', path, { ...PLAIN, ...more })).id
}

/** Webhooks as the relay before the rotation stored them, with a header each, straight into the database. */
async function manyBefore(account: string, count: number): Promise<void> {
  const id = await webhookBefore(account, header('value'))
  const columns = (
    await env.DB.prepare(
      "SELECT group_concat(name, ', ') AS names FROM pragma_table_info('webhooks')",
    ).first<string>('names')
  )?.replace(/^id, /, '')
  const names = `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)`
  await env.DB.prepare(
    `${names} INSERT INTO webhooks SELECT 'wh_' || printf('%026d', n), ${columns} FROM webhooks, n WHERE id = ?2`,
  )
    .bind(count - 1, id)
    .run()
}

describe('a rotation of ENCRYPTION_KEY', () => {
  test('ends with the new key alone, and every webhook delivers as before: headers, signatures, former secrets', async () => {
    const account = await newAccount()
    const url = receivers.add('rotated')
    const id = await webhookBefore(account, { url, ...header('first') })
    await call(BEFORE, 'PATCH', `/v1/webhooks/${id}`, header('second'))
    const path = `/v1/webhooks/${id}/secret`
    await call(BEFORE, 'POST', `${path}/rotate`)
    const secrets = await call<{ secret: string; previous: { secret: string }[] }>(BEFORE, 'GET', path)

    // With the new key alone nothing can be opened: what comes meanwhile has to wait, and is not lost.
    await post(account, 'call-1')
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect((await api('GET', `/v1/webhooks/${id}`)).status).toBe(500)

    // Two versions with a header each, the current row's header and its secrets.
    expect(await reseal()).toEqual({ resealed: 4, remaining: 0, unreadable: 0 })
    expect(await reseal()).toEqual({ resealed: 0, remaining: 0, unreadable: 0 })
    expect(await reseal(env)).toEqual({ resealed: 0, remaining: 0, unreadable: 0 })

    expect((await api('GET', `/v1/webhooks/${id}`)).body).toMatchObject(header('second'))
    expect((await api('GET', path)).body).toEqual(secrets)
    await post(account, 'call-2')
    await until('both are delivered', () => receivers.got(url).length === 2, 15_000)
    for (const { headers, body } of receivers.got(url)) {
      expect(headers).toMatchObject({ 'x-key': 'second' })
      for (const { secret } of [secrets, ...secrets.previous]) new Webhook(secret).verify(body, headers)
    }
    await until('the log has both', async () => {
      const listed = await deliveries(account, id, '&status=succeeded')
      return listed.length === 2
    })
    const vault = await vaultOf([env.ENCRYPTION_KEY ?? ''])
    const versions = await env.DB.prepare('SELECT config FROM webhook_versions ORDER BY version').all<{
      config: string
    }>()
    const values = versions.results.map(
      (row) => (JSON.parse(row.config) as { headers: { value: string }[] }).headers[0]?.value ?? '',
    )
    expect(await Promise.all(values.map((value) => vault.open(value)))).toEqual(['first', 'second'])
  })

  test('leaves every stored configuration as it was but for what is sealed', async () => {
    const account = await newAccount()
    const text = 'न "quoted" \\ \u2028 </x> 1e400'
    await webhookBefore(account, {
      ...header('x'),
      description: text,
      rate_limit: 0.1,
      parameters: [{ key: 'a', value: text }],
    })
    const stored = () =>
      env.DB.prepare('SELECT w.*, v.* FROM webhooks w JOIN webhook_versions v ON v.webhook_id = w.id').first()
    const masked = (row: unknown) => JSON.stringify(row).replaceAll(/v1\.[\w-]+\.[\w-]+\.[\w-]+/g, 'sealed')
    const before = await stored()
    await reseal()
    const after = await stored()
    expect(masked(after)).toBe(masked(before))
    expect(after).not.toEqual(before)
  })

  test('takes many webhooks in several calls, each bounded, until none remains', async () => {
    await manyBefore(await newAccount(), 250)
    const calls: Counts[] = []
    do calls.push(await reseal())
    while (calls.at(-1)?.remaining !== 0 && calls.length < 20)
    expect(calls.map((each) => each.remaining)).toEqual([300, 100, 0])
    // One in the versions, a header and the secrets in each row.
    expect(calls.reduce((sum, each) => sum + each.resealed, 0)).toBe(501)
  })

  test('two at once do it once, and lose nothing', async () => {
    await manyBefore(await newAccount(), 20)
    const both = await Promise.all([reseal(), reseal()])
    expect(both.map((each) => each.resealed).reduce((a, b) => a + b)).toBe(41)
    expect(await reseal(env)).toEqual({ resealed: 0, remaining: 0, unreadable: 0 })
  })

  test('a change in the middle wins: nothing older is written over it', async () => {
    const account = await newAccount()
    const id = await webhookBefore(account, header('old'))
    const secret = `/v1/webhooks/${id}/secret`
    let changed = false
    // Between what is read and what is written, the webhook gets another header value and another secret.
    const DB = new Proxy(env.DB, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name === 'batch')
          return async (...args: Parameters<D1Database['batch']>) => {
            if (!changed) {
              changed = true
              await call(BETWEEN, 'PATCH', `/v1/webhooks/${id}`, header('new'))
              await call(BETWEEN, 'POST', `${secret}/rotate`)
            }
            return target.batch(...args)
          }
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    const first = await reseal({ ...BETWEEN, DB })
    // The version that was already there has been taken; the row has not.
    expect([changed, first.resealed, first.remaining]).toEqual([true, 1, 0])
    expect((await api('GET', `/v1/webhooks/${id}`)).body).toMatchObject(header('new'))
    expect((await api<{ previous: object[] }>('GET', secret)).body.previous).toHaveLength(1)
  })

  test('a value that no key opens is counted and left, and holds back no other', async () => {
    const account = await newAccount()
    const lost = await webhookBefore(account, header('x'))
    const id = await webhookBefore(account, header('kept'))
    // One value of a key that is not known, and one that a former key sealed and that is damaged.
    const unknown = await (await vaultOf(['an-unknown-encryption-key'])).seal('x')
    const damaged = `${(await (await vaultOf([FORMER])).seal('x')).slice(0, -4)}AAAA`
    await env.DB.prepare(
      `UPDATE webhooks SET secrets = ?2, headers = json_array(json_object('key', 'X-Key', 'value', ?3)) WHERE id = ?1`,
    )
      .bind(lost, unknown, damaged)
      .run()
    expect(await reseal()).toEqual({ resealed: 4, remaining: 0, unreadable: 2 })
    expect(await reseal()).toEqual({ resealed: 0, remaining: 0, unreadable: 2 })
    const row = await env.DB.prepare('SELECT secrets, headers FROM webhooks WHERE id = ?').bind(lost).first()
    expect(row).toEqual({ secrets: unknown, headers: JSON.stringify([{ key: 'X-Key', value: damaged }]) })
    expect((await api('GET', `/v1/webhooks/${id}`)).body).toMatchObject(header('kept'))
  })
})

test('a reseal is in the audit log where it changed anything, and is for an admin alone', async () => {
  const { account, manage, read, ingest } = await newTenant()
  await webhookBefore(account, header('x'))
  await reseal()
  await reseal()
  const entries = await audit('&action=encryption.resealed')
  expect(entries[0]).toMatchObject({ account_id: null, actor: { type: 'admin' }, before: null, after: null })
  const earlier = entries.length
  expect(await reseal()).toMatchObject({ resealed: 0 })
  expect(await audit('&action=encryption.resealed')).toHaveLength(earlier)
  for (const key of [manage, read, ingest]) {
    const answer = await raw('POST', '/v1/encryption/reseal', { key })
    expect([answer.status, (await answer.json<ProblemBody>()).code]).toEqual([403, 'forbidden'])
  }
})
