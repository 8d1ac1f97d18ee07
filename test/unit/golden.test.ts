import { describe, expect, test } from 'vitest'
import { sampleEvent } from '../../src/catalogue/samples.ts'
import { TRIGGER_SLUGS, type TriggerSlug } from '../../src/catalogue/triggers.ts'
import type { WebhookConfig } from '../../src/contracts/webhook.ts'
import { renderRequest } from '../../src/delivery/render.ts'
import { parseJson } from '../../src/lib/json.ts'
import { contextWith, webhookWith } from '../support/sample-webhook.ts'

/*
 * Every trigger in every shape, as a receiver gets it. A change in golden/ is a change of what customers receive.
 */

const SHAPES: Record<string, Partial<WebhookConfig>> = {
  'POST JSON, typed': { date_time_format: 'iso8601' },
  'POST JSON, strings': { value_types: 'strings', date_time_format: 'epoch', time_zone: 'UTC' },
  'POST form, nested as JSON': { content_type: 'application/x-www-form-urlencoded' },
  'POST form, nested in brackets': {
    content_type: 'application/x-www-form-urlencoded',
    nested_form: 'brackets',
    time_zone: 'UTC',
  },
  GET: { method: 'GET', nested_form: 'brackets', time_zone: 'America/New_York', date_time_format: 'iso8601' },
}

const OWN: Partial<WebhookConfig> = {
  url: 'https://crm.example.com/hooks?token=s3cret%2F',
  headers: [{ key: 'X-Call', value: '$trigger #$position of $call_id' }],
  parameters: [
    { key: 'caller_id_number', value: 'tel:$caller_id_number' },
    { key: 'operator', value: '$billing_circle' },
    { key: 'agent', value: '$answered_agent_name ($$$billsec, $campaign_name)' },
  ],
}

/** A request for a reader: a JSON body indented, form fields and queries a line each. Joined, they are what is sent. */
function readable(slug: TriggerSlug, shape: Partial<WebhookConfig>): string {
  const context = contextWith(sampleEvent(slug))
  const request = renderRequest(webhookWith({ triggers: [slug], ...OWN, ...shape }), context, 'Asia/Kolkata')
  if (!request.ok) throw new Error(`${slug} cannot be rendered`)
  const url = request.method === 'GET' ? request.url.replaceAll('&', '\n  &') : request.url
  const lines = [`${request.method} ${url}`, ...request.headers.map(([key, value]) => `${key}: ${value}`)]
  if (request.body === null) return lines.join('\n')
  const json = parseJson(request.body)
  if (json !== undefined) expect(JSON.stringify(json)).toBe(request.body)
  return [
    ...lines,
    '',
    json === undefined ? request.body.replaceAll('&', '\n&') : JSON.stringify(json, null, 2),
  ].join('\n')
}

describe('a receiver gets', () => {
  test.each(TRIGGER_SLUGS)('%s', async (slug) => {
    const requests = Object.entries(SHAPES).map(([name, shape]) => `### ${name}\n${readable(slug, shape)}\n`)
    await expect(requests.join('\n')).toMatchFileSnapshot(`golden/${slug}.http`)
  })
})
