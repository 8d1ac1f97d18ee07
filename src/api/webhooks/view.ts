import * as z from 'zod'
import { isTriggerSlug } from '../../catalogue/triggers.ts'
import type { WebhookRow } from '../../contracts/configuration.ts'
import type { Scope } from '../../contracts/principal.ts'
import { WEBHOOK_HEALTHS, WEBHOOK_STATUSES, type Pair } from '../../contracts/webhook.ts'
import { rfc3339 } from '../../lib/time.ts'
import type { OwnNumbers } from '../../order/own-numbers.ts'
import { configOf, maskedHeaders, openConfig } from '../../store/sealing.ts'
import type { Vault } from '../../store/vault.ts'
import { etagField, tagOf } from '../http/etag.ts'
import type { Healths } from './health.ts'
import { webhookFields } from './schema.ts'
import { warningsOf } from './warnings.ts'

/** What a webhook of an account is held against, apart from itself. */
export interface WebhookTerms {
  readonly allowPrivateTargets: boolean
  readonly ownNumbers: OwnNumbers
}

export const warnings = z
  .array(z.object({ path: z.string(), message: z.string() }))
  .describe('What is accepted but cannot act, or is better changed, such as a deprecated trigger.')

/** A webhook for calls, as the API answers with it. */
export const webhookView = z
  .object({
    id: z.string(),
    account_id: z.string(),
    etag: etagField,
    ...webhookFields,
    status: z.enum(WEBHOOK_STATUSES),
    status_reason: z.string().nullable().describe('Why the relay changed the status by itself, if it did.'),
    status_changed_at: z.iso.datetime(),
    destination: z
      .array(z.string())
      .describe('Where the calls come in or go out: its numbers and outbound types. Empty is everywhere.'),
    numbers_missing: z
      .array(z.string())
      .describe('Those of its numbers that are no longer among the My Numbers.'),
    health: z.enum(WEBHOOK_HEALTHS),
    warnings,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' })

/** The fields that only the relay says anything of. On input they are left out, so that a webhook may be sent back. */
export const READ_ONLY: readonly string[] = Object.keys(webhookView.shape).filter(
  (field) => !(field in webhookFields),
)

/**
 * The tag of a webhook of either kind: of all that its row has but sealed text, which may be sealed anew (another header
 * value is another `version`, another secret a later `updated_at`), and of which of its numbers are no longer there. So
 * whatever changes it changes the tag, and `health` does not; nor do warnings by themselves, which follow from the rest
 * and from the relay's own version and settings.
 */
export function tagOfWebhook(row: WebhookRow, terms: WebhookTerms): string {
  return tagWith(row, missingOf(row, terms))
}

function tagWith(row: WebhookRow, missing: readonly string[]): string {
  const { secrets: _sealed, ...facts } = row
  return tagOf([{ ...facts, headers: maskedHeaders(row) }, missing])
}

/** Those of its numbers that the account no longer has. */
export function missingOf({ numbers }: Pick<WebhookRow, 'numbers'>, { ownNumbers }: WebhookTerms): string[] {
  return numbers.filter((number) => !ownNumbers.has(number))
}

/** `headers`: in clear or masked, as the reader may see them. */
export function viewOfWebhook(
  row: WebhookRow,
  headers: Pair[],
  healths: Healths,
  terms: WebhookTerms,
): z.output<typeof webhookView> {
  const triggers = row.triggers.filter(isTriggerSlug)
  const config = { ...configOf(row), triggers, headers }
  const numbers_missing = missingOf(row, terms)
  return {
    id: row.id,
    account_id: row.account_id,
    etag: tagWith(row, numbers_missing),
    ...config,
    status: row.status,
    status_reason: row.status_reason,
    status_changed_at: rfc3339(row.status_changed_at),
    destination: [
      ...(row.call_type === 'outbound' ? [] : row.numbers),
      ...(row.call_type === 'inbound' ? [] : row.outbound_types),
    ],
    numbers_missing,
    health: healths(row.id),
    warnings: warningsOf(config, numbers_missing, terms.allowPrivateTargets),
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
  terms: WebhookTerms,
): Promise<z.output<typeof webhookView>> {
  const headers = scope === 'read' ? maskedHeaders(row) : (await openConfig(vault, row)).headers
  return viewOfWebhook(row, headers, healths, terms)
}
