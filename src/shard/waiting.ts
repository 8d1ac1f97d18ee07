import { HELD_COUNTED } from '../contracts/stats.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { Calls } from './calls.ts'
import { unsucceededWebhooks } from './candidates.ts'
import type { Days } from './days.ts'

/** Rows among which the oldest is looked for that was not asked for again by hand. */
const LOOKED_AT = 50

/** What waits as of now, for a webhook or for all (null): how much is held, and since when the oldest waits. */
export class Waiting {
  readonly #sql: SqlStorage
  readonly #days: Days
  readonly #calls: Calls

  constructor(sql: SqlStorage, days: Days, calls: Calls) {
    this.#sql = sql
    this.#days = days
    this.#calls = calls
  }

  of(webhookId: string | null): { held: number; oldest_waiting_at: number | null } {
    let held = 0
    let oldest = this.#calls.oldestOwedMs(webhookId) ?? Infinity
    let isFound = false
    for (const { day } of [...this.#days.newestFirst].reverse()) {
      const ids = webhookId === null ? unsucceededWebhooks(this.#sql, day) : [webhookId]
      for (const id of ids) held += this.#countHeld(day, id, HELD_COUNTED - held)
      if (isFound) continue
      for (const id of ids) {
        for (const status of ['pending', 'held'] as const) {
          const atMs = this.#oldest(day, id, status)
          if (atMs === null) continue
          isFound = true
          oldest = Math.min(oldest, atMs)
        }
      }
    }
    return { held, oldest_waiting_at: oldest === Infinity ? null : oldest }
  }

  #countHeld(day: number, webhookId: string, most: number): number {
    return this.#sql
      .exec<{ count: number }>(
        `SELECT COUNT(*) AS count FROM (SELECT 1 FROM delivery_${day}
         WHERE status = 'held' AND status <> 'succeeded' AND webhook_id = ? LIMIT ?)`,
        webhookId,
        most,
      )
      .one().count
  }

  /** When the oldest came (ms since epoch) of those that wait so, but for tests and what had ended before. */
  #oldest(day: number, webhookId: string, status: 'pending' | 'held'): number | null {
    const rows = this.#sql.exec<{ facts: string }>(
      `SELECT e.facts FROM (
         SELECT d.seq, d.state FROM delivery_${day} d INDEXED BY unsucceeded_${day}
         WHERE d.status = ? AND d.status <> 'succeeded' AND d.webhook_id = ? ORDER BY d.seq LIMIT ?
       ) w JOIN event_${day} e ON e.seq = w.seq
       WHERE NOT ifnull(w.state ->> '$.open.manual', 0) AND e.facts ->> '$.test' IS NULL ORDER BY w.seq LIMIT 1`,
      status,
      webhookId,
      LOOKED_AT,
    )
    const [row] = rows.toArray()
    return row === undefined ? null : (JSON.parse(row.facts) as StoredEvent).received_at // safe: `Journal` alone writes it
  }
}
