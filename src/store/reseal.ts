import { and, asc, eq, gt, inArray, or, sql, type SQL, type SQLWrapper } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import { entry } from './audit.ts'
import type { Env } from '../contracts/env.ts'
import { webhook_versions, webhooks } from './tables.ts'
import { VaultError, type Vault } from './vault.ts'
import { vaultFor } from './webhooks.ts'
import type { Pair } from '../contracts/webhook.ts'

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
 * Seals anew with the current key what former keys have sealed, up to a bound. A row is written only where it is
 * still as it was read: a change in between wins, and a later call takes the row if it still has to be.
 */
export async function reseal(env: Env, actor: string): Promise<Resealed> {
  const vault = await vaultFor(env)
  const db = drizzle(env.DB)
  const writes = [...(await webhookWrites(db, vault)), ...(await versionWrites(db, vault))]
  const made = writes.flatMap(({ values, statement }) => (statement === null ? [] : [{ values, statement }]))
  const done = made.length === 0 ? [] : await write(db, vault, actor, made)
  const damaged = sum(writes.map((each) => each.damaged))
  const { former, unknown } = await count(db, vault)
  return {
    resealed: sum(made.map((each, index) => (done[index] === true ? each.values : 0))),
    // What is damaged looks like anything else until it is opened, so it is in the count.
    remaining: Math.max(0, former - damaged),
    unreadable: unknown + damaged,
  }
}

/** Writes the rows and the entry of the log together. Says for each row whether it was as it had been read. */
async function write(
  db: DrizzleD1Database,
  vault: Vault,
  actor: string,
  writes: readonly { statement: Statement }[],
): Promise<boolean[]> {
  const [, ...done] = await db.batch([
    entry(db, {
      actor,
      action: 'encryption.resealed',
      account_id: null,
      object_id: vault.keyId,
      before: null,
      after: null,
    }),
    ...writes.map((each) => each.statement),
  ])
  return done.map((rows) => rows.length > 0)
}

interface RowWrite {
  /** Values of the row that are sealed anew, and those that do not open though a key of the vault's sealed them. */
  values: number
  damaged: number
  /** Null where no value could be opened. */
  statement: Statement | null
}
type Statement = ReturnType<typeof updateWebhook> | ReturnType<typeof updateVersion>

async function webhookWrites(db: DrizzleD1Database, vault: Vault): Promise<RowWrite[]> {
  const columns = { id: webhooks.id, secrets: webhooks.secrets, headers: text(webhooks.headers) }
  const isFormer = or(
    sealedByFormer(vault, webhooks.secrets),
    anyHeaderByFormer(vault, sql`json_each(${webhooks.headers})`),
  )
  return collect(
    (after: { id: string } | null) =>
      db
        .select(columns)
        .from(webhooks)
        .where(and(isFormer, after === null ? undefined : gt(webhooks.id, after.id)))
        .orderBy(asc(webhooks.id))
        .limit(ROWS),
    async (row) => {
      const anew = new Anew(vault)
      const secrets = await anew.value(row.secrets)
      const headers = await anew.headers(row.headers)
      return anew.writeOf(() => updateWebhook(db, row, secrets, headers))
    },
  )
}

function updateWebhook(
  db: DrizzleD1Database,
  read: { id: string; secrets: string; headers: string },
  secrets: string,
  headers: string,
) {
  const asRead = and(
    eq(webhooks.id, read.id),
    eq(webhooks.secrets, read.secrets),
    sql`${webhooks.headers} = ${read.headers}`,
  )
  return db
    .update(webhooks)
    .set({ secrets, headers: sql`${headers}` })
    .where(asRead)
    .returning({ done: sql<number>`1` })
}

async function versionWrites(db: DrizzleD1Database, vault: Vault): Promise<RowWrite[]> {
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
      return anew.writeOf(() => updateVersion(db, row, headers))
    },
  )
}

function updateVersion(
  db: DrizzleD1Database,
  read: { webhook_id: string; version: number; headers: string },
  headers: string,
) {
  const { webhook_id, version, config } = webhook_versions
  const asRead = and(
    eq(webhook_id, read.webhook_id),
    eq(version, read.version),
    sql`${config} -> '$.headers' = ${read.headers}`,
  )
  return db
    .update(webhook_versions)
    .set({ config: sql`json_set(${config}, '$.headers', json(${headers}))` })
    .where(asRead)
    .returning({ done: sql<number>`1` })
}

/** Goes through the rows until enough of them can be written. Those of which no value opens are passed over. */
async function collect<Row>(
  page: (after: Row | null) => Promise<Row[]>,
  toWrite: (row: Row) => Promise<RowWrite>,
): Promise<RowWrite[]> {
  const writes: RowWrite[] = []
  let after: Row | null = null
  while (writes.filter((each) => each.statement !== null).length < ROWS) {
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
  #values = 0
  #damaged = 0

  constructor(vault: Vault) {
    this.#vault = vault
  }

  /** A value that does not open, or is of no former key, comes back as it is. */
  async value(sealed: string): Promise<string> {
    if (!this.#vault.formerPrefixes.some((prefix) => sealed.startsWith(prefix))) return sealed
    try {
      const anew = await this.#vault.seal(await this.#vault.open(sealed))
      this.#values += 1
      return anew
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      this.#damaged += 1
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

  writeOf(statement: () => Statement): RowWrite {
    const isAny = this.#values > 0
    return { values: this.#values, damaged: this.#damaged, statement: isAny ? statement() : null }
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
