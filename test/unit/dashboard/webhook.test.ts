/** What the page of a webhook decides before it draws. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StatsView, TallyView } from '../../../src/api/stats/view.ts'
import { isEmpty, latencyOf, stacked, volumeOf } from '../../../dashboard/src/pages/webhook/chart-data.ts'
import { clockText } from '../../../dashboard/src/pages/webhook/clock-text.ts'
import {
  answerText,
  commonest,
  failureText,
  mostOf,
} from '../../../dashboard/src/pages/webhook/failure-text.ts'
import { follow } from '../../../dashboard/src/pages/webhook/follow.ts'
import { percentText } from '../../../dashboard/src/pages/webhook/percent-text.ts'
import { instantOf, wallOf } from '../../../dashboard/src/pages/webhook/wall-clock.ts'
import { durationText } from '../../../dashboard/src/ui/duration.ts'

describe('a list that is followed', () => {
  const row = (id: string, status = 'pending') => ({ id, status })

  test('keeps its rows in their places, each as it stands now, and counts what came', () => {
    const shown = [row('d'), row('b')]
    const page = [row('e'), row('d', 'succeeded'), row('c'), row('b')]
    expect(follow(shown, page, true)).toEqual({
      rows: [row('d', 'succeeded'), row('b')],
      fresh: 2,
      gone: new Set(),
    })
  })

  test('keeps a row as it was last seen once newer ones have pushed it off the page', () => {
    expect(follow([row('a', 'failed')], [row('c'), row('b')], false)).toEqual({
      rows: [row('a', 'failed')],
      fresh: 2,
      gone: new Set(),
    })
  })

  test('says which rows have left it, and takes none for new that comes up from below', () => {
    const followed = follow([row('d'), row('c')], [row('d'), row('b')], false)
    expect(followed).toEqual({ rows: [row('d'), row('c')], fresh: 0, gone: new Set(['c']) })
  })

  test('never moves, adds or drops a row, whatever comes', () => {
    const ids = fc
      .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }))
      .map((some) => some.toSorted().toReversed())
    fc.assert(
      fc.property(ids, ids, fc.boolean(), (shown, page, isAll) => {
        const { rows, fresh, gone } = follow(
          shown.map((id) => row(id)),
          page.map((id) => row(id, 'held')),
          isAll,
        )
        expect(rows.map(({ id }) => id)).toEqual(shown)
        expect(fresh).toBeLessThanOrEqual(page.filter((id) => !shown.includes(id)).length)
        expect([...gone].filter((id) => page.includes(id))).toEqual([])
      }),
    )
  })
})

test.each([
  [0, '0 ms'],
  [340.4, '340 ms'],
  [999.6, '1.0 s'],
  [2_100, '2.1 s'],
  [9_960, '10 s'],
  [59_700, '1 m'],
  [298_000, '4 m 58 s'],
  [3_599_600, '1 h'],
  [10_920_000, '3 h 2 m'],
  [190_800_000, '2 d 5 h'],
  [-5, '0 ms'],
])('%d ms are told as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})

test.each([
  [1, '100 %'],
  [0.99999, '99.9 %'],
  [0.982, '98.2 %'],
  [0.0001, '0.1 %'],
  [0, '0 %'],
])('a part of %d is %s: not all is never shown as all', (part, text) => {
  expect(percentText(part)).toBe(text)
})

describe('a time on the wall of a zone', () => {
  test('is the instant that the API is asked with, and back', () => {
    expect(instantOf('2026-11-28T11:57', 'Asia/Kolkata')).toBe('2026-11-28T06:27:00.000Z')
    expect(wallOf('2026-11-28T06:27:00.000Z', 'Asia/Kolkata')).toBe('2026-11-28T11:57')
    expect(instantOf('2026-07-01T00:00', 'America/New_York')).toBe('2026-07-01T04:00:00.000Z')
  })

  test('comes back as it was typed, on either side of a change of clocks', () => {
    for (const wall of ['2026-03-29T00:59', '2026-03-29T03:00', '2026-10-25T00:30', '2026-10-25T04:30']) {
      for (const zone of ['Europe/Berlin', 'UTC', 'Asia/Kolkata'])
        expect(wallOf(instantOf(wall, zone) ?? '', zone)).toBe(wall)
    }
  })

  test('that is none is none', () => {
    expect(instantOf('', 'UTC')).toBeUndefined()
    expect(wallOf('yesterday', 'UTC')).toBe('')
  })
})

test('what became of an attempt is its code, or why there is none', () => {
  expect(answerText({ last_status_code: 200, last_error: null })).toBe('200')
  expect(answerText({ last_status_code: 500, last_error: 'status' })).toBe('500')
  expect(answerText({ last_status_code: null, last_error: 'timeout' })).toBe('no answer in time')
  expect(answerText({ last_status_code: null, last_error: null })).toBeNull()
  expect(failureText({ last_status_code: null, last_error: 'a_new_one' })).toBe('a_new_one')
})

test('failures are told by class, the most first', () => {
  expect(mostOf({ timeout: 3, status: 14, lost: 0 })).toBe('14 × error status, 3 × no answer in time')
  expect(commonest({ timeout: 3, status: 14 })).toBe('status')
  expect([mostOf({}), commonest({})]).toEqual([null, null])
})

test('a bucket of time is told by its two ends, with the day where a window has several', () => {
  const at = Date.UTC(2026, 10, 28, 8, 45) / 1000
  expect(clockText(at, 60, 'UTC')).toMatch(/^08:45\s?–\s?08:46 UTC$/)
  expect(clockText(at, 7_200, 'Asia/Kolkata')).toMatch(/^28 Nov.*14:15\s?–\s?16:15 IST$/)
})

describe('the charts', () => {
  const tally = (succeeded: number, failed: number): TallyView => ({
    deliveries: { succeeded, failed, expired: 0, discarded: 0 },
    attempts: { total: succeeded + failed, succeeded, retries: 0, errors: {} },
    success_rate: null,
    receiver_ms: succeeded === 0 ? null : { p50: 10, p95: 20, p99: 30 },
    done_ms: null,
  })
  const statsOf = (...tallies: TallyView[]): Pick<StatsView, 'buckets' | 'total'> => ({
    total: tally(3, 2),
    buckets: tallies.map((each) => ({ ...each, start: '2026-11-28T08:45:00.000Z' })),
  })

  test('stack the outcomes that there were', () => {
    const volume = volumeOf(statsOf(tally(1, 2), tally(0, 0), tally(2, 0)))
    expect(volume.map(({ key, whole }) => [key, whole])).toEqual([
      ['succeeded', 3],
      ['failed', 2],
    ])
    expect(stacked(volume)).toEqual([
      [1, 0, 2],
      [3, 0, 2],
    ])
  })

  test('leave a gap if nothing was sent', () => {
    expect(latencyOf(statsOf(tally(1, 0), tally(0, 0)))[1]?.values).toEqual([20, null])
    expect([isEmpty(tally(0, 0)), isEmpty(tally(0, 1))]).toEqual([true, false])
  })
})
