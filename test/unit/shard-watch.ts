import { expect } from 'vitest'
import type { AccountState } from '../../src/contracts/configuration.ts'
import type { Accepted, StoredEvent } from '../../src/contracts/events.ts'
import { RETRIED_AT, TAKEN_AT, type StoredTally } from '../../src/contracts/stats.ts'
import type { DeliveryState } from '../../src/shard/rows.ts'
import { waitsAreRight } from './shard-waits.ts'
import { owesNothingInSilence, remembers } from './shard-memory.ts'
import type { Life } from './shard-life.ts'
import { MARKER, type Request } from './shard-receivers.ts'
import type { Posted, World } from './shard-world.ts'

interface Row {
  seq: number
  webhook_id: string
  status: string
  /** It was asked for by hand, so it had ended before. */
  manual: boolean
  attemptCount: number
  /** The attempts on record: their numbers, and whether they were lost. */
  attempts: [number: number, isLost: boolean][]
  state: DeliveryState
}

/** What a shard has promised and what was seen of it, from outside: its requests, its answers and its rows. */
export class Watch {
  readonly #world: World
  /** The attempts that went out, of each delivery (event and webhook). */
  readonly #attempts = new Map<string, number[]>()
  /** The events whose deliveries to a webhook have gone out first, in a call, as they went. */
  readonly #first = new Map<string, number[]>()
  /** The deliveries that were seen to have ended, at least once. */
  readonly #ended = new Set<string>()
  /** The attempts of each delivery, as far as its row has said, also once that is forgotten. */
  readonly #claimed = new Map<string, number>()
  /** Webhooks whose owner has been told that nothing starts. */
  readonly #forbidden = new Set<string>()
  /** Up to which event a disable has discarded what a webhook was owed, for its owner has been told so. */
  readonly #discarded = new Map<string, number>()
  /** The requests that are under way, until their time is up. */
  #out: (Request & { era: number })[] = []
  /** What was seen first that must not be: whoever sees it may be somebody who takes it for a failure of his own. */
  #failure: Error | null = null
  /** The life and the writes that were looked at last. */
  #looked: [Life | null, number] = [null, 0]
  #looks = 0

  constructor(world: World) {
    this.#world = world
  }

  #sees(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
    }
  }

  accepted({ event }: Posted, answer: Accepted): void {
    this.#sees(() => {
      expect(answer.kind, `the answer to ${event.id}`).toBe('accepted')
      expect(this.event(event.id), `${event.id} was acknowledged, so it is on disk`).toBeDefined()
    })
  }

  /** @param isExcused other writes have failed meanwhile than those of what no row takes */
  refused({ event }: Posted, life: Life, isExcused: boolean): void {
    this.#sees(() => {
      const isPoison = event.variables.includes(MARKER)
      expect(isExcused || isPoison, `${event.id} is spoiled by none but itself`).toBe(true)
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
    for (const id of receivers.byWebhook.keys()) {
      const status = this.#world.webhook(id)?.status ?? 'deleted'
      if (status !== 'active') this.#forbidden.add(id)
      if (status === 'disabled' || status === 'deleted') this.#discarded.set(id, life.journal.lastSeq)
    }
  }

  /** A request goes out. */
  begins(request: Request, life: Life | null): void {
    this.#count(request, life)
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

  #count({ probe, manual, attempt }: Request, life: Life | null): void {
    seen.requests += 1
    seen.retries += Number(attempt > 1)
    seen.probes += Number(probe)
    seen.byHand += Number(manual)
    seen.byMakers += Number(life === null)
    seen.byFormerLives += Number(life !== null && life !== this.#world.life)
  }

  #inOrder(request: Request, name: string): void {
    const { callId, webhookId, rank, manual } = request
    const { nowMs, eras } = this.#world
    const { count: era, sinceMs } = eras.get(webhookId) ?? { count: 0, sinceMs: -Infinity }
    const beside = this.#out.filter(
      (each) =>
        each.callId === callId && each.webhookId === webhookId && each.era === era && each.endsMs > nowMs,
    )
    this.#out = this.#out.filter(({ endsMs }) => endsMs > nowMs)
    if (request.endsMs > nowMs) this.#out.push({ ...request, era })
    // What was claimed while the ordering was none may begin and go on under another.
    if (this.#world.webhook(webhookId)?.ordering !== 'per_call' || nowMs - sinceMs < CLAIMED_MS) return
    expect(
      beside.map(({ seq, attempt }) => `${attempt} of ${seq}`),
      `${name} goes out beside others`,
    ).toEqual([])
    if (manual || era > 0) return
    this.#byPlace(request, name)
    const rows = new Map(this.rows().map((row) => [`${row.seq} ${row.webhook_id}`, row]))
    for (const event of this.events()) {
      if (event.call_id !== callId || event.rank === null || event.rank >= rank) continue
      if (!event.webhooks.includes(webhookId)) continue
      const key = `${event.seq} ${webhookId}`
      const row = rows.get(key)
      const isOver = this.#ended.has(key) || isEnd(row?.status) || row?.manual === true
      expect(isOver, `${key} has ended before ${name} starts`).toBe(true)
    }
  }

  /** What a receiver sees first to last of a call rises by its place, unless something really was late. */
  #byPlace({ callId, webhookId, seq }: Request, name: string): void {
    const key = `${callId} ${webhookId}`
    const before = this.#first.get(key) ?? []
    this.#first.set(key, before.includes(seq) ? before : [...before, seq])
    const events = new Map(this.events().map((event) => [event.seq, event]))
    const own = events.get(seq)
    // A call that was forgotten begins anew.
    const places = before.flatMap((each) => (each === seq ? [] : (events.get(each)?.position ?? [])))
    if (own === undefined || own.late) return
    expect(own.position, `${name} is at a place behind ${places.join()}`).toBeGreaterThan(
      Math.max(0, ...places),
    )
  }

  /** In each call every event has a place of its own, and is marked late if one with a higher place went before it. */
  #placesAreRight(): void {
    for (const [callId, events] of Map.groupBy(this.events(), (event) => event.call_id)) {
      const byRank = events.toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
      const places = byRank.map(({ position }) => position)
      expect(new Set(places).size, `${callId}: ${places.join()}`).toBe(places.length)
      let highest = 0
      for (const { id, position, late } of byRank) {
        expect(late, `${id} is at ${position} behind ${highest}`).toBe(position < highest)
        highest = Math.max(highest, position)
        seen.late += Number(late)
      }
      seen.mixed += Number(
        events.some(({ sequence }) => sequence === null) && events.some(({ sequence }) => sequence !== null),
      )
      const numbers = events.flatMap(({ sequence }) => sequence ?? [])
      seen.reused += numbers.length - new Set(numbers).size
    }
  }

  /** Looks at what is on disk, and at what the shard has in memory beside that. */
  look(): void {
    if (this.#failure !== null) throw this.#failure
    const { life, disk } = this.#world
    const [lastLife, lastWrites] = this.#looked
    if (disk.hasUnsynced || (lastLife === life && lastWrites === disk.writes)) return
    this.#looked = [life, disk.writes]
    for (const { seq, webhook_id, status, manual, attemptCount } of this.rows()) {
      const key = `${seq} ${webhook_id}`
      this.#claimed.set(key, Math.max(this.#claimed.get(key) ?? 0, attemptCount))
      seen.held += Number(status === 'held')
      if (isEnd(status) || manual) this.#ended.add(key)
    }
    if (life === null || life.storage.isSyncing) return
    const callIds = new Set(this.events().map((event) => event.call_id))
    owesNothingInSilence(this.#world, life, callIds)
    this.#looks += 1
    if (this.#looks % MIRRORED_EACH !== 0) return
    seen.starts += 1
    remembers(this.#world, life, callIds, this.#out)
  }

  /** Everything has come to its end, and the rows say so. */
  allEnded(): void {
    this.#placesAreRight()
    this.#countedNoMore()
    this.#waitsAreRight()
    for (const { seq, webhook_id, status, attempts, attemptCount } of this.rows()) {
      expect(isEnd(status), `${seq} ${webhook_id} is ${status}`).toBe(true)
      seen.lost += attempts.filter(([, isLost]) => isLost).length
      if (attemptCount > ATTEMPTS_KEPT) continue
      const numbers = attempts.map(([number]) => number).sort((a, b) => a - b)
      const all = Array.from({ length: attemptCount }, (_, index) => index + 1)
      expect(numbers, `each attempt of ${seq} ${webhook_id} is on record, once`).toEqual(all)
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

  /** What the timeline tells of each delivery is possible. */
  #waitsAreRight(): void {
    const events = new Map(this.events().map((event) => [event.seq, event]))
    const deliveries = this.rows().flatMap(({ seq, webhook_id, state }) => {
      const event = events.get(seq)
      return event === undefined ? [] : [{ event, webhook_id, name: `${seq} ${webhook_id}`, state }]
    })
    const lanes = Map.groupBy(deliveries, ({ event, webhook_id }) => `${event.call_id} ${webhook_id}`)
    for (const lane of lanes.values()) {
      const id = lane[0]?.webhook_id ?? ''
      const isOrdered = this.#world.webhook(id)?.ordering === 'per_call' && !this.#world.eras.has(id)
      lane.sort((a, b) => (a.event.rank ?? 0) - (b.event.rank ?? 0))
      seen.waits += waitsAreRight(lane, isOrdered)
    }
  }

  /** Stats may lack what was counted before a crash. They never have more than there was. */
  #countedNoMore(): void {
    const { shard, nowMs } = this.#world
    const since = nowMs - 7 * 24 * 3_600_000
    const counts: number[] = []
    for (const { tally } of shard.stats.read(null, { webhook_ids: null, window: '7d', since }, nowMs)) {
      const [some] = JSON.parse(tally) as StoredTally // safe: the shard has written it
      for (const [place, count] of some.entries()) counts[place] = (counts[place] ?? 0) + count
    }
    expect(Math.min(0, ...counts), 'what is counted is never negative').toBe(0)
    const attempts = counts.reduce((all, count, place) => all + (place < TAKEN_AT ? 0 : count), 0)
    const counted = attempts - (counts[RETRIED_AT] ?? 0)
    const made = [...this.#claimed.values()].reduce((all, each) => all + each, 0)
    expect(counted, 'attempts that are counted, of those that there were').toBeLessThanOrEqual(made)
    seen.counted += counted
  }

  events(): StoredEvent[] {
    // Safe: the shard alone writes the column, always as a StoredEvent.
    return this.#read('event', 'facts').map(({ facts }) => JSON.parse(facts as string) as StoredEvent)
  }

  event(id: string): StoredEvent | undefined {
    return this.events().find((event) => event.id === id)
  }

  rows(): Row[] {
    const manual = `state ->> '$.open.manual' AS manual`
    return this.#read('delivery', `seq, webhook_id, status, state, ${manual}`).map((row) => ({
      ...attemptsOf(row['state'] as string),
      // Safe: so the tables are.
      seq: row['seq'] as number,
      webhook_id: row['webhook_id'] as string,
      status: row['status'] as string,
      manual: row['manual'] === 1,
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

/** What was seen in all worlds: a model in which nothing happens sees no fault. */
export const seen = {
  requests: 0,
  retries: 0,
  probes: 0,
  byHand: 0,
  byMakers: 0,
  byFormerLives: 0,
  starts: 0,
  held: 0,
  lost: 0,
  late: 0,
  mixed: 0,
  reused: 0,
  counted: 0,
  waits: 0,
}

/** What has been claimed has begun by so long after (ms), or is claimed again. */
const CLAIMED_MS = 10_000
/** A start of the shard is tried beside it each so many looks: it costs as much as several of them. */
const MIRRORED_EACH = 5

/** What a row keeps of a delivery's attempts (`shard/rows.ts`). */
const ATTEMPTS_KEPT = 50

function attemptsOf(text: string): Pick<Row, 'attemptCount' | 'attempts' | 'state'> {
  const state = JSON.parse(text) as DeliveryState // safe: the shard alone writes the column
  return {
    state,
    attemptCount: state.attempt_count,
    attempts: state.attempts.map(({ number, error }) => [number, error === 'lost']),
  }
}

function isEnd(status: string | undefined): boolean {
  return status !== undefined && status !== 'pending' && status !== 'held'
}
