import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { viewStats } from '../../src/api/stats/view.ts'
import type { AttemptEntry, AttemptError } from '../../src/contracts/deliveries.ts'
import { STATS_WINDOWS, type StatsWindow } from '../../src/contracts/stats.ts'
import { ACCURACY, quantilesOf, Sketch } from '../../src/lib/sketch.ts'
import { Stats } from '../../src/shard/stats.ts'
import { eventOf, hook } from './shard-samples.ts'
import { World } from './shard-world.ts'
import { Disk } from './sql-storage.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const START_MS = Date.UTC(2026, 0, 5)
const REST_MS = 1_000

let disk: Disk
beforeEach(() => {
  disk = new Disk()
})
afterEach(() => disk.close())

/** A shard starts. */
function life(retentionMs = 7 * DAY_MS): Stats {
  return new Stats(disk.attach().sql, retentionMs)
}

function attempt(number: number, error: AttemptError | null, duration_ms: number): AttemptEntry {
  const common = { via: 'inline', status_code: 200, response_body: null, version: 1 } as const
  return { number, error, duration_ms, started_at: 0, ...common }
}

/** What a client is told. */
function told(stats: Stats, webhookId: string | null, window: StatsWindow, nowMs: number) {
  const { bucketMs, buckets } = STATS_WINDOWS[window]
  const since = nowMs - (nowMs % bucketMs) - (buckets - 1) * bucketMs
  const tallies = stats.read(webhookId, { webhook_ids: null, window, since }, nowMs)
  return viewStats([{ held: 0, oldest_waiting_at: null, tallies }], window, since)
}

/** All that is due is done, as by the clock. @returns how many rows that has written */
function writes(stats: Stats, nowMs: number): number {
  const before = disk.writes
  while ((stats.dueMs() ?? Infinity) <= nowMs) stats.step(false, nowMs)
  return disk.writes - before
}

/** Some deliveries succeed, in a transaction that stands. */
function succeed(stats: Stats, webhookId: string, count: number, nowMs: number, tookMs = 100): void {
  for (let n = 0; n < count; n += 1) {
    stats.attempt(webhookId, attempt(1, null, tookMs))
    stats.ended(webhookId, 'succeeded', tookMs)
  }
  stats.keep(nowMs)
}

describe('a percentile', () => {
  test('of many parts put together is that of all values, within what is promised', () => {
    const all = Array.from({ length: 5_000 }, (_, n) => Math.round(1.002 ** (n % 4_999) + (n % 97)))
    const whole = new Sketch()
    for (let part = 0; part < 50; part += 1) {
      const sketch = new Sketch()
      for (const value of all.slice(part * 100, part * 100 + 100)) sketch.add(value)
      whole.merge(sketch.sizes)
    }
    const sorted = all.toSorted((a, b) => a - b)
    const parts = [0, 0.5, 0.95, 0.99, 1]
    for (const [index, value] of (quantilesOf(whole.sizes, parts) ?? []).entries()) {
      const exact = sorted[Math.floor((parts[index] ?? 0) * (all.length - 1))] ?? 0
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(exact * ACCURACY + 1e-9)
    }
  })

  test('of nothing is none, and of what took no time is 0', () => {
    expect(quantilesOf(new Sketch().sizes, [0.5])).toBeNull()
    const none = new Sketch()
    none.add(0)
    expect(quantilesOf(none.sizes, [0.5, 1])).toEqual([0, 0])
  })
})

describe('stats', () => {
  test('tell outcomes, attempts by error class, the success rate and times, by webhook and in all', () => {
    const stats = life()
    succeed(stats, 'wh_1', 6, START_MS, 40)
    stats.attempt('wh_1', attempt(1, 'timeout', 10_000))
    stats.attempt('wh_1', attempt(2, 'status', 30))
    stats.attempt('wh_1', attempt(2, 'blocked_target', 0))
    stats.attempt('wh_1', attempt(1, 'lost', 16_000))
    stats.ended('wh_1', 'failed', 16_000)
    stats.ended('wh_1', 'expired', null)
    stats.discarded('wh_1', 12)
    stats.ended('wh_2', 'succeeded', 5)
    stats.keep(START_MS + 1_000)
    const { total, buckets } = told(stats, 'wh_1', '1h', START_MS + 2_000)
    expect(total).toMatchObject({
      deliveries: { succeeded: 6, failed: 1, expired: 1, discarded: 12 },
      attempts: {
        total: 10,
        succeeded: 6,
        retries: 2,
        errors: { timeout: 1, status: 1, blocked_target: 1, lost: 1 },
      },
      success_rate: 0.75,
    })
    // Of what was not sent, or was lost, nobody knows how long the receiver took.
    expect(total.receiver_ms?.p50).toBeCloseTo(40, -0.5)
    expect(total.receiver_ms?.p99).toBeLessThan(10_300)
    expect(total.done_ms?.p99).toBeLessThan(16_400)
    expect(buckets).toHaveLength(60)
    expect(buckets.at(-1)?.deliveries).toEqual(total.deliveries)
    expect(buckets[0]).toMatchObject({ success_rate: null, receiver_ms: null, done_ms: null })
    expect(told(stats, null, '1h', START_MS + 2_000).total.deliveries.succeeded).toBe(7)
  })

  test('count nothing of a transaction that is rolled back', () => {
    const stats = life()
    stats.ended('wh_1', 'failed', 1)
    stats.undo()
    succeed(stats, 'wh_1', 1, START_MS)
    expect(told(stats, 'wh_1', '1h', START_MS).total.deliveries).toMatchObject({ succeeded: 1, failed: 0 })
  })

  test('are written again if the transaction that wrote them is rolled back', () => {
    const stats = life()
    for (let n = 0; n < 30; n += 1) succeed(stats, `wh_${n}`, 2, START_MS)
    for (const atMs of [START_MS, START_MS + MINUTE_MS]) {
      succeed(stats, 'wh_other', 1, atMs)
      const restore = stats.checkpoint()
      const write = (): void => {
        stats.step(false, atMs + REST_MS)
        throw new Error('another change could not be made')
      }
      expect(() => disk.transaction(write)).toThrow('another change')
      restore()
      stats.undo()
      expect(stats.dueMs()).toBeLessThanOrEqual(atMs + REST_MS)
    }
    writes(stats, START_MS + MINUTE_MS + REST_MS)
    for (const id of ['wh_0', 'wh_29', null]) {
      const { deliveries } = told(life(), id, '1h', START_MS + MINUTE_MS).total
      expect(deliveries.succeeded).toBe(id === null ? 62 : 2)
    }
  })

  test('cost a row a minute and webhook and one for all together, whatever happens in it', () => {
    const stats = life()
    for (let second = 0; second < 60; second += 1) {
      for (const id of ['wh_1', 'wh_2', 'wh_3']) succeed(stats, id, 50, START_MS + second * 1_000)
    }
    expect(writes(stats, START_MS + 59_999)).toBe(0)
    expect(writes(stats, START_MS + 60_000)).toBe(4)
    expect(stats.dueMs()).toBeGreaterThan(START_MS + DAY_MS)
  })

  test('cost one row when the shard comes to rest, and the shard is not woken for more', () => {
    const stats = life()
    for (let n = 0; n < 40; n += 1) succeed(stats, `wh_${n}`, 1, START_MS)
    expect(stats.dueMs()).toBe(START_MS + REST_MS)
    expect(writes(stats, START_MS + REST_MS)).toBe(1)
    expect(stats.dueMs()).toBeGreaterThan(START_MS + DAY_MS)
  })

  test('wait with that while something is under way', () => {
    const stats = life()
    succeed(stats, 'wh_1', 1, START_MS)
    const before = disk.writes
    stats.step(true, START_MS + REST_MS)
    expect(disk.writes).toBe(before)
    expect(stats.dueMs()).toBe(START_MS + 2 * REST_MS)
  })

  test('are the same after a restart at rest, and go on from there', () => {
    const first = life()
    succeed(first, 'wh_1', 3, START_MS)
    writes(first, START_MS + REST_MS)
    const second = life()
    succeed(second, 'wh_1', 4, START_MS + 5_000)
    expect(told(second, 'wh_1', '1h', START_MS + 5_000).total.deliveries.succeeded).toBe(7)
    writes(second, START_MS + MINUTE_MS)
    // What was kept at rest has become rows by then, and is not counted twice.
    const third = life()
    expect(told(third, 'wh_1', '1h', START_MS + MINUTE_MS).total.deliveries.succeeded).toBe(7)
    succeed(third, 'wh_1', 1, START_MS + MINUTE_MS)
    writes(third, START_MS + MINUTE_MS + REST_MS)
    const fourth = life()
    expect(told(fourth, 'wh_1', '24h', START_MS + 2 * MINUTE_MS).total.deliveries.succeeded).toBe(8)
    expect(told(fourth, null, '7d', START_MS + 2 * MINUTE_MS).total.deliveries.succeeded).toBe(8)
  })

  test('take nothing twice of a minute of which a part was written when the shard was killed', () => {
    const first = life()
    for (let n = 0; n < 50; n += 1) succeed(first, `wh_${n}`, 1, START_MS)
    writes(first, START_MS + REST_MS)
    first.step(false, START_MS + MINUTE_MS)
    const second = life()
    writes(second, START_MS + MINUTE_MS)
    for (const id of ['wh_0', 'wh_30', 'wh_49']) {
      expect(told(second, id, '1h', START_MS + MINUTE_MS).total.deliveries.succeeded).toBe(1)
    }
    expect(told(second, null, '1h', START_MS + MINUTE_MS).total.deliveries.succeeded).toBe(50)
  })

  test('go on if the clock is set back, and count nothing twice', () => {
    const first = life()
    succeed(first, 'wh_1', 1, START_MS)
    writes(first, START_MS + MINUTE_MS)
    const second = life()
    succeed(second, 'wh_1', 1, START_MS - HOUR_MS)
    writes(second, START_MS - HOUR_MS + REST_MS)
    writes(second, START_MS + 5 * MINUTE_MS)
    expect(told(life(), 'wh_1', '1h', START_MS + 5 * MINUTE_MS).total.deliveries.succeeded).toBe(2)
  })

  test('of every window are right at every time, and their rows are bounded', () => {
    let stats = life(30 * DAY_MS)
    const happened: { atMs: number; count: number }[] = []
    // With quiet hours, a quiet day, and restarts.
    for (let minute = 0; minute < 9 * 24 * 60; minute += 1) {
      const atMs = START_MS + minute * MINUTE_MS
      const isQuiet = minute % 300 > 180 || Math.floor(minute / 1440) === 4
      if (!isQuiet && minute % 3 === 0) {
        const count = 1 + (minute % 7)
        succeed(stats, 'wh_1', count, atMs)
        happened.push({ atMs, count })
        if (minute % 2 === 0) writes(stats, atMs + REST_MS)
      }
      if (minute % 50 === 0) writes(stats, atMs + 30_000)
      if (minute % 1111 === 0) {
        writes(stats, atMs + 40_000)
        stats = life(30 * DAY_MS)
      }
      if (minute % 997 !== 0 && minute % 1440 !== 1437) continue
      for (const window of ['1h', '24h', '7d'] as const) {
        const { bucketMs } = STATS_WINDOWS[window]
        const { buckets, total } = told(stats, 'wh_1', window, atMs)
        for (const { start, deliveries } of buckets) {
          const startMs = Date.parse(start)
          const inBucket = happened.filter((each) => each.atMs >= startMs && each.atMs < startMs + bucketMs)
          const expected = inBucket.reduce((sum, { count }) => sum + count, 0)
          expect([minute, window, start, deliveries.succeeded]).toEqual([minute, window, start, expected])
        }
        const sum = buckets.reduce((all, each) => all + each.deliveries.succeeded, 0)
        expect(total.deliveries.succeeded).toBe(sum)
      }
    }
    const [row] = disk.exec(`SELECT COUNT(*) AS rows FROM stat WHERE webhook_id = 'wh_1'`, [], true).rows
    expect(row?.['rows']).toBeLessThanOrEqual(300)
  })

  test('past the retention are neither told nor kept', () => {
    const stats = life(2 * DAY_MS)
    succeed(stats, 'wh_1', 1, START_MS)
    writes(stats, START_MS + MINUTE_MS)
    expect(told(stats, 'wh_1', '7d', START_MS + 2 * DAY_MS - HOUR_MS).total.deliveries.succeeded).toBe(1)
    expect(told(stats, 'wh_1', '7d', START_MS + 2 * DAY_MS + HOUR_MS).total.deliveries.succeeded).toBe(0)
    writes(stats, stats.dueMs() ?? 0)
    expect(stats.dueMs()).toBeNull()
    expect(disk.exec('SELECT 1 FROM stat UNION ALL SELECT 1 FROM stat_kept', [], true).rows).toEqual([])
  })
})

describe('a shard', () => {
  const ID = hook(0).id

  async function inWorld(
    happens: (world: World) => Promise<void>,
    attemptsBy: 'object' | 'invocation' = 'object',
  ): Promise<void> {
    const world = new World(attemptsBy, [hook(0)], 1)
    try {
      world.configure(() => world.change(ID, (row) => row), false)
      await world.pump()
      await happens(world)
    } finally {
      world.close()
    }
  }

  let sent = 0
  async function send(world: World, count: number): Promise<void> {
    const posted = Array.from({ length: count }, () => {
      sent += 1
      return { event: eventOf(sent, `e${sent}`), isAcknowledged: false }
    })
    world.posted.push(...posted)
    world.post(posted)
    await world.pump()
  }

  const succeeded = (world: World): number =>
    told(world.shard.stats, ID, '1h', world.nowMs).total.deliveries.succeeded

  test('that is killed has lost what was not written, and nothing else', () =>
    inWorld(async (world) => {
      await send(world, 5)
      await world.elapse(2_000)
      await send(world, 3)
      expect(succeeded(world)).toBe(8)
      await world.crash({ kept: true, told: false, staleMs: 0 })
      await world.elapse(10_000)
      expect(succeeded(world)).toBe(5)
      await send(world, 2)
      expect(succeeded(world)).toBe(7)
      await world.elapse(10 * MINUTE_MS)
      expect(succeeded(world)).toBe(7)
    }))

  test('counts nothing of a group that fails, and all of it when its changes are made one by one', () =>
    inWorld(async (world) => {
      world.receivers.setAll({ answer: 'ok', latencyMs: 50, isSlow: false })
      await send(world, 4)
      // The first outcome is a group by itself; of that of the others, the second write.
      world.disk.faults.failIn = 3
      await world.elapse(5_000)
      expect(world.disk.faults.failed).toBe(1)
      expect(succeeded(world)).toBe(4)
    }))

  test('counts an attempt that was lost, and not once more if it is heard of after all', () =>
    inWorld(async (world) => {
      world.makers.delayMs = 100
      await send(world, 1)
      world.makers.die()
      world.makers.delayMs = 0
      await world.elapse(20_000)
      const attempts = () => told(world.shard.stats, ID, '1h', world.nowMs).total.attempts
      expect(attempts()).toEqual({ total: 2, succeeded: 1, retries: 1, errors: { lost: 1 } })
      const answer = { status_code: 500, error: 'status', response_body: '', version: 1 } as const
      const timing = { started_at: world.nowMs - 20_000, duration_ms: 9_000, retry_after_ms: null }
      const result = { ...answer, ...timing }
      const claim = { call_id: `call-${sent}`, webhook_id: ID, seq: 1, token: 1, attempt: 1 }
      const report = { ...claim, via: 'inline', result } as const
      await Promise.all([
        world.shard.commit((engine, nowMs) => engine.report(report, 0, nowMs)),
        world.elapse(10),
      ])
      // It is on record by now, in place of what was lost.
      expect(world.watch.rows()[0]?.attempts).toEqual([
        [1, false],
        [2, false],
      ])
      expect(attempts()).toEqual({ total: 2, succeeded: 1, retries: 1, errors: { lost: 1 } })
    }, 'invocation'))

  test('sleeps once it is at rest: no alarm is set for its stats', () =>
    inWorld(async (world) => {
      await send(world, 1)
      await world.elapse(10_000)
      expect(world.disk.alarmMs === null || world.disk.alarmMs > world.nowMs + HOUR_MS).toBe(true)
      const { writes: before } = world.disk
      await world.elapse(10 * HOUR_MS)
      expect(world.disk.writes).toBe(before)
    }))

  test('tells what is discarded by a disable', () =>
    inWorld(async (world) => {
      world.configure(() => world.change(ID, (row) => ({ ...row, status: 'paused' })), false)
      await world.elapse(600)
      await send(world, 3)
      const to = (row: ReturnType<typeof hook>) => ({ ...row, status: 'disabled' as const, discards: 1 })
      world.configure(() => world.change(ID, to), false)
      await world.elapse(600)
      const { total } = told(world.shard.stats, ID, '1h', world.nowMs)
      expect(total.deliveries).toEqual({ succeeded: 0, failed: 0, expired: 0, discarded: 3 })
    }))
})
