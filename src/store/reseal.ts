import { and, asc, eq, gt, inArray, or, sql, type SQL, type SQLWrapper } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import type { Env } from '../contracts/env.ts'
import type { Pair } from '../contracts/webhook.ts'
import { entryIf, type Change } from './audit.ts'
import { changeAccount, type Reach, type Write } from './change.ts'
import { webhook_versions, webhooks } from './tables.ts'
import { VaultError, type Vault } from './vault.ts'
import { vaultFor } from './webhooks.ts'

/** Counts of sealed values: each header value is one, and the signing secrets of a webhook together are one. */
export interface Resealed {
  resealed: number
  /** What former keys have sealed, and a further call can take. */
  remaining: number
  /** What none of the keys opens: another key's, or damaged. It stays as it is. */
  unreadable: number
}

/** Rows of a table that are read at a time, and about as many as one call writes: it has to end soon. */
const ROWS = 100

/**
 * Seals anew with the current key what former keys have sealed, up to a bound. A row is written only if it is still
 * as it was read: a change in between wins, and a later call takes the row if it still has to be. The webhooks of an
 * account are one change of its configuration: its shards have them sealed as D1 has.
 * @param reachOf how the shards of an account are reached
 * @returns `unavailable` if D1 or a shard did not answer; a further call goes on from there
 */
export async function reseal(
  env: Env,
  actor: string,
  reachOf: (accountId: string) => Reach,
): Promise<Resealed | 'unavailable'> {
  const vault = await vaultFor(env)
  const db = drizzle(env.DB)
  const ofWebhooks = await webhookWrites(db, vault)
  const ofVersions = await versionWrites(db, vault)
  let resealed = 0
  // The call is in the log once, with the first that it writes.
  let entry: Change | null = {
    actor,
    action: 'encryption.resealed',
    account_id: null,
    object_id: vault.keyId,
    before: null,
    after: null,
  }
  for (const [accountId, writes] of Map.groupBy(ofWebhooks.filter(isWritten), (each) => each.account_id)) {
    const entered: Change | null = entry
    const changed = await changeAccount(env, accountId, reachOf(accountId), async (write) => {
      const statements = writes.map((each) => updateWebhook(write, each))
      return {
        statements: entered === null ? statements : [...statements, entryIf(db, write.asRead, entered)],
        value: null,
      }
    })
    if (changed.kind === 'unavailable') return 'unavailable'
    // Whose account is gone, or is being changed all the while, is left to a later call.
    if (changed.kind !== 'made') continue
    resealed += valuesWritten(writes, changed.results)
    entry = null
  }
  const versions = ofVersions.filter(isWritten)
  if (versions.length > 0) {
    const statements = versions.map((each) => updateVersion(db, each))
    const [first, ...rest] = entry === null ? statements : [...statements, entryIf(db, sql`TRUE`, entry)]
    if (first !== undefined) resealed += valuesWritten(versions, await db.batch([first, ...rest]))
  }
  const damaged = sum([...ofWebhooks, ...ofVersions].map((each) => each.damaged))
  const { former, unknown } = await count(db, vault)
  return {
    resealed,
    // What is damaged looks like anything else until it is opened, so it is in the count.
    remaining: Math.max(0, former - damaged),
    unreadable: unknown + damaged,
  }
}

/** A row as it is to be written. */
interface RowWrite {
  /** Values of the row that are sealed anew, and those that do not open though a key of the vault's sealed them. */
  values: number
  damaged: number
}
interface WebhookWrite extends RowWrite {
  id: string
  account_id: string
  read: { secrets: string; headers: string }
  secrets: string
  headers: string
}
interface VersionWrite extends RowWrite {
  webhook_id: string
  version: number
  read: string
  headers: string
}

function isWritten(write: RowWrite): boolean {
  return write.values > 0
}

/** @param results of the writes, in their order: each has a row if the row was as it had been read */
function valuesWritten(writes: readonly RowWrite[], results: readonly unknown[]): number {
  return sum(
    writes.map(({ values }, index) => {
      const rows = results[index]
      return Array.isArray(rows) && rows.length > 0 ? values : 0
    }),
  )
}

async function webhookWrites(db: DrizzleD1Database, vault: Vault): Promise<WebhookWrite[]> {
  const { id, account_id } = webhooks
  const columns = { id, account_id, secrets: webhooks.secrets, headers: text(webhooks.headers) }
  const isFormer = or(
    sealedByFormer(vault, webhooks.secrets),
    anyHeaderByFormer(vault, sql`json_each(${webhooks.headers})`),
  )
  return collect(
    (after: { id: string } | null) =>
      db
        .select(columns)
        .from(webhooks)
        .where(and(isFormer, after === null ? undefined : gt(id, after.id)))
        .orderBy(asc(id))
        .limit(ROWS),
    async (row) => {
      const anew = new Anew(vault)
      const secrets = await anew.value(row.secrets)
      const headers = await anew.headers(row.headers)
      return { ...row, read: row, secrets, headers, values: anew.values, damaged: anew.damaged }
    },
  )
}

function updateWebhook({ db, asRead }: Write, { id, read, secrets, headers }: WebhookWrite) {
  const isAsRead = and(
    eq(webhooks.id, id),
    eq(webhooks.secrets, read.secrets),
    sql`${webhooks.headers} = ${read.headers}`,
    asRead,
  )
  return db
    .update(webhooks)
    .set({ secrets, headers: sql`${headers}` })
    .where(isAsRead)
    .returning({ done: sql<number>`1` })
}

async function versionWrites(db: DrizzleD1Database, vault: Vault): Promise<VersionWrite[]> {
  const { webhook_id, version, config } = webhook_versions
  const columns = { webhook_id, version, headers: sql<string>`${config} -> '$.headers'` }
  const isFormer = anyHeaderByFormer(vault, sql`json_each(${config}, '$.headers')`)
  return collect(
    (after: { webhook_id: string; version: number } | null) =>
      db
        .select(columns)
        .from(webhook_versions)
        .where(
          and(
            isFormer,
            after === null
              ? undefined
              : sql`(${webhook_id}, ${version}) > (${after.webhook_id}, ${after.version})`,
          ),
        )
        .orderBy(asc(webhook_id), asc(version))
        .limit(ROWS),
    async (row) => {
      const anew = new Anew(vault)
      const headers = await anew.headers(row.headers)
      return { ...row, read: row.headers, headers, values: anew.values, damaged: anew.damaged }
    },
  )
}

function updateVersion(db: DrizzleD1Database, { webhook_id, version, read, headers }: VersionWrite) {
  const { config } = webhook_versions
  const asRead = and(
    eq(webhook_versions.webhook_id, webhook_id),
    eq(webhook_versions.version, version),
    sql`${config} -> '$.headers' = ${read}`,
  )
  return db
    .update(webhook_versions)
    .set({ config: sql`json_set(${config}, '$.headers', json(${headers}))` })
    .where(asRead)
    .returning({ done: sql<number>`1` })
}

/** Goes through the rows until enough of them can be written. Those of which no value opens are passed over. */
async function collect<Row, W extends RowWrite>(
  page: (after: Row | null) => Promise<Row[]>,
  toWrite: (row: Row) => Promise<W>,
): Promise<W[]> {
  const writes: W[] = []
  let after: Row | null = null
  while (writes.filter(isWritten).length < ROWS) {
    const rows: Row[] = await page(after)
    writes.push(...(await Promise.all(rows.map(toWrite))))
    after = rows.at(-1) ?? null
    if (rows.length < ROWS) break
  }
  return writes
}

/** Seals the values of one row anew. */
class Anew {
  readonly #vault: Vault
  values = 0
  damaged = 0

  constructor(vault: Vault) {
    this.#vault = vault
  }

  /** A value that does not open, or is of no former key, comes back as it is. */
  async value(sealed: string): Promise<string> {
    if (!this.#vault.formerPrefixes.some((prefix) => sealed.startsWith(prefix))) return sealed
    try {
      const anew = await this.#vault.seal(await this.#vault.open(sealed))
      this.values += 1
      return anew
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      this.damaged += 1
      return sealed
    }
  }

  async headers(json: string): Promise<string> {
    const headers = JSON.parse(json) as Pair[] // safe: what the column holds
    const anew = await Promise.all(
      headers.map(async ({ key, value }) => ({ key, value: await this.value(value) })),
    )
    return JSON.stringify(anew)
  }
}

function prefixOf(vault: Vault, sealed: SQLWrapper): SQL<string> {
  return sql<string>`substr(${sealed}, 1, ${vault.prefix.length})`
}

function sealedByFormer(vault: Vault, sealed: SQLWrapper): SQL {
  return inArray(prefixOf(vault, sealed), [...vault.formerPrefixes])
}

function anyHeaderByFormer(vault: Vault, headers: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM ${headers} WHERE ${sealedByFormer(vault, sql`value ->> 'value'`)})`
}

/** The column as it is stored, for its JSON to be compared as text. */
function text(column: SQLWrapper): SQL<string> {
  return sql<string>`${column}`
}

async function count(db: DrizzleD1Database, vault: Vault): Promise<{ former: number; unknown: number }> {
  const prefix = sql<string>`prefix`
  const isFormer = inArray(prefix, [...vault.formerPrefixes])
  const isKnown = or(eq(prefix, vault.prefix), isFormer)
  const rows = await db.all<{ former: number; unknown: number }>(sql`
    SELECT count(*) FILTER (WHERE ${isFormer}) AS former, count(*) FILTER (WHERE NOT (${isKnown})) AS unknown
    FROM (
      SELECT ${prefixOf(vault, sql`secrets`)} AS prefix FROM webhooks
      UNION ALL SELECT ${prefixOf(vault, sql`value ->> 'value'`)} FROM webhooks, json_each(headers)
      UNION ALL SELECT ${prefixOf(vault, sql`value ->> 'value'`)} FROM webhook_versions, json_each(config, '$.headers')
    )`)
  return rows[0] ?? { former: 0, unknown: 0 }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
