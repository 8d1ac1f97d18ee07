import { expect } from 'vitest'
import type { AccountState } from '../../src/contracts/configuration.ts'
import type { Accepted, StoredEvent } from '../../src/contracts/events.ts'
import type { Reopened } from '../../src/contracts/shard.ts'
import type { Open } from '../../src/order/lane.ts'
import type { Life } from './shard-life.ts'
import { MARKER, type Posted, type Request, type World } from './shard-world.ts'

interface Row {
  seq: number
  webhook_id: string
  status: string
  open: Open | null
}

/** What a shard has promised and what was seen of it, from outside: its requests, its answers and its rows. */
export class Watch {
  readonly #world: World
  /** The attempts that went out, of each delivery (event and webhook). */
  readonly #attempts = new Map<string, number[]>()
  /** The deliveries that were seen to have ended, at least once. */
  readonly ended = new Set<string>()
  /** Webhooks whose owner has been told that nothing starts. */
  readonly #forbidden = new Set<string>()
  /** Up to which event a disable has discarded what a webhook was owed, for its owner has been told so. */
  readonly #discarded = new Map<string, number>()
  /** Those that are under way, until their time is up. */
  #out: (Request & { era: number })[] = []
  isReplaying = false
  readonly counts = { requests: 0, overlaps: 0, crashes: 0 }

  constructor(world: World) {
    this.#world = world
  }

  accepted({ event }: Posted, answer: Accepted, _life: Life): void {
    expect(answer.kind, `the answer to ${event.id}`).toBe('accepted')
    const posted = this.#world.posted.find((each) => each.event.id === event.id)
    if (posted !== undefined) posted.isAcknowledged = true
    expect(this.event(event.id), `${event.id} was acknowledged, so it is on disk`).toBeDefined()
  }

  refused({ event }: Posted, life: Life): void {
    if (life !== this.#world.life) return
    expect(life.engine.calls.peek(event.call_id)?.call.find(event.id), `nothing is kept of ${event.id}`)[
      this.#wasKnown(event.id) ? 'toBeDefined' : 'toBeUndefined'
    ]()
  }

  #wasKnown(id: string): boolean {
    return this.event(id) !== undefined
  }

  reopened(_key: string, _answer: Reopened): void {
    // Its request is told from others by being asked for by hand.
  }

  configuring(): void {
    // Until it has returned, nobody is promised anything but what was promised before; an enable may start at once.
    this.#forbidden.clear()
  }

  configured(state: AccountState, life: Life): void {
    const { d1 } = this.#world
    if (state.version !== d1.version) return
    for (const row of d1.webhooks) if (row.status !== 'active') this.#forbidden.add(row.id)
    for (const id of this.#world.receivers.keys()) {
      const row = this.#world.webhook(id)
      if (row === undefined) this.#forbidden.add(id)
      if (row?.status !== 'disabled' && row !== undefined) continue
      this.#discarded.set(id, life.journal.lastSeq)
    }
  }

  lastSyncedBy(_life: Life): void {
    // What it begins from now on follows from what is on disk.
  }

  /** A request goes out. */
  begins(request: Request, life: Life | null): void {
    const { callId, webhookId, seq, rank, attempt, manual } = request
    const key = `${seq} ${webhookId}`
    const name = `attempt ${attempt} of ${key}`
    this.counts.requests += 1
    const before = this.#attempts.get(key) ?? []
    expect(before, `${name} was not made before`).not.toContain(attempt)
    expect(attempt, `${name}: attempts are counted`).toBeGreaterThan(before.at(-1) ?? 0)
    this.#attempts.set(key, [...before, attempt])
    expect(this.#forbidden.has(webhookId), `${name} starts, and its webhook forbids it`).toBe(false)
    if (!manual) {
      expect(seq, `${name} starts, and was discarded`).toBeGreaterThan(this.#discarded.get(webhookId) ?? 0)
    }
    if (life !== null && life === this.#world.life && life.breakers.isTripped(webhookId)) {
      expect(request.probe || manual, `${name} starts, and the breaker is tripped`).toBe(true)
    }
    const { nowMs } = this.#world
    const era = this.#world.eras.get(webhookId) ?? 0
    this.#out = this.#out.filter(({ endsMs }) => endsMs > nowMs)
    if (this.#world.webhook(webhookId)?.ordering === 'per_call') {
      const beside = this.#out.filter(
        (each) => each.callId === callId && each.webhookId === webhookId && each.era === era,
      )
      expect(
        beside.map((each) => each.seq),
        `${name} goes out beside others`,
      ).toEqual([])
      if (!manual && era === 0) this.#inOrder(callId, webhookId, rank, name)
    }
    if (request.endsMs > nowMs) this.#out.push({ ...request, era })
  }

  answered(_request: Request): void {
    // Its end is known by the clock.
  }

  /** All before it have ended. */
  #inOrder(callId: string, webhookId: string, rank: number, name: string): void {
    const rows = new Map(this.rows().map((row) => [`${row.seq} ${row.webhook_id}`, row]))
    for (const event of this.events()) {
      if (event.call_id !== callId || event.rank === null || event.rank >= rank) continue
      if (!event.webhooks.includes(webhookId)) continue
      const key = `${event.seq} ${webhookId}`
      const isOver = this.ended.has(key) || isEnd(rows.get(key)?.status)
      expect(isOver, `${key} has ended before ${name} starts`).toBe(true)
    }
  }

  /** Looks at what is on disk. */
  look(): void {
    if (this.#world.disk.hasUnsynced) return
    for (const { seq, webhook_id, status } of this.rows()) {
      if (isEnd(status)) this.ended.add(`${seq} ${webhook_id}`)
    }
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
        expect(this.ended, `the delivery of ${event.id}`).toContain(`${event.seq} ${webhookId}`)
      }
    }
    for (const { event } of this.#world.posted) {
      if (event.variables.includes(MARKER)) expect(events.has(event.id), `${event.id} is poison`).toBe(false)
    }
  }

  events(): StoredEvent[] {
    return this.#tables('event').flatMap((table) =>
      this.#read(`SELECT facts FROM ${table}`).map(({ facts }) => JSON.parse(String(facts)) as StoredEvent),
    )
  }

  event(id: string): StoredEvent | undefined {
    return this.events().find((event) => event.id === id)
  }

  rows(): Row[] {
    return this.#tables('delivery').flatMap((table) =>
      this.#read(`SELECT seq, webhook_id, status, state -> '$.open' AS open FROM ${table}`).map((row) => ({
        seq: Number(row['seq']),
        webhook_id: String(row['webhook_id']),
        status: String(row['status']),
        open: JSON.parse(String(row['open'])) as Open | null, // safe: the shard alone writes it
      })),
    )
  }

  #tables(kind: string): string[] {
    return [0, ...this.#read('SELECT day FROM day').map(({ day }) => Number(day))].map(
      (day) => `${kind}_${day}`,
    )
  }

  #read(query: string) {
    return this.#world.disk.exec(query, [], true).rows
  }
}

function isEnd(status: string | undefined): boolean {
  return status !== undefined && status !== 'pending' && status !== 'held'
}
