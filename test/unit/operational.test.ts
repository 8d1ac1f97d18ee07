import { describe, expect, test } from 'vitest'
import receivers from '../../docs/receivers.md?raw'
import { matches } from '../../src/order/match.ts'
import {
  OF_NO_CALL,
  OPERATIONAL_EVENTS,
  OPERATIONAL_TRIGGERS,
  sampleOperational,
} from '../../src/catalogue/operational.ts'
import { TRIGGER_SLUGS } from '../../src/catalogue/triggers.ts'
import type { WebhookConfig } from '../../src/contracts/webhook.ts'
import { renderRequest } from '../../src/delivery/render.ts'
import { contextWith, eventWith, webhookWith } from '../support/sample-webhook.ts'

function render(more: Partial<WebhookConfig> = {}) {
  const context = contextWith(sampleOperational('webhook.disabled'))
  return renderRequest(webhookWith({ triggers: ['webhook.disabled'], ...more }), context, 'Asia/Kolkata')
}

describe('the request of an operational event', () => {
  test('is a POST of its type, time and data, and that text is signed', () => {
    const request = render({ url: 'https://crm.example.com/ops?a=1#top' })
    if (!request.ok) throw new Error('cannot be rendered')
    const data = OPERATIONAL_EVENTS.find(({ slug }) => slug === 'webhook.disabled')?.sample
    expect(request.body).toBe(
      JSON.stringify({ type: 'webhook.disabled', timestamp: '2026-07-11T15:49:45.000Z', data }),
    )
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://crm.example.com/ops?a=1',
      headers: [['content-type', 'application/json']],
      signed: request.body,
    })
  })

  test('has that shape whatever a webhook is set to', () => {
    const odd: Partial<WebhookConfig> = {
      method: 'GET',
      content_type: 'application/x-www-form-urlencoded',
      body: 'parameters',
      parameters: [{ key: 'p', value: '$name' }],
      value_types: 'strings',
      nested_form: 'brackets',
      date_time_format: 'epoch',
    }
    expect(render(odd)).toEqual(render())
  })

  test('fills in of its headers what a delivery knows of itself', () => {
    const value = '$trigger|$trigger_name|$event_id|$position|$attempt|$account_id|$webhook_id|$name|$$'
    expect(render({ headers: [{ key: 'X-About', value }] })).toMatchObject({
      headers: [
        ['X-About', 'webhook.disabled|Webhook disabled|sample-webhook.disabled|3|2|acc_1|wh_1||$'],
        ['content-type', 'application/json'],
      ],
    })
  })
})

describe('operational events and triggers of calls', () => {
  const operational = webhookWith({ triggers: [...OPERATIONAL_TRIGGERS] })
  const ordinary = webhookWith({ triggers: [...TRIGGER_SLUGS] })

  test('match the webhooks of their own kind alone', () => {
    for (const trigger of OPERATIONAL_TRIGGERS) {
      const event = { trigger, ...OF_NO_CALL }
      expect([trigger, matches(operational, event, 'IN'), matches(ordinary, event, 'IN')]).toEqual([
        trigger,
        true,
        false,
      ])
    }
    for (const trigger of TRIGGER_SLUGS) {
      const event = eventWith({ trigger })
      expect([trigger, matches(operational, event, 'IN'), matches(ordinary, event, 'IN')]).toEqual([
        trigger,
        false,
        true,
      ])
    }
  })
})

describe('the page for receivers', () => {
  const page = receivers.slice(receivers.indexOf('## Operational events'))

  test.each(OPERATIONAL_EVENTS)('has $slug with every field of its data', ({ slug, fields, sample }) => {
    // The names stand in the first column of its tables.
    expect(page).toMatch(new RegExp(`^\\| \`${slug}\` `, 'm'))
    for (const { name } of fields) expect(page).toMatch(new RegExp(`^\\| \`${name}\` `, 'm'))
    expect(Object.keys(sample)).toEqual(fields.map(({ name }) => name))
  })
})
