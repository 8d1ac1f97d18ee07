import type { AttemptEntry, DeliveryStatus } from '../contracts/deliveries.ts'
import type { Accepted, IncomingEvent, StoredEvent } from '../contracts/events.ts'
import * as lanes from './lane.ts'
import type { Item, Lane, Lost, Open, Outcome, Standing, Terms } from './lane.ts'
import { arrive, EMPTY_ORDER, orderOf, pass, windowEndsAtMs, type Order } from './order.ts'
import { doubtfulToken } from './recover.ts'

/** An attempt that a lane has claimed. */
export interface Start {
  readonly webhookId: string
  readonly event: StoredEvent
  readonly open: Open
  readonly token: number
  readonly via: lanes.Via
  /** When the newest row is written that it follows from (ms since epoch): it starts soon after, or is claimed anew. */
  readonly rowMs: number
  /** A row says that it is claimed: the log lists the delivery. */
  readonly hasRow: boolean
}

/** How a delivery stands from now on, for its row. */
export interface Standpoint {
  readonly webhookId: string
  readonly event: StoredEvent
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly nextAttemptMs: number | null
  /** As its lane has it; null once it has ended, or if the lane has not come to it yet. */
  readonly open: Open | null
  /** The attempt that led here, if one did. */
  readonly attempt: AttemptEntry | null
  /** What went wrong if there was no attempt to tell. */
  readonly error: 'dead_letter' | null
  /** It has no row yet. */
  readonly isNew: boolean
}

/** What a step of a call leads to: rows to be written, and then attempts to be begun. */
export interface Step {
  readonly starts: Start[]
  readonly rows: Standpoint[]
}

/** What a call has to know of everything around it for a step. */
export interface Around {
  readonly nowMs: number
  readonly windowMs: number
  readonly standingOf: (webhookId: string) => Standing
  readonly termsOf: (webhookId: string) => Omit<Terms, 'mostNotes' | 'nowMs'>
  /** Greater than any token that was ever given. */
  readonly serial: () => number
}

export type Reopened = 'accepted' | 'not_ended' | 'unknown' | 'later'

/** Rows that one look at a lane may lead to, so that a long backlog that is held or discarded goes in portions. */
const NOTES_AT_ONCE = 200
/** From this many events on, a call keeps an index of their ids. */
const MANY_EVENTS = 16

/**
 * A call in memory: its events in order, and a lane for each webhook that wants them. It decides and never does: its
 * shard stores what the methods put into the step and then carries it out. No I/O, no clock.
 */
export class Call {
  readonly callId: string
  /** By arrival. */
  readonly #events: StoredEvent[]
  #byId: Map<string, StoredEvent> | null = null
  readonly #byRank: StoredEvent[] = []
  #order: Order = EMPTY_ORDER
  #lanes: Map<string, Lane>
  /** The matched events that each lane has not opened yet. */
  #backlog: Map<string, readonly Item[]>
  /** The last row of each lane: when it was written (ms since epoch), of which delivery, and whether it ended that. */
  readonly #lastRow = new Map<string, { atMs: number; rank: number; isEnd: boolean }>()

  /** Attempts that were lost, by rank and webhook, until the next row of their delivery has them on record. */
  readonly #lost = new Map<string, AttemptEntry>()
  /** The open deliveries that have rows, by rank and webhook. */
  readonly #stored = new Set<string>()
  /** A transaction was rolled back: which have rows is to be looked up. */
  #isUnsure = false

  constructor(
    callId: string,
    events: StoredEvent[] = [],
    stored: { lanes: Map<string, Lane>; backlog: Map<string, readonly Item[]> } = {
      lanes: new Map(),
      backlog: new Map(),
    },
  ) {
    // Read back from rows: there are few of these, and each of their rows is looked up before it is written.
    this.#isUnsure = events.length > 0
    this.callId = callId
    this.#events = events
    this.#lanes = stored.lanes
    this.#backlog = stored.backlog
    for (const event of events) if (event.rank !== null) this.#byRank[event.rank - 1] = event
    if (events.length > 0) this.#order = orderOf(events)
  }

  /** By arrival. */
  get events(): readonly StoredEvent[] {
    return this.#events
  }

  /** By their order in the call; those that still wait for a gap come last. */
  get ordered(): readonly StoredEvent[] {
    return [...this.#byRank, ...this.#order.waiting.flatMap(({ n }) => this.#events[n - 1] ?? [])]
  }

  /** The webhooks that have a lane here. */
  get webhookIds(): Iterable<string> {
    return this.#lanes.keys()
  }

  /** The event that an id was used for in this call. */
  find(id: string): StoredEvent | undefined {
    if (this.#events.length < MANY_EVENTS) return this.#events.find((event) => event.id === id)
    this.#byId ??= new Map(this.#events.map((event) => [event.id, event]))
    return this.#byId.get(id)
  }

  /**
   * Takes a new event into the call. The webhooks that want it are known; its lanes move as far as they may.
   * @param place its number in the shard, its ULID, and when it came (ms since epoch): no earlier than the one before it
   */
  take(
    incoming: IncomingEvent,
    place: { seq: number; ulid: string; atMs: number },
    webhooks: readonly string[],
    around: Around,
    step: Step,
  ): { event: StoredEvent; accepted: Accepted; released: StoredEvent[] } {
    const { nowMs } = around
    const n = this.#events.length + 1
    const sequence = this.#hasSequence(incoming.sequence) ? null : incoming.sequence
    const arrival = arrive(this.#order, n, sequence, nowMs, around.windowMs)
    const event: StoredEvent = {
      id: incoming.id ?? `evt_${place.ulid}`,
      call_id: incoming.call_id,
      trigger: incoming.trigger,
      call_type: incoming.call_type,
      outbound_type: incoming.outbound_type,
      number: incoming.number,
      sequence: incoming.sequence,
      occurred_at: incoming.occurred_at,
      seq: place.seq,
      n,
      ulid: place.ulid,
      position: arrival.position,
      late: arrival.late,
      received_at: place.atMs,
      rank: null,
      released_at: null,
      webhooks,
    }
    this.#order = arrival.order
    this.#events.push(event)
    this.#byId?.set(event.id, event)
    const released = this.#release(arrival.released, around, step)
    return {
      // With its rank, if it was released.
      event: this.#events[n - 1] ?? event,
      accepted: {
        kind: 'accepted',
        id: event.id,
        position: event.position,
        duplicate: false,
        ...(sequence === incoming.sequence ? {} : { sequence_reused: true }),
      },
      released,
    }
  }

  /** Whether an event of the call has come with this `sequence`. Of those that rise, as most do, none is looked for. */
  #hasSequence(sequence: number | null): boolean {
    if (sequence === null || sequence > this.#order.top) return false
    return this.#events.some((event) => event.sequence === sequence)
  }

  /** Lets go the events whose reorder window has ended; answers with those whose row has changed by that. */
  release(around: Around, step: Step): StoredEvent[] {
    const passed = pass(this.#order, around.nowMs, around.windowMs)
    this.#order = passed.order
    return this.#release(passed.released, around, step)
  }

  /** Moves a lane as far as its webhook's standing allows. */
  advance(webhookId: string, around: Around, step: Step): void {
    const lane = this.#lanes.get(webhookId)
    if (lane === undefined) return
    const backlog = this.#backlog.get(webhookId) ?? NO_ITEMS
    if (lane.open.length === 0 && backlog.length === 0) return
    const { nowMs } = around
    const terms = { ...around.termsOf(webhookId), nowMs, mostNotes: NOTES_AT_ONCE }
    const next = lanes.advance(lane, backlog, around.standingOf(webhookId), terms)
    this.#setLane(next.lane)
    this.#forgetOpened(webhookId, backlog, next.lane.cursor)
    for (const lost of next.lost) this.#lost.set(keyOf(webhookId, lost.open.rank), entryOf(lost))
    for (const action of next.actions) {
      switch (action.kind) {
        case 'start':
          this.#start(webhookId, action, nowMs, step)
          break
        case 'end':
          this.#end(webhookId, action.rank, action.status, action.attempts, nowMs, step)
          break
        case 'held':
          this.#hold(webhookId, next.lane, action.rank, action.attempts, step)
          break
      }
    }
    for (const { open } of next.lost) {
      if (this.#lost.has(keyOf(webhookId, open.rank))) this.list(webhookId, open.rank, step)
    }
  }

  /** The queued attempt of `token` is about to be made. Null if the message is to be dropped. */
  begin(webhookId: string, token: number, around: Around, step: Step): Start | null {
    const lane = this.#lanes.get(webhookId)
    const terms = { ...around.termsOf(webhookId), nowMs: around.nowMs }
    const begun = lane === undefined ? null : lanes.begin(lane, token, terms)
    const event = begun === null ? undefined : this.#byRank[begun.open.rank - 1]
    if (begun === null || event === undefined) return null
    this.#setLane(begun.lane)
    const via = begun.open.manual ? 'manual' : 'queue'
    const rowMs = around.nowMs
    const start: Start = { webhookId, event, open: begun.open, token, via, rowMs, hasRow: true }
    this.#claimed(start, step)
    return start
  }

  /**
   * Takes the outcome of an attempt, and moves its lane on. If its claim had been taken back, the lane stays as it is
   * and the attempt is on record alone.
   */
  report(
    claim: { webhookId: string; rank: number; token: number; attempt: number },
    outcome: Outcome,
    attempt: AttemptEntry | null,
    around: Around,
    step: Step,
  ): 'taken' | 'stale' | 'unknown' {
    const { webhookId, rank } = claim
    const lane = this.#lanes.get(webhookId)
    const event = this.#byRank[rank - 1]
    if (event === undefined) return 'unknown'
    const token = lane === undefined ? claim.token : tokenOf(lane, claim)
    const next = lane === undefined ? null : lanes.report(lane, token, outcome)
    if (next === null || next.open.rank !== rank) return 'stale'
    this.#setLane(next.lane)
    const isOver = next.status === 'succeeded' || next.status === 'failed'
    const { open } = next
    const after = isOver ? null : (next.lane.open.find((each) => each.rank === open.rank) ?? null)
    this.#write(step, {
      webhookId,
      event,
      status: next.status,
      attempts: open.attempts,
      open: after,
      attempt,
    })
    // A row that says that it waits, or is held, does not say that it may be under way.
    const isSoon =
      next.status === 'pending' && after?.stand.kind === 'waiting' && after.stand.atMs <= around.nowMs
    if (isOver || isSoon) this.#lastRow.set(webhookId, { atMs: around.nowMs, rank: open.rank, isEnd: isOver })
    else this.#lastRow.delete(webhookId)
    this.advance(webhookId, around, step)
    return 'taken'
  }

  /** Whether a claim is still the lane's, so that a report on it is taken. */
  isClaimed(claim: { webhookId: string; rank: number; token: number; attempt: number }): boolean {
    const lane = this.#lanes.get(claim.webhookId)
    if (lane === undefined) return false
    const token = tokenOf(lane, claim)
    return lane.open.some((each) => lanes.isClaimed(each) && each.stand.token === token)
  }

  /** Takes back a claim whose message the queue did not take, or gave up (`error`); it may be claimed again from `atMs`. */
  unqueue(webhookId: string, token: number, atMs: number, error: 'dead_letter' | null, step: Step): boolean {
    const lane = this.#lanes.get(webhookId)
    const next = lane === undefined ? null : lanes.unqueue(lane, token, atMs)
    const event = next === null ? undefined : this.#byRank[next.open.rank - 1]
    if (next === null || event === undefined) return false
    this.#setLane(next.lane)
    this.#pending(webhookId, event, next.open, step, error)
    return true
  }

  /**
   * Gives a claim its time anew: its attempt has not begun. Null if it is not the lane's any more.
   * @param step if it is to have a row of its own
   */
  renew(webhookId: string, token: number, around: Around, step: Step | null): Open | null {
    const lane = this.#lanes.get(webhookId)
    const terms = { ...around.termsOf(webhookId), nowMs: around.nowMs }
    const next = lane === undefined ? null : lanes.renew(lane, token, terms)
    const event = next === null ? undefined : this.#byRank[next.open.rank - 1]
    if (next === null || event === undefined) return null
    this.#setLane(next.lane)
    if (step !== null) this.#pending(webhookId, event, next.open, step)
    return next.open
  }

  /** Has the log list a delivery whose attempt is under way. */
  list(webhookId: string, rank: number, step: Step): void {
    const event = this.#byRank[rank - 1]
    const open = this.openOf(webhookId, rank)
    if (event !== undefined && open !== undefined) this.#pending(webhookId, event, open, step)
  }

  /** An open delivery as its lane has it. */
  openOf(webhookId: string, rank: number): Open | undefined {
    return this.#lanes.get(webhookId)?.open.find((each) => each.rank === rank)
  }

  /** The numbers of the events whose deliveries to a webhook are open. */
  openSeqs(webhookId: string): number[] {
    return this.#lanes.get(webhookId)?.open.map(({ seq }) => seq) ?? []
  }

  /** How many deliveries the lane of a webhook owes. */
  countOwed(webhookId: string): number {
    const open = this.#lanes.get(webhookId)?.open.length ?? 0
    return open + (this.#backlog.get(webhookId)?.length ?? 0)
  }

  /** When the events came that the lane of a webhook owes (ms since epoch), but for what was asked for again by hand. */
  *owedTimes(webhookId: string): Generator<number> {
    for (const { bornMs, manual } of this.#lanes.get(webhookId)?.open ?? []) if (!manual) yield bornMs
    for (const { bornMs } of this.#backlog.get(webhookId) ?? NO_ITEMS) yield bornMs
  }

  /** What held the lane is over, or its receiver is back: it goes on as if it had just come to it. */
  wake(webhookId: string, around: Around, step: Step): void {
    const lane = this.#lanes.get(webhookId)
    if (lane === undefined) return
    if (lanes.waitsFor(lane) !== null) this.#setLane(lanes.wake(lane))
    this.advance(webhookId, around, step)
    const next = this.#lanes.get(webhookId)
    if (next === undefined || next.held) return
    // What still waits, for a time that it was told, has to be known to be excused after a restart too; and if its row
    // says that it is held, that it is not any more. The lane may have gone on before it was woken.
    const before = new Map(lane.open.map((each) => [each.rank, each.excused]))
    for (const open of next.open) {
      const event = this.#byRank[open.rank - 1]
      if (open.stand.kind !== 'waiting' || event === undefined) continue
      if (open.excused === before.get(open.rank) && open.rank > lane.heldTo) continue
      this.#pending(webhookId, event, open, step)
    }
  }

  /**
   * The limit of the webhook's rate was raised: what waits by it comes sooner. Its rows stay as they are, for there may
   * be thousands: a shard that dies meanwhile keeps to the old times, which are at most a minute off.
   */
  hasten(webhookId: string, sooner: (atMs: number) => number): void {
    const lane = this.#lanes.get(webhookId)
    if (lane !== undefined) this.#setLane(lanes.hasten(lane, sooner))
  }

  /** Claims this call's first delivery to the webhook as a probe of its tripped breaker; false if none can go. */
  probe(webhookId: string, around: Around, step: Step): boolean {
    // Made again from rows, it may have nothing open yet.
    this.advance(webhookId, around, step)
    const lane = this.#lanes.get(webhookId)
    const terms = { ...around.termsOf(webhookId), nowMs: around.nowMs }
    const probed = lane === undefined ? null : lanes.probe(lane, terms)
    const event = probed === null ? undefined : this.#byRank[probed.open.rank - 1]
    if (probed === null || event === undefined) return false
    this.#setLane(probed.lane)
    const token = probed.lane.serial
    const claim = { webhookId, event, open: probed.open, token, via: 'inline', rowMs: around.nowMs } as const
    this.#claimed({ ...claim, hasRow: true }, step)
    return true
  }

  /**
   * Opens ended deliveries once more, by hand: those first that come first in the call, since some may have to be
   * asked for again `later`. Answers for each in the order in which they were asked for.
   * @param asked the numbers of the events, and how many attempts each delivery has had
   * @param most how many may be opened now
   */
  reopen(
    webhookId: string,
    asked: readonly { seq: number; attempts: number }[],
    most: number,
    around: Around,
    step: Step,
  ): Reopened[] {
    const answers: Reopened[] = asked.map(() => 'unknown')
    let next = this.#lanes.get(webhookId)
    if (next === undefined) return answers
    const events = new Map(this.#byRank.map((event) => [event.seq, event]))
    const byRank = asked
      .flatMap(({ seq, attempts }, index) => {
        const event = events.get(seq)
        return event?.rank == null ? [] : [{ event, rank: event.rank, attempts, index }]
      })
      .sort((a, b) => a.rank - b.rank)
    let opened = 0
    for (const { event, rank, attempts, index } of byRank) {
      const item = { rank, seq: event.seq, bornMs: event.received_at }
      const reopened = lanes.reopen(next, item, attempts)
      if (reopened === null) answers[index] = 'not_ended'
      else if (opened >= most || !lanes.takesManual(next)) answers[index] = 'later'
      else {
        next = reopened
        opened += 1
        answers[index] = 'accepted'
        const open = reopened.open.at(-1)
        if (open !== undefined) {
          this.#stored.add(keyOf(webhookId, rank))
          this.#pending(webhookId, event, open, step)
        }
        this.#lastRow.set(webhookId, { atMs: around.nowMs, rank, isEnd: false })
      }
    }
    if (opened > 0) {
      this.#setLane(next)
      this.advance(webhookId, around, step)
    }
    return answers
  }

  /** An event's delivery to a webhook as the lane knows it; null if it has ended and the log alone knows. */
  openStand(
    webhookId: string,
    event: StoredEvent,
  ): { status: 'pending' | 'held'; attempts: number; retryAtMs: number | null } | null {
    const lane = this.#lanes.get(webhookId)
    const { rank } = event
    if (lane === undefined || rank === null) return { status: 'pending', attempts: 0, retryAtMs: null }
    const open = lane.open.find((each) => each.rank === rank)
    if (open === undefined && rank <= lane.cursor) return null
    const isClaimed = open?.stand.kind === 'flight' || open?.stand.kind === 'queued'
    return {
      status: lane.held && !isClaimed ? 'held' : 'pending',
      attempts: open?.attempts ?? 0,
      retryAtMs: open?.stand.kind === 'waiting' ? open.stand.atMs : null,
    }
  }

  /** Whether the lane of a webhook owes anything; `held`: all that it owes waits for the end of a hold. */
  owes(webhookId: string): 'nothing' | 'held' | 'work' {
    const lane = this.#lanes.get(webhookId)
    const backlog = this.#backlog.get(webhookId) ?? NO_ITEMS
    if (lane === undefined || (lane.open.length === 0 && backlog.length === 0)) return 'nothing'
    const isHeld = lane.held && !lanes.isPressing(lane, backlog) && !lane.open.some(lanes.isClaimed)
    return isHeld ? 'held' : 'work'
  }

  /** When the last of the attempts that may be under way lapses (ms since epoch); 0 if none is. */
  get claimedUntilMs(): number {
    let last = 0
    for (const { open } of this.#lanes.values()) {
      for (const { stand } of open) if (stand.kind === 'flight') last = Math.max(last, stand.untilMs)
    }
    return last
  }

  /** Whether an event waits for a gap. */
  get isWaiting(): boolean {
    return this.#order.waiting.length > 0
  }

  /** The events of which a delivery is owed, or that wait for a gap; some may be told more than once. */
  *owedSeqs(): Generator<number> {
    for (const [id, lane] of this.#lanes) {
      for (const { seq } of lane.open) yield seq
      for (const { seq } of this.#backlog.get(id) ?? NO_ITEMS) yield seq
    }
    for (const { n } of this.#order.waiting) yield this.#events[n - 1]?.seq ?? 0
  }

  /** Has rows written of what is owed without one. @param needsRow whether an event's delivery is to have one */
  keepOwed(needsRow: (event: StoredEvent, webhookId: string) => boolean, step: Step): void {
    for (const [webhookId, lane] of this.#lanes) {
      const open = new Map(lane.open.map((each) => [each.rank, each]))
      for (const { rank } of [...lane.open, ...(this.#backlog.get(webhookId) ?? NO_ITEMS)]) {
        const event = this.#byRank[rank - 1]
        if (event === undefined || !needsRow(event, webhookId)) continue
        const own = open.get(rank) ?? null
        const attempts = own?.attempts ?? 0
        this.#write(step, { webhookId, event, status: 'pending', attempts, open: own, attempt: null })
      }
    }
  }

  /** The webhooks whose lanes have something to do at a time, with that time. */
  laneDues(nowMs: number): { webhookId: string; atMs: number }[] {
    const dues: { webhookId: string; atMs: number }[] = []
    for (const [webhookId, lane] of this.#lanes) {
      const backlog = this.#backlog.get(webhookId) ?? NO_ITEMS
      if (lane.open.length === 0 && backlog.length === 0) continue
      if (lanes.isPressing(lane, backlog)) dues.push({ webhookId, atMs: nowMs })
      const atMs = lanes.dueAtMs(lane)
      if (atMs !== null) dues.push({ webhookId, atMs })
    }
    return dues
  }

  /** When the call next has a step to make (ms since epoch); `nowMs` if something presses, null if it owes none. */
  dueMs(nowMs: number, windowMs: number): number | null {
    let due = windowEndsAtMs(this.#order, windowMs)
    for (const { atMs } of this.laneDues(nowMs)) due = due === null ? atMs : Math.min(due, atMs)
    return due
  }

  /** Remembers the call as it is; what is returned puts it back, for a transaction that is rolled back. */
  checkpoint(): () => void {
    const [order, lanesThen, backlog] = [this.#order, new Map(this.#lanes), new Map(this.#backlog)]
    const [events, ranks] = [this.#events.length, this.#byRank.length]
    const waiting = order.waiting.map(({ n }) => this.#events[n - 1])
    return () => {
      this.#order = order
      this.#lanes = lanesThen
      this.#backlog = backlog
      this.#events.length = events
      this.#byRank.length = ranks
      for (const event of waiting) if (event !== undefined) this.#events[event.n - 1] = event
      this.#byId = null
      this.#lastRow.clear()
      this.#lost.clear()
      this.#isUnsure = true
    }
  }

  /** Gives the events their ranks, hands them to their lanes, and moves those. */
  #release(numbers: readonly number[], around: Around, step: Step): StoredEvent[] {
    const released: StoredEvent[] = []
    const touched = new Set<string>()
    for (const n of numbers) {
      const event = this.#events[n - 1]
      if (event === undefined) continue
      const rank = this.#byRank.length + 1
      const placed: StoredEvent = { ...event, rank, released_at: around.nowMs }
      this.#events[n - 1] = placed
      this.#byId?.set(placed.id, placed)
      this.#byRank.push(placed)
      released.push(placed)
      for (const webhookId of placed.webhooks) {
        if (!this.#lanes.has(webhookId)) this.#setLane(lanes.newLane(webhookId, rank - 1, around.serial()))
        const item = { rank, seq: placed.seq, bornMs: placed.received_at }
        this.#setBacklog(webhookId, [...(this.#backlog.get(webhookId) ?? NO_ITEMS), item])
        touched.add(webhookId)
      }
    }
    for (const webhookId of touched) this.advance(webhookId, around, step)
    return released
  }

  #start(
    webhookId: string,
    action: Extract<lanes.Action, { kind: 'start' }>,
    nowMs: number,
    step: Step,
  ): void {
    const { open, token, via } = action
    const event = this.#byRank[open.rank - 1]
    if (event === undefined) return
    const isFresh = this.#isFresh(webhookId, event, open, nowMs)
    const start: Start = { webhookId, event, open, token, via, rowMs: nowMs, hasRow: !isFresh }
    if (via === 'queue' || isFresh) step.starts.push(start)
    else this.#claimed(start, step)
  }

  /**
   * Whether a row that is written now tells that this attempt may be under way, so that it needs none of its own: its
   * own row; or, if it never had one, its event's, or that of the end of the delivery before it.
   */
  #isFresh(webhookId: string, event: StoredEvent, open: Open, nowMs: number): boolean {
    const lane = this.#lanes.get(webhookId)
    const last = this.#lastRow.get(webhookId)
    const isLast = last?.atMs === nowMs
    if (isLast && last.rank === open.rank) return !last.isEnd
    if (this.#stored.has(keyOf(webhookId, open.rank))) return false
    if (open.attempts > 1 || open.manual || lane === undefined || open.rank <= lane.heldTo) return false
    if (event.released_at === nowMs) return true
    // Made again from rows, of which it may have one: that would tell of a wait, and not that it is over.
    return !this.#isUnsure && isLast && last.isEnd && last.rank < open.rank && lane.room === 1
  }

  /** An attempt that needs a row of its own before it is made: that a crash may find it under way. */
  #claimed(start: Start, step: Step): void {
    this.#pending(start.webhookId, start.event, start.open, step)
    step.starts.push(start)
  }

  #end(
    webhookId: string,
    rank: number,
    status: lanes.EndStatus,
    attempts: number,
    nowMs: number,
    step: Step,
  ): void {
    const event = this.#byRank[rank - 1]
    if (event === undefined) return
    this.#lastRow.set(webhookId, { atMs: nowMs, rank, isEnd: true })
    this.#write(step, { webhookId, event, status, attempts, open: null, attempt: null })
  }

  #hold(webhookId: string, lane: Lane, rank: number, attempts: number, step: Step): void {
    const event = this.#byRank[rank - 1]
    if (event === undefined) return
    const open = lane.open.find((each) => each.rank === rank) ?? null
    // No attempt follows from a row that says `held`: it needs one of its own, and a restart need not doubt this one.
    this.#lastRow.delete(webhookId)
    this.#write(step, { webhookId, event, status: 'held', attempts, open, attempt: null })
  }

  #pending(
    webhookId: string,
    event: StoredEvent,
    open: Open,
    step: Step,
    error: 'dead_letter' | null = null,
  ): void {
    const status = 'pending'
    this.#write(step, { webhookId, event, status, attempts: open.attempts, open, attempt: null }, error)
  }

  #write(
    step: Step,
    row: Omit<Standpoint, 'nextAttemptMs' | 'error' | 'isNew'>,
    error: 'dead_letter' | null = null,
  ): void {
    const { open, event, webhookId } = row
    const key = keyOf(webhookId, event.rank ?? 0)
    const isNew = !this.#stored.has(key) && !this.#isUnsure
    const isOver = row.status !== 'pending' && row.status !== 'held'
    if (isOver) this.#stored.delete(key)
    else this.#stored.add(key)
    const nextAttemptMs = open?.stand.kind === 'waiting' ? open.stand.atMs : null
    const attempt = row.attempt ?? this.#lost.get(key) ?? null
    this.#lost.delete(key)
    step.rows.push({ ...row, attempt, nextAttemptMs, error, isNew })
  }

  #setLane(lane: Lane): void {
    this.#lanes.set(lane.webhook_id, lane)
  }

  #setBacklog(webhookId: string, items: readonly Item[]): void {
    if (items.length === 0) this.#backlog.delete(webhookId)
    else this.#backlog.set(webhookId, items)
  }

  #forgetOpened(webhookId: string, backlog: readonly Item[], cursor: number): void {
    const first = backlog[0]
    if (first === undefined || first.rank > cursor) return
    const left = backlog.findIndex((item) => item.rank > cursor)
    this.#setBacklog(webhookId, left === -1 ? NO_ITEMS : backlog.slice(left))
  }
}

const NO_ITEMS: readonly Item[] = []

function keyOf(webhookId: string, rank: number): string {
  return `${rank} ${webhookId}`
}

/** What is on record of an attempt that was lost: of which configuration it was made is not known. */
function entryOf({ open, flight }: Lost): AttemptEntry {
  const { sinceMs, untilMs, via = open.manual ? 'manual' : 'inline' } = flight
  return {
    number: open.attempts,
    via,
    started_at: sinceMs,
    duration_ms: untilMs - sinceMs,
    status_code: null,
    error: 'lost',
    response_body: null,
    version: 0,
  }
}

/**
 * The token that a report is about. Of a claim that was made before a restart the lane may know no more than that it
 * may be under way: a report on that attempt of that delivery is about it.
 */
function tokenOf(lane: Lane, claim: { rank: number; token: number; attempt: number }): number {
  const token = doubtfulToken(claim.rank)
  const isDoubtful = ({ rank, stand, attempts }: Open): boolean =>
    rank === claim.rank && stand.kind === 'flight' && stand.token === token && attempts === claim.attempt
  return lane.open.some(isDoubtful) ? token : claim.token
}
