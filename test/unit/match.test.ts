import { describe, expect, test } from 'vitest'
import { matches as matchesIn, type Filter, type Subject } from '../../src/order/match.ts'

const matches = (webhook: Filter, event: Subject): boolean => matchesIn(webhook, event, 'IN')

const webhook = {
  triggers: ['call_answered_by_agent' as const],
  call_type: 'all' as const,
  numbers: ['+918069010148'],
  outbound_types: ['click_to_call' as const],
}
const inbound = {
  trigger: 'call_answered_by_agent' as const,
  call_type: 'inbound' as const,
  outbound_type: null,
  number: '8069010148',
}
const outbound = { ...inbound, call_type: 'outbound' as const, outbound_type: 'click_to_call' as const }

describe('which webhooks an event is for', () => {
  test('its trigger has to be among the webhook’s', () => {
    expect(matches(webhook, inbound)).toBe(true)
    expect(matches(webhook, { ...inbound, trigger: 'dtmf_option' })).toBe(false)
  })

  test('call type all takes both, and each other one its own', () => {
    expect(matches(webhook, outbound)).toBe(true)
    expect(matches({ ...webhook, call_type: 'inbound' }, outbound)).toBe(false)
    expect(matches({ ...webhook, call_type: 'outbound' }, inbound)).toBe(false)
    expect(matches({ ...webhook, call_type: 'outbound' }, outbound)).toBe(true)
  })

  test('numbers filter inbound calls and nothing else', () => {
    expect(matches(webhook, { ...inbound, number: '+918069010149' })).toBe(false)
    expect(matches(webhook, { ...inbound, number: null })).toBe(false)
    expect(matches({ ...webhook, numbers: [] }, { ...inbound, number: null })).toBe(true)
    expect(matches(webhook, { ...outbound, number: '+10000000000' })).toBe(true)
  })

  test('outbound types filter outbound calls and nothing else', () => {
    expect(matches(webhook, { ...outbound, outbound_type: 'dialer' })).toBe(false)
    expect(matches({ ...webhook, outbound_types: [] }, { ...outbound, outbound_type: 'dialer' })).toBe(true)
    expect(matches({ ...webhook, outbound_types: ['dialer'] }, inbound)).toBe(true)
  })

  test('a dialer trigger takes inbound dialer calls too', () => {
    const dialer = { ...webhook, triggers: ['disposition_status_updated_dialer' as const], numbers: [] }
    expect(matches(dialer, { ...inbound, trigger: 'disposition_status_updated_dialer' })).toBe(true)
  })
})
