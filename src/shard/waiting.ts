import { HELD_COUNTED } from '../contracts/stats.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { Calls } from './calls.ts'
import { unsucceededHooks } from './candidates.ts'
import type { Days } from './days.ts'

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
    let storedMs: number | null = null
    for (const { day } of [...this.#days.newestFirst].reverse()) {
      held += this.#countHeld(day, webhookId, HELD_COUNTED - held)
      storedMs ??= this.#oldestMs(day, webhookId)
    }
    const oldest = Math.min(storedMs ?? Infinity, this.#calls.oldestOwedMs(webhookId) ?? Infinity)
    return { held, oldest_waiting_at: oldest === Infinity ? null : oldest }
  }

  #countHeld(day: number, webhookId: string | null, most: number): number {
    const [hooks, ids] = hooksOf(day, webhookId)
    return this.#sql
      .exec<{ count: number }>(
        `${hooks} SELECT COUNT(*) AS count FROM (
           SELECT 1 FROM hook CROSS JOIN delivery_${day} d INDEXED BY unsucceeded_${day}
           WHERE d.webhook_id = hook.id AND d.status = 'held' AND d.status <> 'succeeded' LIMIT ?)`,
        ...ids,
        most,
      )
      .one().count
  }

  /** When the oldest came (ms since epoch) of those that wait in a day, but for tests and what had ended before. */
  #oldestMs(day: number, webhookId: string | null): number | null {
    const [hooks, ids] = hooksOf(day, webhookId)
    const [row] = this.#sql
      .exec<{ facts: string }>(
        `${hooks} SELECT facts FROM event_${day} WHERE seq = (SELECT MIN(seq) FROM (
           SELECT (
             SELECT d.seq FROM delivery_${day} d INDEXED BY unsucceeded_${day} JOIN event_${day} e ON e.seq = d.seq
             WHERE d.webhook_id = hook.id AND d.status = waits.status AND d.status <> 'succeeded'
               AND NOT ifnull(d.state ->> '$.open.manual', 0) AND e.facts ->> '$.test' IS NULL
             ORDER BY d.seq LIMIT 1
           ) AS seq FROM hook CROSS JOIN (SELECT 'pending' AS status UNION ALL SELECT 'held') waits))`,
        ...ids,
      )
      .toArray()
    return row === undefined ? null : (JSON.parse(row.facts) as StoredEvent).received_at // safe: `Journal` alone writes it
  }
}

/** The webhooks that a query is of, as `hook (id)`, and what is bound for that. */
function hooksOf(day: number, webhookId: string | null): [text: string, bound: string[]] {
  return webhookId === null ? [unsucceededHooks(day), []] : ['WITH hook (id) AS (SELECT ?)', [webhookId]]
}
