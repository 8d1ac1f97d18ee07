import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { d1Around, Fault, rebind } from '../support/bindings.ts'
import { shardOfAccount } from '../support/outage.ts'
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

/** A D1 that fails each query. */
function downDatabase(): D1Database {
  return d1Around(env.DB, () => Promise.reject(new Error('D1_ERROR: internal error')))
}

/** Has every write of the account's shard fail as it does if there is no room, until what is returned is called. */
async function fill(): Promise<() => void> {
  return runInDurableObject(shardOfAccount(account), (_shard, { storage }) => {
    const full = vi.spyOn(storage, 'transactionSync').mockImplementation(() => {
      throw new Error('database or disk is full: SQLITE_FULL')
    })
    return () => {
      full.mockRestore()
    }
  })
}

/** The shards, where an account's answers with an error of the platform. */
function shardsWithFault(of: string, failure: Error): typeof env.SHARDS {
  return new Proxy(env.SHARDS, {
    get(target, name) {
      if (name !== 'getByName') return Reflect.get(target, name) as unknown
      return (shard: string) =>
        shard === `${of}/0` ? { accept: () => Promise.reject(failure) } : target.getByName(shard)
    },
  })
}

const overloaded = (): Error =>
  Object.assign(new Error('Durable Object is overloaded. Too many requests queued.'), { overloaded: true })

describe('an event that cannot be stored is answered 503 with Retry-After', () => {
  test('if the storage of its shard is full; it is taken as new once there is room', async () => {
    const empty = await fill()
    const refused = await postOn({}, '/v1/events', event(account, 'call-full', { id: 'core-1' }))
    expect(refused).toMatchObject({ status: 503, retryAfter: '1' })
    empty()
    const again = await post(account, 'call-full', { id: 'core-1' })
    expect(again).toMatchObject({ status: 202, body: { position: 1, duplicate: false } })
  })

  test('if its shard takes no more requests', async () => {
    const SHARDS = shardsWithFault(account, overloaded())
    expect(await postOn({ SHARDS }, '/v1/events', event(account, 'call-busy'))).toMatchObject({
      status: 503,
      retryAfter: '1',
    })
  })

  test('if its shard was never told of the account and D1 cannot say; else it is 404 if there is none', async () => {
    const nobody = event(`acc_of nobody ${crypto.randomUUID()}`, 'call-1')
    const down = new Fault(() => true).on()
    await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, down.around) }))
    expect(await postOn({}, '/v1/events', nobody)).toMatchObject({ status: 503, retryAfter: '1' })
    expect(await postOn({}, '/v1/events', event(account, 'call-1')), 'one that was is').toMatchObject({
      status: 202,
    })
    down.off()
    expect(await postOn({}, '/v1/events', nobody)).toMatchObject({ status: 404, retryAfter: null })
  })

  test('if its key cannot be looked up', async () => {
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
  test('a shard that cannot store its events spoils no other', async () => {
    const other = await newAccount()
    const SHARDS = shardsWithFault(account, overloaded())
    const events = [account, other, account].map((each) => event(each, 'call-1'))
    const answer = await postOn({ SHARDS }, '/v1/events/batch', { events })
    expect(answer).toMatchObject({ status: 202, retryAfter: '1' })
    expect(answer.data.map((item) => item.status)).toEqual([503, 202, 503])
    expect(answer.data[0]?.error?.code).toBe('unavailable')
    expect(answer.data[1]?.position).toBe(1)
  })

  test('an account that cannot be looked up spoils none that is known, and no fault is hidden', async () => {
    const unknown = `acc_of nobody ${crypto.randomUUID()}`
    await rebind(shardOfAccount(account), () => ({ DB: downDatabase() }))
    const events = [
      event(unknown, 'call-1'),
      event(account, 'call-1'),
      { ...event(unknown, 'x'), trigger: '?' },
    ]
    const answer = await postOn({}, '/v1/events/batch', { events })
    expect(answer).toMatchObject({ status: 202, retryAfter: '1' })
    expect(answer.data.map((item) => item.status)).toEqual([503, 202, 422])
  })

  test('of which none can be stored, the answer is 503 and no 202', async () => {
    const SHARDS = shardsWithFault(account, overloaded())
    const events = [event(account, 'call-busy'), event(account, 'call-busy')]
    expect(await postOn({ SHARDS }, '/v1/events/batch', { events })).toMatchObject({
      status: 503,
      retryAfter: '1',
    })
  })

  test('those of accounts that are not there are 404, however many they are, and spoil no other', async () => {
    const known = await Promise.all(Array.from({ length: 5 }, () => newAccount()))
    const strangers = Array.from({ length: 50 }, (_, n) => `acc_nobody-${n}`)
    const events = [...known, ...strangers].map((id) => event(id, 'call-1'))
    const answer = await postOn({}, '/v1/events/batch', { events })
    expect(answer.data.map((item) => item.status)).toEqual([
      ...known.map(() => 202),
      ...strangers.map(() => 404),
    ])
  })
})
