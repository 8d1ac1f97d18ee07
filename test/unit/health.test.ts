import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DISABLE_AFTER_MS,
  HEALTHY,
  isLost,
  observe,
  probed,
  type Health,
  type Sign,
} from '../../src/order/health.ts'

const S = 1_000
const MIDDLE = 0.5

/** Outcomes of so many calls in turn, one every `everyMs`, from 0 on. */
function outcomes(
  count: number,
  calls: number,
  everyMs: number,
  sign: Sign = 'failed',
  from: Health = HEALTHY,
): Health {
  let health = from
  for (let n = 0; n < count; n += 1) health = observe(health, sign, `call-${n % calls}`, n * everyMs, MIDDLE)
  return health
}

const open = outcomes(20, 5, S)

describe('a webhook fails', () => {
  test('after five failures in a row, and one success makes it healthy', () => {
    expect(outcomes(4, 4, S).state).toBe('healthy')
    const failing = outcomes(5, 5, S)
    expect(failing.state).toBe('failing')
    expect(observe(failing, 'succeeded', 'call-1', 6 * S, MIDDLE)).toEqual(HEALTHY)
  })
})

describe('the breaker', () => {
  test('opens after 20 failures in a row, of 5 calls, over 5 seconds', () => {
    expect(open.state).toBe('open')
    expect(outcomes(19, 5, S).state, 'not after 19').toBe('failing')
  })

  test('does not open for one bad call, nor for a hiccup, however many failures that makes', () => {
    expect(outcomes(500, 4, S).state, 'four calls').toBe('failing')
    expect(outcomes(500, 100, 9).state, 'in less than five seconds').toBe('failing')
  })

  test('opens for an outage that goes on after a hiccup’s worth of failures', () => {
    const hiccup = outcomes(100, 10, 10)
    expect(observe(hiccup, 'failed', 'call-1', 6 * S, MIDDLE).state).toBe('open')
  })

  test('does not open for a receiver that wants less (429), and that does not hide one that is down', () => {
    expect(outcomes(500, 100, S, 'limited').state).toBe('failing')
    const mixed = outcomes(19, 5, S, 'failed', outcomes(100, 10, 10, 'limited'))
    expect(mixed.state).toBe('failing')
    expect(observe(mixed, 'failed', 'call-1', 60 * S, MIDDLE).state).toBe('open')
  })

  test('is not opened by failures among successes', () => {
    let health = HEALTHY
    for (let n = 0; n < 1_000; n += 1) {
      health = observe(health, n % 20 === 19 ? 'succeeded' : 'failed', `call-${n}`, n * S, MIDDLE)
    }
    expect(health.state).not.toBe('open')
  })

  test('closes at the first success, whoever has it', () => {
    expect(observe(open, 'succeeded', 'another call', 60 * S, MIDDLE)).toEqual(HEALTHY)
  })

  test('stays open for a failure and for a 429', () => {
    for (const sign of ['failed', 'limited'] as const) {
      expect(observe(open, sign, 'call-1', 60 * S, MIDDLE).state).toBe('open')
    }
  })
})

describe('probes', () => {
  /** The delays of so many probes that all fail, from the opening on, in seconds. */
  function delaysOf(probes: number): number[] {
    let health = open
    let nowMs = 20 * S
    const delays = [health.nextProbeMs - 19 * S]
    for (let n = 0; n < probes; n += 1) {
      nowMs = health.nextProbeMs
      health = probed(health, 'call-p', nowMs, 12 * S, MIDDLE)
      nowMs += 300
      health = observe(health, 'failed', 'call-p', nowMs, MIDDLE)
      delays.push(health.nextProbeMs - nowMs)
    }
    return delays.map((ms) => ms / S)
  }

  test('go 1, 2, 4 and then every 5 seconds after the one before has failed', () => {
    expect(delaysOf(6)).toEqual([1, 2, 4, 5, 5, 5, 5])
  })

  test('go every 15 seconds where the outage has lasted for ten minutes', () => {
    const lasting = delaysOf(2_000)
    expect(lasting.indexOf(15)).toBeGreaterThan(100)
    expect(lasting.indexOf(15)).toBeLessThan(125)
    expect(lasting.at(-1)).toBe(15)
  })

  test('whose answer never comes are followed by the next all the same', () => {
    const out = probed(open, 'call-p', 20 * S, 12 * S, MIDDLE)
    expect(out.nextProbeMs).toBe(20 * S + 12 * S + 2 * S)
  })

  test('go one at a time: what else fails meanwhile does not bring the next forward', () => {
    const out = probed(open, 'call-p', 20 * S, 12 * S, MIDDLE)
    expect(observe(out, 'failed', 'call-1', 21 * S, MIDDLE).nextProbeMs).toBe(out.nextProbeMs)
  })

  test('of many webhooks of one receiver are spread by a fifth', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const out = probed(open, 'call-p', 20 * S, 0, random)
        expect(out.nextProbeMs - 20 * S).toBeGreaterThanOrEqual(1_600)
        expect(out.nextProbeMs - 20 * S).toBeLessThanOrEqual(2_400)
      }),
    )
    const least = probed(open, 'call-p', 20 * S, 0, 0).nextProbeMs
    expect(probed(open, 'call-p', 20 * S, 0, 0.99).nextProbeMs).toBeGreaterThan(least)
  })
})

describe('a webhook is lost', () => {
  test('after five days of nothing but failures, and not a moment before', () => {
    for (const health of [open, outcomes(5, 1, S)]) {
      expect(isLost(health, DISABLE_AFTER_MS - 1)).toBe(false)
      expect(isLost(health, DISABLE_AFTER_MS)).toBe(true)
    }
    expect(DISABLE_AFTER_MS).toBe(5 * 24 * 3600 * S)
  })

  test('not where a single attempt has succeeded, nor for a few failures of long ago', () => {
    const again = observe(
      observe(open, 'succeeded', 'call-1', 100 * S, MIDDLE),
      'failed',
      'call-1',
      200 * S,
      MIDDLE,
    )
    expect(isLost(again, DISABLE_AFTER_MS + 150 * S)).toBe(false)
    expect(isLost(outcomes(4, 4, S), 2 * DISABLE_AFTER_MS)).toBe(false)
  })
})
