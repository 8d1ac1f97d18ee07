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
import { repeatFaults, targetFaults, unmasked } from './check.ts'
import { maskedHeaders, openConfig } from '../../store/sealing.ts'
import type { Healths } from './health.ts'
import { WEBHOOK_HEALTHS, WEBHOOK_STATUSES, type WebhookConfig } from '../../contracts/webhook.ts'
import { etagField } from '../http/etag.ts'
import { orDefault } from '../http/optional.ts'
import { distinct, webhookFields } from './schema.ts'
import { tagOfWebhook, warnings, type WebhookTerms } from './view.ts'
import { operationalWarningsOf } from './warnings.ts'

const events = z
  .array(z.enum(OPERATIONAL_TRIGGERS))
  .min(1, 'must name at least one event')
  .describe(OPERATIONAL_EVENTS.map(({ slug, description }) => `\`${slug}\`: ${description}`).join(' '))

/** What is chosen of an operational webhook. */
export const operationalWebhookPut = z.strictObject({
  url: webhookFields.url,
  events: orDefault(events.overwrite(distinct), [...OPERATIONAL_TRIGGERS]),
  headers: orDefault(webhookFields.headers, []),
})

export const operationalWebhookView = z
  .object({
    id: z.string().describe('For the routes of one webhook: its secret, status, test and deliveries.'),
    account_id: z.string(),
    etag: etagField,
    url: webhookFields.url,
    events,
    headers: webhookFields.headers,
    status: z.enum(WEBHOOK_STATUSES),
    status_reason: z.string().nullable().describe('Why the relay changed the status by itself, if it did.'),
    status_changed_at: z.iso.datetime(),
    health: z.enum(WEBHOOK_HEALTHS),
    warnings,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'OperationalWebhook' })

/** As `READ_ONLY` of a webhook for calls. */
export const OPERATIONAL_READ_ONLY: readonly string[] = Object.keys(operationalWebhookView.shape).filter(
  (field) => !(field in operationalWebhookPut.shape),
)

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
  const given = Object.fromEntries<unknown>(
    Object.entries(input).filter(([field]) => !OPERATIONAL_READ_ONLY.includes(field)),
  )
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
  terms: WebhookTerms,
): Promise<z.output<typeof operationalWebhookView>> {
  const headers = scope === 'read' ? maskedHeaders(row) : (await openConfig(vault, row)).headers
  return {
    id: row.id,
    account_id: row.account_id,
    etag: tagOfWebhook(row, terms),
    url: row.url,
    events: row.triggers.filter((trigger): trigger is OperationalTrigger => isOperational(trigger)),
    headers,
    status: row.status,
    status_reason: row.status_reason,
    status_changed_at: rfc3339(row.status_changed_at),
    health: healths(row.id),
    warnings: operationalWarningsOf({ url: row.url, headers }, terms.allowPrivateTargets),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}
