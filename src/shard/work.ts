import type { AccountState } from '../contracts/configuration.ts'
import type { Env } from '../contracts/env.ts'
import type { AttemptResult, DeliveryMessage, Job } from '../contracts/jobs.ts'
import type { DeliveryDetail, Timeline } from '../contracts/shard.ts'
import { knownDestination, openDestination } from '../delivery/destination.ts'
import { contextOf } from '../delivery/event.ts'
import { isSlow, observePace } from '../delivery/pace.ts'
import { attemptTerms, startAttempt, type AttemptTerms } from '../delivery/attempt.ts'
import { Alarm } from '../lib/alarm.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { deliveryId } from '../lib/id.ts'
import { settingsOf, type Settings } from '../lib/settings.ts'
import { disableByRelay } from '../store/changes.ts'
import { readAccount } from '../store/accounts.ts'
import { forgetOldVersions } from '../store/versions.ts'
import { Breakers, type ToDisable } from './breakers.ts'
import { Chores } from './chores.ts'
import { Configuration } from './configuration.ts'
import { Days } from './days.ts'
import { Drains } from './drain.ts'
import { Elsewhere } from './elsewhere.ts'
import { Engine, START_MS, type Claimed } from './engine.ts'
import { Group } from './group.ts'
import { Journal } from './journal.ts'
import { Log } from './log.ts'
import { OwnAttempts } from './own-attempts.ts'
import { recover } from './recover.ts'
import { Replays } from './replays.ts'
import { loggedDelivery } from './rows.ts'
import { Retention } from './retention.ts'
import { shardOf } from './stub.ts'

/** While anything is under way the alarm is no further off than this (ms): it finds what a crash has left. */
const SAFETY_MS = 5_000
/** What is due sooner than this (ms) is waited for by a timer: that costs less than to set the alarm. */
const TIMER_MS = 1_000
/** An object has six connections, deployed. */
const OWN_BESIDE_OTHERS = 4
/**
 * What was begun just before a change is on the wire before the change returns: its request needs a few turns of the
 * thread, however long each is on a busy machine, and none if nothing was begun for a while (ms).
 */
const WIRE_TURNS = 6
const WIRE_TURN_MS = 3
const ON_WIRE_MS = 500
/** Of timers, in what is waited for until a maker elsewhere has begun or given up (ms). */
const CLOCK_MARGIN_MS = 10
/** A receiver that answers 410 has said that it wants no more (Standard Webhooks). */
export const GONE_REASON = 'The receiver answered 410 Gone'
export const LOST_REASON = 'Every attempt of the last 5 days failed'
/** What the platform takes of messages in one send. */
const MESSAGES_AT_ONCE = 100

/**
 * Everything that a shard is made of, and what keeps it going: groups are committed, what they decide is begun, and
 * what is due by the clock is done by a timer while the shard is awake and by the alarm in any case.
 */
export class Work {
  readonly engine: Engine
  readonly configuration: Configuration
  readonly breakers: Breakers
  readonly replays: Replays
  readonly log: Log
  readonly journal: Journal
  readonly own: OwnAttempts
  readonly elsewhere = new Elsewhere()
  readonly settings: Settings
  readonly #ctx: DurableObjectState
  readonly #env: Env
  readonly #terms: AttemptTerms
  readonly #days: Days
  readonly #group: Group
  readonly #alarm: Alarm
  readonly #drains: Drains
  readonly #chores: Chores
  #undo: (() => void)[] = []
  #timer: { atMs: number; id: ReturnType<typeof setTimeout> } | null = null
  #isTicking = false
  #isReading = false

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx
    this.#env = env
    this.settings = settingsOf(env)
    this.#terms = attemptTerms(this.settings)
    const { sql } = ctx.storage
    const undoable = (undo: () => void): void => void this.#undo.push(undo)
    this.#days = new Days(sql)
    this.configuration = new Configuration(sql)
    this.breakers = new Breakers(sql, undoable)
    this.journal = new Journal(sql, this.#days)
    this.log = new Log(sql, this.#days)
    this.replays = new Replays(sql, this.#days, this.log)
    const retention = new Retention(sql, this.#days, this.settings.retentionMs)
    this.engine = new Engine({
      settings: this.settings,
      journal: this.journal,
      configuration: this.configuration,
      breakers: this.breakers,
      undoable,
      slots: () => this.#slots(),
      isSlow: (webhookId) => this.settings.attemptsBy === 'invocation' && isSlow(webhookId),
    })
    this.own = new OwnAttempts({
      mayStart: (claimed) => this.engine.mayStart(claimed),
      start: (claimed) => this.#startAttempt(claimed),
      open: async (webhookId) => this.#open(webhookId),
      reported: (report) => {
        if (report.result !== null) observePace(report.webhook_id, report.result.duration_ms)
        this.#background('report', (engine, nowMs) => void engine.report(report, 0, nowMs))
      },
      late: (late) =>
        this.#background('claim', (engine, nowMs) => {
          for (const claimed of late) engine.claimAnew(claimed, nowMs)
        }),
    })
    this.#drains = new Drains(this.engine, this.journal, (webhookId) => this.own.outOf(webhookId))
    this.#chores = new Chores({
      engine: this.engine,
      journal: this.journal,
      log: this.log,
      breakers: this.breakers,
      configuration: this.configuration,
      replays: this.replays,
      retention,
      drains: this.#drains,
      own: this.own,
      elsewhere: this.elsewhere,
      settings: this.settings,
    })
    this.#group = new Group({
      transaction: (run) => {
        this.#undo = this.#checkpoints(retention)
        return ctx.storage.transactionSync(run)
      },
      undo: () => {
        for (const undo of this.#undo.toReversed()) undo()
        this.engine.undo()
      },
      keep: () => this.engine.keep(),
      written: () => this.#arm(),
      synced: async () => ctx.storage.sync(),
      after: () => this.#begin(),
    })
    this.#alarm = new Alarm(ctx)
    recover(this.engine.calls, this.journal, this.#drains, (webhookId) => this.engine.isHolding(webhookId))
  }

  /** Makes a change with the next group; resolves once it is on disk. */
  commit<T>(change: (engine: Engine, nowMs: number) => T): Promise<T> {
    return this.#group.commit(() => change(this.engine, Date.now()))
  }

  /** Does what is due. Called by the alarm; a timer does the same while the shard is awake. */
  async tick(): Promise<void> {
    if (this.#isTicking) return
    this.#isTicking = true
    try {
      await this.commit((_engine, nowMs) => this.#chores.step(nowMs))
      await this.#ask()
    } catch (error) {
      reportFailure('shard', error)
    } finally {
      this.#isTicking = false
      this.#plan()
    }
  }

  async alarm(): Promise<void> {
    this.#alarm.gone()
    await this.tick()
    this.#arm()
  }

  /** Reads the account's configuration from D1, for a shard that was never told it. False if D1 could not say. */
  async readConfiguration(accountId: string, shard: number): Promise<boolean> {
    try {
      const state = await readAccount(this.#env, accountId)
      if (state === null) return true
      await this.commit((engine, nowMs) =>
        engine.reconfigured(this.configuration.apply(state, shard, this.journal.lastSeq), nowMs),
      )
      return true
    } catch (error) {
      reportFailure('configuration', error)
      return false
    }
  }

  /** What a maker elsewhere needs for an attempt. */
  jobOf(claimed: Claimed): Job | null {
    const { callId, webhookId, event, token, open, via } = claimed
    const webhook = this.configuration.webhook(webhookId)
    if (webhook === undefined) return null
    return {
      account_id: this.configuration.accountId,
      shard: this.configuration.shard,
      webhook,
      token,
      attempt: open.attempts,
      via,
      delivery_id: deliveryId(event.ulid, webhookId),
      event,
      variables: this.engine.variables(callId, event.seq),
    }
  }

  /** Takes note of attempts that go to a maker elsewhere, and gives what it needs for them. */
  hand(handed: readonly Claimed[]): Job[] {
    const nowMs = Date.now()
    const jobs: Job[] = []
    for (const claimed of handed) {
      const job = this.jobOf(claimed)
      if (job === null) continue
      this.elsewhere.hand(claimed, nowMs, this.settings.deliveryTimeoutMs)
      jobs.push(job)
    }
    if (jobs.length > 0) this.#plan()
    return jobs
  }

  /** The numbers of a call's events, in memory or on disk. */
  seqsOf(callId: string): readonly number[] {
    const living = this.engine.calls.peek(callId)
    return living === undefined
      ? (this.log.callSeqs(callId) ?? [])
      : living.call.events.map(({ seq }) => seq)
  }

  /** A portion of a call's timeline: what is on record, and what is open without a row. */
  timeline(callId: string, from: number): Timeline {
    const seqs = this.seqsOf(callId).slice(from)
    const { events, taken } = this.log.timeline(seqs)
    const call = this.engine.calls.peek(callId)?.call
    return {
      events: events.map(({ event, deliveries }) => {
        const rows = new Map(deliveries.map((each) => [each.webhook_id, each]))
        const open = event.webhooks.flatMap((webhookId) => {
          const row = rows.get(webhookId)
          const stand = call?.openStand(webhookId, event) ?? null
          if (row !== undefined) return [row]
          if (stand === null) return []
          const state = { attempts: [], attempt_count: stand.attempts, next_attempt_at: stand.retryAtMs }
          return [
            loggedDelivery(event, webhookId, stand.status, { ...state, completed_at: null, error: null }),
          ]
        })
        return { event, deliveries: open }
      }),
      next: taken < seqs.length ? from + taken : null,
    }
  }

  detail(seq: number, webhookId: string): DeliveryDetail | null {
    const found = this.log.get(seq, webhookId)
    return found === null ? null : { ...found, last: found.delivery.attempts.at(-1) ?? null }
  }

  #background(what: string, change: (engine: Engine, nowMs: number) => void): void {
    this.commit(change).catch((error: unknown) => {
      // What it would have changed stands as it did; the alarm finds what is owed.
      reportFailure(what, error)
    })
  }

  /** What memory is put back by if a transaction is rolled back, beside what the parts tell of as they go. */
  #checkpoints(retention: Retention): (() => void)[] {
    return [
      this.#days.checkpoint(),
      this.journal.checkpoint(),
      this.configuration.checkpoint(),
      this.replays.checkpoint(),
      retention.checkpoint(),
    ]
  }

  /** A group is on disk: begins what it has decided. */
  #begin(): void {
    const { engine } = this
    const queued: Claimed[] = []
    for (const claimed of engine.takeClaimed()) {
      if (claimed.via === 'queue') queued.push(claimed)
      else this.own.begin(claimed)
    }
    if (queued.length > 0) void this.#send(queued)
    for (const webhookId of engine.takeReleased()) this.#drains.release(webhookId)
    for (const webhookId of engine.takeChanged()) this.#drains.look(webhookId)
    this.#plan()
  }

  #startAttempt({ callId, webhookId, event, open }: Claimed): Promise<AttemptResult> | null {
    const row = this.configuration.webhook(webhookId)
    const destination = row === undefined ? null : knownDestination(row)
    if (destination === null) return null
    const context = contextOf({
      account_id: this.configuration.accountId,
      webhook_id: webhookId,
      attempt: open.attempts,
      event,
      variables: this.engine.variables(callId, event.seq),
    })
    return startAttempt(destination, deliveryId(event.ulid, webhookId), context, this.#terms)
  }

  async #open(webhookId: string): Promise<void> {
    const row = this.configuration.webhook(webhookId)
    if (row !== undefined) await openDestination(this.settings.encryptionKeys, row)
  }

  async #send(queued: readonly Claimed[]): Promise<void> {
    const { accountId: account_id, shard } = this.configuration
    for (let first = 0; first < queued.length; first += MESSAGES_AT_ONCE) {
      const some = queued.slice(first, first + MESSAGES_AT_ONCE)
      const messages = some.map(({ callId: call_id, webhookId: webhook_id, token }) => {
        const body: DeliveryMessage = { account_id, shard, call_id, webhook_id, token }
        return { body }
      })
      try {
        await this.#env.DELIVERIES.sendBatch(messages)
      } catch (error) {
        reportFailure('deliveries queue', error)
        this.#background('unqueue', (engine, nowMs) => {
          for (const claimed of some) engine.unqueue(claimed, false, nowMs)
        })
      }
    }
  }

  /** How many attempts the shard may begin by itself: all on one machine, few where an object has six connections. */
  #slots(): number {
    return this.settings.attemptsBy === 'object' ? Infinity : OWN_BESIDE_OTHERS - this.own.size
  }

  /** Asks D1 for what only D1 knows, if that is due: the configuration after a change was announced, and disables. */
  async #ask(): Promise<void> {
    if (this.#isReading || !this.configuration.isKnown) return
    this.#isReading = true
    try {
      const nowMs = Date.now()
      if ((this.configuration.dueMs() ?? Infinity) <= nowMs) await this.#refresh(nowMs)
      for (const each of this.#chores.disablesDue(nowMs)) await this.#disable(each)
      if (this.#chores.forgetVersionsBefore !== null) {
        await forgetOldVersions(this.#env, this.configuration.accountId, this.#chores.forgetVersionsBefore)
        this.#chores.forgetVersionsBefore = null
      }
    } catch (error) {
      reportFailure('D1', error)
    } finally {
      this.#isReading = false
    }
  }

  async #refresh(nowMs: number): Promise<void> {
    const { configuration } = this
    configuration.asked(nowMs)
    const answer = await readAccount(this.#env, configuration.accountId).catch((error: unknown) => {
      reportFailure('configuration', error)
      return 'failed' as const
    })
    await this.commit((engine, thenMs) =>
      engine.reconfigured(configuration.refreshed(answer, this.journal.lastSeq, thenMs), thenMs),
    )
  }

  /** Disables a webhook by the relay's own decision: by a 410, or after days without a success. */
  async #disable({ webhookId, goneMs }: ToDisable): Promise<void> {
    const { accountId } = this.configuration
    const reach = (shard: number) =>
      shard === this.configuration.shard ? this : shardOf(this.#env, accountId, shard)
    const reason = goneMs === null ? LOST_REASON : GONE_REASON
    const isDisabled = await disableByRelay(this.#env, { webhookId, reason, unchangedSinceMs: goneMs, reach })
    await this.commit((engine, nowMs) => {
      if (isDisabled) engine.tellDisabled(webhookId, reason, nowMs)
      this.breakers.forgive(webhookId)
    })
  }

  async announce(accountId: string, shard: number, version: number): Promise<void> {
    await this.commit((_engine, nowMs) => this.configuration.announce(accountId, shard, version, nowMs))
  }

  /** Takes the account's configuration. When it has returned, nothing starts that it forbids. */
  async configure(state: AccountState, shard: number): Promise<void> {
    await this.commit((engine, nowMs) =>
      engine.reconfigured(this.configuration.apply(state, shard, this.journal.lastSeq), nowMs),
    )
    // Who was handed an attempt before has begun it by then, or asks again.
    const waitMs = this.elsewhere.lastMs + START_MS + CLOCK_MARGIN_MS - Date.now()
    if (waitMs > 0) await scheduler.wait(waitMs)
    if (this.own.lastMs < Date.now() - ON_WIRE_MS) return
    for (let turn = 0; turn < WIRE_TURNS; turn += 1) await scheduler.wait(WIRE_TURN_MS)
  }

  /** Sets the alarm for what is owed: in the same commit as what is owed. */
  #arm(): void {
    const nowMs = Date.now()
    const isUnderWay = this.own.size > 0 || this.elsewhere.size > 0 || this.engine.hasClaimed
    const dueMs = this.#chores.dueMs(nowMs)
    const atMs = isUnderWay ? Math.min(dueMs ?? Infinity, nowMs + SAFETY_MS) : dueMs
    // What is due already is being done; the alarm is for the case that it is not, and must not spin meanwhile.
    if (atMs !== null) this.#alarm.setBy(atMs <= nowMs ? nowMs + SAFETY_MS : atMs)
  }

  /** Has a timer do what is due soon, or while the shard is awake in any case. */
  #plan(): void {
    if (this.#isTicking) return
    const nowMs = Date.now()
    const dueMs = this.#chores.dueMs(nowMs)
    const isAwake = this.own.size > 0
    if (dueMs === null || (!isAwake && dueMs > nowMs + TIMER_MS)) return
    if (this.#timer !== null) {
      if (this.#timer.atMs <= dueMs) return
      clearTimeout(this.#timer.id)
    }
    const id = setTimeout(
      () => {
        this.#timer = null
        void this.tick()
      },
      Math.max(0, dueMs - nowMs),
    )
    this.#timer = { atMs: dueMs, id }
  }
}
