import { DurableObject } from 'cloudflare:workers'
import { and, eq, lt, ne } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import { RELAY } from '../audit/entry.ts'
import { removalEntry, statusEntry } from '../audit/webhook-entry.ts'
import { settled } from '../config/snapshot.ts'
import { webhooks } from '../config/tables.ts'
import { deleteVersions, forgetVersions } from '../config/webhook-store.ts'
import type { WebhookHealth, WebhookStatus } from '../config/webhook.ts'
import { report } from '../failure.ts'
import { rfc3339 } from '../rfc3339.ts'
import type { Env } from '../env.ts'
import { secureRandom } from '../id.ts'
import { settingsOf, type Settings } from '../settings.ts'
import { Backlog, type Gate } from './backlog.ts'
import { HEALTHY, isLost, observe, probed, type Health, type Sign } from './health.ts'
import { Log, type AttemptEntry, type LogEntry, type LoggedDelivery, type LogQuery } from './log.ts'
import { deliveryFailed, News, type Owner } from './news.ts'
import { Replays, type Filter, type Replay } from './replay.ts'
import { NO_TURNS, takeTurn, type Turn } from './rate.ts'

/** What a call reports of one of its lanes. */
export interface LaneReport {
  account_id: string
  webhook_id: string
  call_id: string
  entries: LogEntry[]
  /** What the lane asks to be woken from: a hold of the webhook's, or the backoff of an outage. */
  waits: 'hold' | 'backoff' | null
}

/** Health as it is stored, and as D1 last had it from here: what the lanes read. */
interface StoredHealth {
  health: Health
  shown: WebhookHealth
  /** The account has been told that the webhook fails, and is to be told when it no longer does. */
  told: boolean
}

const NOTHING_STORED: StoredHealth = { health: HEALTHY, shown: 'healthy', told: false }

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
/** A webhook that fails and recovers by turns is told of no more often than this (ms). */
const TOLD_EVERY_MS = 60_000
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
  #replaying = false
  #stored: StoredHealth
  #turns = NO_TURNS
  /** Known once read: nobody else writes it. */
  #status: WebhookStatus | 'deleted' | null = null
  #toldMs = 0
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
    this.#stored = ctx.storage.kv.get<StoredHealth>('health') ?? NOTHING_STORED
  }

  /**
   * Takes what a call reports: any number of times, in any order. `wake` tells a held lane that nothing forbids
   * it any more: the state changed between its read and its report.
   */
  async report(lane: LaneReport): Promise<{ wake: boolean }> {
    this.#open(lane.account_id, lane.webhook_id)
    const nowMs = Date.now()
    const before = this.#stored.health
    let health = before
    let isNews = false
    this.ctx.storage.transactionSync(() => {
      this.#log.makeRoom()
      for (const entry of lane.entries) {
        if (!this.#log.put(lane.webhook_id, entry)) continue
        if (entry.status === 'failed') {
          this.#news.keep(deliveryFailed(entry, nowMs))
          isNews = true
        }
        const sign = entry.attempt === null ? null : signOf(entry.attempt)
        if (sign !== null) health = observe(health, sign, lane.call_id, nowMs, secureRandom())
      }
      // Kept first and asked later: a change of state that is under way will find the call in the backlog.
      if (lane.waits === null) this.#log.forget(lane.call_id)
      else this.#log.keep(lane.call_id)
      if (before.state === 'open' && health.state !== 'open') this.#backlog.owe()
      isNews = this.#noteHealth(health, lane.entries, nowMs) || isNews
      if (health.state !== before.state) this.#keepHealth(health)
    })
    this.#stored = { ...this.#stored, health }
    await this.#arm(nowMs + PRUNE_EVERY_MS)
    if (isNews) {
      await this.#arm(nowMs + TROUBLE_RETRY_MS)
      this.ctx.waitUntil(this.#tell())
    }
    if (health.state !== this.#stored.shown) {
      await this.#arm(nowMs + TROUBLE_RETRY_MS)
      this.ctx.waitUntil(this.#show())
    } else if (health.state === 'open') await this.#arm(Math.max(nowMs, health.nextProbeMs))
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
    const set = {
      status,
      status_reason: reason,
      status_changed_at: nowMs,
      ...(status === 'disabled' ? { discard_before: nowMs } : {}),
      ...(status === 'active' ? { health: 'healthy' as const } : {}),
    }
    await this.#change(status, async (d1) => {
      const [, changed, rows] = await d1.batch([
        statusEntry(d1, webhookId, status, reason, actor),
        d1
          .update(webhooks)
          .set(set)
          .where(and(eq(webhooks.id, webhookId), ne(webhooks.status, status)))
          .returning({ id: webhooks.id }),
        d1.select({ account_id: webhooks.account_id }).from(webhooks).where(eq(webhooks.id, webhookId)),
      ])
      const row = rows[0]
      if (row === undefined) return
      this.#open(row.account_id, webhookId)
      // Enabled anew, it starts with a clean slate.
      if (changed.length > 0 && status === 'active') {
        this.#keepHealth(HEALTHY)
        this.#keepShown('healthy')
      }
      // A disable by hand is no news to the account.
      if (changed.length > 0 && reason !== null) {
        const { health } = this.#stored
        this.#news.keep({
          id: `webhook.disabled:${nowMs}`,
          at_ms: nowMs,
          type: 'webhook.disabled',
          data: {
            health: health.state,
            reason,
            since: health.sinceMs === null ? null : rfc3339(health.sinceMs),
            last_status_code: null,
            last_error: null,
          },
        })
        this.ctx.waitUntil(this.#tell())
      }
    })
  }

  /** Deletes the webhook from D1 and discards what it owes. Its log stays until retention has passed. */
  async remove(webhookId: string, actor: string): Promise<void> {
    await this.#change('deleted', async (d1) => {
      const deletion = d1.delete(webhooks).where(eq(webhooks.id, webhookId))
      // Its old configurations go with its log. Where there is none, nothing would ever come to delete them.
      const versions = this.#log.exists() ? [] : [deleteVersions(d1, webhookId)]
      await d1.batch([removalEntry(d1, webhookId, actor), deletion, ...versions])
    })
  }

  /**
   * Makes one change of status after the other, so that memory cannot end up with another one than D1. What is
   * remembered is forgotten before the write: if its answer is lost, D1 has to be asked what it says.
   */
  async #change(
    status: WebhookStatus | 'deleted',
    write: (d1: DrizzleD1Database) => Promise<void>,
  ): Promise<void> {
    await this.#settling(async () => {
      // Set before the write, so that the backlog is woken even where this object does not live to do it below.
      if (this.#log.exists()) {
        if (status !== 'paused') this.#backlog.owe()
        await this.#arm(Date.now() + TROUBLE_RETRY_MS)
      }
      this.#status = null
      await write(drizzle(this.env.DB))
      this.#status = status
      if (this.#log.exists()) await this.#arm(Date.now() + TROUBLE_RETRY_MS)
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
        const { state } = this.#stored.health
        if (state === this.#stored.shown) return
        // Owed when it closed, and anew: until D1 says so the lanes hold, and a drain that finds that is over.
        if (this.#stored.shown === 'open') this.#backlog.owe()
        await drizzle(this.env.DB)
          .update(webhooks)
          .set({ health: state })
          .where(eq(webhooks.id, owner.webhook_id))
        this.#keepShown(state)
        if (state === 'open') await this.#arm(this.#stored.health.nextProbeMs)
      })
      await this.#drain()
    } catch (error) {
      report('health', error)
      await this.#arm(Date.now() + TROUBLE_RETRY_MS)
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
    await this.#arm(nowMs)
    return replay
  }

  async replay(id: string): Promise<Replay | null> {
    return this.#replays.get(id)
  }

  override async alarm(): Promise<void> {
    if (!this.#log.exists()) return
    const nowMs = Date.now()
    const hasPruned = this.#log.prune(nowMs - this.#settings.retentionMs)
    this.#replays.prune(nowMs - this.#settings.retentionMs)
    if (this.#stored.health.state !== this.#stored.shown) await this.#show()
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
    await this.#arm(nowMs + (this.#backlog.owed === null ? PRUNE_EVERY_MS : TROUBLE_RETRY_MS))
  }

  /** While the breaker is open: has one call after the other see whether the receiver is back. */
  async #probe(): Promise<void> {
    const owner = this.#owner()
    const isOpen = (): boolean => this.#stored.health.state === 'open'
    if (owner === null || !isOpen()) return
    try {
      if ((await this.#statusOf(owner.webhook_id)) !== 'active' || !isOpen()) return
      const { health } = this.#stored
      const nowMs = Date.now()
      if (health.nextProbeMs > nowMs) return await this.#arm(health.nextProbeMs)
      const mostMs = this.#settings.deliveryTimeoutMs + PROBE_MARGIN_MS
      const answer = await this.#backlog.probe(owner, health.probedCall, async (callId) => {
        // A report may have closed the breaker while the call before this one was asked.
        if (!isOpen()) return false
        // Stored before it goes out: a crash must not have it go out again at once.
        const now = { ...this.#stored.health, probes: health.probes }
        this.#keepHealth(probed(now, callId, nowMs, mostMs, secureRandom()))
        await this.#arm(this.#stored.health.nextProbeMs)
        return true
      })
      if (answer === 'sent' || !isOpen()) return
      // Where no call waits at all, the next that does sets the alarm.
      this.#keepHealth({ ...this.#stored.health, probes: health.probes, nextProbeMs: nowMs + PROBE_RETRY_MS })
      if (answer === 'busy') await this.#arm(nowMs + PROBE_RETRY_MS)
    } catch (error) {
      report('probe', error)
      await this.#arm(Date.now() + PROBE_RETRY_MS)
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
    else if (this.ctx.storage.kv.get('health') !== undefined) return false
    else await this.#forgetVersions()
    // A report may have come while D1 was asked.
    if (!isEmpty()) return false
    await this.ctx.storage.deleteAll()
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
      const waits = status === 'active' && (await this.#gate(owner.webhook_id)) === 'held'
      const everyMs = waits ? REPLAY_WAITS_MS : REPLAY_EVERY_MS
      // Before as well, for the case that the object does not live to do it after.
      await this.#arm(Date.now() + everyMs)
      if (waits) return
      await this.#replays.step(owner)
      if (this.#replays.isRunning) await this.#arm(Date.now() + everyMs)
    } catch (error) {
      report('replay', error)
      await this.#arm(Date.now() + TROUBLE_RETRY_MS)
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
      if (!woken) await this.#arm(Date.now() + TROUBLE_RETRY_MS)
    } catch (error) {
      report('drain', error)
      await this.#arm(Date.now() + TROUBLE_RETRY_MS)
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
    const { health, shown } = this.#stored
    const isOpen = health.state === 'open' || shown === 'open'
    return status === 'paused' || (status === 'active' && isOpen) ? 'held' : 'open'
  }

  /** Keeps the news that an account's webhook has begun to fail, or has recovered. True where there is any. */
  #noteHealth(health: Health, entries: readonly LogEntry[], nowMs: number): boolean {
    const { told, health: before } = this.#stored
    const fails = health.state !== 'healthy'
    if (fails === told || (fails && nowMs - this.#toldMs < TOLD_EVERY_MS)) return false
    if (fails) this.#toldMs = nowMs
    const last = entries.findLast((entry) => entry.attempt !== null)?.attempt
    const sinceMs = health.sinceMs ?? before.sinceMs
    const type = fails ? 'webhook.failing' : 'webhook.recovered'
    this.#news.keep({
      id: `${type}:${nowMs}`,
      at_ms: nowMs,
      type,
      data: {
        health: health.state,
        reason: null,
        since: sinceMs === null ? null : rfc3339(sinceMs),
        last_status_code: last?.status_code ?? null,
        last_error: last?.error ?? null,
      },
    })
    this.#keep({ ...this.#stored, told: fails })
    return true
  }

  /** Disables on a 410, unless the status has been changed since the attempt that got it. */
  async #disableGone(webhookId: string, attemptStartedAtMs: number): Promise<void> {
    const rows = await drizzle(this.env.DB)
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(and(eq(webhooks.id, webhookId), lt(webhooks.status_changed_at, attemptStartedAtMs)))
    if (rows.length > 0) await this.setStatus(webhookId, 'disabled', RELAY, GONE_REASON)
  }

  /** Disables what has had nothing but failures for days. */
  async #disableLost(webhookId: string): Promise<void> {
    if ((await this.#statusOf(webhookId)) === 'active')
      await this.setStatus(webhookId, 'disabled', RELAY, LOST_REASON)
  }

  async #statusOf(webhookId: string): Promise<WebhookStatus | 'deleted'> {
    if (this.#status === null) {
      const rows = await drizzle(this.env.DB)
        .select({ status: webhooks.status })
        .from(webhooks)
        .where(eq(webhooks.id, webhookId))
      // A change that finished while this read was out knows better.
      this.#status ??= rows[0]?.status ?? 'deleted'
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
      await this.#arm(Date.now() + TROUBLE_RETRY_MS)
    }
  }

  #keepHealth(health: Health): void {
    this.#keep({ ...this.#stored, health })
  }

  #keepShown(shown: WebhookHealth): void {
    this.#keep({ ...this.#stored, shown })
  }

  #keep(stored: StoredHealth): void {
    const isNothing = stored.health.state === 'healthy' && stored.shown === 'healthy' && !stored.told
    if (isNothing) this.ctx.storage.kv.delete('health')
    else this.ctx.storage.kv.put('health', stored)
    this.#stored = stored
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

  /** Sets the alarm unless one is set for earlier. */
  async #arm(atMs: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm()
    if (set === null || set > atMs) await this.ctx.storage.setAlarm(atMs)
  }
}

/** Whether a status ends what waits. */
function isOver(status: WebhookStatus | 'deleted'): boolean {
  return status === 'disabled' || status === 'deleted'
}

/** What an attempt says of the receiver; null where it says nothing of it. */
function signOf({ status_code, error }: AttemptEntry): Sign | null {
  if (error === null) return 'succeeded'
  // No request went out: the webhook's configuration and the event made none.
  if (error === 'invalid_request') return null
  return status_code === 429 ? 'limited' : 'failed'
}
