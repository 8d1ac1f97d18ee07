/** What is on record of the configuration that an account has had: `webhook_versions`, and changes in the audit log. */
import { and, eq, gte, inArray, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { DEFAULT_COUNTRY } from '../contracts/configuration.ts'
import type { Env } from '../contracts/env.ts'
import type { AccountHistory, Asked, Since, WebhookHistory } from '../contracts/history.ts'
import { WEBHOOK_STATUSES, type WebhookStatus } from '../contracts/webhook.ts'
import { earliestId } from '../lib/id.ts'
import type { AuditAction } from './audit.ts'
import { accounts, audit, webhook_versions, webhooks } from './tables.ts'

const ACTIONS: readonly AuditAction[] = [
  'webhook.enabled',
  'webhook.paused',
  'webhook.disabled',
  'account.updated',
]

/**
 * Reads what held from a time on (ms since epoch) of the account and of those of its webhooks, deleted ones too, that
 * ask for one of the triggers or have done so since. Throws what D1 throws.
 */
export async function readHistory(
  env: Env,
  accountId: string,
  triggers: readonly string[],
  fromMs: number,
): Promise<AccountHistory> {
  const db = drizzle(env.DB)
  const { webhook_id, account_id, config, created_at, replaced_at } = webhook_versions
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(triggers)}))`
  const asks = (list: unknown) => sql`EXISTS (SELECT 1 FROM json_each(${list}) WHERE value IN ${wanted})`
  // The index of those that were replaced is by account and time.
  const replaced = and(eq(account_id, accountId), gte(replaced_at, fromMs))
  const askedBefore = db
    .select({ id: webhook_id })
    .from(webhook_versions)
    .where(and(replaced, asks(sql`${config} -> '$.triggers'`)))
  const present = db
    .select({
      id: webhooks.id,
      created_at: webhooks.created_at,
      // Named: a batch answers by name, and the webhook has one as well.
      since: sql<number>`${created_at}`.as('since'),
      status: webhooks.status,
      status_changed_at: webhooks.status_changed_at,
      triggers: webhooks.triggers,
      call_type: webhooks.call_type,
      numbers: webhooks.numbers,
      outbound_types: webhooks.outbound_types,
    })
    .from(webhooks)
    .innerJoin(
      webhook_versions,
      and(eq(webhook_id, webhooks.id), eq(webhook_versions.version, webhooks.version)),
    )
    .where(
      and(
        eq(webhooks.account_id, accountId),
        eq(webhooks.kind, 'call'),
        sql`(${asks(webhooks.triggers)} OR ${webhooks.id} IN ${askedBefore})`,
      ),
    )
  // Without the rest of the configuration, which may be large.
  const past = db
    .select({
      id: webhook_id,
      created_at,
      replaced_at,
      filter: sql<string>`json_object('triggers', ${config} -> '$.triggers', 'call_type', ${config} ->> '$.call_type',
        'numbers', ${config} -> '$.numbers', 'outbound_types', ${config} -> '$.outbound_types')`,
    })
    .from(webhook_versions)
    .where(replaced)
    .orderBy(webhook_versions.version)
  const changes = db
    .select({
      object_id: audit.object_id,
      atMs: audit.created_at,
      statusBefore: sql<string | null>`${audit.before} ->> '$.status'`,
      status: sql<string | null>`${audit.after} ->> '$.status'`,
      isOnBefore: sql<number | null>`${audit.before} ->> '$.webhooks_enabled'`,
      isOn: sql<number | null>`${audit.after} ->> '$.webhooks_enabled'`,
    })
    .from(audit)
    .where(
      and(
        eq(audit.account_id, accountId),
        gte(audit.id, earliestId('aud', fromMs)),
        inArray(audit.action, ACTIONS),
      ),
    )
    .orderBy(audit.id)
  const { webhooks_enabled, country } = accounts
  const own = db.select({ isOn: webhooks_enabled, country }).from(accounts).where(eq(accounts.id, accountId))
  const [presentRows, pastRows, changeRows, [account]] = await db.batch([present, past, changes, own])

  const changesOf = Map.groupBy(changeRows, ({ object_id }) => object_id)
  const versionsOf = Map.groupBy(pastRows, ({ id }) => id)
  const known = presentRows.map(({ id, since, status, status_changed_at, ...row }): WebhookHistory => {
    const { triggers: trigger, call_type, numbers, outbound_types } = row
    const now: Asked = { triggers: trigger, call_type, numbers, outbound_types }
    return {
      webhookId: id,
      createdMs: row.created_at,
      deletedMs: null,
      asked: [...askedOf(versionsOf.get(id)), { fromMs: since, value: now }],
      statuses: statusesOf(changesOf.get(id), { fromMs: status_changed_at, value: status }, fromMs),
    }
  })
  const ids = new Set(known.map(({ webhookId }) => webhookId))
  const gone = [...versionsOf].flatMap(([id, versions]): WebhookHistory[] => {
    const [first, last] = [versions[0], versions.at(-1)]
    if (ids.has(id) || first === undefined || last === undefined) return []
    return [
      {
        webhookId: id,
        // No more is known than since when it had the first of these configurations.
        createdMs: first.created_at,
        deletedMs: last.replaced_at,
        asked: askedOf(versions),
        statuses: statusesOf(changesOf.get(id), null, fromMs),
      },
    ]
  })
  return {
    switches: switchesOf(changesOf.get(accountId), account?.isOn ?? true),
    country: account?.country ?? DEFAULT_COUNTRY,
    webhooks: [...known, ...gone].sort((one, other) => (one.webhookId < other.webhookId ? -1 : 1)),
  }
}

/** A change as the audit log has it: of a webhook's status, or of the account's switch. */
interface ChangeRow {
  readonly atMs: number
  readonly statusBefore: string | null
  readonly status: string | null
  readonly isOnBefore: number | null
  readonly isOn: number | null
}

function askedOf(
  versions: readonly { created_at: number; filter: string }[] | undefined,
): WebhookHistory['asked'] {
  return (versions ?? []).map(({ created_at, filter }) => ({
    fromMs: created_at,
    value: JSON.parse(filter) as Asked, // safe: so the query makes it of a WebhookConfig
  }))
}

/** @param now as its row has it; null if it is gone */
function statusesOf(
  changes: readonly ChangeRow[] | undefined,
  now: Since<WebhookStatus> | null,
  fromMs: number,
): WebhookHistory['statuses'] {
  const [first] = changes ?? []
  if (changes !== undefined && first !== undefined) {
    const since = changes.map(({ atMs, status }) => ({ fromMs: atMs, value: statusOf(status) }))
    return [{ fromMs: 0, value: statusOf(first.statusBefore) }, ...since]
  }
  // It has not changed since, or the audit log does not go back as far.
  if (now !== null && now.fromMs < fromMs) return [{ fromMs: 0, value: now.value }]
  return [{ fromMs: 0, value: null }, ...(now === null ? [] : [now])]
}

function switchesOf(changes: readonly ChangeRow[] | undefined, isOn: boolean): AccountHistory['switches'] {
  const before = changes?.[0]?.isOnBefore ?? Number(isOn)
  const since = (changes ?? []).map((each) => ({ fromMs: each.atMs, value: each.isOn !== 0 }))
  return [{ fromMs: 0, value: before !== 0 }, ...since]
}

function statusOf(text: string | null): WebhookStatus | null {
  return WEBHOOK_STATUSES.find((each) => each === text) ?? null
}
