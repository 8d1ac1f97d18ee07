/** The bodies that webhooks are sent in, for the documents: `check.ts` and `operational.ts` check them. */
import * as z from 'zod'
import { orDefault } from '../http/optional.ts'
import { OPERATIONAL_READ_ONLY, operationalWebhookPut } from './operational.ts'
import { DEFAULTS, webhookFields } from './schema.ts'
import { READ_ONLY } from './view.ts'

/** Fields that may be there, because they were read: nothing is made of them. */
function ignored(fields: readonly string[]): Record<string, z.ZodType> {
  const field = z.unknown().optional().meta({ readOnly: true, description: 'Ignored.' })
  return Object.fromEntries(fields.map((name) => [name, field]))
}

const described = {
  ...webhookFields,
  ...Object.fromEntries(
    // Safe: DEFAULTS has no other keys.
    (Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]).map((name) => {
      const field: z.ZodType = webhookFields[name]
      return [name, orDefault(field, DEFAULTS[name])]
    }),
  ),
  ...ignored(READ_ONLY),
}

/** The body of POST /v1/webhooks. */
export const webhookCreate = z.strictObject(described).meta({
  id: 'WebhookCreate',
  examples: [
    {
      name: 'CRM sync',
      triggers: ['call_answered_by_agent', 'call_hangup_missed_or_answered'],
      url: 'https://example.com/hooks/calls',
      headers: [{ key: 'X-Api-Key', value: 'KEY' }],
      parameters: [{ key: 'agent', value: '$answered_agent_name' }],
    },
  ],
})

/** The body of PATCH /v1/webhooks/{id}: any of the fields. What comes of it must be valid as a whole. */
export const webhookUpdate = z
  .strictObject(described)
  .partial()
  .meta({
    id: 'WebhookUpdate',
    examples: [{ call_type: 'inbound', time_zone: 'UTC' }],
  })

/** The body of PUT /v1/operational-webhook. */
export const operationalInput = operationalWebhookPut.extend(ignored(OPERATIONAL_READ_ONLY)).meta({
  id: 'OperationalWebhookPut',
  examples: [{ url: 'https://example.com/hooks/relay', events: ['webhook.disabled', 'delivery.failed'] }],
})
