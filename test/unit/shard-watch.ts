import { expect } from 'vitest'
import type { AccountState } from '../../src/contracts/configuration.ts'
import type { Accepted, StoredEvent } from '../../src/contracts/events.ts'
import { owesNothingInSilence, remembers } from './shard-memory.ts'
import type { Life } from './shard-life.ts'
import { MARKER, type Posted, type Request, type World } from './shard-world.ts'

interface Row {
  seq: number
  webhook_id: string
  status: string
}

/** What a shard has promised and what was seen of it, from outside: its requests, its answers and its rows. */
export class Watch {
  readonly #world: World
  /** The attempts that went out, of each delivery (event and webhook). */
  readonly #attempts = new Map<string, number[]>()
  /** The deliveries that were seen to have ended, at least once. */
  readonly #ended = new Set<string>()
  /** Webhooks whose owner has been told that nothing starts. */
  readonly #forbidden = new Set<string>()
  /** Up to which event a disable has discarded what a webhook was owed, for its owner has been told so. */
  readonly #discarded = new Map<string, number>()
  /** The requests that are under way, until their time is up. */
  #out: (Request & { era: number })[] = []
  /** What was seen first that must not be: whoever sees it may be somebody who takes it for a failure of his own. */
  #failure: unknown = null
  #looks = 0
  requests = 0

  constructor(world: World) {
    this.#world = world
  }

  #sees(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#failure ??= error
    }
  }

  accepted({ event }: Posted, answer: Accepted): void {
    this.#sees(() => {
      expect(answer.kind, `the answer to ${event.id}`).toBe('accepted')
      expect(this.event(event.id), `${event.id} was acknowledged, so it is on disk`).toBeDefined()
    })
  }

  refused({ event }: Posted, life: Life): void {
    if (life !== this.#world.life) return
    this.#sees(() => {
      const living = life.engine.calls.peek(event.call_id)
      if (living === undefined) return
      const isInMemory = living.call.find(event.id) !== undefined
      expect(isInMemory, `${event.id} is in memory if it is on disk`).toBe(this.event(event.id) !== undefined)
    })
  }

  /** A change of the configuration is being made: until it has returned, nobody is promised anything new. */
  changes(): void {
    this.#forbidden.clear()
  }

  /** A change has returned. */
  configured(state: AccountState, life: Life): void {
    const { d1, receivers } = this.#world
    if (state.version !== d1.version) return
    for (const id of receivers.keys()) {
      const status = this.#world.webhook(id)?.status ?? 'deleted'
      if (status !== 'active') this.#forbidden.add(id)
      if (status === 'disabled' || status === 'deleted') this.#discarded.set(id, life.journal.lastSeq)
    }
  }

  /** A request goes out. */
  begins(request: Request, life: Life | null): void {
    this.requests += 1
    this.#sees(() => {
      const { webhookId, seq, attempt, manual } = request
      const key = `${seq} ${webhookId}`
      const name = `attempt ${attempt} of ${key}`
      const before = this.#attempts.get(key) ?? []
      expect(attempt, `${name} goes out after ${before.join()}`).toBeGreaterThan(before.at(-1) ?? 0)
      this.#attempts.set(key, [...before, attempt])
      expect(this.#forbidden.has(webhookId), `${name} starts, and its webhook forbids it`).toBe(false)
      if (!manual) {
        expect(seq, `${name} starts, and was discarded`).toBeGreaterThan(this.#discarded.get(webhookId) ?? 0)
      }
      if (life !== null && life === this.#world.life && life.breakers.isTripped(webhookId)) {
        expect(request.probe || manual, `${name} starts, and the breaker is tripped`).toBe(true)
      }
      this.#inOrder(request, name)
    })
  }

  #inOrder(request: Request, name: string): void {
    const { callId, webhookId, rank, manual } = request
    const { nowMs, eras } = this.#world
    const era = eras.get(webhookId) ?? 0
    const beside = this.#out.filter(
      (each) =>
        each.callId === callId && each.webhookId === webhookId && each.era === era && each.endsMs > nowMs,
    )
    this.#out = this.#out.filter(({ endsMs }) => endsMs > nowMs)
    if (request.endsMs > nowMs) this.#out.push({ ...request, era })
    // What was begun while the ordering was none may go on under another.
    if (this.#world.webhook(webhookId)?.ordering !== 'per_call') return
    expect(
      beside.map(({ seq, attempt }) => `${attempt} of ${seq}`),
      `${name} goes out beside others`,
    ).toEqual([])
    if (manual || era > 0) return
    const rows = new Map(this.rows().map((row) => [`${row.seq} ${row.webhook_id}`, row]))
    for (const event of this.events()) {
      if (event.call_id !== callId || event.rank === null || event.rank >= rank) continue
      if (!event.webhooks.includes(webhookId)) continue
      const key = `${event.seq} ${webhookId}`
      const isOver = this.#ended.has(key) || isEnd(rows.get(key)?.status)
      expect(isOver, `${key} has ended before ${name} starts`).toBe(true)
    }
  }

  /** Looks at what is on disk, and at what the shard has in memory beside that. */
  look(): void {
    if (this.#failure !== null) throw this.#failure
    const { life, disk } = this.#world
    if (disk.hasUnsynced) return
    for (const { seq, webhook_id, status } of this.rows()) {
      if (isEnd(status)) this.#ended.add(`${seq} ${webhook_id}`)
    }
    if (life === null || life.storage.isSyncing) return
    const callIds = new Set(this.events().map((event) => event.call_id))
    owesNothingInSilence(this.#world, life, callIds)
    this.#looks += 1
    if (this.#looks % MIRRORED_EACH === 0) remembers(this.#world, life, callIds, this.#out)
  }

  /** Everything has come to its end, and the rows say so. */
  allEnded(): void {
    for (const { seq, webhook_id, status } of this.rows()) {
      expect(isEnd(status), `${seq} ${webhook_id} is ${status}`).toBe(true)
    }
    const events = new Map(this.events().map((event) => [event.id, event]))
    for (const event of events.values()) {
      expect(event.rank, `${event.id} was released`).not.toBeNull()
      for (const webhookId of event.webhooks) {
        expect(this.#ended, `the delivery of ${event.id}`).toContain(`${event.seq} ${webhookId}`)
      }
    }
    for (const { event } of this.#world.posted) {
      if (event.variables.includes(MARKER)) expect(events.has(event.id), `${event.id} is poison`).toBe(false)
    }
  }

  events(): StoredEvent[] {
    // Safe: the shard alone writes the column, always as a StoredEvent.
    return this.#read('event', 'facts').map(({ facts }) => JSON.parse(String(facts)) as StoredEvent)
  }

  event(id: string): StoredEvent | undefined {
    return this.events().find((event) => event.id === id)
  }

  rows(): Row[] {
    return this.#read('delivery', 'seq, webhook_id, status').map((row) => ({
      seq: Number(row['seq']),
      webhook_id: String(row['webhook_id']),
      status: String(row['status']),
    }))
  }

  #read(kind: string, fields: string) {
    const { disk } = this.#world
    const days = disk.exec('SELECT day FROM day WHERE day > 0', [], true).rows.map(({ day }) => Number(day))
    // Day 0 may have what a day that is about to go has as well: the day's own is newer.
    const tables = [...days, 0].map((day) => `SELECT ${fields}, ${day} AS day FROM ${kind}_${day}`)
    return disk.exec(tables.join(' UNION ALL '), [], true).rows
  }
}

/** A start of the shard is tried beside it each so many looks: it costs as much as several of them. */
const MIRRORED_EACH = 4

function isEnd(status: string | undefined): boolean {
  return status !== undefined && status !== 'pending' && status !== 'held'
}
