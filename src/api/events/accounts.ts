/**
 * Whether an account is there, for events posted with a key that reaches every account. A finished read is used
 * for as long as one of the configuration, so that the core's events do not ask D1 once each.
 */
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import QuickLRU from 'quick-lru'
import { READ_VALID_MS } from '../../config/snapshot.ts'
import { accounts } from '../../store/tables.ts'
import { report } from '../../lib/failure.ts'

/** More accounts than an isolate serves at a time; about so many reads are kept, the last used. */
const MOST_READS = 10_000

/** When each was last seen in D1 (ms since epoch). */
const reads = new QuickLRU<string, number>({ maxSize: MOST_READS })

/**
 * Looks the accounts up, all that are not known in one query.
 * @returns for each whether it exists, or null where D1 could not say
 */
export async function findAccounts(
  db: D1Database,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, boolean | null>> {
  const nowMs = Date.now()
  const isKnown = (id: string): boolean => nowMs - (reads.get(id) ?? -Infinity) < READ_VALID_MS
  const found = new Map<string, boolean | null>([...ids].map((id) => [id, isKnown(id) || null]))
  const unknown = [...ids].filter((id) => !isKnown(id))
  if (unknown.length === 0) return found
  try {
    // As one value: a batch may name more accounts than a query has parameters.
    const asked = sql`${accounts.id} IN (SELECT value FROM json_each(${JSON.stringify(unknown)}))`
    const rows = await drizzle(db).select({ id: accounts.id }).from(accounts).where(asked)
    for (const id of unknown) found.set(id, false)
    for (const { id } of rows) {
      found.set(id, true)
      reads.set(id, nowMs)
    }
  } catch (error) {
    report('accounts of events', error)
  }
  return found
}
