import { describe, expect, test } from 'vitest'
import {
  DELIVERY_STATUSES,
  isAsked,
  type DeliveryStatus,
  type LogQuery,
} from '../../src/contracts/deliveries.ts'
import { deliveryId, eventUlid } from '../../src/lib/id.ts'
import { DAY_MS } from '../../src/shard/days.ts'
import { ATTEMPT, inStorage, webhookId, type Tables } from '../support/shard-tables.ts'

const TRIGGERS = ['call_answered_by_agent', 'call_hangup_missed_or_answered'] as const
const WEBHOOKS = [webhookId(1), webhookId(2), webhookId(3)]
const START_MS = Date.UTC(2026, 0, 1)

interface Written {
  id: string
  seq: number
  ms: number
  webhook: string
  status: DeliveryStatus
  trigger: string
  call: string
}

/** Events of four days with deliveries of every kind, some of them kept in day 0. */
function fill(tables: Tables, events: number): Written[] {
  const written: Written[] = []
  const seqsOf = new Map<string, number[]>()
  for (let n = 0; n < events; n += 1) {
    const ms = START_MS + Math.floor((n / events) * 4 * DAY_MS)
    const call = `call-${n % 7}`
    const trigger = TRIGGERS[n % 2] ?? TRIGGERS[0]
    const seq = tables.event(ms, call, { trigger })
    seqsOf.set(call, [...(seqsOf.get(call) ?? []), seq])
    const ulid = tables.log.events([seq])[0]?.ulid ?? ''
    WEBHOOKS.forEach((webhook, index) => {
      if ((n + index) % 3 === 0) return
      // One in five has not succeeded.
      const status = (n + index) % 5 === 0 ? (DELIVERY_STATUSES[n % 6] ?? 'held') : 'succeeded'
      tables.delivery(seq, webhook, status)
      written.push({ id: deliveryId(ulid, webhook), seq, ms, webhook, status, trigger, call })
    })
  }
  for (const [call, seqs] of seqsOf) tables.call(call, seqs)
  const oldest = tables.days.oldest
  for (const table of ['event', 'delivery', 'call']) {
    tables.sql.exec(`INSERT INTO ${table}_0 SELECT * FROM ${table}_${oldest?.day}`)
  }
  tables.days.dropOldest()
  return written.sort((a, b) => (a.id < b.id ? 1 : -1))
}

/** All pages of a query. */
function all(tables: Tables, query: LogQuery): string[] {
  const ids: string[] = []
  let after: string | undefined
  for (;;) {
    const page = tables.log.page({ ...query, after })
    ids.push(...page.deliveries.map((each) => each.id))
    if (page.next === null) return ids
    expect(page.next < (after ?? 'dlv_~'), 'it goes on').toBe(true)
    after = page.next
  }
}

describe('pages of the log', () => {
  test('have each delivery that fits once, newest first, whatever is asked for', async () => {
    await inStorage((tables) => {
      const written = fill(tables, 400)
      const times = [undefined, START_MS + 0.5 * DAY_MS, START_MS + 2 * DAY_MS, START_MS + 3.3 * DAY_MS]
      let queries = 0
      for (const webhook_id of [undefined, ...WEBHOOKS.slice(0, 2)])
        for (const status of [undefined, 'succeeded', 'failed', 'pending', 'unsucceeded'] as const)
          for (const trigger of [undefined, TRIGGERS[1]])
            for (const call_id of [undefined, 'call-3'])
              for (const sinceMs of times)
                for (const untilMs of times.slice(0, 3)) {
                  const expected = written.filter(
                    (each) =>
                      (webhook_id === undefined || each.webhook === webhook_id) &&
                      isAsked(status, each.status) &&
                      (trigger === undefined || each.trigger === trigger) &&
                      (call_id === undefined || each.call === call_id) &&
                      (sinceMs === undefined || each.ms >= sinceMs) &&
                      (untilMs === undefined || each.ms < untilMs),
                  )
                  const query = { webhook_id, status, trigger, call_id, sinceMs, untilMs }
                  queries += 1
                  const limit = [7, 100, 250][queries % 3] ?? 50
                  expect(all(tables, { ...query, limit }), JSON.stringify(query)).toEqual(
                    expected.map((each) => each.id),
                  )
                }
    })
  })

  test('are by the error and the status code of the last attempt as well, as lists tell them', async () => {
    await inStorage((tables) => {
      const written = fill(tables, 200)
      written.forEach(({ seq, webhook, status }, index) => {
        const last = {
          ...ATTEMPT,
          number: 2,
          ...(status === 'succeeded'
            ? { status_code: index % 2 === 0 ? 200 : 204, error: null }
            : ([
                { status_code: 500, error: 'status' as const },
                { status_code: null, error: 'timeout' as const },
              ][index % 2] ?? {})),
        }
        const error = status === 'pending' && index % 3 === 0 ? 'dead_letter' : null
        tables.delivery(seq, webhook, status, { attempts: [ATTEMPT, last], error })
      })
      const everything = all(tables, { limit: 250 }).flatMap((id) => tables.log.find(id)?.delivery ?? [])
      let most = 0
      for (const status of [undefined, 'unsucceeded', 'failed', 'pending'] as const)
        for (const error of [undefined, 'timeout', 'status', 'dead_letter', 'lost'] as const)
          for (const status_code of [undefined, 200, 204, 500, 404])
            for (const webhook_id of [undefined, WEBHOOKS[1]])
              for (const call_id of [undefined, 'call-3']) {
                const query = { status, error, status_code, webhook_id, call_id }
                const expected = everything.filter(
                  (each) =>
                    isAsked(status, each.status) &&
                    (error === undefined || each.last_error === error) &&
                    (status_code === undefined || each.last_status_code === status_code) &&
                    (webhook_id === undefined || each.webhook_id === webhook_id) &&
                    (call_id === undefined || each.call_id === call_id),
                )
                most = Math.max(most, error === undefined ? 0 : expected.length)
                expect(all(tables, { ...query, limit: 20 }), JSON.stringify(query)).toEqual(
                  expected.map((each) => each.id),
                )
              }
      expect(most).toBeGreaterThan(20)
    })
  })

  test('end at their limit, and go on after a delivery of another shard as after their own', async () => {
    await inStorage((tables) => {
      const written = fill(tables, 100)
      const page = tables.log.page({ limit: 10 })
      expect([page.deliveries.length, page.next]).toEqual([10, written[9]?.id])
      expect(tables.log.page({ limit: 10, after: written.at(-11)?.id }).next).toBeNull()
      // Between the events of this shard, and at the same time as one of them.
      const { ms = 0 } = written[50] ?? {}
      for (const [atMs, shard] of [
        [ms, 1],
        [ms + 1, 1],
        [ms - 1, 1],
        [START_MS - 5, 3],
        [START_MS + 9 * DAY_MS, 3],
      ] as const) {
        const after = deliveryId(
          eventUlid(atMs, shard, 5, () => 0.5),
          webhookId(2),
        )
        expect(tables.log.page({ limit: 250, after }).deliveries.map((each) => each.id)).toEqual(
          written.filter((each) => each.id < after).map((each) => each.id),
        )
      }
    })
  })

  test('look at a bounded number of rows, and say where they go on', async () => {
    await inStorage((tables) => {
      for (let n = 0; n < 5_000; n += 1) {
        tables.delivery(tables.event(START_MS + n, `call-${n}`), WEBHOOKS[0] ?? '')
      }
      tables.delivery(1, WEBHOOKS[1] ?? '', 'failed')
      const first = tables.log.page({ limit: 50, webhook_id: WEBHOOKS[1] })
      expect([first.deliveries, first.next === null]).toEqual([[], false])
      expect(all(tables, { limit: 50, webhook_id: WEBHOOKS[1] })).toHaveLength(1)
      const byIndex = tables.log.page({ limit: 50, status: 'failed' })
      expect([byIndex.deliveries.length, byIndex.next]).toEqual([1, null])
    })
  })

  test('tell of the last attempt and hold none; one delivery has them all', async () => {
    await inStorage((tables) => {
      const seq = tables.event(START_MS, 'call-1')
      const attempts = [
        ATTEMPT,
        { ...ATTEMPT, number: 2, status_code: 404, response_body: 'x'.repeat(10_000) },
      ]
      tables.delivery(seq, WEBHOOKS[0] ?? '', 'failed', { attempts, attempt_count: 2, completed_at: 7 })
      const [listed] = tables.log.page({ limit: 1 }).deliveries
      expect(listed).toMatchObject({
        last_status_code: 404,
        last_error: 'status',
        attempt_count: 2,
        attempts: [],
      })
      const got = tables.log.get(seq, WEBHOOKS[0] ?? '')
      expect(got?.delivery).toEqual({ ...listed, attempts })
      expect([got?.event.seq, got?.variables]).toEqual([seq, `{"n":${seq}}`])
      expect(tables.log.get(seq, WEBHOOKS[1] ?? '')).toBeNull()
      expect(tables.log.get(seq + 1, WEBHOOKS[0] ?? '')).toBeNull()
    })
  })
})

test('a timeline comes in portions that an answer takes', async () => {
  await inStorage((tables) => {
    const seqs = Array.from({ length: 40 }, (_, n) => tables.event(START_MS + n, 'call-1'))
    const attempts = [{ ...ATTEMPT, response_body: 'x'.repeat(300_000) }]
    for (const seq of seqs) tables.delivery(seq, WEBHOOKS[0] ?? '', 'failed', { attempts })
    tables.call('call-1', seqs)
    expect(tables.log.callSeqs('call-1')).toEqual(seqs)
    expect(tables.log.callSeqs('call-2')).toBeNull()
    const first = tables.log.timeline(seqs, true)
    expect(first.taken).toBe(20)
    expect(first.events.map(({ event, deliveries }) => [event.seq, deliveries.length])).toEqual(
      seqs.slice(0, 20).map((seq) => [seq, 1]),
    )
    expect(tables.log.timeline(seqs.slice(20), true).taken).toBe(20)
    // Without the answers all of it goes into one.
    expect(tables.log.timeline(seqs, false).taken).toBe(40)
  })
})
