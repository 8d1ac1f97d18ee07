import { describe, expect, test } from 'vitest'
import type { CallQuery, ListedCall } from '../../src/contracts/calls.ts'
import { DELIVERY_STATUSES, isAsked, type DeliveryStatus } from '../../src/contracts/deliveries.ts'
import { keyOf, soughtBy } from '../../src/order/number-key.ts'
import { lineOf } from '../../src/order/line.ts'
import { CallList } from '../../src/shard/call-list.ts'
import { DAY_MS } from '../../src/shard/days.ts'
import { Numbers } from '../../src/shard/numbers.ts'
import { Retention } from '../../src/shard/retention.ts'
import { inStorage, webhookId, type Tables } from '../support/shard-tables.ts'

/*
 * Lists of calls, held against a plain model of the same calls: an array that is filtered and sorted.
 */

const START_MS = Date.UTC(2026, 0, 1)
const RETENTION_MS = 2 * DAY_MS
const TRIGGERS = ['call_answered_by_agent', 'call_hangup_missed_or_answered', 'dtmf_option'] as const
const WEBHOOKS = [webhookId(1), webhookId(2)]

interface Delivery {
  seq: number
  status: DeliveryStatus
}

interface Modelled {
  id: string
  numbers: string[]
  events: { seq: number; ms: number; trigger: string }[]
  deliveries: Delivery[]
}

/** Of a seed, numbers in [0, below). */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
}

/** Calls of four days, some long, at rest; their numbers have few endings. */
function fill(tables: Tables, numbers: Numbers, calls: number, seed: number): Modelled[] {
  const random = randomOf(seed)
  const all = Array.from({ length: calls }, (_, n): Modelled => {
    const customer = `98${String(10_000_000 + random(20) * 1_000_000 + random(2) * 777)}`
    return {
      id: `call-${n}`,
      numbers: [`+91${customer}`, `+9180690101${random(3)}8`],
      events: [],
      deliveries: [],
    }
  })
  const steps = calls * 3
  for (let step = 0; step < steps; step += 1) {
    const atMs = START_MS + Math.floor((step / steps) * 4 * DAY_MS)
    // Mostly the calls of now; now and then any one goes on.
    const now = Math.floor((step / steps) * calls)
    const call = all[random(20) === 0 ? random(now + 1) : Math.max(0, now - random(5))]
    if (call === undefined) continue
    const trigger = TRIGGERS[random(3)] ?? TRIGGERS[0]
    const n = call.events.length + 1
    const seq = tables.event(atMs, call.id, { trigger, n, webhooks: WEBHOOKS })
    call.events.push({ seq, ms: atMs, trigger })
    const first = call.events[0]?.seq ?? seq
    const [customer = '', own = ''] = call.numbers
    numbers.add(first, { number: own, variables: JSON.stringify({ caller_id_number: customer }) }, new Set())
    for (const webhook of WEBHOOKS) {
      if (random(10) === 0) continue
      const status = random(4) === 0 ? (DELIVERY_STATUSES[random(6)] ?? 'failed') : 'succeeded'
      tables.delivery(seq, webhook, status)
      call.deliveries.push({ seq, status })
    }
    tables.call(
      call.id,
      call.events.map((each) => each.seq),
    )
  }
  return all.filter(({ events }) => events.length > 0)
}

/** What is left once the first day has gone: of calls that go on or owe something all events, and what is owed of that day. */
function forgotten(calls: readonly Modelled[], before: number): Modelled[] {
  return calls.flatMap((call) => {
    const isGone = (seq: number): boolean => seq < before
    const owes = call.deliveries.some(({ seq, status }) => isGone(seq) && isOwed(status))
    if (!owes && call.events.every(({ seq }) => isGone(seq))) return []
    return [
      { ...call, deliveries: call.deliveries.filter((each) => !isGone(each.seq) || isOwed(each.status)) },
    ]
  })
}

function isOwed(status: DeliveryStatus): boolean {
  return status === 'pending' || status === 'held'
}

/** The calls that the model has for a query, in the order of the list. */
function expected(calls: readonly Modelled[], query: Omit<CallQuery, 'limit'>): string[] {
  const { number, status, trigger, sinceMs = 0, untilMs = Infinity } = query
  const isByStatus = number === undefined && status !== undefined && status !== 'succeeded'
  const sought = number === undefined ? null : soughtBy(number, 'IN')
  const isSought = (each: string): boolean => {
    const key = keyOf(lineOf(each, 'IN'))
    return (
      key !== null && (key === sought?.whole || (sought?.ending != null && key.startsWith(sought.ending)))
    )
  }
  return calls
    .flatMap((call) => {
      const inTime = ({ ms }: { ms: number }): boolean => ms >= sinceMs && ms < untilMs
      const fitting = call.events.filter(
        (event) =>
          (trigger === undefined || event.trigger === trigger) &&
          (status === undefined ||
            call.deliveries.some((each) => each.seq === event.seq && isAsked(status, each.status))),
      )
      const place = isByStatus ? fitting.findLast(inTime) : call.events[0]
      const fits = fitting.length > 0 && (sought === null || call.numbers.some(isSought))
      return place !== undefined && inTime(place) && fits ? [{ id: call.id, seq: place.seq }] : []
    })
    .sort((a, b) => b.seq - a.seq)
    .map(({ id }) => id)
}

/** All pages of a query. */
function listed(list: CallList, query: CallQuery): ListedCall[] {
  const all: ListedCall[] = []
  let after: string | undefined
  for (;;) {
    const page = list.page({ ...query, after })
    if (page.kind !== 'page') throw new Error(page.kind)
    expect(page.calls.length).toBeLessThanOrEqual(query.limit)
    all.push(...page.calls)
    if (page.next === null) return all
    expect(page.next < (after ?? '~'), 'it goes on').toBe(true)
    after = page.next
  }
}

function listOf(tables: Tables): { list: CallList; numbers: Numbers } {
  const numbers = new Numbers(tables.sql, tables.days, () => 'IN')
  return { numbers, list: new CallList(tables.sql, tables.days, tables.log, numbers, () => undefined) }
}

describe('a list of calls', () => {
  test('has each that fits once, newest first, whatever is asked for, before a day is forgotten and after', async () => {
    await inStorage((tables) => {
      const { list, numbers } = listOf(tables)
      let calls = fill(tables, numbers, 110, 7)
      const retention = new Retention(tables.sql, tables.days, RETENTION_MS)
      const asked = [undefined, calls[40]?.numbers[0], calls[80]?.numbers[0]?.slice(-6), '010118']
      const [early, late] = [START_MS + 0.7 * DAY_MS, START_MS + 2.2 * DAY_MS]
      const times = [{}, { sinceMs: early }, { untilMs: late }, { sinceMs: early, untilMs: late }]
      for (const round of ['all', 'forgotten']) {
        if (round === 'forgotten') {
          const before = tables.days.endOf(tables.days.oldest?.day ?? 0)
          while (tables.days.floor < before) {
            const nothing = { owed: [], calls: [] }
            tables.storage.transactionSync(() => retention.step(nothing, START_MS + 3 * DAY_MS))
          }
          calls = forgotten(calls, before)
        }
        let found = 0
        for (const number of asked)
          for (const status of [undefined, 'succeeded', 'failed', 'held', 'unsucceeded'] as const)
            for (const trigger of [undefined, TRIGGERS[1]])
              for (const time of times) {
                const query = { number, status, trigger, ...time }
                const limit = [7, 20, 250][found % 3] ?? 50
                const ids = listed(list, { ...query, limit }).map((each) => each.call_id)
                expect(ids, `${round} ${JSON.stringify(query)}`).toEqual(expected(calls, query))
                found += ids.length
              }
        expect(found).toBeGreaterThan(500)
      }
      for (const each of listed(list, { limit: 250 })) {
        const call = calls.find(({ id }) => id === each.call_id)
        const counts = Object.entries(Object.groupBy(call?.deliveries ?? [], ({ status }) => status))
        expect(Object.entries(each.deliveries).filter(([, count]) => count > 0)).toEqual(
          DELIVERY_STATUSES.flatMap((status) =>
            counts.filter(([name]) => name === status).map(([name, all]) => [name, all.length]),
          ),
        )
        expect(each.event_count).toBe(call?.events.length)
      }
    })
  })

  test('looks at a bounded number of rows, and says where it goes on', async () => {
    await inStorage((tables) => {
      const { list } = listOf(tables)
      for (let n = 0; n < 5_000; n += 1) {
        const call = n < 4_990 ? 'long' : `call-${n}`
        tables.event(START_MS + n, call, { n: call === 'long' ? n + 1 : 1 })
      }
      const first = list.page({ limit: 50 })
      expect(first).toMatchObject({ kind: 'page', calls: { length: 10 } })
      expect(first.kind === 'page' && first.next !== null).toBe(true)
      expect(listed(list, { limit: 50 })).toHaveLength(11)
    })
  })

  test('is refused for digits that end too many numbers, and not for one number with as many calls', async () => {
    await inStorage((tables) => {
      const { list, numbers } = listOf(tables)
      const of = (customer: string): string => JSON.stringify({ caller_id_number: customer })
      for (let n = 0; n < 300; n += 1) {
        const seq = tables.event(START_MS + n, `call-${n}`)
        numbers.add(
          seq,
          { number: '+918069010148', variables: of(`98${1_000 + n}123456`.slice(-12)) },
          new Set(),
        )
      }
      expect(list.page({ limit: 50, number: '123456' }).kind).toBe('too_many_numbers')
      expect(listed(list, { limit: 50, number: '981000123456' })).toHaveLength(1)
      expect(listed(list, { limit: 50, number: '010148' })).toHaveLength(300)
    })
  })
})
