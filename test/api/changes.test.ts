import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { shardOf } from '../../src/contracts/stub.ts'
import { readAccount } from '../../src/store/accounts.ts'
import { disableByRelay } from '../../src/store/changes.ts'
import { forgetOldVersions } from '../../src/store/versions.ts'
import { accountOfWebhook } from '../../src/store/webhooks.ts'
import { audit } from '../support/audit.ts'
import { d1Around, Fault, objectsAround, type Around } from '../support/bindings.ts'
import { PLAIN, type Webhook } from '../support/control.ts'
import { ADMIN_KEY, api, env, newAccount, newWebhook } from '../support/relay.ts'
import { configurationOf, setShards } from '../support/shards.ts'

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

const URL = PLAIN.url
const isWrite = (sql: string): boolean =>
  /update "accounts" set "config_version"|delete from "accounts"/i.test(sql)

/** Asks the Worker with other bindings. */
async function ask(bindings: typeof env, method: string, path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  return app.request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) }, bindings)
}

function withShards(around: Around): typeof env {
  return { ...env, SHARDS: objectsAround(env.SHARDS, around) }
}
function withD1(around: Around): typeof env {
  return { ...env, DB: d1Around(env.DB, around) }
}

const statusOf = async (id: string) => (await api<Webhook>('GET', `/v1/webhooks/${id}`)).body['status']
const pause = (id: string) => ['POST', `/v1/webhooks/${id}/pause`] as const

/** What D1 has of a change that another isolate makes, which takes no turns with those of this one. */
async function changeElsewhere(account: string, webhook: string, description: string): Promise<void> {
  await env.DB.batch([
    env.DB.prepare('UPDATE accounts SET config_version = config_version + 1 WHERE id = ?').bind(account),
    env.DB.prepare('UPDATE webhooks SET description = ?2 WHERE id = ?1').bind(webhook, description),
  ])
}

describe('a change', () => {
  test('is in every shard when it has returned, as D1 has it', async () => {
    const account = await newAccount()
    const first = await configurationOf(account)
    expect(first).toMatchObject({ exists: true, webhooks: {} })
    await setShards(account, 3)
    const id = await newWebhook(account, URL)
    await api('PATCH', `/v1/webhooks/${id}`, { headers: [{ key: 'X', value: 'secret' }] })
    await api(...pause(id))
    const state = await readAccount(env, account)
    expect(state).toMatchObject({ webhooks: [{ id, status: 'paused', version: 2 }] })
    expect(state?.version).toBeGreaterThan(first.version)
    for (const shard of [0, 1, 2]) {
      const stored = await configurationOf(account, shard)
      expect(stored).toMatchObject({ version: state?.version, isMarked: false })
      expect(stored.webhooks).toEqual({ [id]: state?.webhooks[0] })
    }
  })

  test('is made by all three steps even if nothing changes, and is in the audit log only if something does', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL)
    const before = await audit(`&account_id=${account}`)
    const steps: string[] = []
    const bindings = withShards(async (step, next) => {
      steps.push(step)
      return next()
    })
    const { body: webhook } = await api<Webhook>('GET', `/v1/webhooks/${id}`)
    const nothing: [string, string, object?][] = [
      ['POST', `/v1/webhooks/${id}/enable`],
      ['PATCH', `/v1/webhooks/${id}`, { name: webhook.name }],
      ['PATCH', `/v1/accounts/${account}`, {}],
    ]
    for (const [method, path, body] of nothing) {
      steps.length = 0
      const { version } = await configurationOf(account)
      expect((await ask(bindings, method, path, body)).status).toBe(200)
      expect(steps.filter((step) => step !== 'health')).toEqual(['announce', 'configure'])
      expect((await configurationOf(account)).version).toBeGreaterThan(version)
    }
    expect(await audit(`&account_id=${account}`)).toEqual(before)
    expect((await api('GET', `/v1/webhooks/${id}`)).body).toEqual(webhook)
  })

  test('that a shard cannot be told of is 503, and is not made', async () => {
    const account = await newAccount()
    await setShards(account, 2)
    const id = await newWebhook(account, URL)
    let told = 0
    const bindings = withShards(async (step, next) => {
      told += Number(step === 'announce')
      if (step === 'announce' && told === 2) throw new Error('Network connection lost.')
      return next()
    })
    const answer = await ask(bindings, ...pause(id))
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await statusOf(id)).toBe('active')
    expect((await audit(`&object_id=${id}`)).map((each) => each.action)).toEqual(['webhook.created'])
  })

  test('that D1 does not take is 503, and the shards are marked to ask what became of it', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL)
    const bindings = withD1(new Fault(isWrite).on().around)
    expect((await ask(bindings, ...pause(id))).status).toBe(503)
    expect(await statusOf(id)).toBe('active')
    expect(await configurationOf(account)).toMatchObject({ isMarked: true })
    expect((await api(...pause(id))).status).toBe(200)
    expect(await configurationOf(account)).toMatchObject({ isMarked: false })
  })

  test('whose answer from D1 is lost is 503, and asking again confirms it', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL)
    const lost = new Fault(isWrite, async (next) => {
      await next()
      throw new Error('Network connection lost.')
    }).on()
    expect((await ask(withD1(lost.around), ...pause(id))).status).toBe(503)
    expect(await statusOf(id)).toBe('paused')
    const before = await configurationOf(account)
    expect([before.isMarked, before.webhooks[id]?.status]).toEqual([true, 'active'])
    expect((await api(...pause(id))).status).toBe(200)
    const after = await configurationOf(account)
    expect([after.isMarked, after.webhooks[id]?.status]).toEqual([false, 'paused'])
    expect((await audit(`&object_id=${id}`)).map((each) => each.action)).toEqual([
      'webhook.paused',
      'webhook.created',
    ])
  })

  test('that does not reach a shard is 503, and asking again confirms it, also of a deletion', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL)
    const bindings = withShards(new Fault((step) => step === 'configure').on().around)
    expect((await ask(bindings, ...pause(id))).status).toBe(503)
    expect((await configurationOf(account)).webhooks[id]?.status).toBe('active')
    expect((await api(...pause(id))).status).toBe(200)
    expect((await configurationOf(account)).webhooks[id]?.status).toBe('paused')

    expect((await ask(bindings, 'DELETE', `/v1/webhooks/${id}`)).status).toBe(503)
    expect((await configurationOf(account)).webhooks[id]?.status).toBe('paused')
    expect((await ask(bindings, 'DELETE', `/v1/webhooks/${id}`)).status).toBe(503)
    expect((await api('DELETE', `/v1/webhooks/${id}`)).status).toBe(404)
    expect((await configurationOf(account)).webhooks).toEqual({})

    expect((await ask(bindings, 'DELETE', `/v1/accounts/${account}`)).status).toBe(503)
    expect((await configurationOf(account)).exists).toBe(true)
    expect((await ask(bindings, 'DELETE', `/v1/accounts/${account}`)).status).toBe(503)
    expect((await api('DELETE', `/v1/accounts/${account}`)).status).toBe(404)
    expect((await configurationOf(account)).exists).toBe(false)
    expect((await api('DELETE', '/v1/accounts/acc_none')).status).toBe(404)
  })

  test('that comes late to D1 changes nothing once another has been made, and is made after it', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL, { name: 'first' })
    let isLate = true
    const late = new Fault(isWrite, async (next) => {
      if (isLate) {
        isLate = false
        await changeElsewhere(account, id, 'sooner')
      }
      return next()
    }).on()
    const answer = await ask(withD1(late.around), 'PATCH', `/v1/webhooks/${id}`, { name: 'later' })
    expect([answer.status, late.met]).toEqual([200, 2])
    expect(await answer.json()).toMatchObject({ name: 'later', description: 'sooner' })
    expect((await configurationOf(account)).webhooks[id]).toMatchObject({ version: 2, name: 'later' })
  })

  test('that others always come before is 409, and not made', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL, { name: 'first' })
    let n = 0
    const late = new Fault(isWrite, async (next) => {
      n += 1
      await changeElsewhere(account, id, `${n}`)
      return next()
    }).on()
    const answer = await ask(withD1(late.around), 'PATCH', `/v1/webhooks/${id}`, { name: 'later' })
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'conflict' }])
    const { body } = await api('GET', `/v1/webhooks/${id}`)
    expect(body).toMatchObject({ name: 'first', description: `${n}` })
  })

  test('of many at once is made after another, and each is in force when it has returned', async () => {
    const account = await newAccount()
    const ids = await Promise.all(Array.from({ length: 3 }, async () => newWebhook(account, URL)))
    const answers = await Promise.all(
      ids.flatMap((id, n) => [
        api('PATCH', `/v1/webhooks/${id}`, { name: `name ${n}` }),
        api('POST', `/v1/webhooks/${id}/disable`),
      ]),
    )
    const state = await readAccount(env, account)
    const stored = await configurationOf(account)
    expect(stored).toMatchObject({ version: state?.version, isMarked: false })
    for (const [n, id] of ids.entries()) {
      expect(stored.webhooks[id]).toMatchObject({ name: `name ${n}`, status: 'disabled', discards: 1 })
    }
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
  })

  test('is newer than all that shards have, also if D1 was put back to what it was', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL)
    const backup = await env.DB.prepare('SELECT config_version AS v FROM accounts WHERE id = ?')
      .bind(account)
      .first<number>('v')
    await api(...pause(id))
    await env.DB.batch([
      env.DB.prepare('UPDATE accounts SET config_version = ?2 WHERE id = ?1').bind(account, backup),
      env.DB.prepare("UPDATE webhooks SET status = 'active' WHERE id = ?").bind(id),
    ])
    expect((await configurationOf(account)).webhooks[id]?.status).toBe('paused')
    await api('PATCH', `/v1/accounts/${account}`, {})
    expect((await configurationOf(account)).webhooks[id]?.status).toBe('active')
  })

  test('of an account that is deleted ends with it', async () => {
    const account = await newAccount()
    await setShards(account, 2)
    const ids = [await newWebhook(account, URL), await newWebhook(account, URL)]
    expect((await api('DELETE', `/v1/accounts/${account}`)).status).toBe(204)
    for (const shard of [0, 1]) {
      expect(await configurationOf(account, shard)).toMatchObject({ exists: false, webhooks: {} })
    }
    expect(await readAccount(env, account)).toBeNull()
    const entries = await audit(`&account_id=${account}&action=webhook.deleted`)
    expect(new Set(entries.map((each) => each.object_id))).toEqual(new Set(ids))
    expect(entries[0]).toMatchObject({ before: { url: URL, name: 'Test' }, after: null })
  })
})

describe('a disable by the relay', () => {
  const reason = 'The receiver answered 410 Gone'

  test('is a change like any other, unless the status was changed since', async () => {
    const account = await newAccount()
    await setShards(account, 2)
    const id = await newWebhook(account, URL)
    const reach = (shard: number) => shardOf(env, account, shard)
    const before = Date.now() - 60_000
    const disable = async (unchangedSinceMs: number | null) =>
      disableByRelay(env, { webhookId: id, reason, unchangedSinceMs, reach })
    expect(await disable(before)).toBe('not_made')
    expect(await statusOf(id)).toBe('active')
    expect(await disable(Date.now() + 1)).toBe('made')
    expect((await api('GET', `/v1/webhooks/${id}`)).body).toMatchObject({
      status: 'disabled',
      status_reason: reason,
    })
    for (const shard of [0, 1]) {
      expect((await configurationOf(account, shard)).webhooks[id]).toMatchObject({ discards: 1 })
    }
    const [entry] = await audit(`&object_id=${id}`)
    expect(entry).toMatchObject({ action: 'webhook.disabled', actor: { type: 'relay' } })
    expect(await disable(Date.now() + 1), 'once more').toBe('was_made')
    await api(...pause(id))
    expect(await disable(null)).toBe('not_made')
    await api('POST', `/v1/webhooks/${id}/enable`)
    expect(await disable(null)).toBe('made')
    await api('POST', `/v1/webhooks/${id}/enable`)
    await api('POST', `/v1/webhooks/${id}/disable`)
    expect(await disable(null), 'by hand').toBe('not_made')
    await api('DELETE', `/v1/webhooks/${id}`)
    expect(await disable(null)).toBe('not_made')
  })

  test('is known to be made once D1 has it, and is to be asked for again if nobody can say', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL)
    const reach = (shard: number) => ({
      announce: async (...told: [string, number, number]) => shardOf(env, account, shard).announce(...told),
      configure: () => Promise.reject(new Error('Network connection lost.')),
    })
    const asked = { webhookId: id, reason, unchangedSinceMs: null, reach }
    await expect(disableByRelay(withD1(new Fault(isWrite).on().around), asked)).rejects.toThrow(
      'not be disabled',
    )
    expect(await disableByRelay(env, asked)).toBe('made')
    expect(await statusOf(id)).toBe('disabled')
    expect(await configurationOf(account)).toMatchObject({ isMarked: true })
  })
})

describe('the health of a webhook', () => {
  test('is the worst that one of the account’s shards says, and 503 if one does not answer', async () => {
    const account = await newAccount()
    await setShards(account, 3)
    const [id, other] = [await newWebhook(account, URL), await newWebhook(account, URL)]
    const says = [{ [id]: 'failing' }, { [id]: 'open' }, {}]
    let n = 0
    const bindings = withShards(async (what, next) => (what === 'health' ? says[n++ % 3] : next()))
    expect(await (await ask(bindings, 'GET', `/v1/webhooks/${id}`)).json()).toMatchObject({ health: 'open' })
    const listed = await ask(bindings, 'GET', `/v1/webhooks?account_id=${account}`)
    expect((await listed.json<{ data: Webhook[] }>()).data).toMatchObject([
      { id: other, health: 'healthy' },
      { id, health: 'open' },
    ])
    expect(await (await ask(bindings, ...pause(id))).json()).toMatchObject({
      health: 'open',
      status: 'paused',
    })
    const away = withShards(new Fault((what) => what === 'health').on().around)
    expect((await ask(away, 'GET', `/v1/webhooks/${id}`)).status).toBe(503)
    expect((await ask(away, 'GET', `/v1/webhooks?account_id=${account}`)).status).toBe(503)
  })
})

describe('the configurations that a webhook has had', () => {
  const versions = async (account: string) => {
    const { results } = await env.DB.prepare(
      'SELECT webhook_id, version FROM webhook_versions WHERE account_id = ? ORDER BY webhook_id, version',
    )
      .bind(account)
      .all<{ webhook_id: string; version: number }>()
    return results.map((each) => [each.webhook_id, each.version])
  }

  test('are forgotten once they are out of use for long, and say whose webhook it was until then', async () => {
    const account = await newAccount()
    const [kept, gone] = [await newWebhook(account, URL), await newWebhook(account, URL)]
    for (const id of [kept, gone]) await api('PATCH', `/v1/webhooks/${id}`, { name: 'changed' })
    const betweenMs = Date.now() + 1
    await scheduler.wait(5)
    await api('DELETE', `/v1/webhooks/${gone}`)
    await forgetOldVersions(env, account, betweenMs)
    expect(await versions(account)).toEqual([
      [kept, 2],
      [gone, 2],
    ])
    expect([await accountOfWebhook(env, kept), await accountOfWebhook(env, gone)]).toEqual([account, account])
    await forgetOldVersions(env, account, Date.now() + 1)
    expect(await versions(account)).toEqual([[kept, 2]])
    expect(await accountOfWebhook(env, gone)).toBeNull()
  })

  test('go with the account, whose log is gone', async () => {
    const account = await newAccount()
    const id = await newWebhook(account, URL)
    await api('PATCH', `/v1/webhooks/${id}`, { name: 'changed' })
    await api('DELETE', `/v1/accounts/${account}`)
    expect(await versions(account)).toEqual([])
    expect(await accountOfWebhook(env, id)).toBeNull()
  })
})
