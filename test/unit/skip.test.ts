import { describe, expect, test } from 'vitest'
import type { Asked, Since, WebhookHistory } from '../../src/contracts/history.ts'
import type { WebhookStatus } from '../../src/contracts/webhook.ts'
import type { Subject } from '../../src/order/match.ts'
import { HANDED_OVER_MS, whySkipped } from '../../src/order/skip.ts'

const T = 100 * HANDED_OVER_MS
const ANY: Asked = {
  triggers: ['call_answered_by_agent'],
  call_type: 'all',
  numbers: [],
  outbound_types: [],
}
const INBOUND: Subject = {
  trigger: 'call_answered_by_agent',
  call_type: 'inbound',
  outbound_type: null,
  number: '+918069010148',
}
const OUTBOUND: Subject = { ...INBOUND, call_type: 'outbound', outbound_type: 'dialer' }
const ON: Since<boolean>[] = [{ fromMs: 0, value: true }]

function history(more: Partial<WebhookHistory> = {}): WebhookHistory {
  return {
    webhookId: 'wh_1',
    createdMs: 0,
    deletedMs: null,
    asked: [{ fromMs: 0, value: ANY }],
    statuses: [{ fromMs: 0, value: 'active' }],
    ...more,
  }
}

/** Why an event at `T` was not for a webhook. */
function why(more: Partial<WebhookHistory>, subject: Subject = INBOUND, switches = ON) {
  return whySkipped(history(more), { switches, country: 'IN' }, { ...subject, received_at: T })
}

const filtered = (more: Partial<Asked>): Partial<WebhookHistory> => ({
  asked: [{ fromMs: 0, value: { ...ANY, ...more } }],
})
const status = (...values: [fromMs: number, value: WebhookStatus | null][]): Partial<WebhookHistory> => ({
  statuses: values.map(([fromMs, value]) => ({ fromMs, value })),
})

describe('why a webhook was not given an event', () => {
  test('its filters, its status, and the switch of the account', () => {
    expect(why(filtered({ call_type: 'outbound' }))).toBe('call_type')
    expect(why(filtered({ call_type: 'inbound' }), OUTBOUND)).toBe('call_type')
    expect(why(filtered({ numbers: ['+911140000000'] }))).toBe('number')
    expect(why(filtered({ outbound_types: ['click_to_call'] }), OUTBOUND)).toBe('outbound_type')
    expect(why(status([0, 'disabled']))).toBe('disabled')
    expect(why({}, INBOUND, [{ fromMs: 0, value: false }])).toBe('account_off')
    expect(why({ createdMs: T + HANDED_OVER_MS })).toBe('created_later')
  })

  test('is told from what held when the event came, not from what holds now', () => {
    const later = { fromMs: T + HANDED_OVER_MS, value: ANY }
    const before = (more: Partial<Asked>) => ({ fromMs: 0, value: { ...ANY, ...more } })
    expect(why({ asked: [before({ call_type: 'outbound' }), later] })).toBe('call_type')
    expect(why({ asked: [before({ triggers: ['call_received_on_server'] }), later] })).toBe('trigger')
    expect(why(status([0, 'active'], [T - HANDED_OVER_MS, 'disabled'], [T + HANDED_OVER_MS, 'active']))).toBe(
      'disabled',
    )
    const switches = [
      { fromMs: 0, value: true },
      { fromMs: T - HANDED_OVER_MS, value: false },
      { fromMs: T + HANDED_OVER_MS, value: true },
    ]
    expect(why({}, INBOUND, switches)).toBe('account_off')
  })

  test('of a change at about that time either side may explain it, of one long before only what came of it', () => {
    expect(why(status([0, 'disabled'], [T - 1_000, 'active'])), 'on its way to the shard').toBe('disabled')
    expect(why(status([0, 'active'], [T + 500, 'disabled'])), 'clocks differ').toBe('disabled')
    expect(why({ createdMs: T - 5 })).toBe('created_later')
    expect(why(status([0, 'disabled'], [T - HANDED_OVER_MS, 'active']))).toBe('unknown')
    expect(why(status([0, 'active'], [T + 5_000, 'disabled']))).toBe('unknown')
  })

  test('is unknown if nothing on record explains it', () => {
    expect(why({})).toBe('unknown')
    expect(why(status([0, null]))).toBe('unknown')
    expect(why({ asked: [], createdMs: 0 }), 'it is not known that it asked').toBeNull()
    expect(why({ ...filtered({ numbers: ['+911140000000'] }), ...status([0, null]) })).toBe('number')
  })

  test('is not asked of a webhook for other triggers, or one that was gone', () => {
    expect(why(filtered({ triggers: ['call_received_on_server'] }))).toBeNull()
    expect(why({ ...filtered({ call_type: 'outbound' }), deletedMs: T })).toBeNull()
    expect(why({ ...filtered({ call_type: 'outbound' }), deletedMs: T + 1 })).toBe('call_type')
  })
})
