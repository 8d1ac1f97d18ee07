import { and, desc, eq, lt, sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { WebhookRow } from '../contracts/configuration.ts'
import type { Env } from '../contracts/env.ts'
import { settingsOf } from '../lib/settings.ts'
import { numbers, webhook_versions, webhooks } from './tables.ts'
import { vaultOf, type Vault } from './vault.ts'

export function vaultFor(env: Env): Promise<Vault> {
  return vaultOf(settingsOf(env).encryptionKeys)
}

/** The account's My Numbers. */
export async function ownNumbers(env: Env, accountId: string): Promise<string[]> {
  const rows = await drizzle(env.DB)
    .select({ number: numbers.number })
    .from(numbers)
    .where(eq(numbers.account_id, accountId))
  return rows.map((row) => row.number)
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

/** Whose webhook it is or, if it was deleted and its log is still there, was; null if nobody's. */
export async function accountOfWebhook(env: Env, webhookId: string): Promise<string | null> {
  const db = drizzle(env.DB)
  const [present, past] = await db.batch([
    db.select({ id: webhooks.account_id }).from(webhooks).where(eq(webhooks.id, webhookId)),
    db
      .select({ id: webhook_versions.account_id })
      .from(webhook_versions)
      .where(eq(webhook_versions.webhook_id, webhookId))
      .limit(1),
  ])
  return (present[0] ?? past[0])?.id ?? null
}

export interface WebhookFilters {
  status?: WebhookRow['status'] | undefined
  trigger?: string | undefined
  call_type?: WebhookRow['call_type'] | undefined
  q?: string | undefined
}

/** Webhooks whose texts are read at a time, to be searched. */
const SEARCHED_AT_ONCE = 250

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
    const ids = JSON.stringify(await search(env, q, conditions, limit))
    conditions.push(sql`${webhooks.id} IN (SELECT value FROM json_each(${ids}))`)
  }
  return drizzle(env.DB)
    .select()
    .from(webhooks)
    .where(and(...conditions))
    .orderBy(desc(webhooks.id))
    .limit(limit)
}

/** The ids of the first webhooks with a text in them, newest first. SQLite knows the cases of ASCII alone. */
async function search(env: Env, q: string, conditions: readonly SQL[], limit: number): Promise<string[]> {
  const wanted = withoutCase(q)
  const found: string[] = []
  for (let below: SQL | undefined; ;) {
    const rows = await drizzle(env.DB)
      .select({
        id: webhooks.id,
        name: webhooks.name,
        description: webhooks.description,
        url: webhooks.url,
      })
      .from(webhooks)
      .where(and(...conditions, below))
      .orderBy(desc(webhooks.id))
      .limit(SEARCHED_AT_ONCE)
    for (const { id, name, description, url } of rows) {
      if (withoutCase(`${name}\n${description}\n${url}`).includes(wanted)) found.push(id)
      if (found.length === limit) return found
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < SEARCHED_AT_ONCE) return found
    below = lt(webhooks.id, last.id)
  }
}

/** The same for texts that differ in case alone. Upper case has one form of `σ` and `ς`, and writes `ß` as `SS`. */
function withoutCase(text: string): string {
  return text.normalize('NFC').toLowerCase().toUpperCase()
}
