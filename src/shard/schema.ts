import { createNumbers } from './days.ts'

/**
 * The version of what a shard has stored. The parts make the tables of the present version if they are not there; what
 * an earlier version has written is brought forward here first, a step for each version, in one transaction.
 */

/**
 * The version that this code reads and writes. Raised with each change of a table or of the JSON in one; but not for a
 * field that may be missing and that earlier code may overlook, such as `test` of an event.
 */
export const SCHEMA = 3

/** `STEPS[n]` brings what version n + 1 has written to version n + 2. */
const STEPS: readonly ((sql: SqlStorage) => void)[] = [
  // How an account's numbers are read: as until then, those of India.
  (sql) => void sql.exec("ALTER TABLE account ADD COLUMN country TEXT NOT NULL DEFAULT 'IN'"),
  // Calls that began before are found by everything but their numbers: to read each event again would take minutes.
  (sql) => {
    const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name GLOB 'event_[0-9]*'")
    for (const { name } of tables.toArray()) createNumbers(sql, Number(name.slice('event_'.length)))
  },
]

/**
 * Brings a shard's tables to the present version.
 * @throws Error if a later version has written them: it would be read wrongly, and written over
 */
export function migrate(storage: Pick<DurableObjectStorage, 'sql' | 'transactionSync'>): void {
  const { sql } = storage
  sql.exec('CREATE TABLE IF NOT EXISTS schema (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)')
  const stored = sql.exec<{ version: number }>('SELECT version FROM schema').toArray()[0]?.version ?? null
  if (stored === SCHEMA) return
  if (stored !== null && stored > SCHEMA) {
    throw new Error(`the shard's state is of version ${stored}, and this code reads up to ${SCHEMA}`)
  }
  storage.transactionSync(() => {
    if (stored !== null) for (const step of STEPS.slice(stored - 1)) step(sql)
    sql.exec('INSERT OR REPLACE INTO schema (id, version) VALUES (1, ?)', SCHEMA)
  })
}
