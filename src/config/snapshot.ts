/**
 * What the delivery path reads of an account's configuration. Asking D1 for each event would be the first wall
 * at scale, and reading the status once and starting later would be a race. So a read may be used for
 * READ_VALID_MS by every object and request of the isolate, an attempt starts only inside that time, and a
 * change returns only once every read from before it has run out (`settled`).
 */
import { drizzle } from 'drizzle-orm/d1'
import { eq } from 'drizzle-orm'
import QuickLRU from 'quick-lru'
import type { WebhookRow } from '../contracts/configuration.ts'
import { accounts, webhooks } from '../store/tables.ts'

export type { WebhookRow } from '../contracts/configuration.ts'

export interface Snapshot {
  /** When the read was sent (ms since epoch): what it holds is at least as new as this. */
  readonly readAtMs: number
  readonly accountExists: boolean
  /** The operator's switch: while it is off, events match nothing. */
  readonly webhooksEnabled: boolean
  readonly webhooks: ReadonlyMap<string, WebhookRow>
}

/** How long a read of configuration may be used (ms). It has to be longer than a read takes. */
export const READ_VALID_MS = 500
/** What may pass between the check of a read and the request that it allows: a busy machine's turn to send it. */
const START_MARGIN_MS = 250
/** More accounts than an isolate serves at a time; about so many reads are kept, the last used. */
const MOST_READS = 1_000

/** From this age on (ms) a read is renewed by one that needs it, while the others go on with it. */
const RENEW_AFTER_MS = 250
/** A read that has been out for so long (ms) may never end, since its object may have: the next goes out. */
const PATIENCE_MS = 100
/** How often, and how many times, an object looks whether the read that another has out is there. */
const LOOK_EVERY_MS = 10
const MOST_LOOKS = 100

// Only finished reads are shared. A pending promise belongs to the request that started it, and workerd would
// cancel another request that awaited it.
const reads = new QuickLRU<string, Snapshot>({ maxSize: MOST_READS })
/** When the last read of an account went out, so that a thousand calls which wake together ask D1 once. */
const asking = new Map<string, number>()

export function isFresh(snapshot: Snapshot, nowMs: number): boolean {
  return nowMs - snapshot.readAtMs < READ_VALID_MS
}

/** The isolate's last read of the account where it is still valid; asks nobody. */
export function cachedSnapshot(accountId: string, nowMs: number): Snapshot | null {
  const snapshot = reads.get(accountId)
  return snapshot !== undefined && isFresh(snapshot, nowMs) ? snapshot : null
}

/** A read of the account that is valid now. Throws what D1 throws. */
export async function snapshotOf(db: D1Database, accountId: string, now: () => number): Promise<Snapshot> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const nowMs = now()
    const known = cachedSnapshot(accountId, nowMs)
    const sentMs = asking.get(accountId)
    const isAsked = sentMs !== undefined && nowMs - sentMs < PATIENCE_MS
    if (known !== null && (isAsked || nowMs - known.readAtMs < RENEW_AFTER_MS)) return known
    if (!isAsked) break
    await scheduler.wait(LOOK_EVERY_MS)
  }
  // Where D1 is slow, those that still wait now wait for this one: one more goes out at a time, and not all.
  const sentMs = now()
  asking.set(accountId, sentMs)
  try {
    return await read(db, accountId, now)
  } catch (error) {
    const known = cachedSnapshot(accountId, now())
    if (known !== null) return known
    throw error
  } finally {
    if (asking.get(accountId) === sentMs) asking.delete(accountId)
  }
}

async function read(db: D1Database, accountId: string, now: () => number): Promise<Snapshot> {
  const readAtMs = now()
  const d1 = drizzle(db)
  const [account, rows] = await d1.batch([
    d1.select({ enabled: accounts.webhooks_enabled }).from(accounts).where(eq(accounts.id, accountId)),
    d1.select().from(webhooks).where(eq(webhooks.account_id, accountId)),
  ])
  const snapshot: Snapshot = {
    readAtMs,
    accountExists: account.length > 0,
    webhooksEnabled: account[0]?.enabled ?? false,
    webhooks: new Map(rows.map((row) => [row.id, row])),
  }
  // Another object's read may have been sent later and come back sooner.
  const newer = reads.get(accountId)
  if (newer !== undefined && newer.readAtMs > readAtMs) return newer
  reads.set(accountId, snapshot)
  return snapshot
}

/** Returns once no read from before this moment is in use anywhere. Called after a change is committed. */
export async function settled(): Promise<void> {
  await scheduler.wait(READ_VALID_MS + START_MARGIN_MS)
}
