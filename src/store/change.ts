/**
 * Changes of an account's configuration (`AccountState`), each in three steps:
 *
 * 1. Each of the account's shards is told that a change is coming, and marks that durably. Attempts go on.
 * 2. D1 is written, if the account is still at the version that was read, and the version moves on with it.
 * 3. Each shard is handed the new state. Once all have answered, no attempt starts that it forbids.
 *
 * A shard that is marked and is not handed the state asks D1 for it, so a change that breaks off after any step ends
 * up as D1 has it, in every shard. All three are made even if nothing seems to change: what is already in D1 may not
 * have reached a shard, and the answer says that it has.
 */
import { and, eq, getTableColumns, sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { DEFAULT_COUNTRY, type AccountState } from '../contracts/configuration.ts'
import type { Env } from '../contracts/env.ts'
import type { ShardApi } from '../contracts/shard.ts'
import { report } from '../lib/failure.ts'
import { CHANGE_AT, meter } from '../metrics/meter.ts'
import { readHead, stateOf, stateQueries, type AccountHead } from './accounts.ts'
import { accounts } from './tables.ts'
import { inTurn } from './turns.ts'

/** How the shards of the account are reached. An object that makes a change is itself one of them. */
export type Reach = (shard: number) => Pick<ShardApi, 'announce' | 'configure'>

/** What a change is written with. */
export interface Write {
  readonly db: DrizzleD1Database
  readonly accountId: string
  /** A condition for every statement: the account is as it was read. */
  readonly asRead: SQL
}

export type Statement = BatchItem<'sqlite'>

export interface Plan<T> {
  /** What the change is, each only if `asRead`; with its entry in the audit log. */
  readonly statements: readonly Statement[]
  readonly value: T
  /** The account itself goes. */
  readonly deletesAccount?: boolean
}

export type Changed<T> =
  /** `results`: of the statements, in their order. `state`: all of the account's configuration as it is now. */
  | { kind: 'made'; value: T; state: AccountState; shards: number; results: readonly unknown[] }
  /** There was nothing to do, and nothing was done. */
  | { kind: 'not_needed' }
  | { kind: 'no_account' }
  /** Others changed the account each time between the read and the write. */
  | { kind: 'conflict' }
  /** A shard or D1 did not answer. `isWritten`: D1 has the change, and the shards will by themselves; null: perhaps. */
  | { kind: 'unavailable'; isWritten: boolean | null }

/** Changes that meet are made one after the other, each on what the one before has left. */
const TRIES = 10
/** The longest wait (ms) before the second try; before the third it is twice as long, and so on. */
const RETRY_MS = 10

/**
 * Makes a change in three steps.
 * @param plan says what the change is, by what it reads of D1; null if there is nothing to do. It is asked anew each
 * time that another change came first.
 */
export async function changeAccount<T>(
  env: Env,
  accountId: string,
  reach: Reach,
  plan: (write: Write) => Promise<Plan<T> | null>,
): Promise<Changed<T>> {
  // Changes of one account at the same time would all start anew each time that one of them is made. Handing over is
  // not part of the turn: the highest version wins.
  const written = await inTurn(accountId, async () => writeChange(env, accountId, reach, plan))
  if (isCounted(written.kind)) meter.changes.add(CHANGE_AT[written.kind])
  if (written.kind !== 'made') return written
  const hasArrived = await handOver(written.state, written.shards, reach)
  return hasArrived ? written : { kind: 'unavailable', isWritten: true }
}

function isCounted(kind: Changed<unknown>['kind']): kind is keyof typeof CHANGE_AT {
  return kind in CHANGE_AT
}

/** The first two steps: until D1 has the change. */
async function writeChange<T>(
  env: Env,
  accountId: string,
  reach: Reach,
  plan: (write: Write) => Promise<Plan<T> | null>,
): Promise<Changed<T>> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) await scheduler.wait(Math.random() * tries * RETRY_MS)
    // Read before all that the plan reads: if the account is still at this version, that is as it was read as well.
    const head = await answered('configuration', async () => readHead(env, accountId))
    if (head === UNANSWERED) return { kind: 'unavailable', isWritten: false }
    if (head === null) return { kind: 'no_account' }
    const write = { db: drizzle(env.DB), accountId, asRead: sql`EXISTS (${thisHead(accountId, head)})` }
    const planned = await plan(write)
    if (planned === null) return { kind: 'not_needed' }
    const isAnnounced = await everyShard('announcement', head.shards, async (shard) =>
      reach(shard).announce(accountId, shard, head.version),
    )
    if (!isAnnounced) return { kind: 'unavailable', isWritten: false }
    const written = await answered('change', async () => commit(write, head, planned))
    if (written === UNANSWERED) return { kind: 'unavailable', isWritten: null }
    if (written === null) continue
    const { state, results } = written
    return { kind: 'made', value: planned.value, state, shards: head.shards, results }
  }
  return { kind: 'conflict' }
}

/** Hands a state to each of the account's shards, all at once. @returns whether every one has it */
export async function handOver(state: AccountState, shards: number, reach: Reach): Promise<boolean> {
  return everyShard('configuration', shards, async (shard) => reach(shard).configure(state, shard))
}

/** Inserts a row if a condition holds. */
export function insertIf<T extends SQLiteTable>(
  db: DrizzleD1Database,
  table: T,
  row: T['$inferSelect'],
  condition: SQL,
) {
  const values = Object.entries(getTableColumns(table)).map(
    ([name, column]) => sql`${sql.param(row[name], column)}`,
  )
  return db.insert(table).select(sql`SELECT ${sql.join(values, sql`, `)} WHERE ${condition}`)
}

/** A query that finds the account as it was read, or nothing. */
function thisHead(accountId: string, { version }: AccountHead): SQL {
  return sql`SELECT 1 FROM ${accounts} WHERE ${isAt(accountId, version)}`
}

function isAt(accountId: string, version: number): SQL | undefined {
  return and(eq(accounts.id, accountId), eq(accounts.config_version, version))
}

/**
 * Versions rise with the time: if D1 is put back to what it was, the next change is still newer than what shards have.
 */
function versionAfter(version: number): number {
  return Math.max(version + 1, Date.now())
}

/** Writes the change and reads what comes of it, in one transaction. Null if others have changed the account. */
async function commit<T>(
  { db, accountId }: Write,
  { version }: AccountHead,
  { statements, deletesAccount = false }: Plan<T>,
): Promise<{ state: AccountState; results: unknown[] } | null> {
  const returning = { version: accounts.config_version }
  const ofThis = isAt(accountId, version)
  // Behind the others, which have the version as their condition.
  const last = deletesAccount
    ? db.delete(accounts).where(ofThis).returning(returning)
    : db
        .update(accounts)
        .set({ config_version: versionAfter(version) })
        .where(ofThis)
        .returning(returning)
  const [ofAccount, ofWebhooks] = stateQueries(db, accountId)
  const [first, ...rest] = [...statements, last, ofAccount, ofWebhooks]
  const results: unknown[] = await db.batch([first, ...rest])
  // Safe: answers come in the order of the statements, and these are the last three.
  const [moved, account, webhooks] = results.splice(-3) as [
    Awaited<typeof last>,
    Awaited<typeof ofAccount>,
    Awaited<typeof ofWebhooks>,
  ]
  if (moved.length === 0) return null
  return { state: stateOf(accountId, account, webhooks) ?? gone(accountId), results }
}

/** No account comes as far as this: it is the version of what has been deleted, the last that there is. */
const LAST_VERSION = Number.MAX_SAFE_INTEGER

/** The state of an account that has been deleted. */
export function gone(accountId: string): AccountState {
  return {
    account_id: accountId,
    version: LAST_VERSION,
    exists: false,
    shards: 1,
    webhooks_enabled: false,
    country: DEFAULT_COUNTRY,
    webhooks: [],
  }
}

const UNANSWERED = Symbol('unanswered')

/** What was asked for, or that there was no answer, which is in the log then. */
async function answered<T>(where: string, ask: () => Promise<T>): Promise<T | typeof UNANSWERED> {
  try {
    return await ask()
  } catch (error) {
    report(where, error)
    return UNANSWERED
  }
}

/** Asks each of the shards, all at once. @returns whether every one has answered */
async function everyShard(
  where: string,
  shards: number,
  ask: (shard: number) => Promise<void>,
): Promise<boolean> {
  const asked = Array.from({ length: shards }, async (_, shard) => answered(where, async () => ask(shard)))
  return (await Promise.all(asked)).every((answer) => answer !== UNANSWERED)
}
