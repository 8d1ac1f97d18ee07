import type { AttemptEntry } from '../contracts/deliveries.ts'
import type { Accepted, IncomingEvent, StoredEvent } from '../contracts/events.ts'
import type { AttemptReport, DeliveryMessage } from '../contracts/jobs.ts'
import { eventUlid, secureRandom } from '../lib/id.ts'
import type { Settings } from '../lib/settings.ts'
import type { Around, Reopened, Standpoint, Start, Step } from '../order/call.ts'
import type { Standing } from '../order/lane.ts'
import { NO_TURNS, sooner, takeTurn, type Turns } from '../order/rate.ts'
import { reusesSequence } from '../order/order.ts'
import { outcomeOf, type Outcome } from '../order/outcome.ts'
import { sameEvent } from '../order/same-event.ts'
import type { Breakers } from './breakers.ts'
import { Calls, eventOf, type Living } from './calls.ts'
import type { Applied, Configuration } from './configuration.ts'
import { deliveryFailed, isOperationalCall, webhookNews, type News } from './news.ts'
import type { Numbers } from './numbers.ts'
import type { Replays } from './replays.ts'
import { NO_VARIABLES } from './rows.ts'
import type { Stats } from './stats.ts'
import type { Journal } from './journal.ts'

/** An attempt starts at most this long (ms) after the newest row that it follows from, or needs a row of its own. */
export const START_MS = 250
/**
 * The same (ms) after the mark of starts, or a row of its own that says that it is claimed. It is longer, so that a disk
 * whose syncs are slow delivers: no attempt could begin in time by the row before it, nor by one that is written for that.
 */
export const CLAIM_START_MS = 2_000
/** What an attempt may take over the receiver's timeout (ms): its answer's body, and the report. */
const ATTEMPT_MARGIN_MS = 2_000
/** An attempt of the shard's own is under way for as long as it is not reported: it lives and dies with the shard. */
const OWN_LEASE_MS = 60 * 60 * 1000
/** A call whose attempt found no place among the shard's own looks again after this (ms). */
const NO_SLOT_MS = 100
/** Calls that one group looks at for what is due. */
const CALLS_AT_ONCE = 50
/** What failed on our own side comes back after so long (ms), at least and at most. */
const AGAIN_MS = 500
const AGAIN_MOST_MS = 2_000

/** An attempt that is to be begun once what it follows from is on disk. */
export interface Claimed extends Start {
  readonly callId: string
  /** How long it is to wait for its slot at the webhook's rate limit (ms). */
  readonly delayMs: number
  /** It has had its place among its webhook's attempts, and was too late for it. */
  readonly isAgain: boolean
}

interface EngineParts {
  readonly settings: Settings
  readonly journal: Journal
  readonly numbers: Numbers
  readonly configuration: Configuration
  readonly breakers: Breakers
  readonly replays: Pick<Replays, 'end' | 'hurry'>
  readonly stats: Pick<Stats, 'attempt' | 'ended' | 'discarded'>
  /** Told of each change of memory with what takes it back. */
  readonly undoable: (undo: () => void) => void
  /** How many more attempts the shard may have under way by itself. */
  readonly slots: () => number
  /** The receiver is known to be slow: it is sent to from the queue. */
  readonly isSlow: (webhookId: string) => boolean
  /** Told how long an attempt took (ms), once for each attempt. */
  readonly tookMs: (webhookId: string, durationMs: number) => void
}

/**
 * What a shard decides, and writes of it: everything in here runs inside one transaction of the storage, and nothing
 * waits. What it decides to begin is in `claimed`, for the shard to begin once the transaction is on disk.
 */
export class Engine {
  readonly calls: Calls
  readonly #parts: EngineParts
  readonly #turns = new Map<string, Turns>()
  /** Calls whose state of before this transaction is kept for its undoing. */
  #touched = new Set<string>()
  #claimed: Claimed[] = []
  /** How many of `#claimed` are of transactions that stand. */
  #standing = 0
  /** How many more attempts the caller of this change takes along. */
  #handOut = 0
  /** An attempt has found no place among the shard's own, in this step. */
  #isShort = false
  /** A maker elsewhere is about to begin an attempt. */
  #isBeginning = false
  /** Attempts that this transaction has given a slot. */
  #given = 0
  #serial = 0
  #startedMs: number
  /** Webhooks whose breaker has closed, or that were enabled: what they hold is to be delivered. */
  #released = new Set<string>()
  /** Webhooks whose calls have to look at their new state. */
  #changed = new Set<string>()

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#startedMs = parts.journal.startedMs
    this.calls = new Calls(parts.journal, parts.undoable, {
      windowMs: parts.settings.reorderWindowMs,
      recover: (webhookId) => ({
        startMs: START_MS,
        claimStartMs: CLAIM_START_MS,
        startedMs: this.#startedMs,
        attemptMs: parts.settings.deliveryTimeoutMs + ATTEMPT_MARGIN_MS,
        ordering: parts.configuration.standing(webhookId).ordering,
        maxAgeMs: parts.configuration.standing(webhookId).maxAgeMs,
        floor: parts.journal.floor,
        serial: this.#nextSerial(Date.now()),
      }),
    })
  }

  /** Until when a former life of the shard may begin what it has claimed (ms since epoch). Asked when this one starts. */
  get formerUntilMs(): number {
    return this.calls.claimedUntilMs - this.#parts.settings.deliveryTimeoutMs - ATTEMPT_MARGIN_MS
  }

  /** Whether anything was decided that is still to be begun. */
  get hasClaimed(): boolean {
    return this.#claimed.length > 0
  }

  /** Whether there is a backlog to be delivered, or looked at, that no drain knows of yet. */
  get hasBacklog(): boolean {
    return this.#released.size + this.#changed.size > 0
  }

  /** What the last transaction has decided to begin. */
  takeClaimed(): Claimed[] {
    const claimed = this.#claimed
    this.#claimed = []
    this.#standing = 0
    return claimed
  }

  /** The webhooks of which a backlog is to be delivered, since last asked. */
  takeReleased(): ReadonlySet<string> {
    const released = this.#released
    if (released.size > 0) this.#released = new Set()
    return released
  }

  /** The webhooks that have changed, since last asked. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed
    if (changed.size > 0) this.#changed = new Set()
    return changed
  }

  /** The transaction stands. */
  keep(): void {
    this.#standing = this.#claimed.length
    this.#touched.clear()
    this.#given = 0
    this.#handOut = 0
    this.#isBeginning = false
  }

  /** The transaction was rolled back, and the calls with it: nothing is left to begin but what others decided before. */
  undo(): void {
    this.#claimed.length = this.#standing
    this.keep()
  }

  /**
   * Takes an event into its call.
   * @param handOut how many attempts the caller takes along; what is returned in `handed` is its to make
   */
  accept(event: IncomingEvent, handOut: number, nowMs: number): { accepted: Accepted; handed: Claimed[] } {
    this.#handOut = handOut
    const before = this.#claimed.length
    const accepted = this.#take(event, nowMs)
    this.#handOut = 0
    return { accepted, handed: this.#handed(before, handOut) }
  }

  /** Takes what an attempt led to. */
  report(report: AttemptReport, handOut: number, nowMs: number): Claimed[] {
    const living = this.calls.get(report.call_id, nowMs)
    const event = living === null ? undefined : eventOf(living.call, report.seq)
    if (living === null || event === undefined || event.rank === null) return []
    this.#handOut = handOut
    const before = this.#claimed.length
    const { webhook_id: webhookId, token, attempt } = report
    const claim = { webhookId, rank: event.rank, token, attempt }
    const open = living.call.openOf(webhookId, event.rank)
    const tries = Math.max(1, open === undefined ? attempt : open.attempts - open.excused)
    const { retryScheduleMs } = this.#parts.settings
    const outcome: Outcome =
      report.result === null
        ? { kind: 'withdrawn', atMs: nowMs + againMs(), why: 'backoff' }
        : outcomeOf(report.result, tries, retryScheduleMs, nowMs, secureRandom())
    const entry = report.result === null ? null : entryOf(report)
    // Before the step, which may claim the next attempt by it.
    const isFirst = entry !== null && living.call.isClaimed(claim)
    if (isFirst) this.#parts.tookMs(webhookId, entry.duration_ms)
    const taken = this.#step(living, nowMs, (step, around) =>
      living.call.report(claim, outcome, entry, around, step),
    )
    // A report that comes again says nothing new of the receiver.
    const isNew = entry !== null && (taken !== 'stale' || this.#stale(living, webhookId, event, entry, nowMs))
    if (isNew) this.#observe(webhookId, event, entry, nowMs)
    // One whose claim had lapsed was counted as lost.
    if (entry !== null && taken === 'taken') this.#parts.stats.attempt(webhookId, entry)
    if (isNew && !isFirst) this.#parts.tookMs(webhookId, entry.duration_ms)
    this.#handOut = 0
    return this.#handed(before, handOut)
  }

  /** A maker has the message of a claim and is about to make the attempt. Null if the message is to be dropped. */
  begin({ call_id, webhook_id, token }: DeliveryMessage, nowMs: number): Claimed | null {
    const living = this.calls.get(call_id, nowMs)
    if (living === null) return null
    const before = this.#claimed.length
    this.#isBeginning = true
    const start = this.#step(living, nowMs, (step, around) =>
      living.call.begin(webhook_id, token, around, step),
    )
    this.#isBeginning = false
    if (start === null) return null
    // Its slot at the rate limit may be later: then it is not among what was claimed, and others may be.
    const at = this.#claimed.findIndex((each, index) => index >= before && each.open === start.open)
    return at === -1 ? null : (this.#claimed.splice(at, 1)[0] ?? null)
  }

  /** The queue did not take a message, or has given it up (`isDead`). */
  unqueue(claim: { callId: string; webhookId: string; token: number }, isDead: boolean, nowMs: number): void {
    const living = this.calls.get(claim.callId, nowMs)
    if (living === null) return
    const atMs = isDead ? nowMs : nowMs + againMs()
    this.#step(living, nowMs, (step) =>
      living.call.unqueue(claim.webhookId, claim.token, atMs, isDead ? 'dead_letter' : null, step),
    )
  }

  /**
   * An attempt was not begun in time after the row that it follows from: its row, or the mark of starts if it
   * has none, is written anew, and it is begun then.
   */
  claimAnew(claimed: Claimed, nowMs: number): void {
    const living = this.calls.get(claimed.callId, nowMs)
    if (living === null) return
    const { webhookId, token } = claimed
    const open = this.#step(living, nowMs, (step, around) =>
      living.call.renew(webhookId, token, around, claimed.hasRow ? step : null),
    )
    if (open === null) return
    if (!claimed.hasRow) this.#markStarts(nowMs)
    this.#claimed.push({ ...claimed, open, rowMs: nowMs, delayMs: 0 })
  }

  /** When deliveries without a row may last be begun that follow from older rows (ms since epoch), as of this transaction. */
  get startedMs(): number {
    return this.#startedMs
  }

  #markStarts(nowMs: number): void {
    const before = this.#startedMs
    if (before === nowMs) return
    this.#parts.journal.saveStarted(nowMs)
    this.#startedMs = nowMs
    this.#parts.undoable(() => {
      this.#startedMs = before
    })
  }

  /** Lists deliveries whose attempts have been under way for a while. */
  list(claims: readonly Claimed[], nowMs: number): void {
    for (const { callId, webhookId, open } of claims) {
      const living = this.calls.get(callId, nowMs)
      if (living === null) continue
      this.#step(living, nowMs, (step) => living.call.list(webhookId, open.rank, step))
    }
  }

  /** Writes a row for all that is owed of events before a number and has none: their day goes, and rows alone tell then. */
  keepOwed(beforeSeq: number, nowMs: number): void {
    for (const living of this.calls.owingBefore(beforeSeq)) {
      this.#keepOwed(living, (event) => event.seq < beforeSeq, nowMs)
    }
  }

  #keepOwed(
    living: Living,
    isToBeKept: (event: StoredEvent, webhookId: string) => boolean,
    nowMs: number,
  ): void {
    const { journal } = this.#parts
    const needsRow = (event: StoredEvent, webhookId: string): boolean =>
      isToBeKept(event, webhookId) && journal.delivery(event.seq, webhookId) === null
    this.#step(living, nowMs, (step) => living.call.keepOwed(needsRow, step))
  }

  /**
   * Makes a call look at a lane again: its webhook has changed, or what held it is over (`isReleased`).
   * @returns how many deliveries it owed
   */
  look(callId: string, webhookId: string, isReleased: boolean, nowMs: number): number {
    const living = this.calls.get(callId, nowMs)
    if (living === null) return 0
    const owed = living.call.countOwed(webhookId)
    this.#step(living, nowMs, (step, around) => {
      if (isReleased) living.call.wake(webhookId, around, step)
      else living.call.advance(webhookId, around, step)
    })
    return owed
  }

  /** Does what is due by the clock. @returns whether there is more */
  tick(nowMs: number): boolean {
    const due = this.calls.takeDue(nowMs, CALLS_AT_ONCE)
    for (const living of due) {
      this.#step(living, nowMs, (step, around) => {
        for (const event of living.call.release(around, step)) this.#parts.journal.saveEvent(event)
        for (const webhookId of living.call.webhookIds) living.call.advance(webhookId, around, step)
      })
    }
    return due.length === CALLS_AT_ONCE
  }

  /** Has a delivery of a call see whether a webhook's receiver is back. */
  probe(webhookId: string, callId: string, nowMs: number): boolean {
    const living = this.calls.get(callId, nowMs)
    if (living === null) return false
    const { breakers, settings } = this.#parts
    const isSent = this.#step(living, nowMs, (step, around) => living.call.probe(webhookId, around, step))
    const mostMs = settings.deliveryTimeoutMs + ATTEMPT_MARGIN_MS
    if (isSent) breakers.probed(webhookId, callId, nowMs, mostMs, secureRandom)
    return isSent
  }

  /** Opens ended deliveries of a call once more. */
  reopen(
    callId: string,
    webhookId: string,
    seqs: readonly number[],
    most: number,
    nowMs: number,
  ): Reopened[] {
    const living = this.calls.get(callId, nowMs)
    if (living === null) return seqs.map(() => 'unknown')
    const asked = seqs.map((seq) => ({
      seq,
      attempts: this.#parts.journal.delivery(seq, webhookId)?.attempts ?? 0,
    }))
    return this.#step(living, nowMs, (step, around) =>
      living.call.reopen(webhookId, asked, most, around, step),
    )
  }

  /** Does what a changed configuration asks for at once: from now on nothing is begun that it forbids. */
  reconfigured({ changes }: Applied, nowMs: number): void {
    const { breakers, journal, replays } = this.#parts
    for (const { webhookId, before, after, discardsRose } of changes) {
      this.#note(this.#changed, webhookId)
      if (before !== undefined && after?.status === 'active' && before.status !== 'active') {
        breakers.reset(webhookId)
        replays.hurry(nowMs)
        this.#note(this.#released, webhookId)
      }
      if (before?.ordering === 'none' && after?.ordering !== 'none') this.#keepUnordered(webhookId, nowMs)
      if (before !== undefined && after !== undefined) {
        this.#hasten(webhookId, before.rate_limit, after.rate_limit, nowMs)
      }
      if (after === undefined) breakers.reset(webhookId)
      if (!discardsRose) continue
      replays.end(webhookId, nowMs)
      // What a disable discards is over when it has returned, in the log too.
      for (const callId of this.calls.owing(webhookId)) this.look(callId, webhookId, false, nowMs)
      // What is under way is not over: a row may say that it waits, if it followed from that row at once.
      const kept = this.calls
        .owing(webhookId)
        .flatMap((callId) => this.calls.peek(callId)?.call.openSeqs(webhookId) ?? [])
      this.#parts.stats.discarded(webhookId, journal.discardWaiting(webhookId, journal.lastSeq, kept, nowMs))
    }
  }

  /** A limit that was raised is felt at once: the turns that were given by the old one, a minute's worth, come sooner. */
  #hasten(webhookId: string, before: number | null, after: number | null, nowMs: number): void {
    if (before === null || (after !== null && after <= before)) return
    const bySooner = sooner(before, after, nowMs)
    const turns = this.#turns.get(webhookId)
    if (turns !== undefined) {
      this.#turns.set(webhookId, { ...turns, givenMs: bySooner(turns.givenMs) })
      this.#parts.undoable(() => this.#turns.set(webhookId, turns))
    }
    for (const callId of this.calls.owing(webhookId)) {
      const living = this.calls.peek(callId)
      if (living === undefined) continue
      this.#touch(living, nowMs)
      living.call.hasten(webhookId, bySooner)
      this.calls.settle(living, nowMs)
    }
  }

  /** Of a lane in order one delivery without a row may be under way, and no more: so what is under way gets rows now. */
  #keepUnordered(webhookId: string, nowMs: number): void {
    for (const callId of this.calls.owing(webhookId)) {
      const living = this.calls.peek(callId)
      if (living !== undefined) this.#keepOwed(living, (_event, id) => id === webhookId, nowMs)
    }
  }

  /** Whether a delivery is open and under way: one that is held rests, and may for long. */
  isOut(seq: number, webhookId: string, nowMs: number): boolean {
    const [event] = this.#parts.journal.events([seq])
    const call = event === undefined ? undefined : this.calls.get(event.call_id, nowMs)?.call
    const own = call === undefined ? undefined : eventOf(call, seq)
    return own !== undefined && call?.openStand(webhookId, own)?.status === 'pending'
  }

  /** Tells the account's operational webhook something, as an event of a call of its own: in the same transaction. */
  tell(news: News, nowMs: number): void {
    const { configuration } = this.#parts
    // It is told nothing of itself: its failures would make events that fail in turn.
    if (news.webhookId === configuration.operational?.id) return
    // Nobody wants it, or the account's switch is off.
    if (configuration.matching(news).length === 0) return
    const { webhookId: _about, ...event } = news
    this.#take(event, nowMs)
  }

  /** Tells the account that the relay has disabled a webhook by itself. */
  tellDisabled(webhookId: string, reason: string, nowMs: number): void {
    const { configuration, breakers, journal } = this.#parts
    const webhook = configuration.webhook(webhookId)
    if (webhook === undefined) return
    const health = breakers.healthOf(webhookId)
    const held = journal.countHeld(webhookId)
    this.tell(webhookNews('webhook.disabled', webhook, health, reason, null, held, nowMs), nowMs)
  }

  /** Whether a webhook's lanes hold what they owe. */
  isHolding(webhookId: string): boolean {
    const { status } = this.#standingOf(webhookId)
    return status === 'paused' || status === 'open'
  }

  /** Whether nothing forbids an attempt now. */
  mayStart({ webhookId, event, open, via }: Start): boolean {
    const standing = this.#standingOf(webhookId)
    if (standing.status === 'open')
      return via === 'manual' || (open.stand.kind === 'flight' && open.stand.probe)
    return standing.status === 'active' && (via === 'manual' || event.seq > standing.discardUpToSeq)
  }

  /** The variables of an event, as JSON text. */
  variables(callId: string, seq: number): string {
    return this.calls.peek(callId)?.variables.get(seq)?.text ?? this.#parts.journal.variables(seq)
  }

  #take(incoming: IncomingEvent, nowMs: number): Accepted {
    const { journal, configuration } = this.#parts
    let living = this.calls.get(incoming.call_id, nowMs)
    const known = incoming.id === null || living === null ? undefined : living.call.find(incoming.id)
    if (known !== undefined && living !== null) {
      const text = this.variables(known.call_id, known.seq)
      // Of an event that outlived its day the facts alone are left, and are all that can be compared.
      return sameEvent(known, text === NO_VARIABLES ? incoming.variables : text, incoming)
        ? {
            kind: 'accepted',
            id: known.id,
            position: known.position,
            duplicate: true,
            ...(reusesSequence(known, living.call.events) ? { sequence_reused: true } : {}),
          }
        : { kind: 'conflict', id: known.id }
    }
    living ??= this.calls.create(incoming.call_id, nowMs)
    const webhooks = configuration.matching(incoming)
    const seq = journal.nextSeq(nowMs)
    const atMs = journal.timeFor(nowMs)
    const ulid = eventUlid(atMs, configuration.shard, seq, secureRandom)
    const { variables, call } = living
    if (webhooks.length > 0) variables.set(seq, { text: incoming.variables, left: webhooks.length })
    return this.#step(living, nowMs, (step, around) => {
      const { event, accepted, released } = call.take(incoming, { seq, ulid, atMs }, webhooks, around, step)
      journal.addEvent(event, incoming.variables)
      this.#keepNumbers(living, incoming)
      for (const each of released) if (each.seq !== seq) journal.saveEvent(each)
      return accepted
    })
  }

  #keepNumbers({ call, numbers }: Living, incoming: IncomingEvent): void {
    const [first] = call.events
    if (first === undefined || isOperationalCall(call.callId)) return
    const fresh = this.#parts.numbers.add(first.seq, incoming, numbers)
    if (fresh.size === 0) return
    for (const each of fresh) numbers.add(each)
    this.#parts.undoable(() => {
      for (const each of fresh) numbers.delete(each)
    })
  }

  /** Makes a step of a call: what it leads to is written, and what it claims is to be begun. */
  #step<T>(living: Living, nowMs: number, run: (step: Step, around: Around) => T): T {
    this.#touch(living, nowMs)
    const step: Step = { starts: [], rows: [] }
    const around: Around = {
      nowMs,
      windowMs: this.#parts.settings.reorderWindowMs,
      standingOf: (webhookId) => this.#standingOf(webhookId),
      termsOf: (webhookId) => this.#termsOf(webhookId),
      serial: () => this.#nextSerial(nowMs),
    }
    this.#isShort = false
    const value = run(step, around)
    for (let index = 0; index < step.starts.length; index += 1) {
      const start = step.starts[index]
      if (start !== undefined) this.#give(living, start, around, step)
    }
    const isShort = this.#isShort
    this.#save(living, step.rows, nowMs)
    this.calls.settle(living, nowMs, isShort ? nowMs + NO_SLOT_MS : 0)
    return value
  }

  /** Gives an attempt its slot at the webhook's rate limit, or has it wait for that. */
  #give(living: Living, start: Start, around: Around, step: Step): void {
    const { callId } = living.call
    const { configuration } = this.#parts
    const limit = configuration.webhook(start.webhookId)?.rate_limit ?? null
    // The account's calls are spread evenly, and no shard asks another before each attempt: each has its share.
    const perSecond = limit === null ? null : limit / configuration.shards
    // A message is given its slot when it is claimed.
    if (perSecond === null || start.open.stand.kind !== 'flight') {
      this.#claimed.push({ ...start, callId, delayMs: 0, isAgain: false })
      return
    }
    const { nowMs } = around
    const turns = this.#turns.get(start.webhookId) ?? NO_TURNS
    const next = takeTurn(turns, start.open.turnMs, perSecond, nowMs, secureRandom())
    this.#turns.set(start.webhookId, next.turns)
    this.#parts.undoable(() => this.#turns.set(start.webhookId, turns))
    const { kind, atMs } = next.turn
    if (kind === 'go') {
      this.#claimed.push({ ...start, callId, delayMs: Math.max(0, atMs - nowMs), isAgain: false })
      return
    }
    const { webhookId, token, open } = start
    const claim = { webhookId, rank: open.rank, token, attempt: open.attempts }
    const outcome: Outcome = { kind: 'withdrawn', atMs, why: kind === 'turn' ? 'turn' : 'line' }
    living.call.report(claim, outcome, null, around, step)
  }

  #save(living: Living, rows: readonly Standpoint[], nowMs: number): void {
    const { journal, stats } = this.#parts
    for (const [index, row] of rows.entries()) {
      // Of two rows of one delivery the later stands, with the attempt of the earlier.
      const later = rows.findIndex(
        (each, at) => at > index && each.event.seq === row.event.seq && each.webhookId === row.webhookId,
      )
      if (later !== -1 && row.attempt === null) continue
      const isTripped = row.status === 'held' && this.#standingOf(row.webhookId).status === 'open'
      journal.saveDelivery(row, row.isNew, isTripped, nowMs)
      if (isTripped) this.#parts.breakers.held(row.webhookId, nowMs)
      if (row.attempt?.error === 'lost') stats.attempt(row.webhookId, row.attempt)
      if (row.status === 'pending' || row.status === 'held') continue
      stats.ended(row.webhookId, row.status, tookMs(row, nowMs))
      const variables = living.variables.get(row.event.seq)
      if (variables !== undefined) {
        const left = variables.left - 1
        if (left <= 0) living.variables.delete(row.event.seq)
        else living.variables.set(row.event.seq, { text: variables.text, left })
      }
      if (row.status === 'failed') this.#tellFailed(row, nowMs)
    }
  }

  #tellFailed(row: Standpoint, nowMs: number): void {
    const webhook = this.#parts.configuration.webhook(row.webhookId)
    if (webhook?.kind !== 'call') return
    const stored = this.#parts.journal.delivery(row.event.seq, row.webhookId)
    this.tell(deliveryFailed(webhook, row, stored?.state.attempts.at(-1) ?? null, nowMs), nowMs)
  }

  #observe(webhookId: string, event: StoredEvent, entry: AttemptEntry, nowMs: number): void {
    const { breakers, configuration, journal, replays } = this.#parts
    const { isBack, news, health } = breakers.observe(webhookId, event.call_id, entry, nowMs, secureRandom)
    if (isBack) {
      this.#note(this.#released, webhookId)
      replays.hurry(nowMs)
    }
    const webhook = configuration.webhook(webhookId)
    if (news === null || webhook === undefined) return
    const held = journal.countHeld(webhookId)
    this.tell(webhookNews(news, webhook, health, null, entry, held, nowMs), nowMs)
  }

  /** @returns whether the attempt was not on record yet */
  #stale(
    living: Living,
    webhookId: string,
    event: StoredEvent,
    attempt: AttemptEntry,
    nowMs: number,
  ): boolean {
    this.#touch(living, nowMs)
    return this.#parts.journal.saveStaleAttempt(event.seq, webhookId, attempt)
  }

  #standingOf(webhookId: string): Standing {
    const standing = this.#parts.configuration.standing(webhookId)
    if (standing.status !== 'active' || !this.#parts.breakers.isTripped(webhookId)) return standing
    return { ...standing, status: 'open' }
  }

  #termsOf(webhookId: string) {
    const { settings, isSlow } = this.#parts
    // A maker elsewhere may die, and nobody would hear of it.
    const isOwn = settings.attemptsBy === 'object' && this.#handOut === 0 && !this.#isBeginning
    return {
      retries: settings.retryScheduleMs.length,
      slow: isSlow(webhookId),
      flightLeaseMs: isOwn ? OWN_LEASE_MS : settings.deliveryTimeoutMs + CLAIM_START_MS + ATTEMPT_MARGIN_MS,
      takeSlot: () => this.#takeSlot(),
    }
  }

  #takeSlot(): boolean {
    if (this.#handOut > 0) {
      this.#handOut -= 1
      return true
    }
    if (this.#parts.slots() <= this.#given) {
      this.#isShort = true
      return false
    }
    this.#given += 1
    return true
  }

  /** Takes what the caller is to make off what was claimed since: the first, as they were given to it. */
  #handed(before: number, most: number): Claimed[] {
    if (most === 0) return []
    const handed: Claimed[] = []
    const own: Claimed[] = []
    for (const claimed of this.#claimed.splice(before)) {
      const isFree = claimed.via === 'inline' && claimed.delayMs === 0 && handed.length < most
      ;(isFree ? handed : own).push(claimed)
    }
    this.#claimed.push(...own)
    return handed
  }

  #note(webhooks: Set<string>, webhookId: string): void {
    if (webhooks.has(webhookId)) return
    webhooks.add(webhookId)
    this.#parts.undoable(() => webhooks.delete(webhookId))
  }

  #touch(living: Living, nowMs: number): void {
    const { call, variables } = living
    if (this.#touched.has(call.callId)) return
    this.#touched.add(call.callId)
    const undo = call.checkpoint()
    const kept = [...variables]
    this.#parts.undoable(() => {
      undo()
      variables.clear()
      for (const [seq, each] of kept) variables.set(seq, each)
      this.calls.resettle(living, nowMs)
    })
  }

  #nextSerial(nowMs: number): number {
    this.#serial = Math.max(this.#serial, nowMs * CLAIMS_A_MS)
    return this.#serial
  }
}

/**
 * Claims that a lane may make in a millisecond before its tokens meet those of a later life. A lane's are its own: were
 * each new one to begin above those of all others, tokens would run ahead of the clock, and meet them after a restart.
 */
const CLAIMS_A_MS = 1_000

/** How long a delivery took since its event came (ms); null if it was ended by others, or asked for again by hand. */
function tookMs({ status, event, attempt }: Standpoint, nowMs: number): number | null {
  if (status === 'expired' || status === 'discarded' || attempt?.via === 'manual') return null
  return Math.max(0, nowMs - event.received_at)
}

function againMs(): number {
  return Math.round(AGAIN_MS + secureRandom() * (AGAIN_MOST_MS - AGAIN_MS))
}

function entryOf({ attempt, via, result }: AttemptReport): AttemptEntry | null {
  if (result === null) return null
  const { retry_after_ms: _decided, ...entry } = result
  return { number: attempt, via, ...entry }
}
