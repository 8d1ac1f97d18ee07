import type { ShardUsage } from '../contracts/shard.ts'
import type { Calls } from './calls.ts'
import type { Days } from './days.ts'
import type { Journal } from './journal.ts'
import type { Waiting } from './waiting.ts'

interface Parts {
  readonly sql: SqlStorage
  readonly days: Days
  readonly journal: Journal
  readonly calls: Calls
  readonly waiting: Waiting
}

/** How full the shard is, and what waits in it: what is known in memory or by an index, however much is stored. */
export class Usage {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  read(): ShardUsage {
    const { sql, days, journal, calls, waiting } = this.#parts
    const { oldest } = days
    const first = oldest === undefined ? undefined : journal.events([oldest.firstSeq])[0]
    return {
      bytes: sql.databaseSize,
      oldest_event_at: first?.received_at ?? null,
      waiting: [...calls.waitingByMinute().values()].reduce((sum, count) => sum + count, 0),
      ...waiting.of(null),
    }
  }
}
