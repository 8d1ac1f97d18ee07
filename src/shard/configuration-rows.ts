/** The tables of a shard's configuration, and what is in them as memory has it. */
import { DEFAULT_COUNTRY, type WebhookRow } from '../contracts/configuration.ts'
import type { WebhookStatus } from '../contracts/webhook.ts'

/** How a webhook stands by its configuration; whether its breaker is open is the shard's to add. */
export interface ConfiguredStanding {
  readonly status: WebhookStatus | 'deleted'
  readonly ordering: WebhookRow['ordering']
  /** What came up to this event (its number in the shard) was discarded by a disable. */
  readonly discardUpToSeq: number
  readonly maxAgeMs: number | null
}

/** A change is coming: it is in the version after `version`, or was never made. */
export interface Mark {
  readonly version: number
  readonly atMs: number
}

/** A webhook as the shard has it. */
export interface Held {
  readonly row: WebhookRow
  readonly standing: ConfiguredStanding
}

/** All of it, never changed in place: so a transaction that is rolled back puts back the one before. */
export interface Known {
  readonly accountId: string
  readonly shard: number
  /** 0: no configuration yet, only the announcement of one. */
  readonly version: number
  readonly exists: boolean
  readonly shards: number
  readonly webhooksEnabled: boolean
  /** ISO 3166: how numbers are read that have no country code. */
  readonly country: string
  readonly mark: Mark | null
  readonly webhooks: ReadonlyMap<string, Held>
}

/** A row for the account, and one for each webhook: a change writes those that differ. */
export function createTables(sql: SqlStorage): void {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS account (
       one INTEGER PRIMARY KEY, account_id TEXT NOT NULL, shard INTEGER NOT NULL, version INTEGER NOT NULL,
       is_there INTEGER NOT NULL, shards INTEGER NOT NULL, webhooks_enabled INTEGER NOT NULL,
       marked_version INTEGER, marked_at INTEGER, country TEXT NOT NULL
     )`,
  )
  sql.exec(
    `CREATE TABLE IF NOT EXISTS webhook (id TEXT PRIMARY KEY, row TEXT NOT NULL, discard_seq INTEGER NOT NULL)
     WITHOUT ROWID`,
  )
}

/** Of an account of which nothing is known but its name. */
export function unknown(accountId: string, shard: number): Known {
  return {
    accountId,
    shard,
    version: 0,
    exists: true,
    shards: 1,
    webhooksEnabled: true,
    country: DEFAULT_COUNTRY,
    mark: null,
    webhooks: new Map(),
  }
}

/** @param discardUpToSeq what came up to this event (its number in the shard) was discarded by a disable */
export function heldOf(row: WebhookRow, discardUpToSeq: number): Held {
  const { status, ordering, max_age_seconds } = row
  const maxAgeMs = max_age_seconds === null ? null : max_age_seconds * 1000
  return { row, standing: { status, ordering, discardUpToSeq, maxAgeMs } }
}

/** What is stored; null if the shard was never told whose it is. */
export function load(sql: SqlStorage): Known | null {
  const [account] = sql
    .exec<{
      account_id: string
      shard: number
      version: number
      is_there: number
      shards: number
      webhooks_enabled: number
      marked_version: number | null
      marked_at: number | null
      country: string
    }>('SELECT * FROM account')
    .toArray()
  if (account === undefined) return null
  const webhooks = new Map<string, Held>()
  for (const each of sql.exec<{ id: string; row: string; discard_seq: number }>('SELECT * FROM webhook')) {
    // Safe: it is what `writeWebhook` wrote.
    webhooks.set(each.id, heldOf(JSON.parse(each.row) as WebhookRow, each.discard_seq))
  }
  const { marked_version, marked_at } = account
  const mark =
    marked_version === null || marked_at === null ? null : { version: marked_version, atMs: marked_at }
  return {
    accountId: account.account_id,
    shard: account.shard,
    version: account.version,
    exists: account.is_there === 1,
    shards: account.shards,
    webhooksEnabled: account.webhooks_enabled === 1,
    country: account.country,
    mark,
    webhooks,
  }
}

/** Whether two rows say the same. An account may have thousands, so most have to be told apart cheaply. */
export function isSame(a: WebhookRow, b: WebhookRow): boolean {
  const fields = Object.keys(b) as (keyof WebhookRow)[] // safe: a WebhookRow has no other keys
  if (Object.keys(a).length !== fields.length) return false
  return fields.every(
    (field) =>
      a[field] === b[field] ||
      (typeof b[field] === 'object' && JSON.stringify(a[field]) === JSON.stringify(b[field])),
  )
}

export function writeKnown(sql: SqlStorage, next: Known): void {
  sql.exec(
    'INSERT OR REPLACE INTO account VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    next.accountId,
    next.shard,
    next.version,
    Number(next.exists),
    next.shards,
    Number(next.webhooksEnabled),
    next.mark?.version ?? null,
    next.mark?.atMs ?? null,
    next.country,
  )
}

export function writeWebhook(sql: SqlStorage, row: WebhookRow, discardSeq: number): void {
  sql.exec(
    'INSERT OR REPLACE INTO webhook (id, row, discard_seq) VALUES (?, ?, ?)',
    row.id,
    JSON.stringify(row),
    discardSeq,
  )
}

export function deleteWebhook(sql: SqlStorage, id: string): void {
  sql.exec('DELETE FROM webhook WHERE id = ?', id)
}
