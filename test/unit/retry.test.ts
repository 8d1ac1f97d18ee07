import { describe, expect, test } from 'vitest'
import { verdict } from '../../src/order/retry.ts'
import { retryAfterMs } from '../../src/delivery/retry-after.ts'
import type { AttemptResult } from '../../src/delivery/attempt.ts'

const SCHEDULE_MS = [0, 5_000, 30_000]
const NOW_MS = 1_000_000

function result(more: Partial<AttemptResult>): AttemptResult {
  const base = { started_at: NOW_MS, duration_ms: 5, response_body: '', retry_after_ms: null, version: 1 }
  return { ...base, status_code: 500, error: 'status', ...more }
}

describe('what an attempt leads to', () => {
  test('2xx is success', () => {
    expect(verdict(result({ status_code: 204, error: null }), 1, SCHEDULE_MS, NOW_MS, 0.5)).toEqual({
      kind: 'succeeded',
    })
  })

  test('all else is retried by the schedule, and fails when the schedule is used up', () => {
    const at = (attempts: number) => verdict(result({}), attempts, SCHEDULE_MS, NOW_MS, 0.5)
    expect(at(1)).toMatchObject({ kind: 'retry', atMs: NOW_MS })
    expect(at(2)).toMatchObject({ kind: 'retry', atMs: NOW_MS + 5_000 })
    expect(at(3)).toMatchObject({ kind: 'retry', atMs: NOW_MS + 30_000 })
    expect(at(4)).toEqual({ kind: 'failed', gone: false })
  })

  test('retries have jitter of a fifth either way', () => {
    expect(verdict(result({}), 2, SCHEDULE_MS, NOW_MS, 0)).toMatchObject({
      kind: 'retry',
      atMs: NOW_MS + 4_000,
    })
    expect(verdict(result({}), 2, SCHEDULE_MS, NOW_MS, 1)).toMatchObject({
      kind: 'retry',
      atMs: NOW_MS + 6_000,
    })
  })

  test('Retry-After is obeyed, and no further than an hour', () => {
    const asked = (ms: number) =>
      verdict(result({ status_code: 429, retry_after_ms: ms }), 1, SCHEDULE_MS, NOW_MS, 0.5)
    expect(asked(60_000)).toMatchObject({ kind: 'retry', atMs: NOW_MS + 60_000 })
    expect(asked(1e12)).toMatchObject({ kind: 'retry', atMs: NOW_MS + 3_600_000 })
  })

  test('410 fails for good and says that the webhook is gone', () => {
    expect(verdict(result({ status_code: 410 }), 1, SCHEDULE_MS, NOW_MS, 0.5)).toEqual({
      kind: 'failed',
      gone: true,
    })
  })

  test.each(['invalid_request', 'blocked_target'] as const)(
    'a request of which nothing was sent (%s) is not tried again: it would be the same request',
    (error) => {
      const unsent = result({ status_code: null, error })
      expect(verdict(unsent, 1, SCHEDULE_MS, NOW_MS, 0.5)).toEqual({ kind: 'failed', gone: false })
    },
  )
})

describe('Retry-After', () => {
  const NOW = Date.parse('2026-10-21T07:27:52Z')
  const read = (header: string | null) => retryAfterMs(header, NOW)

  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['007', 7_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 8_000],
    ['Wednesday, 21-Oct-26 07:28:00 GMT', 8_000],
    ['Wed Oct 21 07:28:00 2026', 8_000],
    ['Sun Nov  1 07:27:52 2026', 11 * 86_400_000],
    ['Wed, 21 Oct 2026 07:28:60 GMT', 68_000],
    ['Wed, 21 Oct 2020 07:28:00 GMT', 0],
    // More than 50 years ahead, so of the century before.
    ['Friday, 21-Oct-77 07:28:00 GMT', 0],
    [null, null],
  ])('%j is %j ms', (header, expected) => {
    expect(read(header)).toBe(expected)
  })

  test.each([
    ['45.7', 46_000],
    ['33.5', 34_000],
    ['0.001', 1_000],
    ['12.0', 12_000],
  ])('rounds a fraction of a second up: %j is %j ms', (header, expected) => {
    expect(read(header)).toBe(expected)
  })

  test.each([
    ['40, 5', 40_000],
    ['5,40', 40_000],
    ['5, soon', 5_000],
    [', 5', 5_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT, 5', 8_000],
    ['9, Wed, 21 Oct 2026 07:28:00 GMT', 9_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT, Wednesday, 21-Oct-26 07:29:00 GMT', 68_000],
    ['soon, 2026', 2_026_000],
  ])('takes the longest valid one of several: %j is %j ms', (header, expected) => {
    expect(read(header)).toBe(expected)
  })

  test.each([
    '',
    ',',
    'soon',
    '-5',
    '+5',
    '.5',
    '5.',
    '1.2.3',
    '1e3',
    '0x10',
    '5 s',
    '5s',
    '5;6',
    '٥',
    'NaN',
    'Infinity',
    '2026-10-21T07:28:00Z',
    '2026-10-21',
    '10/21/2026',
    'Oct 21 2026',
    'Wed, 21 Oct 2026 07:28:00 +0000',
    'Wed, 21 Oct 2026 07:28:00 UTC',
    'wed, 21 oct 2026 07:28:00 gmt',
    'Wed, 21 Oct 2026 07:28:00',
    'Wed, 21 Oct 2026',
    'Sat, 30 Feb 2027 07:28:00 GMT',
    'Tue, 31 Nov 2026 07:28:00 GMT',
    'Wed, 00 Oct 2026 07:28:00 GMT',
    'Wed, 21 Oct 2026 24:00:00 GMT',
    'Wed, 21 Oct 2026 07:60:00 GMT',
    'Wed, 21 Okt 2026 07:28:00 GMT',
    'Wed, 1 Nov 2026 07:28:00 GMT',
  ])('takes anything else as if it were not there: %j', (header) => {
    expect(read(header)).toBeNull()
  })

  test('may ask for any length of time, and is a number all the same', () => {
    const asked = read('9'.repeat(400))
    expect(Number.isSafeInteger(asked)).toBe(true)
    const limited = verdict(result({ status_code: 429, retry_after_ms: asked }), 1, SCHEDULE_MS, NOW_MS, 0.5)
    expect(limited).toMatchObject({ kind: 'retry', atMs: NOW_MS + 3_600_000, asked: true })
  })
})
