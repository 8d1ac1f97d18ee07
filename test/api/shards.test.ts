import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LoggedDelivery, LogPage, LogQuery } from '../../src/contracts/deliveries.ts'
import type { Accepted, IncomingEvent, StoredEvent } from '../../src/contracts/events.ts'
import type { AcceptAnswer, Replay } from '../../src/contracts/shard.ts'
import { deliveryId, eventUlid } from '../../src/lib/id.ts'
import { shardOfCall } from '../../src/order/placement.ts'
import { loggedDelivery } from '../../src/shard/rows.ts'
import { learnt } from '../../src/api/events/shard-counts.ts'
import { ask, withShards } from '../support/fake-shards.ts'
import { event, newAccount, newWebhook } from '../support/relay.ts'
import { setShards } from '../support/shards.ts'

const SHARDS = 3

let account: string
let webhook: string
beforeAll(async () => {
  account = await newAccount()
  webhook = await newWebhook(account, 'https://merged.receiver.test/hook')
  await setShards(account, SHARDS)
  learnt(account, SHARDS)
})
afterEach(() => {
  vi.restoreAllMocks()
})

interface Item {
  status: number
  id?: string
  position?: number
  code?: string
  error?: { code: string }
}

/** Takes events and says what it was given. */
class Taker {
  readonly requests: { shard: string; events: IncomingEvent[]; makes: boolean }[] = []
  answer: (name: string, events: IncomingEvent[]) => AcceptAnswer = (_name, events) => ({
    kind: 'taken',
    accepted: events.map((each): Accepted => ({
      kind: 'accepted',
      id: each.id ?? 'none',
      position: 7,
      duplicate: false,
    })),
    jobs: [],
  })

  readonly bindings = withShards((name) => ({
    accept: async (accountId: string, shard: number, events: IncomingEvent[], makes: boolean) => {
      expect(name).toBe(`${accountId}/${shard}`)
      this.requests.push({ shard: name, events, makes })
      return this.answer(name, events)
    },
  }))
}

/** A call id of each shard. */
function callIn(shard: number, n = 0): string {
  let found = -1
  for (let each = 0; ; each += 1) {
    if (shardOfCall(`call-${each}`, SHARDS) === shard) found += 1
    if (found === n) return `call-${each}`
  }
}

describe('events', () => {
  test('of a batch go to the shards of their calls in one request each, and are answered for in their order', async () => {
    const taker = new Taker()
    const calls = [0, 1, 0, 2, 1, 0].map((shard, n) => callIn(shard, n % 2))
    const events = calls.map((call, n) => event(account, call, { id: `event-${n}` }))
    events.splice(2, 0, { ...event(account, 'x'), trigger: 'nonsense' })
    const { status, body } = await ask<{ data: Item[] }>(taker.bindings, 'POST', '/v1/events/batch', {
      events,
    })
    expect(status).toBe(202)
    expect(body.data.map((each) => each.id ?? each.status)).toEqual([
      'event-0',
      'event-1',
      422,
      'event-2',
      'event-3',
      'event-4',
      'event-5',
    ])
    const ids = taker.requests.map(({ shard, events: given }) => [shard, given.map((each) => each.id)])
    expect(Object.fromEntries(ids)).toEqual({
      [`${account}/0`]: ['event-0', 'event-2', 'event-5'],
      [`${account}/1`]: ['event-1', 'event-4'],
      [`${account}/2`]: ['event-3'],
    })
  })

  test('of a large batch go some at a time, and none after some that could not be stored', async () => {
    const taker = new Taker()
    const take = taker.answer
    taker.answer = (name, events) =>
      events.some((each) => each.id === 'event-60') ? { kind: 'unavailable' } : take(name, events)
    const call = callIn(1)
    const events = Array.from({ length: 170 }, (_, n) => event(account, call, { id: `event-${n}` }))
    const { status, headers, body } = await ask<{ data: Item[] }>(
      taker.bindings,
      'POST',
      '/v1/events/batch',
      {
        events,
      },
    )
    expect(taker.requests.map((each) => each.events.length)).toEqual([16, 16, 16, 16])
    expect([status, headers.get('retry-after')]).toEqual([202, '1'])
    expect(body.data.map((each) => each.status)).toEqual([
      ...Array.from({ length: 48 }, () => 202),
      ...Array.from({ length: 122 }, () => 503),
    ])
  })

  test('of one that fails spoil no other shard’s', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const taker = new Taker()
    const take = taker.answer
    taker.answer = (name, events) => {
      if (name.endsWith('/0')) throw new Error('Network connection lost.')
      return name.endsWith('/1') ? { kind: 'no_account' } : take(name, events)
    }
    const events = [0, 1, 2].map((shard) => event(account, callIn(shard)))
    const { body } = await ask<{ data: Item[] }>(taker.bindings, 'POST', '/v1/events/batch', { events })
    expect(body.data.map((each) => each.status)).toEqual([503, 404, 202])
    expect(log).toHaveBeenCalledTimes(1)
  })

  test.each([
    [{ kind: 'no_account' } as const, 404, 'not_found'],
    [{ kind: 'unavailable' } as const, 503, 'unavailable'],
    [{ kind: 'taken', jobs: [], accepted: [{ kind: 'conflict', id: 'x' }] } as const, 409, 'id_reused'],
    [{ kind: 'taken', jobs: [], accepted: [{ kind: 'unavailable' }] } as const, 503, 'unavailable'],
  ])('that are answered with %o', async (answer, status, code) => {
    const taker = new Taker()
    taker.answer = () => answer as unknown as AcceptAnswer // safe: the arrays are only read
    const given = await ask<Item>(taker.bindings, 'POST', '/v1/events', event(account, 'call-1'))
    expect([given.status, given.body.code]).toEqual([status, code])
    expect(given.headers.get('retry-after')).toBe(status === 503 ? '1' : null)
  })

  test('are told who makes their attempts, and have their variables as text', async () => {
    const taker = new Taker()
    for (const ATTEMPTS_BY of ['invocation', 'object']) {
      const bindings = { ...taker.bindings, ATTEMPTS_BY }
      await ask(bindings, 'POST', '/v1/events', event(account, 'call-1', { variables: { n: 1 } }))
    }
    expect(taker.requests.map(({ makes }) => makes)).toEqual([true, false])
    expect(taker.requests[0]?.events[0]?.variables).toBe('{"n":1}')
  })
})

describe('an isolate that knows an old count of shards', () => {
  /** Shards that send away what is not theirs by the count of three. */
  function countingTaker(): Taker {
    const taker = new Taker()
    const take = taker.answer
    taker.answer = (name, events) =>
      events.some((each) => name !== `${other}/${shardOfCall(each.call_id, SHARDS)}`)
        ? { kind: 'moved', shards: SHARDS }
        : take(name, events)
    return taker
  }
  let other: string
  beforeEach(async () => {
    other = await newAccount()
  })

  test('is told the new one by the shard that it asks, and asks the right one from then on', async () => {
    const taker = countingTaker()
    const posted = async (call: string) =>
      (await ask(taker.bindings, 'POST', '/v1/events', event(other, call))).status
    expect(await posted(callIn(2))).toBe(202)
    expect(taker.requests.map(({ shard }) => shard)).toEqual([`${other}/0`, `${other}/2`])
    expect([await posted(callIn(1)), await posted(callIn(0))]).toEqual([202, 202])
    expect(taker.requests.slice(2).map(({ shard }) => shard)).toEqual([`${other}/1`, `${other}/0`])
  })

  test('has each event of a batch taken once, by its own shard, and those of a call in their order', async () => {
    const taker = countingTaker()
    const calls = [0, 1, 2, 2, 1, 0, 1].map((shard) => callIn(shard))
    const events = calls.map((call, n) => event(other, call, { id: `event-${n}` }))
    const { status, body } = await ask<{ data: Item[] }>(taker.bindings, 'POST', '/v1/events/batch', {
      events,
    })
    expect([status, body.data.map((each) => each.id)]).toEqual([202, events.map((_each, n) => `event-${n}`)])
    // The first request was sent away as a whole.
    const taken = taker.requests
      .slice(1)
      .flatMap(({ shard, events: given }) => given.map(({ id }) => [shard, id]))
    expect(taken).toEqual(calls.map((call, n) => [`${other}/${shardOfCall(call, SHARDS)}`, `event-${n}`]))
  })

  test('goes on by what it knows if nobody says otherwise, and never by less', async () => {
    learnt(other, SHARDS)
    learnt(other, 1)
    const taker = countingTaker()
    await ask(taker.bindings, 'POST', '/v1/events', event(other, callIn(2)))
    expect(taker.requests.map(({ shard }) => shard)).toEqual([`${other}/2`])
  })

  test('answers 503 and does not go round in circles if the shards do not agree', async () => {
    const taker = new Taker()
    let asked = 0
    taker.answer = () => {
      asked += 1
      return { kind: 'moved', shards: 1 }
    }
    const { status } = await ask(taker.bindings, 'POST', '/v1/events', event(other, 'call-1'))
    expect([status, asked]).toEqual([503, 1])
  })
})

/** Deliveries in the log of a shard, newest first. */
function logOf(shard: number, times: readonly number[]): LoggedDelivery[] {
  return times
    .map((ms, index) => {
      const facts = { id: 'e', position: 1, late: false, received_at: ms, call_id: 'c', trigger: 't' }
      // Safe: the view reads no more of an event.
      const stored = { ...facts, ulid: eventUlid(ms, shard, index + 1, () => 0) } as unknown as StoredEvent
      const state = { attempts: [], attempt_count: 0, next_attempt_at: null, completed_at: null, error: null }
      return loggedDelivery(stored, webhook, 'succeeded', state)
    })
    .reverse()
}

describe('lists', () => {
  test('have what each shard has, in one order, page by page, however little a shard looks at', async () => {
    const logs = [logOf(0, [1, 4, 7, 7, 9]), logOf(1, []), logOf(2, [2, 3, 7, 8, 10, 11, 12])]
    const all = logs
      .flat()
      .map((each) => each.id)
      .sort()
      .reverse()
    let asked = 0
    const page = (shard: number, { after, limit }: LogQuery): LogPage => {
      asked += 1
      const rest = (logs[shard] ?? []).filter((each) => after === undefined || each.id < after)
      // Now and then it stops early.
      const most = Math.min(limit, 1 + (asked % 3))
      return {
        deliveries: rest.slice(0, most),
        next: rest.length > most ? (rest[most - 1]?.id ?? null) : null,
      }
    }
    const bindings = withShards((name) => ({
      deliveries: async (query: LogQuery) => page(Number(name.split('/')[1]), query),
    }))
    const read = async (limit: number, cursor: string | null) => {
      const path = `/v1/webhooks/${webhook}/deliveries?limit=${limit}`
      const more = cursor === null ? '' : `&cursor=${cursor}`
      return ask<{ data: { id: string }[]; next_cursor: string | null }>(bindings, 'GET', path + more)
    }
    for (const limit of [1, 2, 3, 5, 12, 50]) {
      const ids: string[] = []
      let cursor: string | null = null
      do {
        const { body } = await read(limit, cursor)
        ids.push(...body.data.map((each) => each.id))
        expect(body.data.length).toBeLessThanOrEqual(limit)
        cursor = body.next_cursor
      } while (cursor !== null)
      expect(ids, `${limit}`).toEqual(all)
    }
  })

  test('of a call ask its shard alone', async () => {
    const asked: string[] = []
    const bindings = withShards((name) => ({
      deliveries: async () => {
        asked.push(name)
        return { deliveries: [], next: null }
      },
    }))
    await ask(bindings, 'GET', `/v1/webhooks/${webhook}/deliveries?call_id=${callIn(2)}`)
    expect(asked).toEqual([`${account}/2`])
  })
})

test('a delivery is asked of the shard that its id names, and of none that is not there', async () => {
  const asked: string[] = []
  const bindings = withShards((name) => ({
    delivery: async () => {
      asked.push(name)
      return null
    },
  }))
  for (const shard of [2, 3, 1023]) {
    const id = deliveryId(
      eventUlid(1, shard, 5, () => 0),
      webhook,
    )
    expect((await ask(bindings, 'GET', `/v1/deliveries/${id}`)).status).toBe(404)
  }
  expect(asked).toEqual([`${account}/2`])
})

test('a timeline goes on by its cursor, which is of that call alone', async () => {
  const facts = { id: 'e', trigger: 't', sequence: null, late: false, occurred_at: null, received_at: 5 }
  const given = [1, 2, 3].map((position) => ({
    deliveries: [],
    variables: '{}',
    reusesSequence: false,
    event: { ...facts, position, released_at: 5, webhooks: [] } as unknown as StoredEvent,
  }))
  const bindings = withShards(() => ({
    timeline: async (_call, { from, limit }) => ({
      events: given.slice(from, from + limit),
      before: [],
      next: from + limit < given.length ? from + limit : null,
    }),
  }))
  const page = async (call: string, cursor: string | null) =>
    ask<{ events: { position: number }[]; next_cursor: string | null }>(
      bindings,
      'GET',
      `/v1/calls/${call}?account_id=${account}&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
    )
  const first = (await page('call-1', null)).body
  expect(first.events.map(({ position }) => position)).toEqual([1, 2])
  const second = (await page('call-1', first.next_cursor)).body
  expect([second.events.map(({ position }) => position), second.next_cursor]).toEqual([[3], null])
  expect((await page('call-2', first.next_cursor)).status).toBe(422)
})

describe('a replay', () => {
  const part = (id: string, count: number, completed_at: number | null): Replay => ({
    id,
    webhook_id: webhook,
    since: 0,
    until: 9,
    statuses: ['failed'],
    count,
    replayed: count - 1,
    skipped: 1,
    created_at: 5,
    completed_at,
  })
  const path = () => `/v1/webhooks/${webhook}/replay`

  test('is started in each shard under one id, and is the sum of its parts', async () => {
    const started: [string, string][] = []
    const bindings = withShards((name) => ({
      startReplay: async (id: string) => {
        started.push([name, id])
        return part(id, 2, null)
      },
      countReplays: async () => [5],
      replay: async (_webhook: string, id: string) =>
        name.endsWith('/1') ? null : part(id, 2, name.endsWith('/0') ? 6 : 8),
    }))
    const since = '2020-01-01T00:00:00Z'
    const dry = await ask(bindings, 'POST', path(), { since, dry_run: true })
    expect(dry.body).toEqual({ id: null, count: 15, dry_run: true })
    const { body } = await ask<{ id: string; count: number }>(bindings, 'POST', path(), { since })
    expect(body.count).toBe(6)
    expect(started).toEqual([0, 1, 2].map((shard) => [`${account}/${shard}`, body.id]))
    const read = await ask(bindings, 'GET', `${path()}s/${body.id}`)
    expect(read.body).toMatchObject({
      count: 4,
      replayed: 2,
      skipped: 2,
      status: 'done',
      completed_at: new Date(8).toISOString(),
    })
  })

  test('is listed once, newest first, page by page, whichever shards have a part of it', async () => {
    const ids = ['rpl_4', 'rpl_3', 'rpl_2', 'rpl_1']
    const bindings = withShards((name) => ({
      replays: async ({ after, limit }: { after?: string; limit: number }) =>
        ids
          .filter((id) => (after === undefined || id < after) && !(name.endsWith('/1') && id === 'rpl_3'))
          .slice(0, limit)
          .map((id) => part(id, 2, name.endsWith('/2') ? null : 6)),
    }))
    const page = async (cursor = '') =>
      ask<{ data: { id: string; count: number; status: string }[]; next_cursor: string | null }>(
        bindings,
        'GET',
        `/v1/replays?account_id=${account}&limit=3${cursor}`,
      )
    const first = await page()
    expect(first.body.data.map(({ id, count, status }) => [id, count, status])).toEqual([
      ['rpl_4', 6, 'running'],
      ['rpl_3', 4, 'running'],
      ['rpl_2', 6, 'running'],
    ])
    const second = await page(`&cursor=${first.body.next_cursor}`)
    expect([second.body.data.map(({ id }) => id), second.body.next_cursor]).toEqual([['rpl_1'], null])
  })

  test('that a shard cannot take is taken by none', async () => {
    for (const fault of ['full', 'lost']) {
      const dropped: string[] = []
      const bindings = withShards((name) => ({
        startReplay: async (id: string) => {
          if (!name.endsWith('/1')) return part(id, 2, null)
          if (fault === 'lost') throw new Error('Network connection lost.')
          return null
        },
        dropReplay: async () => {
          dropped.push(name)
        },
      }))
      vi.spyOn(console, 'error').mockImplementation(() => {})
      const { status } = await ask(bindings, 'POST', path(), { since: '2020-01-01T00:00:00Z' })
      expect(status).toBe(fault === 'lost' ? 503 : 409)
      expect(dropped).toEqual([`${account}/0`, `${account}/1`])
    }
  })
})
