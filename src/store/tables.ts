import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { LinkScope, Scope, SessionScope, SessionUser } from '../contracts/principal.ts'
import type { Pair, WebhookConfig, WebhookStatus } from '../contracts/webhook.ts'

/*
 * The control plane on D1. Names are those of the API; times are milliseconds since the epoch here and RFC 3339
 * there. Each index costs a row on every write of its columns, so there is one only where a query needs it.
 */

export const accounts = sqliteTable('accounts', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  webhooks_enabled: integer('webhooks_enabled', { mode: 'boolean' }).notNull().default(true),
  /** ISO 3166: how its numbers are read that have no country code. */
  country: text('country').notNull().default('IN'),
  /** Rises with each change of what the account's shards are handed (`AccountState`), or of My Numbers; a time, or later (ms). */
  config_version: integer('config_version').notNull(),
  /** Over how many objects its calls are spread. */
  shards: integer('shards').notNull().default(1),
  created_at: integer('created_at').notNull(),
  updated_at: integer('updated_at').notNull(),
})

export const keys = sqliteTable(
  'keys',
  {
    id: text('id').primaryKey(),
    /** Null: the key is of no account and reaches every one. */
    account_id: text('account_id').references(() => accounts.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    scope: text('scope').$type<Scope>().notNull(),
    /** SHA-256 of the key, which itself is nowhere. */
    hash: text('hash').notNull().unique(),
    /** The key's last four characters, for people to tell keys apart. */
    hint: text('hint').notNull(),
    created_at: integer('created_at').notNull(),
    /** From this moment (ms) the key is refused; null: never. */
    expires_at: integer('expires_at'),
    /** When it was last used (ms), to within an hour: to write it on each request would cost a row each. */
    last_used_at: integer('last_used_at'),
  },
  (table) => [index('keys_by_account').on(table.account_id, table.id)],
)

export const numbers = sqliteTable(
  'numbers',
  {
    account_id: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    number: text('number').notNull(),
    label: text('label').notNull().default(''),
    /** The number's digits alone, by which numbers are compared. */
    digits: text('digits').notNull(),
  },
  (table) => [primaryKey({ columns: [table.account_id, table.number] })],
)

export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text('id').primaryKey(),
    // No cascade: each webhook that goes has an entry in the audit log.
    account_id: text('account_id')
      .notNull()
      .references(() => accounts.id),
    /** `operational`: the account's one webhook for events about its other webhooks; in no list of webhooks. */
    kind: text('kind').$type<'call' | 'operational'>().notNull().default('call'),
    name: text('name').notNull(),
    description: text('description').notNull(),
    triggers: text('triggers', { mode: 'json' }).$type<WebhookConfig['triggers']>().notNull(),
    url: text('url').notNull(),
    method: text('method').$type<WebhookConfig['method']>().notNull(),
    content_type: text('content_type').$type<WebhookConfig['content_type']>().notNull(),
    call_type: text('call_type').$type<WebhookConfig['call_type']>().notNull(),
    outbound_types: text('outbound_types', { mode: 'json' })
      .$type<WebhookConfig['outbound_types']>()
      .notNull(),
    numbers: text('numbers', { mode: 'json' }).$type<string[]>().notNull(),
    date_time_format: text('date_time_format').$type<WebhookConfig['date_time_format']>().notNull(),
    time_zone: text('time_zone').notNull(),
    /** Each value sealed. */
    headers: text('headers', { mode: 'json' }).$type<Pair[]>().notNull(),
    parameters: text('parameters', { mode: 'json' }).$type<Pair[]>().notNull(),
    body: text('body').$type<WebhookConfig['body']>().notNull(),
    value_types: text('value_types').$type<WebhookConfig['value_types']>().notNull(),
    nested_form: text('nested_form').$type<WebhookConfig['nested_form']>().notNull(),
    ordering: text('ordering').$type<WebhookConfig['ordering']>().notNull(),
    rate_limit: real('rate_limit'),
    max_age_seconds: integer('max_age_seconds'),
    /** Which of the configurations in `webhook_versions` this is; from 1. */
    version: integer('version').notNull(),
    status: text('status').$type<WebhookStatus>().notNull().default('active'),
    status_reason: text('status_reason'),
    status_changed_at: integer('status_changed_at').notNull(),
    /** Rises with each disable. */
    discards: integer('discards').notNull().default(0),
    /** Sealed JSON of `Secrets`. */
    secrets: text('secrets').notNull(),
    created_at: integer('created_at').notNull(),
    updated_at: integer('updated_at').notNull(),
  },
  (table) => [
    // For what matching reads and for lists, newest first.
    index('webhooks_by_account').on(table.account_id, table.id),
    // An account has one operational webhook at most, whoever makes one at the same time. Other rows are not in it.
    uniqueIndex('webhooks_operational')
      .on(table.account_id)
      .where(sql`kind = 'operational'`),
  ],
)

/**
 * The configurations that a webhook has had, as long as an attempt in its log may be of them: so that a past attempt's
 * request can be rendered again as it was sent.
 */
export const webhook_versions = sqliteTable(
  'webhook_versions',
  {
    webhook_id: text('webhook_id').notNull(),
    /** Whose webhook it is: an attempt in the log outlives the webhook, and may outlive the account. */
    account_id: text('account_id').notNull(),
    version: integer('version').notNull(),
    /** The configuration, each header value sealed. */
    config: text('config', { mode: 'json' }).$type<WebhookConfig>().notNull(),
    /** From when on (ms) it was the configuration. */
    created_at: integer('created_at').notNull(),
    /** Since when (ms) it is not any more: it was replaced, or the webhook was deleted. Null: it is. */
    replaced_at: integer('replaced_at'),
  },
  (table) => [
    primaryKey({ columns: [table.webhook_id, table.version] }),
    // For what is to be forgotten. Those that are in use are not in it.
    index('webhook_versions_replaced')
      .on(table.account_id, table.replaced_at)
      .where(sql`replaced_at IS NOT NULL`),
  ],
)

/** Who changed what in the configuration. Secrets are masked before they come here. */
export const audit = sqliteTable(
  'audit',
  {
    /** `aud_` and a ULID, so it sorts by time. */
    id: text('id').primaryKey(),
    /** Whose configuration; null where it is nobody's, as with a key for every account. Outlives the account. */
    account_id: text('account_id'),
    /** The id of the key or session that asked, `admin` for the ADMIN_KEY setting, `relay` if the relay did it itself. */
    actor: text('actor').notNull(),
    /** What was done, as `webhook.updated`. */
    action: text('action').notNull(),
    /** The id of what was changed. */
    object_id: text('object_id').notNull(),
    before: text('before', { mode: 'json' }).$type<unknown>(),
    after: text('after', { mode: 'json' }).$type<unknown>(),
    created_at: integer('created_at').notNull(),
    /** The user of the session that asked, if its link named one. */
    actor_user: text('actor_user', { mode: 'json' }).$type<SessionUser>(),
  },
  (table) => [index('audit_by_account').on(table.account_id, table.id)],
)

/** What a session or a portal link hangs on: one of both is not null. */
const ofMaker = {
  /** The key that made it, and takes it along when it is deleted. Null: the ADMIN_KEY setting. */
  key_id: text('key_id').references(() => keys.id, { onDelete: 'cascade' }),
  /** Of what the ADMIN_KEY setting made: its mark (`adminMarks`), so that another ADMIN_KEY ends it. */
  admin_mark: text('admin_mark'),
}

/** Browser sessions. One that has ended has no row, or is past its time. */
export const sessions = sqliteTable(
  'sessions',
  {
    /** `ses_` and a ULID, so it sorts by time. */
    id: text('id').primaryKey(),
    /** SHA-256 of the token, which the browser alone has. */
    hash: text('hash').notNull().unique(),
    ...ofMaker,
    /** The link that it was opened with; null: a key. */
    link_id: text('link_id'),
    scope: text('scope').$type<SessionScope>().notNull(),
    /** Null: an admin's, of every account. */
    account_id: text('account_id').references(() => accounts.id, { onDelete: 'cascade' }),
    user: text('user', { mode: 'json' }).$type<SessionUser>(),
    /** The page that frames it; null: it is in no frame. */
    embed_origin: text('embed_origin'),
    created_at: integer('created_at').notNull(),
    /** When it is over (ms) if it is not used; an admin's moves with its use. */
    expires_at: integer('expires_at').notNull(),
    /** When it is over (ms) in any case. */
    ends_at: integer('ends_at').notNull(),
  },
  (table) => [index('sessions_by_account').on(table.account_id, table.id)],
)

/** Portal links that have not been opened: opening one deletes it. */
export const portal_links = sqliteTable('portal_links', {
  /** `lnk_` and a ULID, so it sorts by time. */
  id: text('id').primaryKey(),
  /** SHA-256 of the token, which the link alone has. */
  hash: text('hash').notNull().unique(),
  ...ofMaker,
  account_id: text('account_id')
    .notNull()
    .references(() => accounts.id, { onDelete: 'cascade' }),
  scope: text('scope').$type<LinkScope>().notNull(),
  /** How long (s) the session lasts that it opens. */
  session_seconds: integer('session_seconds').notNull(),
  user: text('user', { mode: 'json' }).$type<SessionUser>(),
  /** Where on the dashboard it leads. */
  path: text('path').notNull(),
  embed_origin: text('embed_origin'),
  created_at: integer('created_at').notNull(),
  expires_at: integer('expires_at').notNull(),
})

/**
 * Requests with an `Idempotency-Key`, for a day: so that one that comes again makes nothing again, and is answered as
 * the first was. No index but that of the key: rows are in the order in which they came (`rowid`), the oldest first.
 */
export const idempotent_requests = sqliteTable('idempotent_requests', {
  /** Hash of whose key it is, and of the key. */
  id: text('id').primaryKey(),
  /** Of the request that is making it; empty once that has failed, so that another may. */
  token: text('token').notNull(),
  /** Hash of the request, sealed: its body may hold secrets that are short enough to be guessed. */
  request: text('request').notNull(),
  /** `{status, body}`, sealed: it may hold a key or a secret. Null until there is one. */
  answer: text('answer'),
  /** When its token was given (ms). */
  claimed_at: integer('claimed_at').notNull(),
  created_at: integer('created_at').notNull(),
})
