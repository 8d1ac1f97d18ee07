import type { AttemptEntry } from '../webhooks/log.ts'
import type { CallState, EventFacts, Incoming } from './journal.ts'
import * as lanes from '../order/lane.ts'
import type { Item, Lane, Open, Outcome, Standing, Terms } from '../order/lane.ts'
import { arrive, EMPTY_ORDER, pass, windowEndsAtMs, type Order } from '../order/order.ts'
import { Outbox, type Stand } from './outbox.ts'
import { sameEvent } from '../order/same-event.ts'

export type Accepted =
  | { kind: 'accepted'; id: string; position: number; duplicate: boolean }
  /** The id was used in this call for an event with another body. */
  | { kind: 'conflict'; id: string }

/** An attempt that a lane has claimed and that is now to be made, here or by a queue consumer. */
export interface Start {
  webhook_id: string
  token: number
  via: 'inline' | 'queue' | 'manual'
  open: Open
  event: EventFacts
}

/** A delivery that is asked for by hand: its event, and how many attempts it has had, so that the next has its number. */
export interface Asked {
  ulid: string
  attempts: number
}

/** `not_ended`: it is being made already. `later`: so much was asked for that it has to be asked for again. */
export type Reopened = 'accepted' | 'not_ended' | 'unknown' | 'later'

/** What has changed in memory and has to be stored before anything is done about it. */
export interface Changes {
  added: EventFacts[]
  updated: EventFacts[]
  state: CallState | null
}

/** Entries that one look at a lane may add, so that a long backlog that is held or discarded goes in portions. */
const NOTES_AT_ONCE = 200

/**
 * A call in memory: its events in order, the lanes, and the outbox. It decides and never does: the object that
 * owns it stores `changes()` and then carries out what the methods returned. No I/O, no clock.
 */
export class Call {
  /** What the logs have still to be told; stored with the state. */
  readonly outbox: Outbox
  readonly #state: CallState
  readonly #events: EventFacts[]
  readonly #byId: Map<string, EventFacts>
  readonly #byRank: EventFacts[] = []
  #order: Order = EMPTY_ORDER
  /** The matched events that each lane has not opened yet: derived from the events and the lanes' cursors. */
  readonly #backlog = new Map<string, Item[]>()
  /** How many ranks have been handed to the lanes. */
  #placed = 0
  readonly #unmatched = new Set<EventFacts>()
  readonly #added = new Set<EventFacts>()
  readonly #updated = new Set<EventFacts>()
  #stateChanged = false

  constructor(stored: { state: CallState; events: EventFacts[] }) {
    this.#state = stored.state
    this.outbox = new Outbox(stored.state)
    this.#events = stored.events
    this.#byId = new Map(stored.events.map((event) => [event.id, event]))
    for (const event of stored.events) if (event.rank !== null) this.#byRank[event.rank - 1] = event
    for (const event of stored.events) if (event.webhooks === null) this.#unmatched.add(event)
    const waiting = stored.events
      .filter((event) => event.rank === null)
      .map((event) => ({ n: event.n, sequence: event.sequence ?? event.n, receivedAtMs: event.received_at }))
      .sort((a, b) => a.sequence - b.sequence || a.n - b.n)
    this.#order = {
      next: this.#byRank.reduce((next, event) => Math.max(next, event.position + 1), 1),
      waiting,
    }
    this.#place()
  }

  get accountId(): string {
    return this.#state.account_id
  }

  get callId(): string {
    return this.#state.call_id
  }

  /** How many events it has; the last one's number by arrival. */
  get size(): number {
    return this.#events.length
  }

  /** The events by their order in the call; those that still wait for a gap come last. */
  get events(): readonly EventFacts[] {
    return [...this.#byRank, ...this.#order.waiting.flatMap(({ n }) => this.#events[n - 1] ?? [])]
  }

  /**
   * Takes an event into the call.
   * @param match the webhooks that want it, or null where they have to be read first
   * @param variablesOf reads the stored variables of the nth event, to tell a repeat from another event
   */
  take(
    incoming: Incoming,
    match: (event: Incoming) => string[] | null,
    variablesOf: (n: number) => string,
    ulid: string,
    terms: { nowMs: number; windowMs: number },
  ): Accepted {
    const known = incoming.id === null ? undefined : this.#byId.get(incoming.id)
    if (known !== undefined) {
      return sameEvent(known, variablesOf(known.n), incoming)
        ? { kind: 'accepted', id: known.id, position: known.position, duplicate: true }
        : { kind: 'conflict', id: known.id }
    }
    const { variables: _stored, ...facts } = incoming
    const n = this.#events.length + 1
    const arrival = arrive(this.#order, n, incoming.sequence, terms.nowMs, terms.windowMs)
    const event: EventFacts = {
      ...facts,
      id: incoming.id ?? `evt_${ulid}`,
      n,
      ulid,
      position: arrival.position,
      late: arrival.late,
      received_at: terms.nowMs,
      rank: null,
      webhooks: match(incoming),
    }
    this.#order = arrival.order
    this.#events.push(event)
    this.#byId.set(event.id, event)
    this.#added.add(event)
    if (event.webhooks === null) this.#unmatched.add(event)
    this.#release(arrival.released)
    return { kind: 'accepted', id: event.id, position: event.position, duplicate: false }
  }

  /** Lets go the events whose reorder window has ended. */
  release(nowMs: number, windowMs: number): void {
    const passed = pass(this.#order, nowMs, windowMs)
    this.#order = passed.order
    this.#release(passed.released)
  }

  /** Finds the webhooks of the events that came in while none could be read; null where they still cannot. */
  match(match: (event: EventFacts) => string[] | null): void {
    for (const event of this.#unmatched) {
      event.webhooks = match(event)
      if (event.webhooks === null) continue
      this.#unmatched.delete(event)
      this.#updated.add(event)
    }
    this.#place()
  }

  /** Moves every lane as far as its webhook's standing allows, and returns the attempts that are to be made. */
  advance(
    standingOf: (webhookId: string) => Standing,
    terms: (webhookId: string) => Omit<Terms, 'mostNotes'>,
  ): Start[] {
    const starts: Start[] = []
    for (const lane of this.#state.lanes) {
      // With a log out of reach for so long, deliveries wait for it: the call's one row can hold no more.
      const mostNotes = Math.min(NOTES_AT_ONCE, this.outbox.room)
      if (mostNotes <= 0) break
      const webhookId = lane.webhook_id
      const backlog = this.#backlog.get(webhookId) ?? []
      if (lane.open.length === 0 && backlog.length === 0) continue
      const laneTerms = { ...terms(webhookId), mostNotes }
      const next = lanes.advance(lane, backlog, standingOf(webhookId), laneTerms)
      if (next.actions.length === 0 && sameLane(lane, next.lane)) continue
      this.#setLane(next.lane)
      const opened = backlog.findIndex((item) => item.rank > next.lane.cursor)
      this.#backlog.set(webhookId, opened === -1 ? [] : backlog.slice(opened))
      for (const action of next.actions) {
        const event = this.#byRank[action.rank - 1]
        if (event === undefined) continue
        switch (action.kind) {
          case 'start': {
            const open = next.lane.open.find((each) => each.rank === action.rank)
            if (open !== undefined)
              starts.push({ webhook_id: webhookId, token: action.token, via: action.via, open, event })
            break
          }
          case 'end':
            this.outbox.note(
              webhookId,
              event,
              { status: action.status, attempts: action.attempts },
              null,
              laneTerms.nowMs,
            )
            break
          case 'held':
            this.outbox.note(
              webhookId,
              event,
              { status: 'held', attempts: action.attempts },
              null,
              laneTerms.nowMs,
            )
            break
        }
      }
    }
    return starts
  }

  /** The queued attempt of `token` is about to be made. Null where the message is to be dropped. */
  begin(webhookId: string, token: number, terms: Pick<Terms, 'nowMs' | 'flightLeaseMs'>): Start | null {
    const lane = this.#lane(webhookId)
    const begun = lane === undefined ? null : lanes.begin(lane, token, terms)
    const event = begun === null ? undefined : this.#byRank[begun.open.rank - 1]
    if (begun === null || event === undefined) return null
    this.#setLane(begun.lane)
    // Queued because the receiver is slow: it is listed before it has answered.
    if (begun.open.attempts === 1) this.listed(webhookId, begun.open.rank, terms.nowMs)
    return {
      webhook_id: webhookId,
      token,
      via: begun.open.manual ? 'manual' : 'queue',
      open: begun.open,
      event,
    }
  }

  /**
   * Takes the outcome of an attempt. Where its claim had been taken back, the lane stays as it is and the attempt
   * is logged alone.
   */
  report(
    webhookId: string,
    rank: number,
    token: number,
    outcome: Outcome,
    attempt: AttemptEntry | null,
    nowMs: number,
  ): void {
    const lane = this.#lane(webhookId)
    const event = this.#byRank[rank - 1]
    if (lane === undefined || event === undefined) return
    const next = lanes.report(lane, token, outcome)
    if (next !== null) this.#setLane(next.lane)
    if (attempt === null) return
    if (next === null) {
      this.outbox.noteStale(webhookId, event, attempt, nowMs)
      this.#stateChanged = true
      return
    }
    const retryAtMs = outcome.kind === 'retry' && next.status === 'pending' ? outcome.atMs : null
    this.outbox.note(
      webhookId,
      event,
      { status: next.status, attempts: next.open.attempts, retryAtMs },
      attempt,
      nowMs,
    )
  }

  /** Takes back a claim whose message the queue did not take; it may be claimed again from `atMs`. */
  unqueue(webhookId: string, token: number, atMs: number): void {
    const lane = this.#lane(webhookId)
    const next = lane === undefined ? null : lanes.unqueue(lane, token, atMs)
    if (next !== null) this.#setLane(next.lane)
  }

  /** Takes back a claim whose message the queue gave up, and has the log say so. */
  bury(webhookId: string, token: number, nowMs: number): void {
    const lane = this.#lane(webhookId)
    const next = lane === undefined ? null : lanes.unqueue(lane, token, nowMs)
    const event = next === null ? undefined : this.#byRank[next.open.rank - 1]
    if (next === null || event === undefined) return
    this.#setLane(next.lane)
    const stand: Stand = {
      status: 'pending',
      attempts: next.open.attempts,
      retryAtMs: nowMs,
      error: 'dead_letter',
    }
    this.outbox.note(webhookId, event, stand, null, nowMs)
  }

  /** Has the log list a delivery whose first attempt is under way. */
  listed(webhookId: string, rank: number, nowMs: number): void {
    const event = this.#byRank[rank - 1]
    const open = this.#lane(webhookId)?.open.find((each) => each.rank === rank)
    if (event === undefined || open === undefined) return
    this.outbox.note(webhookId, event, { status: 'pending', attempts: open.attempts }, null, nowMs)
    this.#stateChanged = true
  }

  wake(webhookId: string): void {
    const lane = this.#lane(webhookId)
    if (lane !== undefined && lanes.waitsFor(lane) !== null) this.#setLane(lanes.wake(lane))
  }

  /** Claims this call's first delivery to the webhook as a probe of its open breaker; null where none can go. */
  probe(webhookId: string, terms: Pick<Terms, 'nowMs' | 'flightLeaseMs' | 'takeSlot'>): Start | null {
    const lane = this.#lane(webhookId)
    const probed = lane === undefined ? null : lanes.probe(lane, terms)
    const event = probed === null ? undefined : this.#byRank[probed.open.rank - 1]
    if (probed === null || event === undefined) return null
    this.#setLane(probed.lane)
    return { webhook_id: webhookId, token: probed.lane.serial, via: 'inline', open: probed.open, event }
  }

  /**
   * Opens ended deliveries once more, by hand: those first that come first in the call, since some may have to be
   * asked for again `later`. Answers for each in the order in which they were asked for.
   * @param most how many may be opened now
   */
  reopen(webhookId: string, asked: readonly Asked[], most: number, nowMs: number): Reopened[] {
    const lane = this.#lane(webhookId)
    const events = new Map(this.#byRank.map((event) => [event.ulid, event]))
    const answers: Reopened[] = asked.map(() => 'unknown')
    if (lane === undefined) return answers
    const byRank = asked
      .flatMap(({ ulid, attempts }, index) => {
        const event = events.get(ulid)
        return event?.rank == null ? [] : [{ event, rank: event.rank, attempts, index }]
      })
      .sort((a, b) => a.rank - b.rank)
    let next = lane
    let opened = 0
    for (const { event, rank, attempts, index } of byRank) {
      const reopened = lanes.reopen(next, { rank, bornMs: event.received_at }, attempts)
      if (reopened === null) answers[index] = 'not_ended'
      else if (opened >= most || this.outbox.room <= 0 || !lanes.takesManual(next)) answers[index] = 'later'
      else {
        next = reopened
        opened += 1
        answers[index] = 'accepted'
        this.outbox.note(webhookId, event, { status: 'pending', attempts }, null, nowMs)
      }
    }
    if (opened > 0) this.#setLane(next)
    return answers
  }

  eventByUlid(ulid: string): EventFacts | undefined {
    return this.#events.find((event) => event.ulid === ulid)
  }

  /** An event's delivery to a webhook as the lane knows it; null where it has ended and the log alone knows. */
  openStand(
    webhookId: string,
    event: EventFacts,
  ): { status: 'pending' | 'held'; attempts: number; retryAtMs: number | null } | null {
    const lane = this.#lane(webhookId)
    const rank = event.rank
    if (lane === undefined || rank === null) return { status: 'pending', attempts: 0, retryAtMs: null }
    const open = lane.open.find((each) => each.rank === rank)
    if (open === undefined && rank <= lane.cursor) return null
    const claimed = open?.stand.kind === 'flight' || open?.stand.kind === 'queued'
    return {
      status: lane.held && !claimed ? 'held' : 'pending',
      attempts: open?.attempts ?? 0,
      retryAtMs: open?.stand.kind === 'waiting' ? open.stand.atMs : null,
    }
  }

  /** What the call wants the webhook's object to wake it from. */
  waitsFor(webhookId: string): 'hold' | 'backoff' | null {
    const lane = this.#lane(webhookId)
    return lane === undefined ? null : lanes.waitsFor(lane)
  }

  /**
   * When the call next has a step to make (ms since epoch): `pressingMs` where that is now, null where it owes
   * none by the clock. A held lane owes none: its Webhook object wakes it.
   */
  stepDueMs(pressingMs: number, windowMs: number): number | null {
    const times: number[] = []
    const windowEndMs = windowEndsAtMs(this.#order, windowMs)
    if (windowEndMs !== null) times.push(windowEndMs)
    if (this.#placed < this.#byRank.length) times.push(pressingMs)
    for (const lane of this.#state.lanes) {
      const dueMs = lanes.dueAtMs(lane)
      if (dueMs !== null) times.push(dueMs)
      if (lanes.isPressing(lane, this.#backlog.get(lane.webhook_id) ?? [])) times.push(pressingMs)
    }
    return times.length === 0 ? null : Math.min(...times)
  }

  /**
   * When the alarm has to look at the call (ms since epoch). What presses goes on by itself; `soonMs` is when to
   * look in case the object does not live to do it.
   */
  alarmDueMs(soonMs: number, windowMs: number, retentionMs: number): number {
    const outboxMs = this.outbox.isEmpty ? null : soonMs
    const owedMs = [this.stepDueMs(soonMs, windowMs), outboxMs].filter((ms) => ms !== null)
    if (owedMs.length > 0) return Math.min(...owedMs)
    // A held lane may outlive retention; there is nothing to look at until it has been woken.
    return this.#owesNothing() ? Math.max(soonMs, this.#lastReceivedMs() + retentionMs) : soonMs + retentionMs
  }

  /** Whether everything has ended and retention has passed. */
  isOver(nowMs: number, retentionMs: number): boolean {
    return this.#owesNothing() && this.#lastReceivedMs() + retentionMs <= nowMs
  }

  /** What has to be stored, and from now on counts as stored. */
  changes(): Changes {
    const added = [...this.#added]
    const updated = [...this.#updated].filter((event) => !this.#added.has(event))
    const state = this.#stateChanged ? this.#state : null
    if (state !== null) this.outbox.stored()
    this.#added.clear()
    this.#updated.clear()
    this.#stateChanged = false
    return { added, updated, state }
  }

  /** Has `changes()` hold the state, for a write that no change asks for. */
  touch(): void {
    this.#stateChanged = true
  }

  /** Whether events wait for a newer read of the webhooks. */
  get hasUnmatched(): boolean {
    return this.#unmatched.size > 0
  }

  #release(numbers: readonly number[]): void {
    for (const n of numbers) {
      const event = this.#events[n - 1]
      if (event === undefined) continue
      this.#byRank.push(event)
      event.rank = this.#byRank.length
      this.#updated.add(event)
    }
    if (numbers.length > 0) this.#place()
  }

  /** Hands events to their lanes in order of rank, up to the first whose webhooks are not known yet. */
  #place(): void {
    for (;;) {
      const event = this.#byRank[this.#placed]
      if (event?.rank == null || event.webhooks === null) return
      for (const webhookId of event.webhooks) {
        let lane = this.#lane(webhookId)
        if (lane === undefined) {
          lane = lanes.newLane(webhookId, event.rank - 1)
          this.#state.lanes = [...this.#state.lanes, lane]
        }
        if (event.rank <= lane.cursor) continue
        const items = this.#backlog.get(webhookId) ?? []
        items.push({ rank: event.rank, bornMs: event.received_at })
        this.#backlog.set(webhookId, items)
      }
      this.#placed += 1
    }
  }

  #owesNothing(): boolean {
    return (
      this.#order.waiting.length === 0 &&
      this.#placed === this.#byRank.length &&
      this.outbox.isEmpty &&
      this.#state.lanes.every(
        (lane) => lane.open.length === 0 && (this.#backlog.get(lane.webhook_id)?.length ?? 0) === 0,
      )
    )
  }

  #lastReceivedMs(): number {
    return this.#events.at(-1)?.received_at ?? 0
  }

  #lane(webhookId: string): Lane | undefined {
    return this.#state.lanes.find((lane) => lane.webhook_id === webhookId)
  }

  #setLane(lane: Lane): void {
    this.#state.lanes = this.#state.lanes.map((each) => (each.webhook_id === lane.webhook_id ? lane : each))
    this.#stateChanged = true
  }
}

function sameLane(a: Lane, b: Lane): boolean {
  return (
    a.cursor === b.cursor &&
    a.room === b.room &&
    a.held === b.held &&
    a.heldTo === b.heldTo &&
    a.open.length === b.open.length &&
    a.open.every((open, index) => open === b.open[index])
  )
}
