import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { callObject } from '../../src/calls/call-key.ts'
import { ADMIN_KEY, api, env, event, newAccount, post } from '../support/relay.ts'

interface Item {
  status: number
  position?: number
  error?: { code: string }
}

let account: string
beforeEach(async () => {
  account = await newAccount()
  // What is reported is expected here.
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Posts on bindings of which some are at fault. */
async function postOn(bindings: Partial<typeof env>, path: string, body: object, key = ADMIN_KEY) {
  const answer = await app.request(
    path,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
    { ...env, ...bindings },
  )
  // Safe: the answer to a batch; where it is a problem, the test looks at nothing of it.
  const { data } = (await answer.json()) as { data: Item[] }
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), data }
}

/** A D1 that fails each query, and one that counts them. */
function downDatabase(): D1Database {
  const fail = () => Promise.reject(new Error('D1_ERROR: internal error'))
  const statement = { bind: () => statement, all: fail, raw: fail, run: fail, first: fail }
  return { prepare: () => statement, batch: fail } as unknown as D1Database // safe: all that the Worker calls
}
function countingDatabase(): { DB: D1Database; queries: () => number } {
  let queries = 0
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') queries += 1
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? (value as (...a: unknown[]) => unknown).bind(target) : value
    },
  })
  return { DB, queries: () => queries }
}

/** Has every write of a call fail as it does where there is no room, until the object has been thrown away. */
async function fill(callId: string): Promise<void> {
  await runInDurableObject(callObject(env, account, callId), (_call, { storage }) => {
    vi.spyOn(storage, 'transactionSync').mockImplementation(() => {
      throw new Error('database or disk is full: SQLITE_FULL')
    })
  })
}

/** The objects of calls, where one's answers with an error of the platform. */
function callsWithFault(callId: string, failure: Error): typeof env.CALLS {
  return new Proxy(env.CALLS, {
    get(target, name) {
      if (name !== 'getByName') return Reflect.get(target, name) as unknown
      return (of: string) =>
        of.endsWith(`/${callId}`) ? { accept: () => Promise.reject(failure) } : target.getByName(of)
    },
  })
}

const overloaded = (): Error =>
  Object.assign(new Error('Durable Object is overloaded. Too many requests queued.'), { overloaded: true })

describe('an event that cannot be stored is answered 503 with Retry-After', () => {
  test('where the storage of its call is full; it is taken as new once there is room', async () => {
    await fill('call-full')
    const refused = await postOn({}, '/v1/events', event(account, 'call-full', { id: 'core-1' }))
    expect(refused).toMatchObject({ status: 503, retryAfter: '1' })
    const again = await post(account, 'call-full', { id: 'core-1' })
    expect(again).toMatchObject({ status: 202, body: { position: 1, duplicate: false } })
  })

  test('where its call takes no more requests', async () => {
    const CALLS = callsWithFault('call-busy', overloaded())
    expect(await postOn({ CALLS }, '/v1/events', event(account, 'call-busy'))).toMatchObject({
      status: 503,
      retryAfter: '1',
    })
  })

  test('where its account cannot be looked up', async () => {
    expect(
      await postOn({ DB: downDatabase() }, '/v1/events', event(await newAccount(), 'call-1')),
    ).toMatchObject({ status: 503, retryAfter: '1' })
  })

  test('where its key cannot be looked up', async () => {
    const keyed = await api<{ key: string }>('POST', `/v1/accounts/${account}/keys`, {
      name: 'core',
      scope: 'ingest',
    })
    expect(
      await postOn({ DB: downDatabase() }, '/v1/events', event(account, 'call-1'), keyed.body.key),
    ).toMatchObject({ status: 503, retryAfter: '1' })
    expect((await api('GET', `/v1/calls/call-1?account_id=${account}`)).status).toBe(404)
  })
})

describe('in a batch', () => {
  test('a call that cannot store its events spoils no other', async () => {
    const CALLS = callsWithFault('call-busy', overloaded())
    const events = ['call-busy', 'call-well', 'call-busy'].map((call) => event(account, call))
    const answer = await postOn({ CALLS }, '/v1/events/batch', { events })
    expect(answer).toMatchObject({ status: 202, retryAfter: '1' })
    expect(answer.data.map((item) => item.status)).toEqual([503, 202, 503])
    expect(answer.data[0]?.error?.code).toBe('unavailable')
    expect(answer.data[1]?.position).toBe(1)
  })

  test('an account that cannot be looked up spoils none that is known, and no fault is hidden', async () => {
    const unknown = await newAccount()
    await post(account, 'call-1')
    const events = [
      event(unknown, 'call-1'),
      event(account, 'call-1'),
      { ...event(unknown, 'x'), trigger: '?' },
    ]
    const answer = await postOn({ DB: downDatabase() }, '/v1/events/batch', { events })
    expect(answer).toMatchObject({ status: 202, retryAfter: '1' })
    expect(answer.data.map((item) => item.status)).toEqual([503, 202, 422])
  })

  test('of which none can be stored, the answer is 503 and no 202', async () => {
    const CALLS = callsWithFault('call-busy', overloaded())
    const events = [event(account, 'call-busy'), event(account, 'call-busy')]
    expect(await postOn({ CALLS }, '/v1/events/batch', { events })).toMatchObject({
      status: 503,
      retryAfter: '1',
    })
  })

  test('all accounts are looked up by one query, however many they are', async () => {
    const known = await Promise.all(Array.from({ length: 5 }, () => newAccount()))
    const strangers = Array.from({ length: 200 }, (_, n) => `acc_nobody-${n}`)
    const { DB, queries } = countingDatabase()
    const events = [...known, ...strangers].map((id) => event(id, 'call-1'))
    const answer = await postOn({ DB }, '/v1/events/batch', { events })
    expect(answer.data.map((item) => item.status)).toEqual([
      ...known.map(() => 202),
      ...strangers.map(() => 404),
    ])
    expect(queries()).toBe(1)
  })
})
