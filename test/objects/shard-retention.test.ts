import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../src/shard/days.ts'
import type { InMemory } from '../../src/shard/kept.ts'
import { Retention } from '../../src/shard/retention.ts'
import { inStorage, webhookId, type Tables } from '../support/shard-tables.ts'

const WEBHOOK = webhookId(1)
const NOTHING: InMemory = { owed: [], calls: [] }
const FIRST_DAY = Math.floor(Date.UTC(2026, 0, 1) / DAY_MS)
/** So many days after the start of the first. */
const at = (days: number): number => (FIRST_DAY + days) * DAY_MS
const RETENTION_MS = 2 * DAY_MS

/** Does all that is due, each portion in a transaction; the days that were dropped. */
function forget(tables: Tables, retention: Retention, nowMs: number, memory = NOTHING): number[] {
  const dropped: number[] = []
  for (let portions = 0; portions < 100; portions += 1) {
    const { dropped: day, more } = tables.storage.transactionSync(() => retention.step(memory, nowMs))
    if (day !== null) dropped.push(day - FIRST_DAY)
    if (!more) return dropped
  }
  throw new Error('it does not end')
}

describe('a day', () => {
  test('is dropped once its last event is past the retention, and not before', async () => {
    await inStorage((tables) => {
      const retention = new Retention(tables.sql, tables.days, RETENTION_MS)
      expect(retention.dueMs()).toBeNull()
      for (const day of [0.1, 0.9, 1.5, 2.5]) {
        const seq = tables.event(at(day), `call-${day}`)
        tables.delivery(seq, WEBHOOK)
        tables.call(`call-${day}`, [seq])
      }
      expect(retention.dueMs()).toBe(at(3))
      expect(forget(tables, retention, at(3) - 1)).toEqual([])
      expect(tables.log.oldestMs()).toBe(at(0.1))
      expect(forget(tables, retention, at(3))).toEqual([0])
      expect(tables.log.oldestMs()).toBe(at(1.5))
      expect(tables.tables()).toEqual(['event_0', `event_${FIRST_DAY + 1}`, `event_${FIRST_DAY + 2}`])
      expect(tables.seqs('event_0')).toEqual([])
      expect(tables.log.callSeqs('call-0.1')).toBeNull()
      expect(forget(tables, retention, at(9))).toEqual([1, 2])
      expect([tables.tables(), tables.log.oldestMs()]).toEqual([['event_0'], null])
      expect(forget(tables, retention, at(10))).toEqual([])
      expect(retention.dueMs()).toBeNull()
      // And it begins anew.
      expect(tables.days.dayOf(tables.event(at(11), 'call-new'))).toBe(FIRST_DAY + 11)
    })
  })

  test('leaves behind what is owed, with its call, until that has ended', async () => {
    await inStorage((tables) => {
      const retention = new Retention(tables.sql, tables.days, RETENTION_MS)
      const seqs = [0, 1, 2].map(() => tables.event(at(0), 'call-1'))
      const [first = 0, second = 0, third = 0] = seqs
      tables.delivery(first, WEBHOOK)
      tables.delivery(first, webhookId(2), 'failed')
      tables.delivery(second, WEBHOOK, 'held')
      tables.delivery(third, webhookId(2), 'pending', { attempt_count: 3 })
      tables.call('call-1', seqs)
      const other = tables.event(at(0), 'call-2')
      tables.delivery(other, WEBHOOK)
      tables.call('call-2', [other])

      expect(forget(tables, retention, at(30))).toEqual([0])
      expect(tables.seqs('event_0')).toEqual(seqs)
      expect(tables.seqs('delivery_0')).toEqual([second, third])
      expect(tables.log.callSeqs('call-1')).toEqual(seqs)
      expect(tables.log.callSeqs('call-2')).toBeNull()
      expect(seqs.map((seq) => tables.log.variables(seq))).toEqual([
        null,
        `{"n":${second}}`,
        `{"n":${third}}`,
      ])
      expect(tables.log.get(third, webhookId(2))?.delivery).toMatchObject({
        status: 'pending',
        attempt_count: 3,
      })
      expect(tables.log.page({ limit: 10, status: 'held' }).deliveries).toHaveLength(1)
      expect(tables.log.oldestMs()).toBe(at(0))

      tables.delivery(second, WEBHOOK, 'succeeded')
      expect(retention.dueMs()).toBeGreaterThan(at(30))
      forget(tables, retention, at(31))
      expect(tables.seqs('event_0'), 'its call owes something').toEqual(seqs)
      tables.delivery(third, webhookId(2), 'failed')
      forget(tables, retention, at(32), { owed: [third], calls: [] })
      expect(tables.seqs('event_0'), 'it is being made again').toEqual(seqs)
      forget(tables, retention, at(33))
      expect([tables.seqs('event_0'), tables.seqs('delivery_0')]).toEqual([[], []])
      expect(tables.log.callSeqs('call-1')).toBeNull()
      expect([retention.dueMs(), tables.log.oldestMs()]).toEqual([null, null])
    })
  })

  test('leaves behind the events of calls that go on, for as long as they do', async () => {
    await inStorage((tables) => {
      const retention = new Retention(tables.sql, tables.days, RETENTION_MS)
      const rests = [tables.event(at(0), 'rests'), tables.event(at(1), 'rests')]
      const lives = [tables.event(at(1), 'lives'), tables.event(at(3), 'lives')]
      const over = [tables.event(at(3), 'over')]
      tables.call('rests', rests)
      tables.call('over', over)
      for (const seq of [...rests, ...lives, ...over]) tables.delivery(seq, WEBHOOK)
      const memory: InMemory = { owed: [], calls: [{ callId: 'lives', seqs: lives }] }
      for (const seq of [...rests.slice(0, 1), ...lives.slice(0, 1), ...over]) tables.number(seq, '840101')

      expect(forget(tables, retention, at(3), memory)).toEqual([0])
      expect(tables.seqs('event_0')).toEqual(rests.slice(0, 1))
      expect(tables.log.events(rests).map((event) => event.seq)).toEqual(rests)
      expect(tables.log.variables(rests[0] ?? 0)).toBeNull()
      expect(tables.seqs('delivery_0')).toEqual([])

      expect(forget(tables, retention, at(4), memory)).toEqual([1])
      expect(tables.seqs('event_0'), 'what is over has gone').toEqual(lives.slice(0, 1))
      expect(tables.seqs('number_0'), 'and its numbers').toEqual(lives.slice(0, 1))
      tables.call('lives', lives)
      forget(tables, retention, at(5))
      expect(tables.seqs('event_0')).toEqual(lives.slice(0, 1))
      expect(tables.log.eventsOf('lives').map((event) => event.seq)).toEqual(lives)
      expect(forget(tables, retention, at(8))).toEqual([3])
      forget(tables, retention, at(9))
      expect([tables.seqs('event_0'), tables.seqs('number_0')]).toEqual([[], []])
    })
  })

  test('that owes much goes by portions, and nothing that changes meanwhile is lost', async () => {
    await inStorage((tables) => {
      const retention = new Retention(tables.sql, tables.days, RETENTION_MS)
      const seqs = Array.from({ length: 5_000 }, (_, n) => tables.event(at(0) + n, `call-${n}`))
      for (const seq of seqs) tables.delivery(seq, WEBHOOK, seq <= 4_500 ? 'held' : 'failed')
      const first = retention.step(NOTHING, at(9))
      expect(first).toEqual({ dropped: null, more: true })
      const late = tables.event(at(0), 'call-late')
      expect(tables.log.firstSeqFrom(at(0) + 4_000), 'although some are in two tables').toBe(4_001)
      expect(tables.log.page({ limit: 250 }).deliveries[0]?.call_id).toBe('call-4999')
      // Ended after it was carried, asked for again after the look, and new.
      tables.delivery(1, WEBHOOK, 'succeeded')
      tables.delivery(4_999, WEBHOOK, 'pending')
      tables.delivery(late, WEBHOOK, 'pending')
      expect(forget(tables, retention, at(9))).toEqual([0])
      const left = tables.seqs('delivery_0')
      expect([left.length, left[0], left.slice(-2)]).toEqual([4_501, 2, [4_999, late]])
      expect([4_999, late].map((seq) => tables.log.variables(seq))).toEqual(['{"n":4999}', `{"n":${late}}`])
      forget(tables, retention, at(9.1))
      expect(tables.seqs('event_0')).toEqual(left)
    })
  })

  test('that a transaction put back is there again', async () => {
    await inStorage((tables) => {
      const retention = new Retention(tables.sql, tables.days, RETENTION_MS)
      const seq = tables.event(at(0), 'call-1')
      tables.delivery(seq, WEBHOOK, 'held')
      const restore = [retention.checkpoint(), tables.days.checkpoint()]
      expect(() =>
        tables.storage.transactionSync(() => {
          expect(retention.step(NOTHING, at(9)).dropped).toBe(FIRST_DAY)
          throw new Error('rolled back')
        }),
      ).toThrow('rolled back')
      for (const each of restore) each()
      expect(tables.log.get(seq, WEBHOOK)?.delivery.status).toBe('held')
      expect(retention.dueMs()).toBe(at(3))
      expect(forget(tables, retention, at(9))).toEqual([0])
      expect(tables.log.get(seq, WEBHOOK)?.delivery.status).toBe('held')
    })
  })
})

test('where the storage is about to be full, the oldest day goes early, but never the last', async () => {
  await inStorage((tables) => {
    const sql = new Proxy(tables.sql, {
      get: (target, name) => {
        if (name === 'databaseSize') return 9.1e9
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const retention = new Retention(sql, tables.days, RETENTION_MS)
    for (const day of [0, 1, 2]) tables.delivery(tables.event(at(day), `call-${day}`), WEBHOOK)
    tables.delivery(1, WEBHOOK, 'pending')
    expect(forget(tables, retention, at(2))).toEqual([0, 1])
    expect(tables.seqs('delivery_0')).toEqual([1])
    expect(retention.isFull()).toBe(false)
  })
})
