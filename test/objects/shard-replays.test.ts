import { beforeEach, describe, expect, test } from 'vitest'
import type { Reopened, ReplayFilter } from '../../src/contracts/shard.ts'
import { DAY_MS } from '../../src/shard/days.ts'
import { Replays, type ReplayShard } from '../../src/shard/replays.ts'
import { inStorage, webhookId, type Tables } from '../support/shard-tables.ts'

const WEBHOOK = webhookId(1)
const START_MS = Date.UTC(2026, 0, 1)
const NOW_MS = START_MS + 5 * DAY_MS
const UNARRIVED: ReplayFilter = { since: 0, until: NOW_MS, statuses: ['failed', 'expired', 'discarded'] }

/** A shard whose lanes take so many by hand; what it opens is out until it is told that it has been made. */
class Shard implements ReplayShard {
  state: ReturnType<ReplayShard['gate']> = 'go'
  window = 100
  readonly opened: number[] = []
  readonly out = new Set<number>()
  readonly answers = new Map<number, Reopened>()

  gate(): ReturnType<ReplayShard['gate']> {
    return this.state
  }

  reopen(_callId: string, _webhookId: string, seqs: readonly number[]): Reopened[] {
    return seqs.map((seq, index) => {
      const answer = this.answers.get(seq) ?? (index < this.window ? 'accepted' : 'later')
      if (answer === 'accepted') {
        this.opened.push(seq)
        this.out.add(seq)
      }
      return answer
    })
  }

  isOut(seq: number): boolean {
    return this.out.has(seq)
  }

  /** Makes what is out, as the log then has it. */
  make(tables: Tables, webhook = WEBHOOK): void {
    for (const seq of this.out) tables.delivery(seq, webhook, 'succeeded')
    this.out.clear()
  }
}

let shard: Shard
beforeEach(() => {
  shard = new Shard()
})

/** So many events for each of so many calls, the later ones of each first in its order. */
function fill(tables: Tables, calls: number, events: number): void {
  for (let call = 0; call < calls; call += 1) {
    for (let n = 0; n < events; n += 1) {
      const seq = tables.event(START_MS + call + n * DAY_MS, `call-${call}`, { rank: events - n })
      tables.delivery(seq, WEBHOOK, 'failed')
      tables.delivery(seq, webhookId(2), 'failed')
    }
  }
}

function run(tables: Tables, replays: Replays, id: string): void {
  for (let steps = 0; replays.get(WEBHOOK, id)?.completed_at === null; steps += 1) {
    if (steps > 100) throw new Error('it does not end')
    replays.step(shard, NOW_MS)
    expect(shard.out.size).toBeLessThanOrEqual(200)
    shard.make(tables)
  }
}

describe('a replay', () => {
  test('opens what it is of, a portion at a time, in the order of each call', async () => {
    await inStorage((tables) => {
      // The numbers of a call's events fall with its order, and are on several days.
      for (let n = 0; n < 3; n += 1) {
        for (let call = 0; call < 120; call += 1) {
          const seq = tables.event(START_MS + n * DAY_MS + call, `call-${call}`, { rank: 3 - n })
          tables.delivery(seq, WEBHOOK, n === 1 ? 'discarded' : 'failed')
          tables.delivery(seq, webhookId(2), 'failed')
        }
      }
      const replays = new Replays(tables.sql, tables.days, tables.log)
      expect([replays.dueMs(), replays.count(WEBHOOK, UNARRIVED)]).toEqual([null, 360])
      expect(replays.start('rpl_1', WEBHOOK, UNARRIVED, NOW_MS)).toMatchObject({
        count: 360,
        completed_at: null,
      })
      expect(replays.start('rpl_1', WEBHOOK, UNARRIVED, NOW_MS), 'once').toMatchObject({ count: 360 })
      expect(replays.dueMs()).toBe(NOW_MS)
      expect(replays.step(shard, NOW_MS)).toBe(200)
      expect(replays.step(shard, NOW_MS), 'until those are made').toBe(0)
      expect(replays.dueMs()).toBe(NOW_MS + 500)
      expect(replays.get(WEBHOOK, 'rpl_1')).toMatchObject({ replayed: 200, skipped: 0 })
      shard.make(tables)
      // Where it is thrown away, another goes on.
      const next = new Replays(tables.sql, tables.days, tables.log)
      expect(next.dueMs()).toBe(0)
      run(tables, next, 'rpl_1')
      expect(next.get(WEBHOOK, 'rpl_1')).toMatchObject({ replayed: 360, skipped: 0, completed_at: NOW_MS })
      expect(new Set(shard.opened).size).toBe(360)
      for (let call = 0; call < 120; call += 1) {
        const ofCall = shard.opened.filter((seq) => (seq - 1) % 120 === call)
        expect(ofCall).toEqual([...ofCall].sort((a, b) => b - a))
      }
      expect(next.get(webhookId(2), 'rpl_1')).toBeNull()
      next.step(shard, NOW_MS)
      expect(next.dueMs()).toBeNull()
    })
  })

  test('is of the statuses and times asked for', async () => {
    await inStorage((tables) => {
      fill(tables, 3, 1)
      tables.delivery(2, WEBHOOK, 'succeeded')
      tables.delivery(3, WEBHOOK, 'pending')
      const replays = new Replays(tables.sql, tables.days, tables.log)
      const count = (filter: Partial<ReplayFilter>) => replays.count(WEBHOOK, { ...UNARRIVED, ...filter })
      expect(count({})).toBe(1)
      expect(count({ statuses: ['succeeded'] })).toBe(1)
      expect(count({ statuses: ['succeeded', 'failed'] })).toBe(2)
      expect(count({ statuses: ['succeeded', 'failed'], since: START_MS + 1 })).toBe(1)
      expect(count({ statuses: ['succeeded', 'failed'], until: START_MS + 1 })).toBe(1)
      expect(replays.start('rpl_1', webhookId(9), UNARRIVED, NOW_MS)).toMatchObject({
        count: 0,
        completed_at: NOW_MS,
      })
    })
  })

  test('counts as skipped what is gone or was made meanwhile, and leaves for later what has no room', async () => {
    await inStorage((tables) => {
      fill(tables, 1, 5)
      const replays = new Replays(tables.sql, tables.days, tables.log)
      replays.start('rpl_1', WEBHOOK, UNARRIVED, NOW_MS)
      tables.delivery(1, WEBHOOK, 'succeeded')
      tables.sql.exec(`DELETE FROM delivery_${tables.days.dayOf(2)} WHERE seq = 2`)
      shard.answers.set(3, 'unknown').set(5, 'not_ended')
      replays.step(shard, NOW_MS)
      expect(shard.opened).toEqual([4])
      expect(replays.get(WEBHOOK, 'rpl_1')).toMatchObject({ count: 5, replayed: 2, skipped: 3 })

      fill(tables, 1, 5)
      replays.start('rpl_2', webhookId(2), UNARRIVED, NOW_MS)
      shard = new Shard()
      shard.window = 0
      replays.step(shard, NOW_MS)
      expect(replays.get(webhookId(2), 'rpl_2')).toMatchObject({
        replayed: 0,
        skipped: 0,
        completed_at: null,
      })
    })
  })

  test('waits behind the others of its webhook, and for a breaker; a disable ends it', async () => {
    await inStorage((tables) => {
      fill(tables, 250, 1)
      const replays = new Replays(tables.sql, tables.days, tables.log)
      for (let n = 0; n < 10; n += 1) {
        expect(replays.start(`rpl_${n}`, WEBHOOK, UNARRIVED, NOW_MS)).not.toBeNull()
      }
      expect(replays.start('rpl_10', WEBHOOK, UNARRIVED, NOW_MS)).toBeNull()
      expect(replays.start('rpl_11', webhookId(2), UNARRIVED, NOW_MS)).not.toBeNull()
      replays.drop(webhookId(2), 'rpl_11')
      expect(replays.get(webhookId(2), 'rpl_11')).toBeNull()

      shard.state = 'waits'
      expect([replays.step(shard, NOW_MS), replays.dueMs()]).toEqual([0, NOW_MS + 60_000])
      replays.hurry(NOW_MS + 5)
      expect(replays.dueMs()).toBe(NOW_MS + 5)
      shard.state = 'go'
      expect(replays.step(shard, NOW_MS)).toBe(200)
      expect(replays.get(WEBHOOK, 'rpl_1')).toMatchObject({ replayed: 0 })
      shard.state = 'over'
      replays.step(shard, NOW_MS + 1)
      expect(replays.get(WEBHOOK, 'rpl_0')).toMatchObject({
        replayed: 200,
        skipped: 50,
        completed_at: NOW_MS + 1,
      })
      expect(replays.get(WEBHOOK, 'rpl_9')).toMatchObject({ replayed: 0, skipped: 250 })
      expect(tables.sql.exec('SELECT 1 FROM replay_delivery').toArray()).toEqual([])
      replays.prune(NOW_MS + 1)
      expect(replays.get(WEBHOOK, 'rpl_0')).not.toBeNull()
      replays.prune(NOW_MS + 2)
      expect(replays.get(WEBHOOK, 'rpl_0')).toBeNull()
    })
  })

  test('shares with those of other webhooks what may be under way at a time', async () => {
    await inStorage((tables) => {
      const webhooks = Array.from({ length: 40 }, (_, n) => webhookId(n + 1))
      for (let call = 0; call < 20; call += 1) {
        const seq = tables.event(START_MS + call, `call-${call}`)
        for (const webhook of webhooks) tables.delivery(seq, webhook, 'failed')
      }
      const replays = new Replays(tables.sql, tables.days, tables.log)
      const ids = webhooks.map((webhook_id, n) => ({ id: `rpl_${n}`, webhook_id }))
      replays.startAll(ids, UNARRIVED, NOW_MS)
      expect(replays.step(shard, NOW_MS)).toBe(200)
      for (const { id, webhook_id } of ids) {
        expect(replays.get(webhook_id, id)).toMatchObject({ count: 20, replayed: 5, completed_at: null })
      }
      // Those that wait for a breaker leave their share to the others, which keep what they have out.
      const [first = ''] = webhooks
      const gate = (id: string): 'go' | 'waits' => (id === first ? 'go' : 'waits')
      expect(replays.step(Object.assign(shard, { gate }), NOW_MS)).toBe(15)
      expect(replays.step(Object.assign(shard, { gate: () => 'go' as const }), NOW_MS)).toBe(0)
    })
  })

  test('of many webhooks reads each delivery once, and not once for each webhook', async () => {
    await inStorage((tables) => {
      const webhooks = Array.from({ length: 20 }, (_, n) => webhookId(n + 1))
      for (let call = 0; call < 50; call += 1) {
        const seq = tables.event(START_MS + (call % 2) * DAY_MS + call, `call-${call}`)
        for (const webhook of webhooks.slice(1)) tables.delivery(seq, webhook)
      }
      let rowsRead = 0
      const sql = counting(tables.sql, (rows) => {
        rowsRead += rows
      })
      const replays = new Replays(sql, tables.days, tables.log)
      rowsRead = 0
      const filter: ReplayFilter = { ...UNARRIVED, statuses: ['succeeded'] }
      const counts = [0, ...webhooks.slice(1).map(() => 50)]
      expect(replays.counts(webhooks, filter)).toEqual(counts)
      // Of 950 deliveries each with its event.
      expect(rowsRead).toBeLessThan(5_000)
      rowsRead = 0
      const ids = webhooks.map((webhook_id, n) => ({ id: `rpl_${n}`, webhook_id }))
      const started = replays.startAll(ids, filter, NOW_MS)
      expect(started.map((each) => (typeof each === 'string' ? each : each.count))).toEqual([
        'nothing',
        ...counts.slice(1),
      ])
      expect(rowsRead).toBeLessThan(10_000)
      expect(replays.startAll(ids, filter, NOW_MS + 1), 'once').toEqual(started)
      expect(tables.sql.exec('SELECT COUNT(*) AS count FROM replay_delivery').one()).toEqual({ count: 950 })
    })
  })
})

/** Storage that tells how many rows each query has read. */
function counting(sql: SqlStorage, told: (rows: number) => void): SqlStorage {
  return new Proxy(sql, {
    get: (_sql, name) => {
      if (name !== 'exec') return Reflect.get(sql, name, sql)
      return (text: string, ...values: (string | number | null)[]) => {
        const found = sql.exec(text, ...values)
        const rows = found.toArray()
        told(found.rowsRead)
        return {
          toArray: () => rows,
          one: () => rows[0],
          [Symbol.iterator]: () => rows[Symbol.iterator](),
        }
      }
    },
  })
}
