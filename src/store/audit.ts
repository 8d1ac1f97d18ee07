import { is, SQL, sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { audit, sessions } from './tables.ts'
import { newId, secureRandom } from '../lib/id.ts'

export const AUDIT_ACTIONS = [
  'account.created',
  'account.updated',
  'account.deleted',
  'key.created',
  'key.deleted',
  'numbers.replaced',
  'webhook.created',
  'webhook.updated',
  'webhook.deleted',
  'webhook.enabled',
  'webhook.paused',
  'webhook.disabled',
  'secret.rotated',
  'deliveries.retried',
  'encryption.resealed',
  'portal_link.created',
  'session.created',
  'session.ended',
  'sessions.ended',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** The actor of what the relay does by itself. Any other actor is a principal's `key_id`. */
export const RELAY = 'relay'

/** One change, for the log. Whoever makes it leaves keys out and masks secrets and header values. */
export interface Change {
  readonly actor: string
  readonly action: AuditAction
  /** SQL: a column of the row that is changed. */
  readonly account_id: string | null | SQL
  readonly object_id: string | SQL
  /** What is changed, as it was and as it is; null if it was or is not there. SQL: JSON text of the row's. */
  readonly before: object | null | SQL
  readonly after: object | null | SQL
}

/** Enters a change that is made in any case. It belongs in the batch of the change: both are written or neither. */
export function entry(db: DrizzleD1Database, change: Change) {
  return entryIf(db, sql`TRUE`, change)
}

/** Enters a change that is made only if a condition holds. It belongs in the batch of the change, before it. */
export function entryIf(db: DrizzleD1Database, condition: SQL, change: Change) {
  return db.insert(audit).select(sql`SELECT ${valuesOf(change)} WHERE ${condition}`)
}

/** What the entries of one statement may weigh in all (characters): D1 takes 2 MB at a time. */
const MOST_CHARACTERS = 500_000

/** Enters any number of changes that are made only if a condition holds; in the batch of the changes, before them. */
export function entriesIf(
  db: DrizzleD1Database,
  condition: SQL,
  changes: readonly (Change & {
    account_id: string
    object_id: string
    before: object | null
    after: object | null
  })[],
) {
  const nowMs = Date.now()
  const lots: string[][] = []
  let room = 0
  for (const change of changes) {
    const text = JSON.stringify({ ...change, id: newId('aud', nowMs, secureRandom) })
    if (text.length > room) {
      lots.push([])
      room = MOST_CHARACTERS
    }
    lots.at(-1)?.push(text)
    room -= text.length
  }
  return lots.map((lot) =>
    db.insert(audit).select(sql`
      SELECT value ->> 'id', value ->> 'account_id', value ->> 'actor', value ->> 'action', value ->> 'object_id',
        value ->> 'before', value ->> 'after', ${nowMs}, ${userOf(sql`value ->> 'actor'`)}
      FROM json_each(${`[${lot.join(',')}]`}) WHERE ${condition}`),
  )
}

/**
 * Enters a change that is made only if a condition holds. It belongs in the batch of the change, before it and with
 * its condition, which lets one row through or none: so it finds the row as it was, or enters nothing.
 */
export function entryWhere(
  db: DrizzleD1Database,
  table: SQLiteTable,
  condition: SQL | undefined,
  change: Change,
) {
  return db
    .insert(audit)
    .select(sql`SELECT ${valuesOf(change)} FROM ${table} WHERE ${condition ?? sql`TRUE`}`)
}

/** In the order of the table's columns. */
function valuesOf(change: Change): SQL {
  const nowMs = Date.now()
  const { actor, action, account_id, object_id, before, after } = change
  const id = newId('aud', nowMs, secureRandom)
  return sql`${id}, ${account_id}, ${actor}, ${action}, ${object_id}, ${json(before)}, ${json(after)}, ${nowMs}, ${userOf(sql`${actor}`)}`
}

/** The user of the session that makes the change; null if it is none, or one that was ended at this very moment. */
function userOf(actor: SQL): SQL {
  return sql`(SELECT user FROM ${sessions} WHERE id = ${actor})`
}

function json(value: object | null | SQL): SQL {
  if (is(value, SQL)) return value
  return sql`${value === null ? null : JSON.stringify(value)}`
}
