import type { StoredEvent } from '../contracts/events.ts'
import { Call } from '../order/call.ts'
import type { Item, Lane } from '../order/lane.ts'
import { recoverLane, type RecoverTerms } from '../order/recover.ts'
import { Heap } from '../lib/heap.ts'
import type { Journal, StoredDelivery } from './journal.ts'
import type { InMemory } from './kept.ts'

/** A call in a shard's memory, with what the shard has to know of it. */
export interface Living {
  readonly call: Call
  /** How many of its events its row has. */
  savedEvents: number
  /** When it was last of use (ms since epoch). */
  usedMs: number
  /** The spellings of numbers that it is known to be found by. */
  readonly numbers: Set<string>
  /** The variables of events that have a delivery to come, by number, with how many those are. */
  readonly variables: Map<number, { readonly text: string; readonly left: number }>
  /** When it has a step to make, as the heap of times has it; null if it has none. */
  dueMs: number | null
  /** The webhooks that it owes something, and whether all of that is held. */
  readonly owes: Map<string, 'held' | 'work'>
}

export interface CallTerms {
  /** What a lane is made again by; `webhookId` says whose ordering. */
  readonly recover: (webhookId: string) => RecoverTerms
  readonly windowMs: number
}

/** A call that has had no use for so long (ms) leaves memory. */
const IDLE_MS = 180_000
/** Calls beyond these leave memory as soon as they rest, those that were used longest ago first. */
const MOST_LIVING = 4_000
/** Times in the heap that may be no call's any more, beside as many as there are calls. */
const SPENT_TIMES = 10_000
/** Calls that may leave memory in one look. */
const RESTS_AT_ONCE = 200

/** The calls that a shard has in memory: all that owe work, and those of late. */
export class Calls {
  readonly #journal: Journal
  /** Told of each change of memory with what takes it back, if the transaction is rolled back. */
  readonly #undoable: (undo: () => void) => void
  readonly #terms: CallTerms
  /** Those used last come last. */
  readonly #living = new Map<string, Living>()
  #due = new Heap<string>()
  /** The calls that owe a webhook something. */
  readonly #owing = new Map<string, Set<string>>()

  constructor(journal: Journal, undoable: (undo: () => void) => void, terms: CallTerms) {
    this.#journal = journal
    this.#undoable = undoable
    this.#terms = terms
  }

  /** The call of an id, out of memory or made again from its rows; null if there is none. */
  get(callId: string, nowMs: number): Living | null {
    const known = this.#living.get(callId)
    if (known !== undefined) {
      // Moved behind the others: the map's order is that of use.
      this.#living.delete(callId)
      this.#living.set(callId, known)
      known.usedMs = nowMs
      return known
    }
    const seqs = this.#journal.seqsOf(callId)
    return seqs.length === 0 ? null : this.#load(callId, seqs, seqs.length, nowMs)
  }

  /** The call of an id if it is in memory. */
  peek(callId: string): Living | undefined {
    return this.#living.get(callId)
  }

  /** A call of which nothing is known yet. */
  create(callId: string, nowMs: number): Living {
    const living = this.#livingOf(new Call(callId), 0, nowMs)
    this.#living.set(callId, living)
    this.#undoable(() => this.#drop(living))
    return living
  }

  /** Makes a call again of which some events are not in its row. */
  recover(callId: string, unsaved: readonly number[], nowMs: number): Living {
    const known = this.#living.get(callId)
    if (known !== undefined) return known
    const saved = this.#journal.seqsOf(callId)
    const isSaved = new Set(saved)
    const seqs = [...saved, ...unsaved.filter((seq) => !isSaved.has(seq))]
    return this.#load(callId, seqs, saved.length, nowMs)
  }

  /**
   * Takes note of what a call owes by now. Called after each change of it.
   * @param notBeforeMs before this it has no step to make, whatever presses (ms since epoch)
   */
  settle(living: Living, nowMs: number, notBeforeMs = 0): void {
    const { call, owes } = living
    for (const webhookId of call.webhookIds) {
      const now = call.owes(webhookId)
      const before = owes.get(webhookId) ?? 'nothing'
      if (now === before) continue
      if (now === 'nothing') {
        owes.delete(webhookId)
        this.#owesNo(webhookId, call.callId)
      } else {
        owes.set(webhookId, now)
        const calls = this.#owing.get(webhookId)
        if (calls === undefined) this.#owing.set(webhookId, new Set([call.callId]))
        else calls.add(call.callId)
      }
    }
    const owedMs = call.dueMs(nowMs, this.#terms.windowMs)
    const dueMs = owedMs === null ? null : Math.max(owedMs, notBeforeMs)
    if (dueMs === null) living.dueMs = null
    else if (dueMs !== living.dueMs) {
      living.dueMs = dueMs
      this.#due.push(dueMs, call.callId)
      if (this.#due.size > SPENT_TIMES + 2 * this.#living.size) this.#clearSpent()
    }
  }

  /** Times that were meant for attempts which have long been answered would fill memory: each is there for its lease. */
  #clearSpent(): void {
    this.#due = new Heap()
    for (const { call, dueMs } of this.#living.values())
      if (dueMs !== null) this.#due.push(dueMs, call.callId)
  }

  /** The calls that have a step to make by now, at most so many. */
  takeDue(nowMs: number, most: number): Living[] {
    const found: Living[] = []
    while (found.length < most && (this.#due.firstMs ?? Infinity) <= nowMs) {
      const living = this.#living.get(this.#due.pop() ?? '')
      // A time may be in the heap that is no longer the call's.
      if (living?.dueMs == null || living.dueMs > nowMs) continue
      living.dueMs = null
      found.push(living)
      this.#undoable(() => this.resettle(living, nowMs))
    }
    return found
  }

  get nextDueMs(): number | null {
    // No alarm is to be set for a time that is no longer the call's.
    while (
      this.#due.firstMs !== null &&
      this.#living.get(this.#due.first ?? '')?.dueMs !== this.#due.firstMs
    ) {
      this.#due.pop()
    }
    return this.#due.firstMs
  }

  /** The calls in memory that owe something and began before an event. */
  owingBefore(seq: number): Living[] {
    return [...this.#living.values()].filter(
      ({ call, owes }) => owes.size > 0 && (call.events[0]?.seq ?? seq) < seq,
    )
  }

  /** The calls in memory that owe nothing but what is held, and have no event from this number on. */
  restingBefore(seq: number): Living[] {
    return [...this.#living.values()].filter(
      (living) => (living.call.events.at(-1)?.seq ?? seq) < seq && mayRest(living),
    )
  }

  /** The calls in memory that owe a webhook something. */
  owing(webhookId: string): string[] {
    return [...(this.#owing.get(webhookId) ?? [])]
  }

  /** When the event came that calls in memory have owed longest, to a webhook or to any (ms since epoch); null if none. */
  oldestOwedMs(webhookId: string | null): number | null {
    let oldest = Infinity
    for (const id of webhookId === null ? this.#owing.keys() : [webhookId]) {
      for (const callId of this.#owing.get(id) ?? []) {
        for (const bornMs of this.#living.get(callId)?.call.owedTimes(id) ?? [])
          oldest = Math.min(oldest, bornMs)
      }
    }
    return oldest === Infinity ? null : oldest
  }

  /** How many deliveries calls in memory owe, but for what is held, by the minute (since epoch) that their events came in. */
  waitingByMinute(): Map<number, number> {
    const byMinute = new Map<number, number>()
    for (const [webhookId, callIds] of this.#owing) {
      for (const callId of callIds) {
        const living = this.#living.get(callId)
        if (living?.owes.get(webhookId) !== 'work') continue
        for (const bornMs of living.call.owedTimes(webhookId)) {
          const minute = Math.floor(bornMs / 60_000)
          byMinute.set(minute, (byMinute.get(minute) ?? 0) + 1)
        }
      }
    }
    return byMinute
  }

  /** When the last of the attempts that may be under way lapses (ms since epoch); 0 if none is. */
  get claimedUntilMs(): number {
    let last = 0
    for (const { call } of this.#living.values()) last = Math.max(last, call.claimedUntilMs)
    return last
  }

  /** The calls that may leave memory now: they owe nothing, or nothing but what is held. */
  resting(nowMs: number): Living[] {
    const found: Living[] = []
    let over = this.#living.size - MOST_LIVING
    for (const living of this.#living.values()) {
      const isIdle = nowMs - living.usedMs >= IDLE_MS
      if ((!isIdle && over <= 0) || found.length >= RESTS_AT_ONCE) break
      if (!mayRest(living)) continue
      over -= 1
      found.push(living)
    }
    return found
  }

  /** Keeps which events a call has, and lets it go. */
  rest(living: Living, nowMs: number): void {
    const { call } = living
    if (living.savedEvents < call.events.length) {
      this.#journal.saveCall(
        call.callId,
        call.events.map(({ seq }) => seq),
      )
    }
    this.#drop(living)
    this.#undoable(() => {
      this.#living.set(call.callId, living)
      this.resettle(living, nowMs)
    })
  }

  /** Keeps which events the calls have that began before an event and have gone on since: its row of then goes with its day. */
  keepSpanning(seq: number): void {
    for (const living of this.#living.values()) {
      const { call, savedEvents } = living
      const [first, last] = [call.events[0], call.events.at(-1)]
      if (first === undefined || last === undefined || first.seq >= seq || last.seq < seq) continue
      if (savedEvents === call.events.length) continue
      this.#journal.saveCall(
        call.callId,
        call.events.map((event) => event.seq),
      )
      living.savedEvents = call.events.length
      this.#undoable(() => {
        living.savedEvents = savedEvents
      })
    }
  }

  /** Takes note anew of what a call owes, which is as it was before a transaction that is rolled back. */
  resettle(living: Living, nowMs: number): void {
    const { call, owes } = living
    if (this.#living.get(call.callId) !== living) return
    for (const webhookId of owes.keys()) this.#owesNo(webhookId, call.callId)
    owes.clear()
    living.dueMs = null
    this.settle(living, nowMs)
  }

  /** Forgets a call as it is in memory. */
  #drop(living: Living): void {
    const { callId } = living.call
    if (this.#living.get(callId) !== living) return
    this.#living.delete(callId)
    for (const webhookId of living.owes.keys()) this.#owesNo(webhookId, callId)
    living.owes.clear()
  }

  /** What is in memory and may be in no row, for what has to be kept when a day goes. */
  get inMemory(): InMemory {
    const all = [...this.#living.values()]
    return {
      owed: all.flatMap(({ call }) => [...call.owedSeqs()]),
      calls: all
        .filter(({ call, savedEvents }) => savedEvents < call.events.length)
        .map(({ call }) => ({ callId: call.callId, seqs: call.events.map(({ seq }) => seq) })),
    }
  }

  /** All events up to here are in the row of a call: after a restart, those after it have to be read. */
  get mark(): number {
    let lowest = this.#journal.lastSeq + 1
    for (const { call, savedEvents } of this.#living.values()) {
      lowest = Math.min(lowest, call.events[savedEvents]?.seq ?? lowest)
    }
    return lowest - 1
  }

  #owesNo(webhookId: string, callId: string): void {
    const calls = this.#owing.get(webhookId)
    calls?.delete(callId)
    if (calls?.size === 0) this.#owing.delete(webhookId)
  }

  #load(callId: string, seqs: readonly number[], savedEvents: number, nowMs: number): Living {
    const events = this.#journal.events(seqs).sort((a, b) => a.n - b.n)
    const rows = Map.groupBy(this.#journal.deliveries(seqs), (row) => row.webhookId)
    const lanes = new Map<string, Lane>()
    const backlog = new Map<string, readonly Item[]>()
    const released = events
      .filter((event) => event.rank !== null)
      .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    for (const webhookId of new Set(released.flatMap((event) => event.webhooks))) {
      const own = released.filter((event) => event.webhooks.includes(webhookId))
      const known = new Map(rows.get(webhookId)?.map((row: StoredDelivery) => [row.seq, row]))
      const made = recoverLane(webhookId, own, known, this.#terms.recover(webhookId))
      lanes.set(webhookId, made.lane)
      if (made.backlog.length > 0) backlog.set(webhookId, made.backlog)
    }
    const living = this.#livingOf(new Call(callId, events, { lanes, backlog }), savedEvents, nowMs)
    this.#living.set(callId, living)
    // It may have been made from rows of the very transaction that is rolled back.
    this.#undoable(() => this.#drop(living))
    this.settle(living, nowMs)
    return living
  }

  #livingOf(call: Call, savedEvents: number, nowMs: number): Living {
    return {
      call,
      savedEvents,
      usedMs: nowMs,
      numbers: new Set(),
      variables: new Map(),
      dueMs: null,
      owes: new Map(),
    }
  }
}

function mayRest({ call, owes }: Living): boolean {
  return !call.isWaiting && ![...owes.values()].includes('work')
}

/** The event of a number in a call. */
export function eventOf(call: Call, seq: number): StoredEvent | undefined {
  return call.events.findLast((event) => event.seq === seq)
}
