import { callObject } from '../calls/call-key.ts'
import type { Env } from '../contracts/env.ts'
import { report } from '../lib/failure.ts'
import { earliestId, eventUlidOfDelivery, newId, secureRandom } from '../lib/id.ts'
import type { Owner } from './news.ts'

export const REPLAYED_STATUSES = ['succeeded', 'failed', 'expired', 'discarded'] as const

/** Which deliveries are to be made again. Times bound the event's arrival (ms since epoch); `until` is not included. */
export interface Filter {
  since: number
  until: number
  statuses: (typeof REPLAYED_STATUSES)[number][]
}

export interface Replay extends Filter {
  id: string
  /** How many deliveries it is of. */
  count: number
  /** Those that were handed to their calls so far, and those that could not be, or had been made by then. */
  replayed: number
  skipped: number
  created_at: number
  completed_at: number | null
}

interface Progress extends Replay {
  /** The last call that was asked. */
  call: string
  /** What calls have taken and not made yet, with the revision that the log had of it before. */
  out: Out[]
}

interface Out {
  id: string
  revision: number
}

/** A delivery of a replay as the log has it; null where it has it no more. */
type Row = {
  id: string
  revision: number | null
  status: string | null
  attempts: number | null
}

/**
 * How many deliveries of a replay may be with their calls and not made yet. A receiver that is slow or limited is
 * then sent to as it takes them, nothing waits in the calls that the relay cannot hold, and no more than these go
 * out to a receiver that is down by the time that its breaker opens.
 */
const MOST_OUT = 200
/** Calls that are asked at a time; each is an object, and has a request to it. */
const CALLS_AT_ONCE = 100
/** A replay keeps a row for each delivery until that is handed over; this bounds what one who asks again and again costs. */
const MOST_RUNNING = 10

/**
 * A webhook's replays, in its object's storage. What a replay is of is written down before it is answered for, by
 * call, because a call alone knows the order of its events: that may differ from the order of arrival, and so of the
 * log. Then portion after portion goes to the calls, one replay after the other. A portion is crossed out once the
 * calls have taken it, so a crash repeats one at most, and a call takes nothing that it has open already.
 */
export class Replays {
  readonly #storage: DurableObjectStorage
  readonly #env: Env

  constructor(storage: DurableObjectStorage, env: Env) {
    this.#storage = storage
    this.#env = env
  }

  /** How many logged deliveries a replay would be of. */
  count(filter: Filter): number {
    const { condition, values } = where(filter)
    return this.#sql
      .exec<{ count: number }>(`SELECT COUNT(*) AS count FROM delivery WHERE ${condition}`, ...values)
      .one().count
  }

  /** Takes a replay; null where too many are under way. */
  start(filter: Filter, nowMs: number): Replay | null {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS replay (id TEXT PRIMARY KEY, progress TEXT NOT NULL) WITHOUT ROWID',
    )
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS replay_delivery (replay_id TEXT, call_id TEXT, id TEXT, PRIMARY KEY (replay_id, call_id, id)) WITHOUT ROWID',
    )
    if (this.#running().length >= MOST_RUNNING) return null
    const id = newId('rpl', nowMs, secureRandom)
    return this.#storage.transactionSync(() => {
      const { condition, values } = where(filter)
      this.#sql.exec(
        `INSERT INTO replay_delivery SELECT ?, facts ->> 'call_id', id FROM delivery WHERE ${condition}`,
        id,
        ...values,
      )
      const count = this.#left(id)
      const completed_at = count === 0 ? nowMs : null
      const counts = { count, replayed: 0, skipped: 0 }
      const progress = { id, ...filter, ...counts, created_at: nowMs, completed_at, call: '', out: [] }
      this.#save(progress)
      return shown(progress)
    })
  }

  get(id: string): Replay | null {
    const progress = this.#get(id)
    return progress === null ? null : shown(progress)
  }

  get isRunning(): boolean {
    return this.#running().length > 0
  }

  get isEmpty(): boolean {
    return !this.#exists() || this.#sql.exec('SELECT 1 FROM replay LIMIT 1').toArray().length === 0
  }

  /** The webhook takes nothing any more: ends what is under way. */
  end(nowMs: number): void {
    for (const progress of this.#running()) {
      const skipped = progress.skipped + this.#left(progress.id)
      this.#sql.exec('DELETE FROM replay_delivery WHERE replay_id = ?', progress.id)
      this.#save({ ...progress, skipped, out: [], completed_at: nowMs })
    }
  }

  /** Forgets replays that were done before `beforeMs`. */
  prune(beforeMs: number): void {
    if (this.#exists()) this.#sql.exec(`DELETE FROM replay WHERE progress ->> 'completed_at' < ?`, beforeMs)
  }

  /** Hands over as much of the oldest replay as there is room for. What a call cannot be told now waits for its next turn. */
  async step(owner: Owner): Promise<void> {
    const [read] = this.#running()
    if (read === undefined) return
    const out = read.out.filter((each) => this.#isOut(each))
    const room = MOST_OUT - out.length
    const calls = this.#nextCalls(read, Math.min(room, CALLS_AT_ONCE))
    const most = Math.floor(room / calls.length)
    const asked = await Promise.allSettled(calls.map(async (call) => this.#ask(owner, read, call, most)))
    this.#storage.transactionSync(() => {
      const progress = this.#get(read.id)
      // A disable may have ended it meanwhile.
      if (progress === null || progress.completed_at !== null) return
      let { replayed, skipped } = progress
      for (const each of asked) {
        if (each.status === 'rejected') {
          report('replay', each.reason)
          continue
        }
        const { callId, taken, gone } = each.value
        this.#crossOut(read.id, callId, [...taken.map(({ id }) => id), ...gone])
        out.push(...taken)
        replayed += taken.length
        skipped += gone.length
      }
      const completed_at = out.length === 0 && this.#left(read.id) === 0 ? Date.now() : null
      this.#save({ ...progress, replayed, skipped, call: calls.at(-1) ?? read.call, out, completed_at })
    })
  }

  /** Asks a call to make what the replay has of it: as many as `most`, the first of the call first. */
  async #ask(
    owner: Owner,
    { id, statuses }: Progress,
    callId: string,
    most: number,
  ): Promise<{ callId: string; taken: Out[]; gone: string[] }> {
    const rows = this.#sql
      .exec<Row>(
        `SELECT id, revision, facts ->> 'status' AS status, facts ->> 'attempt_count' AS attempts
         FROM replay_delivery LEFT JOIN delivery USING (id) WHERE replay_id = ? AND call_id = ?`,
        id,
        callId,
      )
      .toArray()
    const isWanted = ({ status }: Row): boolean => statuses.some((each) => each === status)
    // A crash came between its being taken and its being crossed out; or somebody else has asked for it.
    const isOpen = ({ status }: Row): boolean => status === 'pending' || status === 'held'
    const wanted = rows.filter(isWanted)
    const taken: Out[] = rows.filter(isOpen).map(outOf)
    // Past its retention, or made since the replay was asked for.
    const gone = rows.filter((row) => !isWanted(row) && !isOpen(row)).map((row) => row.id)
    const deliveries = wanted.map((row) => ({
      ulid: eventUlidOfDelivery(row.id) ?? '',
      attempts: row.attempts ?? 0,
    }))
    const answers = await callObject(this.#env, owner.account_id, callId).retry(
      owner.webhook_id,
      deliveries,
      most,
    )
    wanted.forEach((row, index) => {
      switch (answers[index]) {
        case 'accepted':
        // Its call has it open and the log does not know yet: it was taken, and the answer was lost.
        case 'not_ended':
          taken.push(outOf(row))
          break
        case 'unknown':
          gone.push(row.id)
          break
        case 'later':
        case undefined:
          break
      }
    })
    return { callId, taken, gone }
  }

  /** A call reports what it has taken: until then the log has it as it was, and then as pending. What is held rests. */
  #isOut({ id, revision }: Out): boolean {
    const row = this.#sql
      .exec<{ revision: number; status: string }>(
        `SELECT revision, facts ->> 'status' AS status FROM delivery WHERE id = ?`,
        id,
      )
      .toArray()[0]
    if (row === undefined || row.status === 'held') return false
    return row.revision === revision || row.status === 'pending'
  }

  /** The calls that come after the last one that was asked, and after the end of them the first ones again. */
  #nextCalls({ id, call }: Progress, limit: number): string[] {
    const after = (last: string): string[] =>
      this.#sql
        .exec<{ call_id: string }>(
          'SELECT DISTINCT call_id FROM replay_delivery WHERE replay_id = ? AND call_id > ? ORDER BY call_id LIMIT ?',
          id,
          last,
          limit,
        )
        .toArray()
        .map((row) => row.call_id)
    const next = after(call)
    return next.length > 0 ? next : after('')
  }

  #crossOut(id: string, callId: string, deliveries: readonly string[]): void {
    this.#sql.exec(
      'DELETE FROM replay_delivery WHERE replay_id = ? AND call_id = ? AND id IN (SELECT value FROM json_each(?))',
      id,
      callId,
      JSON.stringify(deliveries),
    )
  }

  #left(id: string): number {
    return this.#sql
      .exec<{ count: number }>('SELECT COUNT(*) AS count FROM replay_delivery WHERE replay_id = ?', id)
      .one().count
  }

  /** What is not done, oldest first. */
  #running(): Progress[] {
    return this.#select(`progress ->> 'completed_at' IS NULL ORDER BY id`)
  }

  #get(id: string): Progress | null {
    return this.#select('id = ?', id)[0] ?? null
  }

  #select(condition: string, ...values: string[]): Progress[] {
    if (!this.#exists()) return []
    return this.#sql
      .exec<{ progress: string }>(`SELECT progress FROM replay WHERE ${condition}`, ...values)
      .toArray()
      .map((row) => JSON.parse(row.progress) as Progress) // safe: `#save` alone writes the column
  }

  #save(progress: Progress): void {
    this.#sql.exec(
      'INSERT INTO replay (id, progress) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET progress = excluded.progress',
      progress.id,
      JSON.stringify(progress),
    )
  }

  /** The tables cost rows, and most webhooks never have a replay. */
  #exists(): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'replay'").toArray().length > 0
  }

  get #sql(): SqlStorage {
    return this.#storage.sql
  }
}

function outOf({ id, revision }: Row): Out {
  return { id, revision: revision ?? 0 }
}

function where({ since, until, statuses }: Filter): { condition: string; values: string[] } {
  return {
    condition: `id >= ? AND id < ? AND facts ->> 'status' IN (SELECT value FROM json_each(?))`,
    values: [earliestId('dlv', since), earliestId('dlv', until), JSON.stringify(statuses)],
  }
}

function shown({ call: _call, out: _out, ...replay }: Progress): Replay {
  return replay
}
