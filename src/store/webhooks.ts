import { and, desc, eq, lt, sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { DEFAULT_COUNTRY, type WebhookRow } from '../contracts/configuration.ts'
import type { Env } from '../contracts/env.ts'
import { settingsOf } from '../lib/settings.ts'
import { accounts, numbers, webhook_versions, webhooks } from './tables.ts'
import { vaultOf, type Vault } from './vault.ts'

export function vaultFor(env: Env): Promise<Vault> {
  return vaultOf(settingsOf(env).encryptionKeys)
}

/** The account's My Numbers, and the country (ISO 3166) that says how they are read; none if there is no such account. */
export async function ownNumbers(
  env: Env,
  accountId: string,
): Promise<{ numbers: string[]; country: string }> {
  const db = drizzle(env.DB)
  const [rows, [account]] = await db.batch([
    db.select({ number: numbers.number }).from(numbers).where(eq(numbers.account_id, accountId)),
    db.select({ country: accounts.country }).from(accounts).where(eq(accounts.id, accountId)),
  ])
  return { numbers: rows.map((row) => row.number), country: account?.country ?? DEFAULT_COUNTRY }
}

/** A webhook of either kind. */
export async function findWebhook(env: Env, id: string): Promise<WebhookRow | undefined> {
  const rows = await drizzle(env.DB).select().from(webhooks).where(eq(webhooks.id, id))
  return rows[0]
}

/** Of these ids, those of webhooks of the account, of either kind. */
export async function webhooksOf(env: Env, accountId: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await drizzle(env.DB)
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(
      and(
        eq(webhooks.account_id, accountId),
        sql`${webhooks.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    )
  return new Set(rows.map(({ id }) => id))
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

/** How each of the account's webhooks for calls is called and stands, newest first. */
export async function webhookStatuses(
  env: Env,
  accountId: string,
): Promise<Pick<WebhookRow, 'id' | 'name' | 'status'>[]> {
  const { id, name, status } = webhooks
  return drizzle(env.DB)
    .select({ id, name, status })
    .from(webhooks)
    .where(and(eq(webhooks.account_id, accountId), eq(webhooks.kind, 'call')))
    .orderBy(desc(id))
}

/** What the webhooks of these ids are called, and whether they keep the order of a call; those that are gone are not there. */
export async function webhookNames(
  env: Env,
  accountId: string,
  ids: readonly string[],
): Promise<Pick<WebhookRow, 'id' | 'name' | 'ordering'>[]> {
  const { id, name, ordering } = webhooks
  return drizzle(env.DB)
    .select({ id, name, ordering })
    .from(webhooks)
    .where(
      and(
        eq(webhooks.account_id, accountId),
        sql`${id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    )
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
  if (status !== undefined) conditions.push(eq(webhooks.status, status))
  if (call_type !== undefined) conditions.push(eq(webhooks.call_type, call_type))
  if (trigger !== undefined) {
    conditions.push(sql`EXISTS (SELECT 1 FROM json_each(${webhooks.triggers}) WHERE value = ${trigger})`)
  }
  const page = (below: string | null, most: number) =>
    drizzle(env.DB)
      .select()
      .from(webhooks)
      .where(and(...conditions, below === null ? undefined : lt(webhooks.id, below)))
      .orderBy(desc(webhooks.id))
      .limit(most)
  if (q === undefined) return page(after, limit)
  // D1's own `lower` knows the letters of ASCII alone.
  const wanted = folded(q)
  const found: WebhookRow[] = []
  let below = after
  for (;;) {
    const rows = await page(below, SEARCHED_AT_ONCE)
    found.push(
      ...rows.filter((row) => folded(`${row.name}\n${row.description}\n${row.url}`).includes(wanted)),
    )
    below = rows.at(-1)?.id ?? null
    if (found.length >= limit || rows.length < SEARCHED_AT_ONCE) return found.slice(0, limit)
  }
}

/** Rows that a search looks at before it asks for more. */
const SEARCHED_AT_ONCE = 500

/** Text without its case. In capitals `ß` is `SS`, and both sigmas are one; there are small letters that no capital has. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().toUpperCase()
}
