/** Fills the storage of a shard with a week of calls, as the shard would have written them, while no relay runs on it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { eventUlid } from '../../src/lib/id.ts'
import { keyOf } from '../../src/order/number-key.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const DAYS = 7
const SHARDS = 'do/relay-ShardObject'
/** Events of three calls: with three webhooks, five deliveries a call. */
const EVENTS_OF = [2, 2, 1] as const
/** The second event of a call comes after the first ones of so many others. */
const BETWEEN_EVENTS = 30
const AGENTS = 1_000
const OWN_NUMBERS = 50
/** One event in so many has a delivery that failed. */
const FAILED_EACH = 50

/** What is looked for: there is one of it, or few. */
export interface Filled {
  calls: number
  events: number
  deliveries: number
  unsucceeded: number
  databaseMb: number
  /** Calls of the first, the middle and the last day, by their customers. */
  samples: { day: string; callId: string; number: string }[]
  agent: string
  ownNumber: string
  /** An RFC 3339 time at the end of the first day. */
  firstDayEnds: string
}

/** The customer of a call. */
function customerOf(call: number): string {
  return `+9198${String((call * 7_919) % 100_000_000).padStart(8, '0')}`
}

function agentOf(call: number): string {
  return `+91970000${String(call % AGENTS).padStart(4, '0')}`
}

function ownNumberOf(call: number): string {
  return `+91806901${String(1_000 + (call % OWN_NUMBERS))}`
}

/**
 * @param folder of a relay that has taken one event, of one account, today
 * @param webhooks of the account, three
 */
export function fill(folder: string, webhooks: readonly string[], calls: number): Filled {
  const db = open(join(folder, SHARDS))
  try {
    return filled(db, webhooks, calls)
  } finally {
    db.close()
  }
}

/** The storage that has days: the folder has a file for the namespace itself as well. */
function open(folder: string): DatabaseSync {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.sqlite'))) {
    const db = new DatabaseSync(join(folder, name))
    if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'day'").get() !== undefined) return db
    db.close()
  }
  throw new Error(`no shard in ${folder}`)
}

function filled(db: DatabaseSync, webhooks: readonly string[], calls: number): Filled {
  db.exec('PRAGMA synchronous = OFF')
  const today = Number(db.prepare('SELECT MAX(day) AS day FROM day').get()?.['day'])
  const made = statements(db, today)
  for (const table of ['event', 'delivery', 'call', 'number']) db.exec(`DROP TABLE ${table}_${today}`)
  db.exec('DELETE FROM day')
  const eachDay = Math.ceil(calls / DAYS)
  const midnightMs = today * DAY_MS
  const nowMs = Date.now()
  let seq = 0
  let [events, deliveries, unsucceeded] = [0, 0, 0]
  const samples: Filled['samples'] = []
  for (let back = DAYS - 1; back >= 0; back -= 1) {
    const day = today - back
    db.exec('BEGIN')
    for (const each of made)
      db.exec(each.replaceAll(`_${today}`, `_${day}`).replace(/< \d+$/, `< ${seq + 1}`))
    db.prepare('INSERT INTO day (day, first_seq) VALUES (?, ?)').run(day, seq + 1)
    const insert = inserts(db, day)
    const first = (DAYS - 1 - back) * eachDay
    const last = Math.min(calls, first + eachDay)
    // Today has begun, and what is to come has not.
    const dayMs = day === today ? Math.max(60_000, nowMs - midnightMs - 60_000) : DAY_MS - 60_000
    const seqsOf = new Map<number, number[]>()
    const add = (call: number, n: number, atMs: number): void => {
      seq += 1
      events += 1
      const seqs = seqsOf.get(call) ?? []
      seqsOf.set(call, [...seqs, seq])
      insert.event(seq, facts(call, n, seq, atMs, webhooks), variables(call))
      for (const [index, webhook] of webhooks.entries()) {
        const failed = index === 0 && seq % FAILED_EACH === 0
        insert.delivery(seq, webhook, failed ? 'failed' : 'succeeded', state(failed, 500, atMs))
        deliveries += 1
        unsucceeded += Number(failed)
      }
      if (n > 1) return
      for (const number of [customerOf(call), agentOf(call), ownNumberOf(call)]) {
        insert.number(keyOf(number) ?? '', seq)
      }
    }
    for (let call = first; call < last + BETWEEN_EVENTS; call += 1) {
      const atMs = Math.floor(day * DAY_MS + (dayMs * (call - first)) / (last - first + BETWEEN_EVENTS))
      if (call < last) add(call, 1, atMs)
      const before = call - BETWEEN_EVENTS
      if (before >= first && (EVENTS_OF[before % 3] ?? 1) > 1) add(before, 2, atMs)
      if (before < first) continue
      insert.call(callIdOf(before), JSON.stringify(seqsOf.get(before)))
      seqsOf.delete(before)
    }
    const middle = Math.floor((first + last) / 2)
    samples.push({
      day: back === 0 ? 'today' : `${back} days ago`,
      callId: callIdOf(middle),
      number: customerOf(middle),
    })
    // One of its kind, in the middle of the first day.
    if (back === DAYS - 1)
      insert.expired(Math.floor(seq / 2), webhooks[1] ?? '', state(true, 418, day * DAY_MS))
    db.exec('COMMIT')
  }
  db.prepare('INSERT OR REPLACE INTO mark (id, value) VALUES (1, ?)').run(seq)
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const pages = db
    .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
    .get()
  return {
    calls,
    events,
    deliveries,
    unsucceeded: unsucceeded + 1,
    databaseMb: Math.round(Number(pages?.['bytes']) / 1e6),
    samples: [0, 3, 6].flatMap((each) => samples[each] ?? []),
    agent: agentOf(7),
    ownNumber: ownNumberOf(7),
    firstDayEnds: new Date((today - DAYS + 2) * DAY_MS).toISOString(),
  }
}

/** What makes the tables and indexes of a day, as the shard itself has made them. */
function statements(db: DatabaseSync, today: number): string[] {
  const rows = db
    .prepare("SELECT sql FROM sqlite_master WHERE name LIKE ? AND sql IS NOT NULL ORDER BY type = 'index'")
    .all(`%\\_${today}`.replace('\\', '')) as { sql: string }[] // safe: the column is text
  return rows.map(({ sql }) => sql)
}

function inserts(db: DatabaseSync, day: number) {
  const event = db.prepare(`INSERT INTO event_${day} VALUES (?, ?, ?)`)
  const delivery = db.prepare(`INSERT INTO delivery_${day} VALUES (?, ?, ?, ?)`)
  const call = db.prepare(`INSERT INTO call_${day} VALUES (?, ?)`)
  const number = db.prepare(`INSERT OR IGNORE INTO number_${day} VALUES (?, ?)`)
  const expired = db.prepare(
    `UPDATE delivery_${day} SET status = 'expired', state = ? WHERE seq = ? AND webhook_id = ?`,
  )
  return {
    event: (seq: number, stored: string, brought: string) => void event.run(seq, stored, brought),
    delivery: (seq: number, webhook: string, status: string, stands: string) =>
      void delivery.run(seq, webhook, status, stands),
    call: (callId: string, seqs: string) => void call.run(callId, seqs),
    number: (key: string, seq: number) => void number.run(key, seq),
    expired: (seq: number, webhook: string, stands: string) => void expired.run(stands, seq, webhook),
  }
}

function callIdOf(call: number): string {
  return `1783784576.${String(call).padStart(9, '0')}`
}

function facts(call: number, n: number, seq: number, atMs: number, webhooks: readonly string[]): string {
  return JSON.stringify({
    id: `core-${seq}`,
    call_id: callIdOf(call),
    trigger: n === 1 ? 'call_answered_by_agent' : 'call_hangup_missed_or_answered',
    call_type: 'inbound',
    outbound_type: null,
    number: ownNumberOf(call),
    sequence: n,
    occurred_at: null,
    seq,
    n,
    ulid: eventUlid(atMs, 0, seq, () => 0.5),
    position: n,
    late: false,
    received_at: atMs,
    rank: n,
    released_at: atMs,
    webhooks,
  })
}

function variables(call: number): string {
  return JSON.stringify({
    uuid: callIdOf(call),
    call_to_number: ownNumberOf(call),
    caller_id_number: customerOf(call),
    answered_agent_number: agentOf(call),
    start_stamp: '2021-08-09 17:58:44',
    billing_circle: { operator: 'Example', circle: 'Delhi' },
  })
}

function state(failed: boolean, code: number, atMs: number): string {
  const attempts = [1, 2, 3].slice(failed ? 0 : 2).map((number) => ({
    number: failed ? number : 1,
    via: 'inline',
    started_at: atMs + number,
    duration_ms: 12,
    status_code: failed ? code : 200,
    error: failed ? 'status' : null,
    response_body: failed ? 'The receiver could not take it' : 'ok',
    version: 1,
  }))
  return JSON.stringify({
    attempts,
    attempt_count: attempts.length,
    next_attempt_at: null,
    completed_at: atMs + 20,
    error: null,
    written_at: atMs + 20,
    open: null,
  })
}
