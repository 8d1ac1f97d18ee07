import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ShardUsage } from '../../src/contracts/shard.ts'
import { shardOfCall } from '../../src/order/placement.ts'
import { type Page, type ProblemBody } from '../support/control.ts'
import { ask, withShards } from '../support/fake-shards.ts'
import { api, deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

const SHARDS = 3

interface Account {
  id: string
  shards: number
}
interface Shard {
  shard: number
  reached: boolean
  bytes: number | null
  share: number | null
  oldest_event_at: string | null
  waiting: number | null
  held: number | null
  oldest_waiting_at: string | null
}
interface Shards extends Page<Shard> {
  limit_bytes: number
}

afterEach(() => {
  vi.restoreAllMocks()
})

async function madeWith(shards: unknown) {
  return api<Account & ProblemBody>('POST', '/v1/accounts', { name: 'Large', shards })
}

async function shardsOf(account: string): Promise<Shards> {
  return (await api<Shards>('GET', `/v1/accounts/${account}/shards`)).body
}

/** Two calls of each shard. */
const CALLS = [0, 1, 2].flatMap((shard) => {
  const ids = Array.from({ length: 40 }, (_, n) => `call-${n}`)
  return ids.filter((id) => shardOfCall(id, SHARDS) === shard).slice(0, 2)
})

describe('the shards of an account', () => {
  test('are 1 unless it is made with more, up to 256', async () => {
    expect((await api<Account>('POST', '/v1/accounts', { name: 'Small' })).body.shards).toBe(1)
    const made = await madeWith(SHARDS)
    expect([made.status, made.body.shards]).toEqual([201, SHARDS])
    const path = `/v1/accounts/${made.body.id}`
    expect((await api('GET', path)).body).toEqual(made.body)
    for (const wrong of [0, 257, 1.5, '2']) {
      const { status, body } = await madeWith(wrong)
      expect([wrong, status, body.errors.map((each) => each.path)]).toEqual([wrong, 422, ['shards']])
    }
  })

  test('cannot be raised yet, and never lowered: a change says so and changes nothing', async () => {
    const { body: made } = await madeWith(SHARDS)
    const path = `/v1/accounts/${made.id}`
    const patched = async (shards: number | null) =>
      api<Account & ProblemBody>('PATCH', path, { name: 'Larger', shards })
    for (const [shards, why] of [
      [SHARDS + 1, 'cannot be raised yet'],
      [SHARDS - 1, 'cannot be lowered'],
    ] as const) {
      const { status, body } = await patched(shards)
      expect([status, body.errors[0]?.path, body.errors[0]?.message]).toEqual([
        422,
        'shards',
        expect.stringContaining(why),
      ])
    }
    expect((await api('GET', path)).body).toEqual(made)
    for (const same of [SHARDS, null])
      expect(await patched(same)).toMatchObject({ status: 200, body: { name: 'Larger', shards: SHARDS } })
  })
})

test('an account of several shards has its calls in all of them, and is used as if it had one', async () => {
  const receivers = new Receivers()
  const url = receivers.add('several')
  const { id: account } = (await madeWith(SHARDS)).body
  const webhook = await newWebhook(account, url)
  const each = async (status: number): Promise<void> => {
    for (const call of CALLS) expect([call, (await post(account, call)).status]).toEqual([call, status])
  }
  const arrived = async (count: number): Promise<void> =>
    until(`${count} have arrived`, () => receivers.got(url).length >= count)
  const statuses = async (status: string): Promise<number> =>
    (await deliveries(account, webhook, `&status=${status}`)).length
  const perShard = async (): Promise<unknown[]> =>
    (await shardsOf(account)).data.map(({ held, waiting }) => [held, waiting])

  await each(202)
  await each(202)
  await arrived(12)
  for (const call of CALLS) {
    const got = receivers.got(url).filter(({ callId }) => callId === call)
    expect(got.map(({ position }) => position)).toEqual([1, 2])
    const timeline = await api<{ events: unknown[] }>('GET', `/v1/calls/${call}?account_id=${account}`)
    expect(timeline.body.events).toHaveLength(2)
  }
  await until('all are on record', async () => (await statuses('succeeded')) === 12)
  const calls = await api<Page<{ call_id: string }>>('GET', `/v1/calls?account_id=${account}`)
  expect(calls.body.data.map(({ call_id }) => call_id).sort()).toEqual([...CALLS].sort())
  const stats = async () =>
    (
      await api<{ account: { held: number; total: { deliveries: object } } }>(
        'GET',
        `/v1/stats?account_id=${account}`,
      )
    ).body.account
  expect((await stats()).total.deliveries).toMatchObject({ succeeded: 12 })

  // When each of these has returned, it holds in every shard.
  await api('POST', `/v1/webhooks/${webhook}/pause`)
  await each(202)
  expect([await statuses('held'), (await stats()).held]).toEqual([6, 6])
  expect(await perShard()).toEqual([0, 1, 2].map(() => [2, 0]))
  expect(receivers.got(url)).toHaveLength(12)
  await api('POST', `/v1/webhooks/${webhook}/enable`)
  await arrived(18)
  await api('POST', `/v1/webhooks/${webhook}/disable`)
  await each(202)
  expect((await api('DELETE', `/v1/accounts/${account}`)).status).toBe(204)
  await each(404)
  expect((await api('GET', `/v1/accounts/${account}/shards`)).status).toBe(404)
  expect(receivers.starts(url)).toBe(18)
})

describe('the list of the shards', () => {
  test('says how full each is and how far back its log goes', async () => {
    const { id } = (await madeWith(2)).body
    const call = ['a', 'b', 'c', 'd'].find((name) => shardOfCall(name, 2) === 1) ?? ''
    const beforeMs = Date.now()
    await post(id, call)
    const { data, next_cursor, limit_bytes } = await shardsOf(id)
    expect([next_cursor, limit_bytes]).toEqual([null, 10_000_000_000])
    expect(data.map(({ shard, reached }) => [shard, reached])).toEqual([
      [0, true],
      [1, true],
    ])
    // One that has taken nothing has its tables.
    for (const { bytes } of data) expect(bytes).toBeGreaterThan(0)
    expect(data[0]?.oldest_event_at).toBeNull()
    expect(new Date(data[1]?.oldest_event_at ?? 0).getTime()).toBeGreaterThanOrEqual(beforeMs)
  })

  test('has those that cannot be asked as not reached, and all others', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { id } = (await madeWith(SHARDS)).body
    const usage: ShardUsage = {
      bytes: 7_123_456_789,
      oldest_event_at: 1000,
      waiting: 3,
      held: 4,
      oldest_waiting_at: 2000,
    }
    const bindings = withShards((name) => ({
      usage: async () => {
        if (name === `${id}/1`) throw new Error('Network connection lost.')
        return usage
      },
    }))
    const { status, body } = await ask<Shards>(bindings, 'GET', `/v1/accounts/${id}/shards`)
    expect(status).toBe(200)
    const full = {
      reached: true,
      bytes: 7_123_456_789,
      share: 0.7123,
      oldest_event_at: '1970-01-01T00:00:01.000Z',
      waiting: 3,
      held: 4,
      oldest_waiting_at: '1970-01-01T00:00:02.000Z',
    }
    const nothing = Object.fromEntries(Object.keys(full).map((key) => [key, null]))
    expect(body.data).toEqual([
      { shard: 0, ...full },
      { shard: 1, ...nothing, reached: false },
      { shard: 2, ...full },
    ])
    expect(log).toHaveBeenCalledTimes(1)
  })

  test('of 256 asks some at a time, each once', async () => {
    const account = await newAccount()
    await env.DB.prepare('UPDATE accounts SET shards = 256 WHERE id = ?').bind(account).run()
    const asked: string[] = []
    let [now, most] = [0, 0]
    const bindings = withShards((name) => ({
      usage: async () => {
        asked.push(name)
        now += 1
        most = Math.max(most, now)
        await scheduler.wait(1)
        now -= 1
        return { bytes: 0, oldest_event_at: null, waiting: 0, held: 0, oldest_waiting_at: null }
      },
    }))
    const { body } = await ask<Shards>(bindings, 'GET', `/v1/accounts/${account}/shards`)
    const numbers = Array.from({ length: 256 }, (_, shard) => shard)
    expect(body.data.map(({ shard }) => shard)).toEqual(numbers)
    expect(asked).toEqual(numbers.map((shard) => `${account}/${shard}`))
    expect(most).toBe(8)
  })
})
