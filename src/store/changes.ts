/** What is written for each change of a webhook: all of it on the condition that the account is as it was read. */
import { and, eq, isNull, type SQL } from 'drizzle-orm'
import type { WebhookRow } from '../contracts/configuration.ts'
import type { WebhookConfig, WebhookStatus } from '../contracts/webhook.ts'
import { newId, secureRandom } from '../lib/id.ts'
import { freshSecret } from '../lib/secret.ts'
import type { Env } from '../contracts/env.ts'
import { entriesIf, entryIf, RELAY, type AuditAction } from './audit.ts'
import { changeAccount, insertIf, type Reach, type Statement, type Write } from './change.ts'
import { configOf, masked, sealConfig, sealSecrets } from './sealing.ts'
import { webhook_versions, webhooks } from './tables.ts'
import type { Vault } from './vault.ts'
import { findWebhook } from './webhooks.ts'

/** A new webhook, ready to be written. */
export async function newWebhook(
  vault: Vault,
  accountId: string,
  kind: WebhookRow['kind'],
  config: WebhookConfig,
): Promise<WebhookRow> {
  const nowMs = Date.now()
  return {
    id: newId('wh', nowMs, secureRandom),
    account_id: accountId,
    kind,
    ...(await sealConfig(vault, config)),
    version: 1,
    status: 'active',
    status_reason: null,
    status_changed_at: nowMs,
    discards: 0,
    secrets: await sealSecrets(vault, { current: freshSecret(), previous: [] }),
    created_at: nowMs,
    updated_at: nowMs,
  }
}

/** @param config what `row` holds, in clear */
export function creation(write: Write, actor: string, row: WebhookRow, config: WebhookConfig): Statement[] {
  const { db, asRead } = write
  return [
    entryIf(db, asRead, {
      actor,
      action: 'webhook.created',
      account_id: row.account_id,
      object_id: row.id,
      before: null,
      after: masked(config),
    }),
    insertIf(db, webhooks, row, asRead),
    versionInsert(write, row),
  ]
}

/**
 * Gives a webhook its next configuration, and keeps that as its next version.
 * @param current what `row` holds, in clear; `next` is in clear as well
 */
export async function reconfiguration(
  write: Write,
  vault: Vault,
  actor: string,
  row: WebhookRow,
  current: WebhookConfig,
  next: WebhookConfig,
): Promise<Statement[]> {
  const { db, asRead } = write
  const nowMs = Date.now()
  const sealed = configOf(await sealConfig(vault, next))
  const version = row.version + 1
  return [
    entryIf(db, asRead, {
      actor,
      action: 'webhook.updated',
      account_id: row.account_id,
      object_id: row.id,
      ...difference(current, next),
    }),
    retirement(write, eq(webhook_versions.webhook_id, row.id), nowMs),
    versionInsert(write, { ...row, ...sealed, version, created_at: nowMs }),
    db
      .update(webhooks)
      .set({ ...sealed, version, updated_at: nowMs })
      .where(and(eq(webhooks.id, row.id), asRead)),
  ]
}

const ACTIONS = {
  active: 'webhook.enabled',
  paused: 'webhook.paused',
  disabled: 'webhook.disabled',
} as const satisfies Record<WebhookStatus, AuditAction>

/**
 * Changes a webhook's status; nothing if it has that status.
 * @param reason why, if the relay does it by itself
 */
export function statusChange(
  { db, asRead }: Write,
  actor: string,
  row: WebhookRow,
  status: WebhookStatus,
  reason: string | null,
): Statement[] {
  if (row.status === status) return []
  return [
    entryIf(db, asRead, {
      actor,
      action: ACTIONS[status],
      account_id: row.account_id,
      object_id: row.id,
      before: { status: row.status, status_reason: row.status_reason },
      after: { status, status_reason: reason },
    }),
    db
      .update(webhooks)
      .set({
        status,
        status_reason: reason,
        status_changed_at: Date.now(),
        discards: row.discards + (status === 'disabled' ? 1 : 0),
      })
      .where(and(eq(webhooks.id, row.id), asRead)),
  ]
}

/** `was_made`: the relay has disabled it for that reason before. `not_made`: somebody knows better, or it is gone. */
export type DisableAnswer = 'made' | 'was_made' | 'not_made'

/**
 * Disables a webhook on the relay's own account, in the three steps of any change: its receiver has answered 410, or
 * is lost. Nothing is done if it is disabled or gone, or if its status was changed meanwhile: whoever did knows better.
 * @param reason what the customer is told
 * @param unchangedSinceMs when the attempt started (ms since epoch) that led to this; null: it has to be active
 * @param reach how the account's shards are reached; the shard that asks may stand for itself
 * @throws Error if it is not known; it may be asked for again
 */
export async function disableByRelay(
  env: Env,
  {
    webhookId,
    reason,
    unchangedSinceMs,
    reach,
  }: { webhookId: string; reason: string; unchangedSinceMs: number | null; reach: Reach },
): Promise<DisableAnswer> {
  const found = await findWebhook(env, webhookId)
  if (found === undefined) return 'not_made'
  // By hand there is no reason.
  if (found.status === 'disabled') return found.status_reason === reason ? 'was_made' : 'not_made'
  const changed = await changeAccount(env, found.account_id, reach, async (write) => {
    const row = await findWebhook(env, webhookId)
    if (row === undefined || row.status === 'disabled') return null
    if (unchangedSinceMs === null ? row.status !== 'active' : row.status_changed_at >= unchangedSinceMs)
      return null
    return { statements: statusChange(write, RELAY, row, 'disabled', reason), value: null }
  })
  switch (changed.kind) {
    case 'made':
      return 'made'
    case 'not_needed':
    case 'no_account':
      return 'not_made'
    case 'unavailable':
      // The shards that were not reached ask for it by themselves.
      if (changed.isWritten === true) return 'made'
      throw new Error('the webhook could not be disabled: D1 or a shard did not answer')
    case 'conflict':
      throw new Error('the webhook could not be disabled: its account is being changed by others')
  }
}

/**
 * Gives a webhook other secrets.
 * @param row as it is to be
 * @param before and `after`: what the audit log says of them
 */
export function secretChange(
  { db, asRead }: Write,
  actor: string,
  { id, account_id, secrets, updated_at }: WebhookRow,
  { before, after }: { before: object; after: object },
): Statement[] {
  return [
    entryIf(db, asRead, { actor, action: 'secret.rotated', account_id, object_id: id, before, after }),
    db
      .update(webhooks)
      .set({ secrets, updated_at })
      .where(and(eq(webhooks.id, id), asRead)),
  ]
}

/** Deletes a webhook. Its configurations stay for its log, until its shards forget that. */
export function removal(write: Write, actor: string, row: WebhookRow): Statement[] {
  const { db, asRead } = write
  return [
    entryIf(db, asRead, removalEntry(actor, row)),
    retirement(write, eq(webhook_versions.webhook_id, row.id), Date.now()),
    db.delete(webhooks).where(and(eq(webhooks.id, row.id), asRead)),
  ]
}

/** Deletes all webhooks of the account, as `removal` does. */
export function removalOfAll(write: Write, actor: string, rows: readonly WebhookRow[]): Statement[] {
  const { db, accountId, asRead } = write
  const nowMs = Date.now()
  return [
    ...entriesIf(
      db,
      asRead,
      rows.map((row) => removalEntry(actor, row)),
    ),
    retirement(write, eq(webhook_versions.account_id, accountId), nowMs),
    db.delete(webhooks).where(and(eq(webhooks.account_id, accountId), asRead)),
  ]
}

function removalEntry(actor: string, row: WebhookRow) {
  const before = masked(configOf(row))
  return {
    actor,
    action: 'webhook.deleted',
    account_id: row.account_id,
    object_id: row.id,
    before,
    after: null,
  } as const
}

/** Notes that configurations are in use no more. */
function retirement({ db, asRead }: Write, ofWhich: SQL, nowMs: number): Statement {
  return db
    .update(webhook_versions)
    .set({ replaced_at: nowMs })
    .where(and(ofWhich, isNull(webhook_versions.replaced_at), asRead))
}

/** Keeps the configuration of a row as one of the webhook's versions. */
function versionInsert({ db, asRead }: Write, row: WebhookRow): Statement {
  const { id: webhook_id, account_id, version, created_at } = row
  const kept = { webhook_id, account_id, version, config: configOf(row), created_at, replaced_at: null }
  return insertIf(db, webhook_versions, kept, asRead)
}

/** The fields that differ, as they were and as they will be. That a header value differs shows; its values do not. */
function difference(current: WebhookConfig, next: WebhookConfig) {
  const fields = Object.keys(next) as (keyof WebhookConfig)[] // safe: a WebhookConfig has no other keys
  const changed = fields.filter((field) => JSON.stringify(current[field]) !== JSON.stringify(next[field]))
  const only = (config: WebhookConfig) => Object.fromEntries(changed.map((field) => [field, config[field]]))
  return { before: only(masked(current)), after: only(masked(next)) }
}
