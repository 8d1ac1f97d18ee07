import * as z from 'zod'
import type { Scope } from '../../contracts/principal.ts'
import {
  isOperational,
  OPERATIONAL_EVENTS,
  OPERATIONAL_TRIGGERS,
  type OperationalTrigger,
} from '../../catalogue/operational.ts'
import { check, type Checked } from '../http/faults.ts'
import { rfc3339 } from '../../lib/time.ts'
import type { WebhookRow } from '../../contracts/configuration.ts'
import type { Vault } from '../../store/vault.ts'
import { isRecord, repeatFaults, targetFaults, unmasked } from './check.ts'
import { maskedHeaders, openConfig } from '../../store/sealing.ts'
import type { Healths } from './health.ts'
import { WEBHOOK_HEALTHS, WEBHOOK_STATUSES, type WebhookConfig } from '../../contracts/webhook.ts'
import { distinct, webhookFields } from './schema.ts'

const events = z
  .array(z.enum(OPERATIONAL_TRIGGERS))
  .min(1, 'must name at least one event')
  .describe(OPERATIONAL_EVENTS.map(({ slug, description }) => `\`${slug}\`: ${description}`).join(' '))

/** The body of PUT /v1/operational-webhook. */
export const operationalWebhookPut = z
  .strictObject({
    url: webhookFields.url,
    events: events.overwrite(distinct).default([...OPERATIONAL_TRIGGERS]),
    headers: webhookFields.headers.default([]),
  })
  .meta({
    id: 'OperationalWebhookPut',
    examples: [{ url: 'https://example.com/hooks/relay', events: ['webhook.disabled', 'delivery.failed'] }],
  })

export const operationalWebhookView = z
  .object({
    id: z.string().describe('For the routes of one webhook: its secret, status, test and deliveries.'),
    account_id: z.string(),
    url: webhookFields.url,
    events,
    headers: webhookFields.headers,
    status: z.enum(WEBHOOK_STATUSES),
    status_reason: z.string().nullable().describe('Why the relay changed the status by itself, if it did.'),
    status_changed_at: z.iso.datetime(),
    health: z.enum(WEBHOOK_HEALTHS),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'OperationalWebhook' })

/** What nobody chooses of an operational webhook: a webhook like any other, that nothing filters or reshapes. */
const FIXED: Omit<WebhookConfig, 'url' | 'triggers' | 'headers'> = {
  name: 'Operational events',
  description: '',
  method: 'POST',
  content_type: 'application/json',
  call_type: 'all',
  outbound_types: [],
  numbers: [],
  date_time_format: 'iso8601',
  time_zone: 'UTC',
  parameters: [],
  body: 'all',
  value_types: 'typed',
  nested_form: 'json',
  ordering: 'per_call',
  rate_limit: null,
  max_age_seconds: null,
}

/** Checks what is to be the operational webhook. A header whose value is the mask keeps the value of `current`. */
export function checkOperationalWebhook(
  input: object,
  current: WebhookConfig | null,
  allowPrivateTargets: boolean,
): Checked<WebhookConfig> {
  const given = isRecord(input) ? input : {}
  const fields = check(operationalWebhookPut, {
    ...given,
    headers: unmasked(given.headers, current?.headers ?? []),
  })
  const url = check(webhookFields.url, given.url)
  const faults = [
    ...(fields.ok ? [] : fields.faults),
    ...(url.ok ? targetFaults(url.data, allowPrivateTargets) : []),
    ...repeatFaults('headers', given.headers, (key) => key.toLowerCase()),
  ]
  if (!fields.ok || faults.length > 0) return { ok: false, faults }
  const { url: target, events: triggers, headers } = fields.data
  return { ok: true, data: { ...FIXED, url: target, triggers, headers } }
}

/** The webhook for a reader: header values in clear unless the key may only read. */
export async function viewOfOperational(
  scope: Scope,
  row: WebhookRow,
  vault: Vault,
  healths: Healths,
): Promise<z.output<typeof operationalWebhookView>> {
  return {
    id: row.id,
    account_id: row.account_id,
    url: row.url,
    events: row.triggers.filter((trigger): trigger is OperationalTrigger => isOperational(trigger)),
    headers: scope === 'read' ? maskedHeaders(row) : (await openConfig(vault, row)).headers,
    status: row.status,
    status_reason: row.status_reason,
    status_changed_at: rfc3339(row.status_changed_at),
    health: healths(row.id),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}
