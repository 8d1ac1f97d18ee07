import { DurableObject } from 'cloudflare:workers'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import { Alarm } from '../lib/alarm.ts'
import { RELAY } from '../store/audit.ts'
import { settled } from '../config/snapshot.ts'
import type { WebhookStatus } from '../contracts/webhook.ts'
import { deleteVersions, forgetVersions } from '../store/versions.ts'
import { report } from '../lib/failure.ts'
import type { Env } from '../contracts/env.ts'
import { secureRandom } from '../lib/id.ts'
import { settingsOf, type Settings } from '../lib/settings.ts'
import { Backlog, type Gate } from './backlog.ts'
import { HealthRecord } from './health-record.ts'
import { HEALTHY, isLost, probed } from '../order/health.ts'
import { Log, type LogEntry, type LoggedDelivery, type LogQuery } from './log.ts'
import { deliveryFailed, News, webhookNews, type Owner } from './news.ts'
import { Replays, type Filter, type Replay } from './replay.ts'
import { NO_TURNS, takeTurn, type Turn } from '../order/rate.ts'
import { deleteRow, isUnchangedSince, readStatus, writeHealth, writeStatus } from './own-columns.ts'

/** What a call reports of one of its lanes. */
export interface LaneReport {
  account_id: string
  webhook_id: string
  call_id: string
  entries: LogEntry[]
  /** What the lane asks to be woken from: a hold of the webhook's, or the backoff of an outage. */
  waits: 'hold' | 'backoff' | null
}

/** How soon something of our own that failed is tried again. */
const TROUBLE_RETRY_MS = 1_000
/** How often a replay is looked at: while it goes on, and while an open breaker has it wait (ms). */
const REPLAY_EVERY_MS = 500
const REPLAY_WAITS_MS = 60_000
const PRUNE_EVERY_MS = 60 * 60 * 1000
/** How far the clocks may be apart of who changes a configuration and who takes an event (ms). */
const VERSION_MARGIN_MS = 60_000
/** A receiver that answers 410 has said that it wants no more (Standard Webhooks). */
export const GONE_REASON = 'The receiver answered 410 Gone'
export const LOST_REASON = 'Every attempt of the last 5 days failed'
/** When the next calls are asked where none could send a probe, in ms. */
const PROBE_RETRY_MS = 1_000
/** What a probe may take over the receiver's timeout (ms). */
const PROBE_MARGIN_MS = 2_000

/**
 * One webhook: the only writer of its status and health, its delivery log, and the backlog of calls that it
 * holds. Nothing here is on the way from one delivery to the next.
 */
export class WebhookObject extends DurableObject<Env> {
  readonly #log: Log
  readonly #settings: Settings
  readonly #backlog: Backlog
  readonly #news: News
  readonly #replays: Replays
  readonly #alarm: Alarm
  #replaying = false
  readonly #health: HealthRecord
  #turns = NO_TURNS
  /** Known once read: nobody else writes it. */
  #status: WebhookStatus | 'deleted' | null = null
  /** Changes that some lane may not have read yet. What is woken meanwhile would hold again. */
  #unsettled = 0
  /** The change of status that is under way, or the last one. */
  #turn: Promise<void> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#log = new Log(ctx.storage.sql)
    this.#settings = settingsOf(env)
    this.#backlog = new Backlog(ctx.storage.kv, this.#log, env)
    this.#news = new News(ctx.storage.kv, env)
    this.#replays = new Replays(ctx.storage, env)
    this.#health = new HealthRecord(ctx.storage.kv)
    this.#alarm = new Alarm(ctx)
  }

  /**
   * Takes what a call reports: any number of times, in any order. `wake` tells a held lane that nothing forbids
   * it any more: the state changed between its read and its report.
   */
  async report(lane: LaneReport): Promise<{ wake: boolean }> {
    this.#open(lane.account_id, lane.webhook_id)
    this.#backlog.heardOf(lane.call_id)
    const nowMs = Date.now()
    const isNews = this.ctx.storage.transactionSync(() => {
      this.#log.makeRoom()
      const news = lane.entries.filter((entry) => this.#log.put(lane.webhook_id, entry))
      const failed = news.filter((entry) => entry.status === 'failed')
      for (const entry of failed) this.#news.keep(deliveryFailed(entry, nowMs))
      // Kept first and asked later: a change of state that is under way will find the call in the backlog.
      if (lane.waits === null) this.#log.forget(lane.call_id)
      else this.#log.keep(lane.call_id)
      const observed = this.#health.observe(lane.call_id, news, this.#news, nowMs, secureRandom)
      if (observed.before.state === 'open' && !this.#health.isOpen) this.#backlog.owe()
      return failed.length > 0 || observed.isNews
    })
    const { health, shown } = this.#health
    this.#alarm.setBy(nowMs + PRUNE_EVERY_MS)
    if (isNews) {
      this.#alarm.setBy(nowMs + TROUBLE_RETRY_MS)
      this.ctx.waitUntil(this.#tell())
    }
    if (health.state !== shown) {
      this.#alarm.setBy(nowMs + TROUBLE_RETRY_MS)
      this.ctx.waitUntil(this.#show())
    } else if (health.state === 'open') this.#alarm.setBy(Math.max(nowMs, health.nextProbeMs))
    if (isLost(health, nowMs)) await this.#disableLost(lane.webhook_id)
    for (const { attempt } of lane.entries) {
      if (attempt?.status_code === 410) await this.#disableGone(lane.webhook_id, attempt.started_at)
    }
    return { wake: lane.waits === 'hold' && (await this.#gate(lane.webhook_id)) !== 'held' }
  }

  /**
   * A turn at the webhook's rate limit, for one attempt that is about to start. Told as so many ms from now: the
   * caller's clock may differ.
   * @param ownInMs how far off the turn is that it was given before, or null
   */
  async turn(perSecond: number, ownInMs: number | null): Promise<{ kind: Turn['kind']; inMs: number }> {
    const nowMs = Date.now()
    const turnMs = ownInMs === null ? null : nowMs + ownInMs
    const { turns, turn } = takeTurn(this.#turns, turnMs, perSecond, nowMs, secureRandom())
    this.#turns = turns
    const inMs = turn.atMs - nowMs
    if (turn.kind === 'go' && inMs > 0) await scheduler.wait(inMs)
    return { kind: turn.kind, inMs }
  }

  /**
   * Changes the status in D1 and returns once no attempt can start any more that the new status forbids.
   * Doing it again changes nothing.
   * @param actor who asked, for the audit log
   * @param reason why, where the relay does it by itself
   */
  async setStatus(
    webhookId: string,
    status: WebhookStatus,
    actor: string,
    reason: string | null = null,
  ): Promise<void> {
    const nowMs = Date.now()
    await this.#change(status, async (db) => {
      const written = await writeStatus(db, webhookId, { status, actor, reason, at_ms: nowMs })
      if (written === null) return
      this.#open(written.account_id, webhookId)
      if (!written.isChanged) return
      if (status === 'active') {
        this.#health.keep(HEALTHY)
        this.#health.keepShown('healthy')
      }
      // A disable by hand is no news to the account.
      if (reason !== null) {
        this.#news.keep(webhookNews('webhook.disabled', this.#health.health, reason, null, nowMs))
        this.ctx.waitUntil(this.#tell())
      }
    })
  }

  /** Deletes the webhook from D1 and discards what it owes. Its log stays until retention has passed. */
  async remove(webhookId: string, actor: string): Promise<void> {
    await this.#change('deleted', async (db) => {
      // Its old configurations go with its log. Where there is none, nothing would ever come to delete them.
      await deleteRow(db, webhookId, actor, !this.#log.exists())
    })
  }

  /**
   * Makes one change of status after the other, so that memory cannot end up with another one than D1. What is
   * remembered is forgotten before the write: if its answer is lost, D1 has to be asked what it says.
   */
  async #change(
    status: WebhookStatus | 'deleted',
    write: (db: DrizzleD1Database) => Promise<void>,
  ): Promise<void> {
    await this.#settling(async () => {
      // Set before the write, so that the backlog is woken even where this object does not live to do it below.
      if (this.#log.exists()) {
        if (status !== 'paused') this.#backlog.owe()
        this.#alarm.setBy(Date.now() + TROUBLE_RETRY_MS)
      }
      this.#status = null
      await write(drizzle(this.env.DB))
      this.#status = status
      if (this.#log.exists()) this.#alarm.setBy(Date.now() + TROUBLE_RETRY_MS)
      if (this.#log.exists() && isOver(status)) this.#discard()
    })
    this.ctx.waitUntil(this.#drain())
  }

  /**
   * Makes one change after the other, and returns once every lane reads it. Waited for even where nothing changed:
   * the change may be another caller's, and still under way.
   */
  async #settling(change: () => Promise<void>): Promise<void> {
    this.#unsettled += 1
    try {
      const turn = this.#turn.then(change)
      // One that fails is its caller's to know of; the next has its turn all the same.
      this.#turn = turn.catch(() => {})
      await turn
      await settled()
    } finally {
      this.#unsettled -= 1
    }
  }

  /**
   * Writes the health to D1, where the lanes read it. Once they all have read that a breaker has closed, wakes what
   * it held.
   */
  async #show(): Promise<void> {
    const owner = this.#owner()
    if (owner === null) return
    try {
      await this.#settling(async () => {
        const { health, shown } = this.#health
        if (health.state === shown) return
        // Owed when it closed, and anew: until D1 says so the lanes hold, and a drain that finds that is over.
        if (shown === 'open') this.#backlog.owe()
        await writeHealth(drizzle(this.env.DB), owner.webhook_id, health.state)
        this.#health.keepShown(health.state)
        if (this.#health.isOpen) this.#alarm.setBy(this.#health.health.nextProbeMs)
      })
      await this.#drain()
    } catch (error) {
      report('health', error)
      this.#alarm.setBy(Date.now() + TROUBLE_RETRY_MS)
    }
  }

  async deliveries(query: LogQuery): Promise<LoggedDelivery[]> {
    return this.#log.exists() ? this.#log.list(query) : []
  }

  /** The delivery, and whose it is; null where the log does not have it. */
  async delivery(id: string): Promise<{ account_id: string; delivery: LoggedDelivery } | null> {
    const owner = this.#owner()
    const delivery = this.#log.exists() ? this.#log.get(id) : null
    return owner === null || delivery === null ? null : { account_id: owner.account_id, delivery }
  }

  async deliveriesById(ids: string[]): Promise<LoggedDelivery[]> {
    return this.#log.exists() ? ids.flatMap((id) => this.#log.get(id) ?? []) : []
  }

  /** How many logged deliveries a replay would be of. */
  async countReplay(filter: Filter): Promise<number> {
    return this.#log.exists() ? this.#replays.count(filter) : 0
  }

  /** Takes a replay, which is then done by and by; null where too many are under way. */
  async startReplay(accountId: string, webhookId: string, filter: Filter): Promise<Replay | null> {
    this.#open(accountId, webhookId)
    const nowMs = Date.now()
    const replay = this.#replays.start(filter, nowMs)
    this.#alarm.setBy(nowMs)
    return replay
  }

  async replay(id: string): Promise<Replay | null> {
    return this.#replays.get(id)
  }

  override async alarm(): Promise<void> {
    this.#alarm.gone()
    if (!this.#log.exists()) return
    const nowMs = Date.now()
    const hasPruned = this.#log.prune(nowMs - this.#settings.retentionMs)
    this.#replays.prune(nowMs - this.#settings.retentionMs)
    if (this.#health.health.state !== this.#health.shown) await this.#show()
    await this.#probe()
    await this.#drain()
    if (!this.#news.isEmpty) await this.#tell()
    // Not waited for: its calls may be slow to answer, and nothing else here is to wait for that.
    this.ctx.waitUntil(this.#replay())
    try {
      if (hasPruned) await this.#forgetVersions()
      if (await this.#forget()) return
    } catch (error) {
      report('forget', error)
    }
    this.#alarm.setBy(nowMs + (this.#backlog.owed === null ? PRUNE_EVERY_MS : TROUBLE_RETRY_MS))
  }

  /** While the breaker is open: has one call after the other see whether the receiver is back. */
  async #probe(): Promise<void> {
    const owner = this.#owner()
    if (owner === null || !this.#health.isOpen) return
    try {
      if ((await this.#statusOf(owner.webhook_id)) !== 'active' || !this.#health.isOpen) return
      const { health } = this.#health
      const nowMs = Date.now()
      if (health.nextProbeMs > nowMs) return this.#alarm.setBy(health.nextProbeMs)
      const mostMs = this.#settings.deliveryTimeoutMs + PROBE_MARGIN_MS
      const answer = await this.#backlog.probe(owner, health.probedCall, async (callId) => {
        // A report may have closed the breaker while the call before this one was asked.
        if (!this.#health.isOpen) return false
        // Stored before it goes out: a crash must not have it go out again at once.
        const now = { ...this.#health.health, probes: health.probes }
        this.#health.keep(probed(now, callId, nowMs, mostMs, secureRandom()))
        this.#alarm.setBy(this.#health.health.nextProbeMs)
        return true
      })
      if (answer === 'sent' || !this.#health.isOpen) return
      // Where no call waits at all, the next that does sets the alarm.
      const nextProbeMs = nowMs + PROBE_RETRY_MS
      this.#health.keep({ ...this.#health.health, probes: health.probes, nextProbeMs })
      if (answer === 'busy') this.#alarm.setBy(nextProbeMs)
    } catch (error) {
      report('probe', error)
      this.#alarm.setBy(Date.now() + PROBE_RETRY_MS)
    }
  }

  /** Forgets the configurations that had been replaced before the first event of the log came. */
  async #forgetVersions(): Promise<void> {
    const owner = this.#owner()
    const oldestMs = this.#log.oldestMs() ?? Date.now()
    if (owner !== null) await forgetVersions(this.env, owner.webhook_id, oldestMs - VERSION_MARGIN_MS)
  }

  /** Where nothing is left to know of, forgets it all; a webhook that is gone takes its configurations along. */
  async #forget(): Promise<boolean> {
    const owner = this.#owner()
    if (owner === null || !this.#log.isEmpty()) return false
    // Who waits has a delivery in the log: a report that came late, after newer ones, has left these.
    if (!this.#backlog.isEmpty && (await this.#gate(owner.webhook_id)) === 'open') this.#backlog.owe()
    const isEmpty = (): boolean =>
      this.#log.isEmpty() && this.#backlog.isEmpty && this.#news.isEmpty && this.#replays.isEmpty
    if (!isEmpty()) return false
    if ((await this.#statusOf(owner.webhook_id)) === 'deleted')
      await deleteVersions(drizzle(this.env.DB), owner.webhook_id)
    // Nothing else knows that it was not healthy, would ever close its breaker, or show that it has recovered.
    else if (!this.#health.isEmpty) return false
    else await this.#forgetVersions()
    // A report may have come while D1 was asked.
    if (!isEmpty()) return false
    await this.ctx.storage.deleteAll()
    this.#alarm.gone()
    return true
  }

  /** Goes on with the replays. */
  async #replay(): Promise<void> {
    const owner = this.#owner()
    if (owner === null || this.#replaying || !this.#replays.isRunning) return
    this.#replaying = true
    try {
      const status = await this.#statusOf(owner.webhook_id)
      if (isOver(status)) return this.#replays.end(Date.now())
      // By hand, deliveries go although the breaker is open: each would use up its one attempt.
      const gate = await this.#gate(owner.webhook_id)
      const waits = status === 'active' && gate !== 'open'
      const everyMs = waits && gate === 'held' ? REPLAY_WAITS_MS : REPLAY_EVERY_MS
      // Before as well, for the case that the object does not live to do it after.
      this.#alarm.setBy(Date.now() + everyMs)
      if (waits) return
      await this.#replays.step(owner)
      if (this.#replays.isRunning) this.#alarm.setBy(Date.now() + everyMs)
    } catch (error) {
      report('replay', error)
      this.#alarm.setBy(Date.now() + TROUBLE_RETRY_MS)
    } finally {
      this.#replaying = false
    }
  }

  async #drain(): Promise<void> {
    const owner = this.#owner()
    if (owner === null) return
    try {
      const woken = await this.#backlog.drain(owner, async () => {
        const gate = await this.#gate(owner.webhook_id)
        if (gate === 'open' && isOver(await this.#statusOf(owner.webhook_id))) this.#discard()
        return gate
      })
      if (!woken) this.#alarm.setBy(Date.now() + TROUBLE_RETRY_MS)
    } catch (error) {
      report('drain', error)
      this.#alarm.setBy(Date.now() + TROUBLE_RETRY_MS)
    }
  }

  /** Ends what waits, when a disable or delete says so. */
  #discard(): void {
    const nowMs = Date.now()
    this.#log.discardWaiting(nowMs)
    this.#replays.end(nowMs)
  }

  /** Whether lanes that read the webhook now hold what they owe. */
  async #gate(webhookId: string): Promise<Gate> {
    const status = await this.#statusOf(webhookId)
    if (this.#unsettled > 0) return 'unsettled'
    return status === 'paused' || (status === 'active' && this.#health.isHolding) ? 'held' : 'open'
  }

  /** Disables on a 410, unless the status has been changed since the attempt that got it. */
  async #disableGone(webhookId: string, attemptStartedAtMs: number): Promise<void> {
    if (await isUnchangedSince(drizzle(this.env.DB), webhookId, attemptStartedAtMs))
      await this.setStatus(webhookId, 'disabled', RELAY, GONE_REASON)
  }

  /** Disables what has had nothing but failures for days. */
  async #disableLost(webhookId: string): Promise<void> {
    if ((await this.#statusOf(webhookId)) === 'active')
      await this.setStatus(webhookId, 'disabled', RELAY, LOST_REASON)
  }

  async #statusOf(webhookId: string): Promise<WebhookStatus | 'deleted'> {
    if (this.#status === null) {
      const status = await readStatus(drizzle(this.env.DB), webhookId)
      // A change that finished while this read was out knows better.
      this.#status ??= status
    }
    return this.#status
  }

  /** Tells the account's operational webhook what there is to tell. */
  async #tell(): Promise<void> {
    const owner = this.#owner()
    if (owner === null) return
    try {
      await this.#news.tell(owner, this.#log.countWaiting())
    } catch (error) {
      report('operational events', error)
      this.#alarm.setBy(Date.now() + TROUBLE_RETRY_MS)
    }
  }

  /** Makes the tables, and notes whose webhook this is, on the first report. */
  #open(accountId: string, webhookId: string): void {
    if (this.#owner() !== null) return
    this.#log.create()
    this.ctx.storage.kv.put('owner', { account_id: accountId, webhook_id: webhookId })
  }

  #owner(): Owner | null {
    return this.ctx.storage.kv.get<Owner>('owner') ?? null
  }
}

/** Whether a status ends what waits. */
function isOver(status: WebhookStatus | 'deleted'): boolean {
  return status === 'disabled' || status === 'deleted'
}
