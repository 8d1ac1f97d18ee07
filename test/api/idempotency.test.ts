import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { parametersOf } from '../../src/api/docs/operations.ts'
import { claim, isClaimed, KEY_KEPT_MS, keeping } from '../../src/store/idempotency.ts'
import { vaultFor } from '../../src/store/webhooks.ts'
import { audit } from '../support/audit.ts'
import { d1Around, Fault } from '../support/bindings.ts'
import { createWebhook, newKey, newTenant, PLAIN, raw, type Page, type Webhook } from '../support/control.ts'
import { operations } from '../support/document.ts'
import { ADMIN_KEY, api, deliveries, env, newWebhook, post, Receivers, until } from '../support/relay.ts'

interface Answer {
  status: number
  /** It is the answer of an earlier request. */
  isReplayed: boolean
  /** As text: it is to be the same to the letter. */
  body: string
  retryAfter: string | null
}

interface Asked {
  method?: string
  path: string
  body: unknown
  key?: string
}

let serial = 0
/** An Idempotency-Key that no other request has. */
function fresh(): string {
  serial += 1
  return `idempotency-key-${serial}`
}

async function send(
  idempotencyKey: string | null,
  { method = 'POST', path, body, key = ADMIN_KEY }: Asked,
): Promise<Answer> {
  const answer = await raw(method, path, {
    key,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      'content-type': 'application/json',
      ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
    },
  })
  return {
    status: answer.status,
    isReplayed: answer.headers.get('idempotent-replayed') === 'true',
    body: await answer.text(),
    retryAfter: answer.headers.get('retry-after'),
  }
}

/** As `send`, on other bindings than those of the Worker. */
async function sendOn(
  bindings: typeof env,
  idempotencyKey: string,
  { path, body, key = ADMIN_KEY }: Asked,
): Promise<number> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'idempotency-key': idempotencyKey,
  }
  const ctx = createExecutionContext()
  const answer = await app.request(
    path,
    { method: 'POST', headers, body: JSON.stringify(body) },
    bindings,
    ctx,
  )
  await waitOnExecutionContext(ctx)
  return answer.status
}

function codeOf({ body }: Answer): unknown {
  return (JSON.parse(body) as { code: unknown }).code
}

async function webhookCount(account: string): Promise<number> {
  return (await api<Page<Webhook>>('GET', `/v1/webhooks?account_id=${account}`)).body.data.length
}

let account: string
let manage: string
let webhook: Webhook
/** Deliveries that have ended, to be made again once each. */
let ended: string[]
beforeAll(async () => {
  ;({ account, manage } = await newTenant())
  webhook = await createWebhook(manage)
  const url = new Receivers().add('ended')
  const other = await newWebhook(account, url, { triggers: ['call_hangup_missed_or_answered'] })
  for (const n of [1, 2, 3]) await post(account, `call-${n}`, { trigger: 'call_hangup_missed_or_answered' })
  await until('deliveries have ended', async () => {
    ended = (await deliveries(account, other, '&status=succeeded')).map(({ id }) => id)
    return ended.length === 3
  })
})
beforeEach(() => {
  // Tests are sent to nobody.
  new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A request for each operation that heeds the header, and what it makes: entries of the audit log, or nothing there. */
const REQUESTS: Record<string, () => Asked & { makes?: string; of?: string }> = {
  createWebhook: () => ({
    path: '/v1/webhooks',
    body: PLAIN,
    key: manage,
    makes: 'webhook.created',
    of: account,
  }),
  createAccount: () => ({ path: '/v1/accounts', body: { name: 'Once' }, makes: 'account.created' }),
  createAccountKey: () => ({
    path: `/v1/accounts/${account}/keys`,
    body: { name: 'Once', scope: 'read' },
    makes: 'key.created',
    of: account,
  }),
  createKey: () => ({ path: '/v1/keys', body: { name: 'Once', scope: 'ingest' }, makes: 'key.created' }),
  replaceNumbers: () => ({
    method: 'PUT',
    path: `/v1/accounts/${account}/numbers`,
    body: { numbers: [{ number: '+918069010148', label: '' }] },
    makes: 'numbers.replaced',
    of: account,
  }),
  rotateWebhookSecret: () => ({
    path: `/v1/webhooks/${webhook.id}/secret/rotate`,
    body: undefined,
    key: manage,
    makes: 'secret.rotated',
    of: account,
  }),
  retryDeliveries: () => ({
    path: '/v1/deliveries/retry',
    body: { status: 'failed', since: '2020-01-01T00:00:00Z' },
    key: manage,
    makes: 'deliveries.retried',
    of: account,
  }),
  retryDelivery: () => ({ path: `/v1/deliveries/${ended.pop()}/retry`, body: undefined, key: manage }),
  testWebhook: () => ({ path: `/v1/webhooks/${webhook.id}/test`, body: {}, key: manage }),
  createPortalLink: () => ({
    path: `/v1/accounts/${account}/portal-links`,
    body: { scope: 'read' },
    makes: 'portal_link.created',
    of: account,
  }),
  replayDeliveries: () => ({
    path: `/v1/webhooks/${webhook.id}/replay`,
    body: { since: '2020-01-01T00:00:00Z' },
    key: manage,
  }),
}

test('all that make something have a request here, and the document tells of the header', () => {
  const heeding = operations
    .filter(({ described }) => parametersOf(described).some(({ name }) => name === 'Idempotency-Key'))
    .map(({ id }) => id)
  expect(new Set(heeding)).toEqual(new Set([...Object.keys(REQUESTS), 'createEvent']))
})

describe('a request with an Idempotency-Key', () => {
  test.each(Object.keys(REQUESTS))('is made once, and each repeat gets the same answer: %s', async (id) => {
    const asked = REQUESTS[id]?.()
    if (asked === undefined) throw new Error(id)
    const { makes, of } = asked
    const made = async () =>
      makes === undefined
        ? 0
        : (await audit(`&action=${makes}${of === undefined ? '' : `&account_id=${of}`}`)).length
    const before = await made()
    const key = fresh()
    const first = await send(key, asked)
    expect([first.status < 300, first.isReplayed]).toEqual([true, false])
    expect(await made()).toBe(before + Number(makes !== undefined))
    for (let n = 0; n < 2; n += 1) {
      expect(await send(key, asked)).toEqual({ ...first, isReplayed: true })
    }
    expect(await made()).toBe(before + Number(makes !== undefined))
    const without = await send(null, asked)
    expect(without.isReplayed, 'without the header it is another one').toBe(false)
  })

  test.each(Object.keys(REQUESTS))('leaves nothing in D1 that could be read: %s', async (id) => {
    const asked = REQUESTS[id]?.()
    if (asked === undefined) throw new Error(id)
    const secret = 'planted-header-value'
    const headers = { headers: [{ key: 'X-Key', value: secret }] }
    const body = id === 'createWebhook' ? { ...PLAIN, ...headers } : asked.body
    const key = fresh()
    const answer = await send(key, { ...asked, body })
    const made = /"(?:key|secret|id)":"([^"]+)"/g
    const shown = [...answer.body.matchAll(made)].flatMap(([, value]) => value ?? [])
    const stored = JSON.stringify((await env.DB.prepare('SELECT * FROM idempotent_requests').all()).results)
    for (const each of [secret, key, ...shown]) expect(stored).not.toContain(each)
  })

  test('is one whatever the order of its members and its spaces', async () => {
    const key = fresh()
    const path = '/v1/webhooks'
    const first = await send(key, { path, body: PLAIN, key: manage })
    const reordered = Object.fromEntries(Object.entries(PLAIN).reverse())
    expect(await send(key, { path, body: reordered, key: manage })).toEqual({ ...first, isReplayed: true })
  })

  test('that is another one than the key was used for is refused, and makes nothing', async () => {
    const key = fresh()
    await send(key, { path: '/v1/webhooks', body: PLAIN, key: manage })
    const before = await webhookCount(account)
    const others: Asked[] = [
      { path: '/v1/webhooks', body: { ...PLAIN, name: 'Another' }, key: manage },
      { path: `/v1/webhooks?account_id=${account}`, body: PLAIN, key: manage },
      { path: `/v1/webhooks/${webhook.id}/secret/rotate`, body: {}, key: manage },
    ]
    for (const other of others) {
      const answer = await send(key, other)
      expect([answer.status, codeOf(answer)]).toEqual([409, 'idempotency_key_reused'])
    }
    expect(await webhookCount(account)).toBe(before)
  })

  test('is made once if it comes ten times at once', async () => {
    for (const [id, asked] of Object.entries(REQUESTS).map(([name, request]) => [name, request()] as const)) {
      const key = fresh()
      const answers = await Promise.all(Array.from({ length: 10 }, async () => send(key, asked)))
      const successes = answers.filter(({ status }) => status < 300)
      expect(
        successes.filter(({ isReplayed }) => !isReplayed),
        id,
      ).toHaveLength(1)
      expect(new Set(successes.map(({ body }) => body)).size, id).toBe(1)
      for (const refused of answers.filter(({ status }) => status >= 300)) {
        expect([refused.status, codeOf(refused), refused.retryAfter], id).toEqual([409, 'conflict', '1'])
      }
      expect((await send(key, asked)).body, id).toBe(successes[0]?.body)
    }
  })

  test('that was refused has used up nothing: it is put right and sent again with its key', async () => {
    for (const [wrong, status] of [
      [{ path: '/v1/webhooks', body: { ...PLAIN, triggers: [] } }, 422],
      [{ path: '/v1/webhooks', body: { ...PLAIN, numbers: ['+911234567890'] } }, 422],
      [{ path: '/v1/webhooks?account_id=acc_other', body: PLAIN }, 404],
    ] as const) {
      const key = fresh()
      expect((await send(key, { ...wrong, key: manage })).status).toBe(status)
      expect(await send(key, { path: '/v1/webhooks', body: PLAIN, key: manage })).toMatchObject({
        status: 201,
        isReplayed: false,
      })
    }
  })

  test.each(['', 'x'.repeat(256)])('whose key is of no length that can be kept is refused', async (key) => {
    const answer = await send(key, { path: '/v1/webhooks', body: PLAIN, key: manage })
    expect([answer.status, answer.body]).toEqual([422, expect.stringContaining('Idempotency-Key')])
  })
})

describe('a key', () => {
  const asked = { path: '/v1/webhooks', body: PLAIN }

  test('is of one account: of whichever of its API keys, and of no other account', async () => {
    const other = await newTenant()
    const key = fresh()
    const first = await send(key, { ...asked, key: manage })
    const second = (await newKey(account, 'manage')).key
    expect(await send(key, { ...asked, key: second })).toEqual({ ...first, isReplayed: true })
    expect(await send(key, { ...asked, key: other.manage })).toMatchObject({ status: 201, isReplayed: false })
    expect(await webhookCount(other.account)).toBe(1)
  })

  test('of API keys that reach every account is of each of them', async () => {
    const key = fresh()
    const { key: admin } = await newKey(account, 'admin')
    const made = { path: '/v1/accounts', body: { name: 'Once' } }
    const first = await send(key, made)
    expect(await send(key, { ...made, key: admin })).toMatchObject({ status: 201, isReplayed: false })
    expect((await send(key, made)).body).toBe(first.body)
  })

  test('is free again after 24 hours, and not before', async () => {
    const key = fresh()
    const first = await send(key, { ...asked, key: manage })
    const nowMs = Date.now()
    const clock = vi.spyOn(Date, 'now').mockReturnValue(nowMs + KEY_KEPT_MS - 60_000)
    expect((await send(key, { ...asked, key: manage })).body).toBe(first.body)
    clock.mockReturnValue(nowMs + KEY_KEPT_MS + 1)
    const later = await send(key, { ...asked, key: manage })
    expect([later.status, later.isReplayed, later.body === first.body]).toEqual([201, false, false])
  })

  test('whose answer was sealed with a key that is gone is 409, and nothing is made', async () => {
    const key = fresh()
    await send(key, { ...asked, key: manage })
    await env.DB.prepare(
      `UPDATE idempotent_requests SET answer = 'v1.gone.AAAA.AAAA' WHERE answer NOTNULL`,
    ).run()
    const answer = await send(key, { ...asked, key: manage })
    expect([answer.status, codeOf(answer)]).toEqual([409, 'conflict'])
  })
})

describe('where a request breaks off', () => {
  const failing = (
    isMine: (sql: string) => boolean,
    happens?: (next: () => Promise<unknown>) => Promise<unknown>,
  ) => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const fault = new Fault(isMine, happens).on()
    return { fault, bindings: { ...env, DB: d1Around(env.DB, fault.around) } }
  }
  const isMade = (sql: string) => /insert into "(webhooks|accounts|keys)"/i.test(sql)

  test.each(['createWebhook', 'createAccount', 'createAccountKey', 'createKey'])(
    'before anything is written, nothing is kept, and it is made when it comes again: %s',
    async (id) => {
      const asked = REQUESTS[id]?.()
      if (asked === undefined) throw new Error(id)
      const key = fresh()
      const { fault, bindings } = failing(isMade)
      expect(await sendOn(bindings, key, asked)).toBe(503)
      expect(fault.met).toBe(1)
      expect(await send(key, asked)).toMatchObject({ status: 201, isReplayed: false })
    },
  )

  test.each(['createWebhook', 'createAccount', 'createAccountKey', 'createKey'])(
    'after it was written, a repeat gets the answer that the first should have had: %s',
    async (id) => {
      const asked = REQUESTS[id]?.()
      if (asked?.makes === undefined) throw new Error(id)
      const made = async () => (await audit(`&action=${asked.makes}`)).length
      const before = await made()
      const key = fresh()
      const { bindings } = failing(isMade, async (next) => {
        await next()
        throw new Error('Network connection lost.')
      })
      expect(await sendOn(bindings, key, asked)).toBe(503)
      const again = await send(key, asked)
      expect([again.status, again.isReplayed]).toEqual([201, true])
      expect(await made()).toBe(before + 1)
    },
  )

  test('and another has taken its place, what it still has on its way makes nothing', async () => {
    const vault = await vaultFor(env)
    const [id, nowMs] = [fresh(), Date.now()]
    const first = await claim(env, vault, id, 'request', nowMs)
    expect(await claim(env, vault, id, 'request', nowMs + 59_000)).toMatchObject({
      kind: 'known',
      answer: null,
    })
    const second = await claim(env, vault, id, 'request', nowMs + 60_000)
    if (first.kind !== 'mine' || second.kind !== 'mine') throw new Error('neither has it')
    const isStill = async (own: typeof first.claim) => {
      const condition = isClaimed(own)
      return (await keeping(env, own, await vault.seal('{}'), condition)).length
    }
    expect([await isStill(first.claim), await isStill(second.claim)]).toEqual([0, 1])
  })

  test('a replay that is asked for again is the same one', async () => {
    const asked = {
      path: `/v1/webhooks/${webhook.id}/replay`,
      body: { since: '2020-01-01T00:00:00Z' },
      key: manage,
    }
    const key = fresh()
    const first = await send(key, asked)
    // As a Worker leaves it that dies before the answer is kept.
    await env.DB.prepare(`UPDATE idempotent_requests SET answer = NULL, claimed_at = 0`).run()
    const again = await send(key, asked)
    expect([again.status, again.isReplayed, again.body]).toEqual([202, false, first.body])
    const other = await send(fresh(), asked)
    expect(other.body, 'with another key it is another one').not.toBe(first.body)
  })
})
