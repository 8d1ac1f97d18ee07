import { runInDurableObject } from 'cloudflare:test'
import type { AttemptEntry, DeliveryStatus } from '../../src/contracts/deliveries.ts'
import type { StoredEvent } from '../../src/contracts/events.ts'
import { eventUlid, newId } from '../../src/lib/id.ts'
import { Days } from '../../src/shard/days.ts'
import { Log } from '../../src/shard/log.ts'
import type { DeliveryState } from '../../src/shard/rows.ts'
import { env } from './relay.ts'

let objects = 0

/** Runs in a fresh object's storage. */
export async function inStorage(run: (tables: Tables) => void | Promise<void>): Promise<void> {
  objects += 1
  const stub = env.SHARDS.getByName(`tables-${objects}`)
  await runInDurableObject(stub, async (_object, { storage }) => run(new Tables(storage)))
}

export const ATTEMPT: AttemptEntry = {
  number: 1,
  started_at: 0,
  duration_ms: 5,
  via: 'inline',
  status_code: 500,
  error: 'status',
  response_body: 'no',
  version: 1,
}

/** A webhook id whose place among others is as its number. */
export function webhookId(number: number): string {
  return newId('wh', 1_000_000 + number, () => 0)
}

/** Writes what a shard would write, by hand. */
export class Tables {
  readonly storage: DurableObjectStorage
  readonly sql: SqlStorage
  readonly days: Days
  readonly log: Log
  readonly #shard: number
  #seq = 0

  constructor(storage: DurableObjectStorage, shard = 0) {
    this.storage = storage
    this.sql = storage.sql
    this.days = new Days(storage.sql)
    this.log = new Log(storage.sql, this.days)
    this.#shard = shard
  }

  /** An event that arrives at `ms`; its number. */
  event(ms: number, callId: string, more: Partial<StoredEvent> = {}): number {
    this.#seq += 1
    const seq = this.#seq
    const day = this.days.dayFor(ms, seq)
    const facts: StoredEvent = {
      id: `event-${seq}`,
      seq,
      n: 1,
      ulid: eventUlid(ms, this.#shard, seq, () => 0.5),
      position: 1,
      late: false,
      received_at: ms,
      rank: 1,
      released_at: ms,
      webhooks: [],
      call_id: callId,
      trigger: 'call_answered_by_agent',
      call_type: 'inbound',
      outbound_type: null,
      number: null,
      sequence: null,
      occurred_at: null,
      ...more,
    }
    this.sql.exec(`INSERT INTO event_${day} VALUES (?, ?, ?)`, seq, JSON.stringify(facts), `{"n":${seq}}`)
    return seq
  }

  delivery(
    seq: number,
    webhook: string,
    status: DeliveryStatus = 'succeeded',
    more: Partial<DeliveryState> = {},
  ): void {
    const state: DeliveryState = {
      attempts: [],
      attempt_count: 0,
      next_attempt_at: null,
      completed_at: null,
      error: null,
      written_at: 0,
      open: null,
      ...more,
    }
    this.sql.exec(
      `INSERT OR REPLACE INTO delivery_${this.days.dayOf(seq)} VALUES (?, ?, ?, ?)`,
      seq,
      webhook,
      status,
      JSON.stringify(state),
    )
  }

  /** The row of a call at rest, on the day of its last event. */
  call(callId: string, seqs: readonly number[]): void {
    const day = this.days.dayOf(seqs.at(-1) ?? 0)
    this.sql.exec(`INSERT OR REPLACE INTO call_${day} VALUES (?, ?)`, callId, JSON.stringify(seqs))
  }

  /** A number by which a call is found that begins with an event. */
  number(seq: number, key: string): void {
    this.sql.exec(`INSERT INTO number_${this.days.dayOf(seq)} VALUES (?, ?)`, key, seq)
  }

  seqs(table: string): number[] {
    return this.sql
      .exec<{ seq: number }>(`SELECT seq FROM ${table} ORDER BY seq`)
      .toArray()
      .map((row) => row.seq)
  }

  tables(): string[] {
    return this.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'event\\_%' ESCAPE '\\'",
      )
      .toArray()
      .map((row) => row.name)
      .sort()
  }
}
