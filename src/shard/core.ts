import type { AccountState } from '../contracts/configuration.ts'
import type { AttemptReport, AttemptResult, Job } from '../contracts/jobs.ts'
import type { Alarm } from '../lib/alarm.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { deliveryId } from '../lib/id.ts'
import type { Settings } from '../lib/settings.ts'
import type { Call } from '../order/call.ts'
import type { DisableAnswer } from '../store/changes.ts'
import { Breakers, type ToDisable } from './breakers.ts'
import { CallList } from './call-list.ts'
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
import { Retention } from './retention.ts'
import { migrate } from './schema.ts'
import { Numbers } from './numbers.ts'
import { Stats } from './stats.ts'
import { Tests } from './tests.ts'
import { Timelines } from './timelines.ts'
import { Usage } from './usage.ts'
import { Waiting } from './waiting.ts'

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
/** What could not be written is tried again after this (ms). */
const AGAIN_MS = 1_000
/** A receiver that answers 410 has said that it wants no more (Standard Webhooks). */
export const GONE_REASON = 'The receiver answered 410 Gone'
export const LOST_REASON = 'Every attempt of the last 5 days failed'
/** Of timers, in what is waited for until a maker elsewhere has begun or given up (ms). */
const CLOCK_MARGIN_MS = 10

/** What a shard has of its object. */
export interface Place {
  readonly storage: Pick<DurableObjectStorage, 'sql' | 'transactionSync' | 'sync'>
  readonly alarm: Pick<Alarm, 'setBy' | 'gone'>
}

/**
 * Everything that a shard is made of, and what keeps it going: groups are committed, what they decide is begun, and
 * what is due by the clock is done by a timer while the shard is awake and by the alarm in any case. Whatever is
 * outside of its object is left to `Work`, so that a test can put another world around all of this.
 */
export abstract class Core {
  readonly engine: Engine
  readonly configuration: Configuration
  readonly breakers: Breakers
  readonly replays: Replays
  readonly stats: Stats
  readonly waiting: Waiting
  readonly usage: Usage
  readonly tests: Tests
  readonly log: Log
  readonly journal: Journal
  readonly calls: CallList
  readonly timelines: Timelines
  readonly own: OwnAttempts
  readonly elsewhere = new Elsewhere()
  readonly settings: Settings
  readonly chores: Chores
  readonly #alarm: Place['alarm']
  /** Until then a former life of this object may begin what it has written (ms since epoch). */
  readonly #formerUntilMs: number
  readonly #days: Days
  readonly #group: Group
  readonly #drains: Drains
  #undo: (() => void)[] = []
  #timer: { atMs: number; id: ReturnType<typeof setTimeout> } | null = null
  #isTicking = false
  /** The mark of starts that is on disk (ms since epoch). */
  #startMarkMs = 0
  #reading: Promise<boolean> | null = null
  #isAsking = false
  /** What could not be written is tried again from then on (ms since epoch). */
  #againMs = 0

  constructor({ storage, alarm }: Place, settings: Settings) {
    this.settings = settings
    this.#alarm = alarm
    const { sql } = storage
    migrate(storage)
    const undoable = (undo: () => void): void => void this.#undo.push(undo)
    this.#days = new Days(sql)
    this.configuration = new Configuration(sql)
    this.breakers = new Breakers(sql, undoable)
    this.journal = new Journal(sql, this.#days)
    this.log = new Log(sql, this.#days)
    this.replays = new Replays(sql, this.#days, this.log)
    this.tests = new Tests(this.journal, undoable, settings.deliveryTimeoutMs)
    this.stats = new Stats(sql, settings.retentionMs)
    const retention = new Retention(sql, this.#days, settings.retentionMs)
    const numbers = new Numbers(sql, this.#days, () => this.configuration.country)
    this.engine = new Engine({
      settings,
      journal: this.journal,
      numbers,
      configuration: this.configuration,
      breakers: this.breakers,
      replays: this.replays,
      stats: this.stats,
      undoable,
      slots: () => this.#slots(),
      isSlow: (webhookId) => settings.attemptsBy === 'invocation' && this.isSlow(webhookId),
      tookMs: (webhookId, durationMs) => this.tookMs(webhookId, durationMs),
    })
    const inMemory = (callId: string): Call | undefined => this.engine.calls.peek(callId)?.call
    this.calls = new CallList(sql, this.#days, this.log, numbers, inMemory)
    this.timelines = new Timelines(this.log, this.journal, inMemory)
    this.waiting = new Waiting(sql, this.#days, this.engine.calls)
    this.usage = new Usage({
      sql,
      days: this.#days,
      journal: this.journal,
      calls: this.engine.calls,
      waiting: this.waiting,
    })
    this.own = new OwnAttempts({
      mayStart: (claimed) => this.engine.mayStart(claimed),
      start: (claimed) => this.startAttempt(claimed),
      open: async (webhookId) => this.openWebhook(webhookId),
      reported: (report) => this.#reported(report),
      startedMs: () => this.#startMarkMs,
      late: (late) => this.#claimAnew(late),
    })
    this.#drains = new Drains(this.engine, this.journal, (webhookId) => this.own.outOf(webhookId), undoable)
    this.chores = new Chores({
      engine: this.engine,
      journal: this.journal,
      log: this.log,
      breakers: this.breakers,
      configuration: this.configuration,
      replays: this.replays,
      stats: this.stats,
      tests: this.tests,
      retention,
      drains: this.#drains,
      own: this.own,
      elsewhere: this.elsewhere,
      settings,
    })
    this.#group = new Group({
      transaction: (run) => {
        this.#undo = this.#checkpoints(retention)
        return storage.transactionSync(run)
      },
      undo: () => {
        for (const undo of this.#undo.toReversed()) undo()
        this.engine.undo()
        this.stats.undo()
      },
      keep: () => {
        this.engine.keep()
        this.stats.keep(Date.now())
      },
      written: () => this.#arm(),
      synced: async () => storage.sync(),
      after: () => this.#begin(),
    })
    recover(this.engine.calls, this.journal, this.#drains, this.tests, (webhookId) =>
      this.engine.isHolding(webhookId),
    )
    this.#formerUntilMs = this.engine.formerUntilMs
    // What rows tell may be due before the alarm goes off, which was set by what was in memory.
    if (this.chores.dueMs(Date.now()) !== null) setTimeout(() => void this.tick(), 0)
  }

  /** The receiver is known to be slow: it is sent to from the queue. */
  protected abstract isSlow(webhookId: string): boolean
  /** Makes an attempt: everything up to its request goes on in this turn. Null if its webhook is not open yet. */
  protected abstract startAttempt(claimed: Claimed): Promise<AttemptResult> | null
  /** Opens what a webhook has sealed, for `startAttempt`. */
  protected abstract openWebhook(webhookId: string): Promise<void>
  /** Takes note of how long an attempt took (ms). */
  protected abstract tookMs(webhookId: string, durationMs: number): void
  /** Puts attempts on the queue. */
  protected abstract send(queued: readonly Claimed[]): Promise<void>
  /** Asks D1 for the account; null if there is none. */
  protected abstract readAccount(accountId: string): Promise<AccountState | null>
  /** Has D1 disable a webhook by the relay's own decision: by a 410, or after days without a success. */
  protected abstract disable(which: ToDisable, reason: string): Promise<DisableAnswer>
  /** Configurations that were replaced before this (ms since epoch) are of no attempt that the log has. */
  protected abstract forgetVersions(beforeMs: number): Promise<void>

  /** Makes a change with the next group; resolves once it is on disk. */
  commit<T>(change: (engine: Engine, nowMs: number) => T): Promise<T> {
    return this.#group.commit(() => change(this.engine, Date.now()))
  }

  /** Does what is due. Called by the alarm; a timer does the same while the shard is awake. */
  async tick(): Promise<void> {
    if (this.#isTicking) return
    this.#isTicking = true
    try {
      await this.commit((_engine, nowMs) => this.chores.step(nowMs))
      if (this.chores.isCountDue(Date.now())) await this.commit((_engine, nowMs) => this.chores.count(nowMs))
      await this.#ask()
    } catch (error) {
      reportFailure('shard', error)
      this.#againMs = Date.now() + AGAIN_MS
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

  /**
   * Reads the account's configuration, for a shard that was never told it; once for all who wait for it. False if D1
   * could not say.
   */
  readConfiguration(accountId: string, shard: number): Promise<boolean> {
    this.#reading ??= this.#read(accountId, shard).finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #read(accountId: string, shard: number): Promise<boolean> {
    try {
      const state = await this.readAccount(accountId)
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
      // Its webhook may have been changed since this was decided, and whoever changed it told that nothing starts.
      const job = this.engine.mayStart(claimed) ? this.jobOf(claimed) : null
      if (job === null) {
        this.#reported(notMade(claimed))
        continue
      }
      this.elsewhere.hand(claimed, nowMs, this.settings.deliveryTimeoutMs)
      jobs.push(job)
    }
    if (jobs.length > 0) this.#plan()
    return jobs
  }

  async announce(accountId: string, shard: number, version: number): Promise<void> {
    await this.commit((_engine, nowMs) => this.configuration.announce(accountId, shard, version, nowMs))
  }

  /** Takes the account's configuration. When it has returned, nothing starts that it forbids. */
  async configure(state: AccountState, shard: number): Promise<void> {
    await this.commit((engine, nowMs) =>
      engine.reconfigured(this.configuration.apply(state, shard, this.journal.lastSeq), nowMs),
    )
    // Who was handed an attempt before has begun it by then, or asks again; so has a former life of this object.
    const elsewhereMs = this.elsewhere.lastMs + START_MS
    const waitMs = Math.max(elsewhereMs, this.#formerUntilMs) + CLOCK_MARGIN_MS - Date.now()
    if (waitMs > 0) await scheduler.wait(waitMs)
    // On one machine those elsewhere are made on the same thread.
    if (Math.max(this.own.lastMs, elsewhereMs) < Date.now() - ON_WIRE_MS) return
    for (let turn = 0; turn < WIRE_TURNS; turn += 1) await scheduler.wait(WIRE_TURN_MS)
  }

  protected background(what: string, change: (engine: Engine, nowMs: number) => void): void {
    this.commit(change).catch((error: unknown) => {
      // What it would have changed stands as it did; the alarm finds what is owed.
      reportFailure(what, error)
    })
  }

  /**
   * Takes what an attempt led to. Nobody else knows, so it is said until it is written; without the receiver's answer
   * from the second time on, in case that it is that which no row takes.
   */
  #reported(report: AttemptReport): void {
    this.commit((engine, nowMs) => void engine.report(report, 0, nowMs)).catch((error: unknown) => {
      reportFailure('report', error)
      const { result } = report
      const bare = result === null ? report : { ...report, result: { ...result, response_body: null } }
      setTimeout(() => this.#reported(bare), AGAIN_MS)
    })
  }

  #claimAnew(late: readonly Claimed[]): void {
    this.commit((engine, nowMs) => {
      for (const claimed of late) engine.claimAnew(claimed, nowMs)
    }).catch((error: unknown) => {
      reportFailure('claim', error)
      setTimeout(() => this.#claimAnew(late), AGAIN_MS)
    })
  }

  /** What memory is put back by if a transaction is rolled back, beside what the parts tell of as they go. */
  #checkpoints(retention: Retention): (() => void)[] {
    return [
      this.#days.checkpoint(),
      this.journal.checkpoint(),
      this.configuration.checkpoint(),
      this.replays.checkpoint(),
      this.stats.checkpoint(),
      retention.checkpoint(),
    ]
  }

  /** A group is on disk: begins what it has decided. */
  #begin(): void {
    const { engine } = this
    this.#startMarkMs = engine.startedMs
    const queued: Claimed[] = []
    for (const claimed of engine.takeClaimed()) {
      if (claimed.via === 'queue') queued.push(claimed)
      else this.own.begin(claimed)
    }
    if (queued.length > 0) void this.send(queued)
    for (const webhookId of engine.takeReleased()) this.#drains.release(webhookId)
    for (const webhookId of engine.takeChanged()) {
      this.own.look(webhookId)
      this.#drains.look(webhookId)
    }
    this.#plan()
  }

  /** How many attempts the shard may begin by itself: all on one machine, few where an object has six connections. */
  #slots(): number {
    return this.settings.attemptsBy === 'object' ? Infinity : OWN_BESIDE_OTHERS - this.own.size
  }

  /** Asks D1 for what only D1 knows, if that is due: the configuration after a change was announced, and disables. */
  async #ask(): Promise<void> {
    if (this.#isAsking || !this.configuration.isKnown) return
    this.#isAsking = true
    try {
      const nowMs = Date.now()
      if ((this.configuration.dueMs() ?? Infinity) <= nowMs) await this.#refresh(nowMs)
      for (const each of this.chores.disablesDue(nowMs)) await this.#disable(each)
      if (this.chores.forgetVersionsBefore !== null) {
        await this.forgetVersions(this.chores.forgetVersionsBefore)
        this.chores.forgetVersionsBefore = null
      }
    } catch (error) {
      reportFailure('D1', error)
    } finally {
      this.#isAsking = false
    }
  }

  async #disable(which: ToDisable): Promise<void> {
    const { webhookId, goneMs, isAsked } = which
    const reason = goneMs === null ? LOST_REASON : GONE_REASON
    // On disk before D1 is asked: whoever hears of a disable that nobody here has asked for keeps quiet about it.
    await this.commit(() => this.breakers.asked(webhookId))
    const answer = await this.disable(which, reason)
    await this.commit((engine, nowMs) => {
      if (answer === 'made' || (answer === 'was_made' && isAsked))
        engine.tellDisabled(webhookId, reason, nowMs)
      this.breakers.forgive(webhookId)
    })
  }

  async #refresh(nowMs: number): Promise<void> {
    const { configuration } = this
    configuration.asked(nowMs)
    const answer = await this.readAccount(configuration.accountId).catch((error: unknown) => {
      reportFailure('configuration', error)
      return 'failed' as const
    })
    await this.commit((engine, thenMs) =>
      engine.reconfigured(configuration.refreshed(answer, this.journal.lastSeq, thenMs), thenMs),
    )
  }

  /** Sets the alarm for what is owed: in the same commit as what is owed. */
  #arm(): void {
    const nowMs = Date.now()
    const isUnderWay = this.own.size > 0 || this.elsewhere.size > 0 || this.engine.hasClaimed
    const owedMs = this.chores.owedMs(nowMs) ?? Infinity
    // What is due soon is done by a timer, and what is due now is being done: the alarm is for the case that it is not.
    const dueMs = owedMs <= nowMs + TIMER_MS ? nowMs + SAFETY_MS : owedMs
    const atMs = isUnderWay ? Math.min(dueMs, nowMs + SAFETY_MS) : dueMs
    if (atMs < Infinity) this.#alarm.setBy(atMs)
  }

  /** Has a timer do what is due soon, or while the shard is awake in any case. */
  #plan(): void {
    if (this.#isTicking) return
    const nowMs = Date.now()
    const dueMs = this.chores.dueMs(nowMs)
    const isAwake = this.own.size > 0
    if (dueMs === null || (!isAwake && dueMs > nowMs + TIMER_MS)) return
    const atMs = Math.max(dueMs, this.#againMs)
    if (this.#timer !== null) {
      if (this.#timer.atMs <= atMs) return
      clearTimeout(this.#timer.id)
    }
    const id = setTimeout(
      () => {
        this.#timer = null
        void this.tick()
      },
      Math.max(0, atMs - nowMs),
    )
    this.#timer = { atMs, id }
  }
}

/** What a maker would say of an attempt that it has not made. */
function notMade({ callId, webhookId, event, token, open, via }: Claimed): AttemptReport {
  return {
    call_id: callId,
    webhook_id: webhookId,
    seq: event.seq,
    token,
    attempt: open.attempts,
    via,
    result: null,
  }
}
