import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiProblem } from '../../../dashboard/src/api/problem.ts'
import { changeEach, targetsOf } from '../../../dashboard/src/pages/webhooks/bulk.ts'
import { barsOf } from '../../../dashboard/src/ui/sparkline-bars.ts'
import { waitingOf } from '../../../dashboard/src/pages/webhooks/waiting.ts'

const webhooks = [
  { id: 'a', name: 'A', status: 'active' },
  { id: 'p', name: 'P', status: 'paused' },
  { id: 'd', name: 'D', status: 'disabled' },
] as const

describe('several at once', () => {
  test('pausing is for those that are active alone: one that is disabled does not begin to hold', () => {
    expect(targetsOf(webhooks, 'pause').map(({ id }) => id)).toEqual(['a'])
    expect(targetsOf(webhooks, 'enable').map(({ id }) => id)).toEqual(['p', 'd'])
  })

  const problem = (status: number) =>
    new ApiProblem({ status, code: status === 401 ? 'session_expired' : 'conflict', detail: 'no' }, null)
  const run = async (fails: Record<string, number>, signal = new AbortController().signal) =>
    changeEach(
      webhooks,
      async ({ id }) => {
        const status = fails[id]
        if (status !== undefined) throw problem(status)
      },
      () => undefined,
      signal,
    )

  test('one that fails is named, and the others are changed', async () => {
    const { done, failed, left } = await run({ p: 409 })
    expect([done, failed.map(({ name }) => name), left]).toEqual([['A', 'D'], ['P'], []])
  })

  test('once nobody is signed in, or one has asked to stop, the rest is left and named', async () => {
    expect(await run({ a: 401 })).toMatchObject({ done: [], left: ['P', 'D'] })
    expect(await run({}, AbortSignal.abort())).toMatchObject({ done: [], failed: [], left: ['A', 'P', 'D'] })
  })
})

test('what waits for several is their sum, since the oldest of them', () => {
  expect(
    waitingOf([
      { held: 2, oldestWaitingAt: '2026-11-28T07:00:00.5Z' },
      { held: 0, oldestWaitingAt: null },
      { held: 1, oldestWaitingAt: '2026-11-28T07:00:00Z' },
    ]),
  ).toEqual({ held: 3, oldestAt: '2026-11-28T07:00:00Z' })
  expect(waitingOf([])).toEqual({ held: 0, oldestAt: null })
})

describe('the bars of a sparkline', () => {
  const ends = fc.record({ succeeded: fc.nat(1_000_000), failed: fc.nat(1_000_000) })

  test('fit in their height, and show whatever is not nothing', () => {
    fc.assert(
      fc.property(
        fc.array(ends, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 48 }),
        (buckets, count) => {
          const bars = barsOf(buckets, count, 25)
          expect(bars.length).toBeLessThanOrEqual(count)
          const highest = (side: 'up' | 'down') => Math.max(...bars.map((bar) => bar[side]))
          expect(highest('up') + highest('down')).toBeLessThanOrEqual(25)
          expect(highest('up') > 0).toBe(buckets.some(({ succeeded }) => succeeded > 0))
          expect(highest('down') > 0).toBe(buckets.some(({ failed }) => failed > 0))
        },
      ),
    )
  })

  test('the last bar is of the last buckets', () => {
    const none = { succeeded: 0, failed: 0 }
    const buckets = [...Array.from({ length: 95 }, () => none), { succeeded: 9, failed: 0 }]
    const bars = barsOf(buckets, 24, 25)
    expect([bars.length, bars.findIndex(({ up }) => up > 0)]).toEqual([24, 23])
  })
})
