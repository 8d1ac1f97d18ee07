import { DurableObject } from 'cloudflare:workers'
import { monotonicFactory } from 'ulid'
import { Alarm } from '../lib/alarm.ts'
import { cachedSnapshot, snapshotOf, type Snapshot } from '../config/snapshot.ts'
import type { AttemptOutcome } from '../delivery/attempt.ts'
import type { Job } from '../delivery/job.ts'
import { isCrowded, isSlow, observePace } from '../delivery/pace.ts'
import { report } from '../lib/failure.ts'
import { deliveryId, secureRandom } from '../lib/id.ts'
import type { Env } from '../contracts/env.ts'
import { settingsOf, type Settings } from '../lib/settings.ts'
import type { LogEntry } from '../webhooks/log.ts'
import { Attempts, INLINE_SLOTS } from './attempts.ts'
import { Call, type Accepted, type Asked, type Reopened, type Start } from './call.ts'
import { Courier } from './courier.ts'
import { Journal, type EventFacts, type Incoming } from './journal.ts'
import type { Terms } from '../order/lane.ts'
import { outcomeOf, type Claim } from './outcome.ts'
import { covers, matching, standingOf } from './standing.ts'

/** An event with what its call knows of its deliveries. */
export interface TimelineEvent {
  event: EventFacts
  deliveries: {
    webhook_id: string
    id: string
    /** As the lane has it; null where it has ended. */
    open: LogEntry | null
    /** What the log has not taken yet: newer than what it shows. */
    unsent: LogEntry | null
  }[]
}

/** What a decision leads to: its answer, the attempts to be made, and the variables of new events by number. */
interface Decision<T> {
  value: T
  starts: Start[]
  variables?: ReadonlyMap<number, string>
}

/** What a claim may take over the receiver's timeout before it is taken back: the preparing and the report. */
const LEASE_MARGIN_MS = 2_000
/** When the alarm looks at what is owed now. The object does it by itself unless it dies. */
const SAFETY_MS = 5_000
/**
 * How soon a call first tries again what failed on our own side: D1, a queue, a Webhook object. Then twice as long
 * each time, up to SAFETY_MS: a thousand calls that ask each second would keep down what they wait for.
 */
const TROUBLE_RETRY_MS = 1_000
/** Each delay is shortened by up to a quarter, so that what failed together does not come back together. */
const TROUBLE_JITTER = 0.25

/**
 * The Durable Object of one call. It is single-threaded, so it alone decides the order of its deliveries. A thin
 * shell: `Call` decides, this stores what was decided and then does it.
 */
export class CallObject extends DurableObject<Env> {
  readonly #journal: Journal
  readonly #settings: Settings
  /** Rises within a millisecond, too: the events of a batch sort by their order in it. */
  readonly #ulid = monotonicFactory(secureRandom)
  #call: Call | null
  #stepping = false
  /** Failures of our own side in a row. */
  #troubles = 0
  #stepAgain = false
  readonly #attempts: Attempts
  readonly #courier: Courier
  readonly #alarm: Alarm

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#settings = settingsOf(env)
    this.#journal = new Journal(ctx.storage.sql)
    this.#attempts = new Attempts(ctx, env, {
      reported: (job, outcome) => this.#report(job, outcome),
      stillOut: ({ webhook_id, rank }) => this.#change((call) => call.listed(webhook_id, rank, Date.now())),
      notQueued: (starts) => {
        const atMs = Date.now() + TROUBLE_RETRY_MS
        this.#change((call) => {
          for (const { webhook_id, token } of starts) call.unqueue(webhook_id, token, atMs)
        })
      },
    })
    this.#courier = new Courier(ctx, env, {
      sent: () => {
        this.#troubles = 0
        this.#goOn()
      },
      wake: async (webhookId) => void (await this.wake(webhookId)),
      failed: () => this.#trouble(),
    })
    const stored = this.#journal.load()
    this.#call = stored === null ? null : new Call(stored)
    this.#alarm = new Alarm(ctx)
  }

  /**
   * Takes events into the call, in this order. When it has returned they are durable, and what follows from them
   * goes on by itself: nothing of that is on the way to the answer.
   */
  async accept(accountId: string, callId: string, incoming: Incoming[]): Promise<Accepted[]> {
    const nowMs = Date.now()
    const { reorderWindowMs: windowMs } = this.#settings
    // Where a valid read of the webhooks is at hand, the event and the claims on it are one write.
    const snapshot = cachedSnapshot(accountId, nowMs)
    const match = (event: Incoming): string[] | null => (snapshot === null ? null : matching(snapshot, event))
    const variables = new Map<number, string>()
    // A repeat within one batch is of an event that is not stored yet.
    const variablesOf = (n: number): string => variables.get(n) ?? this.#journal.variables(n)
    return this.#commit(() => {
      const call = (this.#call ??= this.#create(accountId, callId))
      const accepted = incoming.map((event) => {
        const answer = call.take(event, match, variablesOf, this.#ulid(nowMs), { nowMs, windowMs })
        if (answer.kind === 'accepted' && !answer.duplicate) variables.set(call.size, event.variables)
        return answer
      })
      return {
        value: accepted,
        starts: snapshot === null ? [] : this.#advance(call, snapshot, nowMs),
        variables,
      }
    })
  }

  /** A consumer is about to make a queued attempt: what it is to make, or null where it is to drop the message. */
  async begin(webhookId: string, token: number): Promise<Job | null> {
    const call = this.#call
    if (call === null) return null
    const start = this.#commit(() => ({
      value: call.begin(webhookId, token, this.#terms(Date.now())),
      starts: [],
    }))
    return start === null ? null : this.#job(start)
  }

  /** Takes the outcome of an attempt. One that comes twice, or after its claim lapsed, changes no lane. */
  async report(job: Claim, outcome: AttemptOutcome): Promise<void> {
    this.#report(job, outcome)
  }

  /** The queue gave up a message. If its claim still stands, the log says so and the attempt is made another way. */
  async undeliverable(webhookId: string, token: number): Promise<void> {
    this.#change((call) => call.bury(webhookId, token, Date.now()))
  }

  /** The Webhook object: what held this lane is over. `nothing`: it waits for no such thing. */
  async wake(webhookId: string): Promise<'woken' | 'nothing'> {
    if ((this.#call?.waitsFor(webhookId) ?? null) === null) return 'nothing'
    this.#follow((call) => call.wake(webhookId))
    return 'woken'
  }

  /**
   * The Webhook object: its breaker is open, and a delivery of this call is to see whether the receiver is back.
   * `nothing`: none waits for that; `busy`: none could start now.
   */
  async probe(webhookId: string): Promise<'sent' | 'busy' | 'nothing'> {
    const call = this.#call
    if (call === null || call.waitsFor(webhookId) === null) return 'nothing'
    return this.#commit(() => {
      const takeSlot = (): boolean => this.#attempts.out < INLINE_SLOTS
      const start = call.probe(webhookId, { ...this.#terms(Date.now()), takeSlot })
      return { value: start === null ? 'busy' : 'sent', starts: start === null ? [] : [start] }
    })
  }

  /**
   * Makes ended deliveries once more, in the order of the call. Answers for each in the order they are asked for in.
   * @param most how many may be taken now; the others are answered `later`
   */
  async retry(webhookId: string, asked: Asked[], most: number): Promise<Reopened[]> {
    const call = this.#call
    if (call === null) return asked.map(() => 'unknown')
    // A disable shows in the log at once and in the lane when it next looks: let it look first.
    const snapshot = await snapshotOf(this.env.DB, call.accountId, Date.now)
    // Its retention may have ended meanwhile.
    if (this.#call !== call) return asked.map(() => 'unknown')
    this.#commit(() => ({ value: undefined, starts: this.#advance(call, snapshot, Date.now()) }))
    return this.#commit(() => ({
      value: call.reopen(webhookId, asked, most, Date.now()),
      starts: [],
    }))
  }

  async timeline(): Promise<TimelineEvent[]> {
    const call = this.#call
    if (call === null) return []
    return call.events.map((event) => ({
      event,
      deliveries: (event.webhooks ?? []).map((webhookId) => {
        const id = deliveryId(event.ulid, webhookId)
        const stand = call.openStand(webhookId, event)
        const open = stand === null ? null : call.outbox.entry(webhookId, event, stand, null, Date.now())
        return { webhook_id: webhookId, id, open, unsent: call.outbox.unsent(id) }
      }),
    }))
  }

  /** An event as it came in, so that the request of a past attempt can be rendered again. */
  async event(eventUlid: string): Promise<{ event: EventFacts; variables: string } | null> {
    const event = this.#call?.eventByUlid(eventUlid)
    return event === undefined ? null : { event, variables: this.#journal.variables(event.n) }
  }

  override async alarm(): Promise<void> {
    this.#alarm.gone()
    const call = this.#call
    if (call === null) return
    if (call.isOver(Date.now(), this.#settings.retentionMs)) {
      this.#call = null
      await this.ctx.storage.deleteAll()
      return
    }
    // What the Webhook objects have taken since the last write is forgotten here, and not by a write of its own.
    if (call.outbox.isBehind) {
      this.#store(() => {
        call.touch()
        return { value: undefined, starts: [] }
      })
    }
    this.#goOn()
  }

  #create(accountId: string, callId: string): Call {
    this.#journal.create()
    const state = { account_id: accountId, call_id: callId, lanes: [], outbox: [], revision: 0 }
    this.#journal.saveState(state)
    return new Call({ state, events: [] })
  }

  /** Stores a decision, and then sets going what follows from it. */
  #commit<T>(decide: () => Decision<T>): T {
    const decided = this.#store(decide)
    this.#goOn()
    this.#begin(decided.starts)
    return decided.value
  }

  /** A change that starts nothing by itself: what follows from it is for the next step. */
  #change(change: (call: Call) => void): void {
    const call = this.#call
    if (call === null) return
    this.#commit(() => {
      change(call)
      return { value: undefined, starts: [] }
    })
  }

  /** A change, and the claims that follow from it: one write, where a valid read of the webhooks is at hand. */
  #follow(change: (call: Call) => void): void {
    const call = this.#call
    if (call === null) return
    const nowMs = Date.now()
    const snapshot = cachedSnapshot(call.accountId, nowMs)
    this.#commit(() => {
      change(call)
      return { value: undefined, starts: snapshot === null ? [] : this.#advance(call, snapshot, nowMs) }
    })
  }

  /**
   * The one way to change the call: runs a decision and stores what it changed, in one transaction. If that
   * fails, the object is thrown away, because its memory would be ahead of its disk.
   */
  #store<T>(decide: () => Decision<T>): Decision<T> {
    try {
      return this.ctx.storage.transactionSync(() => {
        const decided = decide()
        const changes = this.#call?.changes()
        for (const event of changes?.added ?? []) {
          this.#journal.addEvent(event, decided.variables?.get(event.n) ?? '{}')
        }
        for (const event of changes?.updated ?? []) this.#journal.saveEvent(event)
        if (changes?.state != null) this.#journal.saveState(changes.state)
        return decided
      })
    } catch (error) {
      this.ctx.abort('the call could not be stored')
      throw error
    }
  }

  /** Sets the alarm for what is owed, and runs the step that is due unless one is running. */
  #goOn(): void {
    this.#arm(SAFETY_MS)
    this.#send()
    const dueMs = this.#call?.stepDueMs(0, this.#settings.reorderWindowMs) ?? null
    if (dueMs === null || dueMs > Date.now()) return
    this.#stepAgain = true
    if (this.#stepping) return
    this.#stepping = true
    this.ctx.waitUntil(this.#steps())
  }

  async #steps(): Promise<void> {
    try {
      while (this.#stepAgain && this.#call !== null) {
        this.#stepAgain = false
        const call = this.#call
        const snapshot = await snapshotOf(this.env.DB, call.accountId, Date.now)
        const nowMs = Date.now()
        const { starts } = this.#store(() => {
          call.release(nowMs, this.#settings.reorderWindowMs)
          call.match((event) => (covers(snapshot, event) ? matching(snapshot, event) : null))
          return { value: undefined, starts: this.#advance(call, snapshot, nowMs) }
        })
        this.#troubles = 0
        // Events that came while the read was out are for a newer one.
        if (call.hasUnmatched) this.#stepAgain = true
        this.#arm(SAFETY_MS)
        this.#send()
        this.#begin(starts)
      }
    } catch (error) {
      report('call step', error)
      this.#trouble()
    } finally {
      this.#stepping = false
    }
  }

  #advance(call: Call, snapshot: Snapshot, nowMs: number): Start[] {
    let inline = this.#attempts.out
    return call.advance(
      (webhookId) => standingOf(snapshot, webhookId),
      (webhookId) => ({
        ...this.#terms(nowMs),
        retries: this.#settings.retryScheduleMs.length,
        // A slow receiver would keep this object awake, by wall clock, and its slots from the other webhooks.
        // So would a crowd of answers, from everybody who shares the thread.
        slow: isSlow(webhookId) || isCrowded(webhookId, nowMs),
        takeSlot: () => {
          if (inline >= INLINE_SLOTS) return false
          inline += 1
          return true
        },
      }),
    )
  }

  #begin(starts: readonly Start[]): void {
    const call = this.#call
    if (call === null || starts.length === 0) return
    const { accountId: account_id, callId: call_id } = call
    this.#attempts.begin({ account_id, call_id }, starts, (start) => this.#job(start))
  }

  #send(): void {
    if (this.#call !== null) this.#courier.send(this.#call)
  }

  #report(claim: Claim, reported: AttemptOutcome): void {
    if (reported.kind === 'made') observePace(claim.webhook_id, reported.receiverMs)
    const nowMs = Date.now()
    const { retryScheduleMs } = this.#settings
    const { outcome, attempt } = outcomeOf(claim, reported, retryScheduleMs, nowMs, secureRandom)
    const { webhook_id, rank, token } = claim
    this.#follow((call) => call.report(webhook_id, rank, token, outcome, attempt, nowMs))
  }

  #job(start: Start): Job {
    const { event, open } = start
    const call = this.#call
    if (call === null) throw new Error('a start without a call')
    return {
      account_id: call.accountId,
      call_id: call.callId,
      webhook_id: start.webhook_id,
      token: start.token,
      rank: open.rank,
      attempt: open.attempts,
      // The first attempt may be a probe: its failure then is the schedule's first all the same.
      tries: Math.max(1, open.attempts - open.excused),
      probe: open.stand.kind === 'flight' && open.stand.probe,
      turn_in_ms: open.turnMs === null ? null : open.turnMs - Date.now(),
      lease_ms: this.#terms(0).flightLeaseMs,
      via: start.via,
      delivery_id: deliveryId(event.ulid, start.webhook_id),
      event,
      variables: this.#journal.variables(event.n),
    }
  }

  #terms(nowMs: number): Pick<Terms, 'nowMs' | 'flightLeaseMs'> {
    return { nowMs, flightLeaseMs: this.#settings.deliveryTimeoutMs + LEASE_MARGIN_MS }
  }

  #trouble(): void {
    const delayMs = Math.min(SAFETY_MS, TROUBLE_RETRY_MS * 2 ** this.#troubles)
    this.#troubles += 1
    this.#arm(Math.round(delayMs * (1 - TROUBLE_JITTER * secureRandom())))
  }

  /** @param soonMs when the alarm looks, from now, at what goes on by itself: in case that it does not */
  #arm(soonMs: number): void {
    const call = this.#call
    if (call === null) return
    const { reorderWindowMs, retentionMs } = this.#settings
    const nowMs = Date.now()
    const owedMs = call.alarmDueMs(nowMs + soonMs, reorderWindowMs, retentionMs)
    // What is due already is being done; the alarm is for the case that it is not, and must not spin meanwhile.
    this.#alarm.setBy(owedMs <= nowMs ? nowMs + soonMs : owedMs)
  }
}
