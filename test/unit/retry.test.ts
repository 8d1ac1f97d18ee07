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

  test('a request that cannot be made is not tried again: it would be the same request', () => {
    const faulty = result({ status_code: null, error: 'invalid_request' })
    expect(verdict(faulty, 1, SCHEDULE_MS, NOW_MS, 0.5)).toEqual({ kind: 'failed', gone: false })
  })
})

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 8_000],
    ['Wed, 21 Oct 2020 07:28:00 GMT', 0],
    ['soon', null],
    [null, null],
  ])('%j is %j ms', (header, expected) => {
    expect(retryAfterMs(header, Date.parse('2026-10-21T07:27:52Z'))).toBe(expected)
  })
})
