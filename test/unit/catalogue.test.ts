import { describe, expect, test } from 'vitest'
import { sampleEvent } from '../../src/catalogue/samples.ts'
import {
  ALIASES,
  canFire,
  isTriggerSlug,
  TRIGGER_SLUGS,
  TRIGGERS,
  triggerOf,
} from '../../src/catalogue/triggers.ts'
import type { CallType, OutboundType } from '../../src/catalogue/types.ts'
import { checkEvent } from '../../src/api/events/schema.ts'

const HANGUPS = ['call_hangup_missed', 'call_hangup_answered', 'call_hangup_missed_or_answered'] as const

describe('the catalogue', () => {
  test('is the product’s: every trigger with its variables, in order', async () => {
    const lines = TRIGGERS.flatMap((trigger) => [
      `${trigger.slug}: ${trigger.name}`,
      `  ${trigger.call_types.join(', ')}; ${trigger.outbound_types.join(', ') || 'no outbound type'}`,
      ...trigger.variables.map((variable) => {
        const { name, type, temporal } = { temporal: undefined, ...variable }
        return `  - ${name} ${type}${temporal === undefined ? '' : ` (${temporal})`}`
      }),
      '',
    ])
    await expect(lines.join('\n')).toMatchFileSnapshot('golden/catalogue.txt')
  })

  test('has 19 triggers, no name twice in one, and marks the deprecated pair', () => {
    expect(TRIGGERS).toHaveLength(19)
    expect(new Set(TRIGGER_SLUGS).size).toBe(19)
    for (const { slug, variables } of TRIGGERS) {
      expect(new Set(variables.map((variable) => variable.name)).size, slug).toBe(variables.length)
    }
    const deprecated = TRIGGERS.filter((trigger) => trigger.deprecated).map((trigger) => trigger.slug)
    expect(deprecated).toEqual(['call_hangup_missed', 'call_hangup_answered'])
  })

  test('gives every hangup the same variables, and the successors more', () => {
    const names = (slug: (typeof TRIGGER_SLUGS)[number]): string[] =>
      triggerOf(slug).variables.map(({ name }) => name)
    for (const slug of HANGUPS) expect(names(slug)).toEqual(names('call_answered_by_agent_hangup'))
    expect(names('call_hangup_missed_updated').slice(0, 37)).toEqual(names('call_hangup_missed'))
    expect(names('call_hangup_missed_updated')).toEqual(
      expect.arrayContaining(['hangup_cause_code', 'reason_key']),
    )
    expect(names('session_call_answered')).toEqual(names('call_answered_by_agent'))
  })

  test('knows its slugs', () => {
    expect(isTriggerSlug('dtmf_option')).toBe(true)
    for (const slug of ['ring', '', 'toString', '__proto__']) expect(isTriggerSlug(slug)).toBe(false)
  })

  test('pairs aliases both ways', () => {
    expect(ALIASES.size).toBe(6)
    for (const [name, other] of ALIASES) expect(ALIASES.get(other)).toBe(name)
    expect(ALIASES.get('sub_disposition')).toBe('sub_dispositon')
  })
})

test.each<[(typeof TRIGGER_SLUGS)[number], CallType, OutboundType | null, boolean]>([
  ['call_received_on_server', 'inbound', null, true],
  ['call_received_on_server', 'outbound', 'dialer', false],
  ['dtmf_option', 'outbound', 'call_broadcast', true],
  ['dtmf_option', 'outbound', null, false],
  ['call_answered_by_customer_click_to_call', 'outbound', 'click_to_call', true],
  ['call_answered_by_customer_click_to_call', 'outbound', 'dialer', false],
  ['call_answered_by_customer_click_to_call', 'inbound', null, false],
  ['call_connected_to_agent_dialer', 'inbound', null, true],
  ['call_connected_to_agent_dialer', 'outbound', 'dialer', true],
  ['call_connected_to_agent_dialer', 'outbound', 'click_to_call', false],
])('%s for %s, %s: %s', (slug, callType, outboundType, can) => {
  expect(canFire(slug, callType, outboundType)).toBe(can)
})

describe('a sample event', () => {
  test.each(TRIGGER_SLUGS)('of %s is one that the relay takes, with every documented variable', (slug) => {
    const sample = sampleEvent(slug)
    expect(checkEvent(sample)).toMatchObject({ ok: true })
    expect(Object.keys(sample.variables)).toEqual(
      expect.arrayContaining(triggerOf(slug).variables.map((variable) => variable.name)),
    )
    expect(JSON.stringify(sample)).not.toMatch(/\$[a-z]/)
  })

  test('is made anew each time', () => {
    const first = sampleEvent('dialed_on_agent')
    first.variables['call_flow'] = []
    expect(sampleEvent('dialed_on_agent').variables['call_flow']).not.toEqual([])
  })
})
