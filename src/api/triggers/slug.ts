import * as z from 'zod'
import { EVENT_TRIGGERS } from '../../catalogue/operational.ts'
import { TRIGGER_SLUGS } from '../../catalogue/triggers.ts'
import { NOT_A_TRIGGER } from '../http/words.ts'

/** A trigger of calls, in a schema of the control plane. */
export const triggerSlug = z.enum(TRIGGER_SLUGS, NOT_A_TRIGGER).meta({
  id: 'TriggerSlug',
  description:
    'A trigger of the catalogue: `GET /v1/triggers` says of each when it fires and which variables it has.',
  examples: ['call_answered_by_agent'],
})

/** What a delivery may be of: an event of a call, or one that tells an account of its own webhooks. */
export const deliveredTrigger = z.enum(EVENT_TRIGGERS, NOT_A_TRIGGER).meta({
  id: 'DeliveredTrigger',
  description: 'What a delivery may be of: a trigger of the catalogue, or an operational event.',
  examples: ['call_answered_by_agent'],
})
