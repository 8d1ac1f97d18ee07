import { and, desc, eq, lt, max, sql, type SQL } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import { entry, entryWhere, type Change } from './audit.ts'
import { newSecret } from '../delivery/sign.ts'
import { newId, secureRandom } from '../lib/id.ts'
import type { Env } from '../contracts/env.ts'
import { settingsOf } from '../lib/settings.ts'
import type { WebhookRow } from '../config/snapshot.ts'
import { numbers, webhook_versions, webhooks } from './tables.ts'
import { vaultOf, type Vault } from './vault.ts'
import { configOf, masked, sealConfig, sealSecrets } from '../api/webhooks/view.ts'
import type { WebhookTerms } from '../api/webhooks/check.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'

const SECRET_BYTES = 32

export function vaultFor(env: Env): Promise<Vault> {
  return vaultOf(settingsOf(env).encryptionKeys)
}

export function freshSecret(): string {
  return newSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
}

/** What a webhook of the account is checked against. */
export async function termsFor(env: Env, accountId: string): Promise<WebhookTerms> {
  const rows = await drizzle(env.DB)
    .select({ number: numbers.number })
    .from(numbers)
    .where(eq(numbers.account_id, accountId))
  return {
    allowPrivateTargets: settingsOf(env).allowPrivateTargets,
    ownNumbers: rows.map((row) => row.number),
  }
}

/** A webhook of either kind. */
export async function findWebhook(env: Env, id: string): Promise<WebhookRow | undefined> {
  const rows = await drizzle(env.DB).select().from(webhooks).where(eq(webhooks.id, id))
  return rows[0]
}

/** A webhook for calls; the account's operational one is not found by its id here. */
export async function findCallWebhook(env: Env, id: string): Promise<WebhookRow | undefined> {
  const row = await findWebhook(env, id)
  return row?.kind === 'call' ? row : undefined
}

export async function findOperationalWebhook(env: Env, accountId: string): Promise<WebhookRow | undefined> {
  const rows = await drizzle(env.DB)
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.account_id, accountId), eq(webhooks.kind, 'operational')))
  return rows[0]
}

async function newRow(
  env: Env,
  accountId: string,
  kind: WebhookRow['kind'],
  config: WebhookConfig,
): Promise<WebhookRow> {
  const vault = await vaultFor(env)
  const now = Date.now()
  return {
    id: newId('wh', now, secureRandom),
    account_id: accountId,
    kind,
    ...(await sealConfig(vault, config)),
    version: 1,
    status: 'active',
    status_reason: null,
    status_changed_at: now,
    health: 'healthy',
    discard_before: 0,
    secrets: await sealSecrets(vault, { current: freshSecret(), previous: [] }),
    created_at: now,
    updated_at: now,
  }
}

function creation(actor: string, row: WebhookRow, config: WebhookConfig): Change {
  const { account_id, id: object_id } = row
  return { actor, action: 'webhook.created', account_id, object_id, before: null, after: masked(config) }
}

export async function insertWebhook(
  env: Env,
  actor: string,
  accountId: string,
  config: WebhookConfig,
): Promise<WebhookRow> {
  const row = await newRow(env, accountId, 'call', config)
  const db = drizzle(env.DB)
  await db.batch([
    db.insert(webhooks).values(row),
    db.insert(webhook_versions).values({
      webhook_id: row.id,
      version: row.version,
      config: configOf(row),
      created_at: row.created_at,
    }),
    entry(db, creation(actor, row, config)),
  ])
  return row
}

/** Null where the account has an operational webhook: somebody else made one since it was looked for. */
export async function insertOperationalWebhook(
  env: Env,
  actor: string,
  accountId: string,
  config: WebhookConfig,
): Promise<WebhookRow | null> {
  const row = await newRow(env, accountId, 'operational', config)
  const db = drizzle(env.DB)
  const [inserted] = await db.batch([
    db.insert(webhooks).values(row).onConflictDoNothing().returning({ id: webhooks.id }),
    db.insert(webhook_versions).select(
      db
        .select({
          webhook_id: webhooks.id,
          version: webhooks.version,
          config: sql<WebhookConfig>`${JSON.stringify(configOf(row))}`.as('config'),
          created_at: webhooks.created_at,
        })
        .from(webhooks)
        .where(eq(webhooks.id, row.id)),
    ),
    // Behind the insert, unlike other entries: the row is there where it was made.
    entryWhere(db, webhooks, eq(webhooks.id, row.id), creation(actor, row, config)),
  ])
  return inserted.length === 0 ? null : row
}

/**
 * Gives the webhook its next configuration, and keeps that as its next version. Null where the row is no longer
 * at the version that was read: somebody else changed or deleted it, and nothing has been written.
 * @param current what `read` holds, in clear
 */
export async function updateConfig(
  env: Env,
  actor: string,
  read: WebhookRow,
  current: WebhookConfig,
  next: WebhookConfig,
): Promise<WebhookRow | null> {
  const sealed = configOf(await sealConfig(await vaultFor(env), next))
  const asRead = and(eq(webhooks.id, read.id), eq(webhooks.version, read.version))
  const nowMs = Date.now()
  const db = drizzle(env.DB)
  const [, , updated] = await db.batch([
    entryWhere(db, webhooks, asRead, {
      actor,
      action: 'webhook.updated',
      account_id: read.account_id,
      object_id: read.id,
      ...difference(current, next),
    }),
    db.insert(webhook_versions).select(
      db
        .select({
          webhook_id: webhooks.id,
          version: sql<number>`${webhooks.version} + 1`.as('version'),
          config: sql<WebhookConfig>`${JSON.stringify(sealed)}`.as('config'),
          created_at: sql<number>`${nowMs}`.as('created_at'),
        })
        .from(webhooks)
        .where(asRead),
    ),
    db
      .update(webhooks)
      .set({ ...sealed, version: read.version + 1, updated_at: nowMs })
      .where(asRead)
      .returning(),
  ])
  return updated[0] ?? null
}

/** Deletes all configurations of a webhook that has been deleted. */
export function deleteVersions(db: DrizzleD1Database, webhookId: string) {
  return db.delete(webhook_versions).where(eq(webhook_versions.webhook_id, webhookId))
}

/** Forgets the configurations of a webhook that had been replaced before `beforeMs`. */
export async function forgetVersions(env: Env, webhookId: string, beforeMs: number): Promise<void> {
  const { webhook_id, version, created_at } = webhook_versions
  const db = drizzle(env.DB)
  const current = db
    .select({ version: max(version) })
    .from(webhook_versions)
    .where(and(eq(webhook_id, webhookId), lt(created_at, beforeMs)))
  await db.delete(webhook_versions).where(and(eq(webhook_id, webhookId), lt(version, current)))
}

/** The fields that differ, as they were and as they will be. That a header value differs shows; its values do not. */
function difference(current: WebhookConfig, next: WebhookConfig) {
  const fields = Object.keys(next) as (keyof WebhookConfig)[] // safe: a WebhookConfig has no other keys
  const changed = fields.filter((field) => JSON.stringify(current[field]) !== JSON.stringify(next[field]))
  const only = (config: WebhookConfig) => Object.fromEntries(changed.map((field) => [field, config[field]]))
  return { before: only(masked(current)), after: only(masked(next)) }
}

export interface WebhookFilters {
  status?: WebhookRow['status'] | undefined
  trigger?: string | undefined
  call_type?: WebhookRow['call_type'] | undefined
  q?: string | undefined
}

/** The account's webhooks for calls, newest first, from below the id `after`. */
export async function listWebhooks(
  env: Env,
  accountId: string,
  filters: WebhookFilters,
  after: string | null,
  limit: number,
): Promise<WebhookRow[]> {
  const { status, trigger, call_type, q } = filters
  const conditions: SQL[] = [eq(webhooks.account_id, accountId), eq(webhooks.kind, 'call')]
  if (after !== null) conditions.push(lt(webhooks.id, after))
  if (status !== undefined) conditions.push(eq(webhooks.status, status))
  if (call_type !== undefined) conditions.push(eq(webhooks.call_type, call_type))
  if (trigger !== undefined) {
    conditions.push(sql`EXISTS (SELECT 1 FROM json_each(${webhooks.triggers}) WHERE value = ${trigger})`)
  }
  if (q !== undefined) {
    const text = sql`lower(${webhooks.name} || char(10) || ${webhooks.description} || char(10) || ${webhooks.url})`
    conditions.push(sql`instr(${text}, lower(${q})) > 0`)
  }
  return drizzle(env.DB)
    .select()
    .from(webhooks)
    .where(and(...conditions))
    .orderBy(desc(webhooks.id))
    .limit(limit)
}

/** Whose webhook it is; null if nobody's. */
export async function accountOfWebhook(env: Env, webhookId: string): Promise<string | null> {
  return (await findWebhook(env, webhookId))?.account_id ?? null
}
