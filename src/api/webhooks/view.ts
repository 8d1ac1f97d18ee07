import * as z from 'zod'
import { isTriggerSlug, triggerOf } from '../../catalogue/triggers.ts'
import type { WebhookRow } from '../../contracts/configuration.ts'
import type { Scope } from '../../contracts/principal.ts'
import { WEBHOOK_HEALTHS, WEBHOOK_STATUSES, type Pair } from '../../contracts/webhook.ts'
import { rfc3339 } from '../../lib/time.ts'
import { configOf, maskedHeaders, openConfig } from '../../store/sealing.ts'
import type { Vault } from '../../store/vault.ts'
import type { Healths } from './health.ts'
import { webhookFields } from './schema.ts'

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
export function viewOfWebhook(
  row: WebhookRow,
  headers: Pair[],
  healths: Healths,
): z.output<typeof webhookView> {
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
    health: healths(row.id),
    warnings: triggers.flatMap((slug, index) =>
      triggerOf(slug).deprecated ? [{ path: `triggers.${index}`, message: `${slug} is deprecated` }] : [],
    ),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}

/** The webhook by itself, for a reader: header values in clear unless the key may only read. */
export async function viewFor(
  scope: Scope,
  row: WebhookRow,
  vault: Vault,
  healths: Healths,
): Promise<z.output<typeof webhookView>> {
  const headers = scope === 'read' ? maskedHeaders(row) : (await openConfig(vault, row)).headers
  return viewOfWebhook(row, headers, healths)
}
