import { describe, expect, test } from 'vitest'
import type { AttemptEntry, AttemptError } from '../../src/contracts/deliveries.ts'
import { Breakers } from '../../src/shard/breakers.ts'

const NOW_MS = 1_000_000
const TIMEOUT_MS = 12_000
const random = () => 0.5

function entry(error: AttemptError | null): AttemptEntry {
  return {
    number: 1,
    started_at: NOW_MS,
    duration_ms: 0,
    via: 'inline',
    status_code: null,
    error,
    response_body: null,
    version: 1,
  }
}

function breakers(): Breakers {
  // Safe: nothing else of it is used, and nothing has been stored.
  const sql = { exec: () => [] } as unknown as SqlStorage
  return new Breakers(sql, () => {})
}

const UNSENT = ['invalid_request', 'blocked_target'] as const

describe.each(UNSENT)('an attempt of which nothing was sent (%s)', (error) => {
  test('says nothing of the receiver', () => {
    const all = breakers()
    for (let n = 0; n < 100; n += 1) {
      const observed = all.observe('wh_1', `call-${n}`, entry(error), NOW_MS + n * 1_000, random)
      expect(observed).toMatchObject({ news: null, isBack: false })
    }
    expect(all.isAnyUnhealthy).toBe(false)
  })

  test('neither adds to failures nor ends them', () => {
    const all = breakers()
    for (let n = 0; n < 4; n += 1) all.observe('wh_1', 'call', entry('connection'), NOW_MS, random)
    all.observe('wh_1', 'call', entry(error), NOW_MS, random)
    expect(all.stateOf('wh_1')).toBe('healthy')
    all.observe('wh_1', 'call', entry('connection'), NOW_MS, random)
    expect(all.stateOf('wh_1')).toBe('failing')
  })

  test('as a probe leaves the breaker open, and another may go at once', () => {
    const all = breakers()
    for (let n = 0; n < 20; n += 1) {
      all.observe('wh_1', `call-${n % 5}`, entry('connection'), NOW_MS + n * 1_000, random)
    }
    expect(all.isTripped('wh_1')).toBe(true)
    const probedMs = NOW_MS + 60_000
    all.probed('wh_1', 'call-1', probedMs, TIMEOUT_MS, random)
    all.observe('wh_1', 'call-2', entry(error), probedMs + 5, random)
    expect(all.probesDue(probedMs + 5), 'not of the probe').toEqual([])
    all.observe('wh_1', 'call-1', entry(error), probedMs + 10, random)
    expect(all.isTripped('wh_1')).toBe(true)
    expect(all.probesDue(probedMs + 10)).toEqual([{ webhookId: 'wh_1', lastCall: 'call-1' }])
  })
})
