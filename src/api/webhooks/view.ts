import * as z from 'zod'
import { isTriggerSlug, triggerOf } from '../../catalogue/triggers.ts'
import type { Scope } from '../../contracts/principal.ts'
import { rfc3339 } from '../../lib/time.ts'
import type { WebhookRow } from '../../config/snapshot.ts'
import type { Secrets } from '../../contracts/webhook.ts'
import type { Vault } from '../../store/vault.ts'
import {
  MASK,
  WEBHOOK_HEALTHS,
  WEBHOOK_STATUSES,
  type Pair,
  type WebhookConfig,
} from '../../contracts/webhook.ts'
import { webhookFields } from './schema.ts'

/** A configuration as it is stored: each header value sealed. */
export async function sealConfig(vault: Vault, config: WebhookConfig): Promise<WebhookConfig> {
  return { ...config, headers: await mapValues(config.headers, (value) => vault.seal(value)) }
}

/** A stored configuration in clear, from a webhook's row or from one of its versions. */
export async function openConfig(vault: Vault, stored: WebhookConfig): Promise<WebhookConfig> {
  const config = configOf(stored)
  return { ...config, headers: await mapValues(config.headers, (value) => vault.open(value)) }
}

export async function sealSecrets(vault: Vault, secrets: Secrets): Promise<string> {
  return vault.seal(JSON.stringify(secrets))
}

const secretsSchema = z.object({
  current: z.string(),
  previous: z.array(z.object({ secret: z.string(), expires_at: z.number() })),
})

/** The webhook's signing secrets, without those that have expired by `nowMs`. */
export async function openSecrets(
  vault: Vault,
  row: Pick<WebhookRow, 'secrets'>,
  nowMs: number,
): Promise<Secrets> {
  const secrets = secretsSchema.parse(JSON.parse(await vault.open(row.secrets)))
  return { ...secrets, previous: secrets.previous.filter((each) => each.expires_at > nowMs) }
}

/** The secrets that sign a request, newest first. */
export function signingSecrets(secrets: Secrets): string[] {
  return [secrets.current, ...secrets.previous.map((each) => each.secret)]
}

/** The configuration's fields alone, out of a row that holds more. */
export function configOf(row: WebhookConfig): WebhookConfig {
  return {
    name: row.name,
    description: row.description,
    triggers: row.triggers,
    url: row.url,
    method: row.method,
    content_type: row.content_type,
    call_type: row.call_type,
    outbound_types: row.outbound_types,
    numbers: row.numbers,
    date_time_format: row.date_time_format,
    time_zone: row.time_zone,
    headers: row.headers,
    parameters: row.parameters,
    body: row.body,
    value_types: row.value_types,
    nested_form: row.nested_form,
    ordering: row.ordering,
    rate_limit: row.rate_limit,
    max_age_seconds: row.max_age_seconds,
  }
}

/** A webhook for calls, as the API answers with it. */
export const webhookView = z
  .object({
    id: z.string(),
    account_id: z.string(),
    ...webhookFields,
    status: z.enum(WEBHOOK_STATUSES),
    status_reason: z.string().nullable().describe('Why the relay changed the status by itself, if it did.'),
    status_changed_at: z.iso.datetime(),
    destination: z
      .array(z.string())
      .describe('Where the calls come in or go out: its numbers and outbound types. Empty is everywhere.'),
    health: z.enum(WEBHOOK_HEALTHS),
    warnings: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .describe('What is accepted but better changed, such as a deprecated trigger.'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' })

/** `headers`: in clear or masked, as the reader may see them. */
export function viewOfWebhook(row: WebhookRow, headers: Pair[]): z.output<typeof webhookView> {
  const triggers = row.triggers.filter(isTriggerSlug)
  return {
    id: row.id,
    account_id: row.account_id,
    ...configOf(row),
    triggers,
    headers,
    status: row.status,
    status_reason: row.status_reason,
    status_changed_at: rfc3339(row.status_changed_at),
    destination: [
      ...(row.call_type === 'outbound' ? [] : row.numbers),
      ...(row.call_type === 'inbound' ? [] : row.outbound_types),
    ],
    health: 'healthy',
    warnings: triggers.flatMap((slug, index) =>
      triggerOf(slug).deprecated ? [{ path: `triggers.${index}`, message: `${slug} is deprecated` }] : [],
    ),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}

/** A configuration as it may be shown to anyone: each header value masked. */
export function masked(config: WebhookConfig): WebhookConfig {
  return { ...config, headers: maskedHeaders(config) }
}

export function maskedHeaders(row: Pick<WebhookRow, 'headers'>): Pair[] {
  return row.headers.map(({ key }) => ({ key, value: MASK }))
}

/** The webhook by itself, for a reader: header values in clear unless the key may only read. */
export async function viewFor(
  scope: Scope,
  row: WebhookRow,
  vault: Vault,
): Promise<z.output<typeof webhookView>> {
  const headers = scope === 'read' ? maskedHeaders(row) : (await openConfig(vault, row)).headers
  return viewOfWebhook(row, headers)
}

function mapValues(pairs: readonly Pair[], map: (value: string) => Promise<string>): Promise<Pair[]> {
  return Promise.all(pairs.map(async ({ key, value }) => ({ key, value: await map(value) })))
}
