import type { CallType, OutboundType } from '../catalogue/types.ts'
import type { EventTrigger } from '../catalogue/operational.ts'
import type { LogEntry } from '../webhooks/log.ts'
import type { Lane } from '../order/lane.ts'

/** An event as it came in, its variables still JSON text: nothing on the way to the receiver rewrites them. */
export interface Incoming {
  id: string | null
  trigger: EventTrigger
  call_type: CallType
  outbound_type: OutboundType | null
  number: string | null
  sequence: number | null
  occurred_at: string | null
  variables: string
}

/** What the call knows of an event without its variables. `n` is its number by arrival. */
export interface EventFacts extends Omit<Incoming, 'id' | 'variables'> {
  n: number
  id: string
  /** Names the event inside delivery ids; sorts by arrival. */
  ulid: string
  position: number
  late: boolean
  received_at: number
  /** Its place in the released order, from 1; null while it waits for a gap. */
  rank: number | null
  /** The webhooks that asked for it; null while the account's webhooks have not been read for it. */
  webhooks: string[] | null
}

/** Everything else that the call keeps, in one row, so that a step of any number of lanes is one row written. */
export interface CallState {
  account_id: string
  call_id: string
  lanes: Lane[]
  /** Outcomes that the Webhook objects have not taken yet. */
  outbox: Outgoing[]
  /** Counts what was reported, so that a repeated report can be told from a newer one. */
  revision: number
}

export interface Outgoing {
  webhook_id: string
  entry: LogEntry
}

/**
 * The call's storage: one table, because each table costs rows in every new object. Row 0 is the CallState; row
 * n is the nth event, its variables last so that reading the facts does not read them.
 */
export class Journal {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Null where the call has stored nothing yet. */
  load(): { state: CallState; events: EventFacts[] } | null {
    const tables = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'record'").toArray()
    if (tables.length === 0) return null
    let state: CallState | null = null
    const events: EventFacts[] = []
    for (const row of this.#sql.exec<{ n: number; facts: string }>(
      'SELECT n, facts FROM record ORDER BY n',
    )) {
      // Safe: this class alone writes the table, row 0 as a CallState and the others as EventFacts.
      if (row.n === 0) state = JSON.parse(row.facts) as CallState
      else events.push(JSON.parse(row.facts) as EventFacts)
    }
    return state === null ? null : { state, events }
  }

  create(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS record (n INTEGER PRIMARY KEY, facts TEXT NOT NULL, variables TEXT)',
    )
  }

  saveState(state: CallState): void {
    this.#sql.exec(
      'INSERT INTO record (n, facts) VALUES (0, ?) ON CONFLICT (n) DO UPDATE SET facts = excluded.facts',
      JSON.stringify(state),
    )
  }

  addEvent(facts: EventFacts, variables: string): void {
    this.#sql.exec(
      'INSERT INTO record (n, facts, variables) VALUES (?, ?, ?)',
      facts.n,
      JSON.stringify(facts),
      variables,
    )
  }

  saveEvent(facts: EventFacts): void {
    this.#sql.exec('UPDATE record SET facts = ? WHERE n = ?', JSON.stringify(facts), facts.n)
  }

  /** The event's variables as the JSON text that came in. */
  variables(n: number): string {
    return this.#sql.exec<{ variables: string }>('SELECT variables FROM record WHERE n = ?', n).one()
      .variables
  }
}
