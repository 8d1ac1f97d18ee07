import { DurableObject } from 'cloudflare:workers'
import { and, eq, lt, ne } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { callObject } from '../calls/call-key.ts'
import { settled } from '../config/snapshot.ts'
import { webhook_versions, webhooks } from '../config/tables.ts'
import type { WebhookStatus } from '../config/webhook.ts'
import { report } from '../failure.ts'
import type { Env } from '../env.ts'
import { settingsOf, type Settings } from '../settings.ts'
import { healthFrom, observe, type Health } from './health.ts'
import { Log, type LogEntry, type LoggedDelivery, type LogQuery } from './log.ts'

/** What a call reports of one of its lanes. */
export interface LaneReport {
  account_id: string
  webhook_id: string
  call_id: string
  entries: LogEntry[]
  /** The lane owes deliveries that the webhook's state forbids, and asks to be woken when that changes. */
  held: boolean
}

/** Calls woken at a time. Each goes on by itself once woken; this bounds the requests that are out at once. */
const WAKES_AT_ONCE = 50
const DRAIN_RETRY_MS = 1_000
const PRUNE_EVERY_MS = 60 * 60 * 1000
/** A receiver that answers 410 has said that it wants no more (Standard Webhooks). */
export const GONE_REASON = 'The receiver answered 410 Gone'

/**
 * One webhook: the only writer of its status and health, its delivery log, and the backlog of calls that it
 * holds. Nothing here is on the way from one delivery to the next.
 */
export class WebhookObject extends DurableObject<Env> {
  readonly #log: Log
  readonly #settings: Settings
  /** Both are known once read: nobody else writes them. */
  #health: Health | null = null
  #status: WebhookStatus | 'deleted' | null = null
  #draining = false
  /** The change of status that is under way, or the last one. */
  #turn: Promise<void> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#log = new Log(ctx.storage.sql)
    this.#settings = settingsOf(env)
  }

  /**
   * Takes what a call reports: any number of times, in any order. `wake` tells a held lane that nothing forbids
   * it any more: the state changed between its read and its report.
   */
  async report(lane: LaneReport): Promise<{ wake: boolean }> {
    this.#open(lane.account_id, lane.webhook_id)
    const news: LogEntry[] = []
    this.ctx.storage.transactionSync(() => {
      for (const entry of lane.entries) if (this.#log.put(lane.webhook_id, entry)) news.push(entry)
      // Held first and asked later: a change of status that is under way will find the call in the backlog.
      if (lane.held) this.#log.hold(lane.call_id)
    })
    await this.#arm(Date.now() + PRUNE_EVERY_MS)
    await this.#observe(lane.webhook_id, news)
    for (const { attempt } of lane.entries) {
      if (attempt?.status_code === 410) await this.#disableGone(lane.webhook_id, attempt.started_at)
    }
    if (!lane.held) return { wake: false }
    return { wake: (await this.#read(lane.webhook_id)).status !== 'paused' }
  }

  /**
   * Changes the status in D1 and returns once no attempt can start any more that the new status forbids.
   * Doing it again changes nothing.
   */
  async setStatus(webhookId: string, status: WebhookStatus, reason: string | null = null): Promise<void> {
    const nowMs = Date.now()
    const set = {
      status,
      status_reason: reason,
      status_changed_at: nowMs,
      ...(status === 'disabled' ? { discard_before: nowMs } : {}),
      ...(status === 'active' ? { health: 'healthy' as const } : {}),
    }
    await this.#change(status, async (d1) => {
      const [, rows] = await d1.batch([
        d1
          .update(webhooks)
          .set(set)
          .where(and(eq(webhooks.id, webhookId), ne(webhooks.status, status))),
        d1.select({ account_id: webhooks.account_id }).from(webhooks).where(eq(webhooks.id, webhookId)),
      ])
      const row = rows[0]
      if (row !== undefined) this.#open(row.account_id, webhookId)
    })
  }

  /** Deletes the webhook from D1 and discards what it owes. Its log stays until retention has passed. */
  async remove(webhookId: string): Promise<void> {
    await this.#change('deleted', async (d1) => {
      const gone = await d1
        .delete(webhooks)
        .where(eq(webhooks.id, webhookId))
        .returning({ account_id: webhooks.account_id })
      const row = gone[0]
      if (row !== undefined) this.#open(row.account_id, webhookId)
    })
  }

  /**
   * Makes one change of status after the other, so that memory cannot end up with another one than D1. What is
   * remembered is forgotten before the write: if its answer is lost, D1 has to be asked what it says.
   */
  async #change(
    status: WebhookStatus | 'deleted',
    write: (d1: ReturnType<typeof drizzle>) => Promise<void>,
  ): Promise<void> {
    const turn = this.#turn.then(async () => {
      // Set before the write, so that the backlog is woken even where this object does not live to do it below.
      if (this.#log.exists()) await this.#arm(Date.now() + DRAIN_RETRY_MS)
      this.#status = null
      this.#health = null
      await write(drizzle(this.env.DB))
      this.#status = status
      if (this.#log.exists()) await this.#arm(Date.now() + DRAIN_RETRY_MS)
    })
    // A change that fails is its caller's to know of; the next one has its turn all the same.
    this.#turn = turn.catch(() => {})
    await turn
    // Waited for even where nothing changed: the change may be another caller's, and still under way.
    if (this.#log.exists() && isOver(status)) this.#log.discardWaiting(Date.now())
    await settled()
    if (status !== 'paused') this.ctx.waitUntil(this.#drain())
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

  override async alarm(): Promise<void> {
    if (!this.#log.exists()) return
    this.#log.prune(Date.now() - this.#settings.retentionMs)
    await this.#drain()
    try {
      if (await this.#forget()) return
    } catch (error) {
      report('forget', error)
    }
    await this.#arm(Date.now() + PRUNE_EVERY_MS)
  }

  /** Where nothing is left to know of, forgets it all; a webhook that is gone takes its old configurations along. */
  async #forget(): Promise<boolean> {
    const isEmpty = (): boolean => this.#log.isEmpty() && this.#log.heldCalls(1, '').length === 0
    const owner = this.#owner()
    if (owner === null || !isEmpty()) return false
    if ((await this.#read(owner.webhook_id)).status === 'deleted') {
      await drizzle(this.env.DB)
        .delete(webhook_versions)
        .where(eq(webhook_versions.webhook_id, owner.webhook_id))
    }
    // A report may have come while D1 was asked.
    if (!isEmpty()) return false
    await this.ctx.storage.deleteAll()
    return true
  }

  /** Wakes the held calls unless the webhook is paused. Each stays in the backlog until it has been woken. */
  async #drain(): Promise<void> {
    const owner = this.#owner()
    if (owner === null || this.#draining) return
    this.#draining = true
    try {
      let failed = false
      let after = ''
      for (;;) {
        const calls = this.#log.heldCalls(WAKES_AT_ONCE, after)
        const last = calls.at(-1)
        if (last === undefined) break
        const { status } = await this.#read(owner.webhook_id)
        if (status === 'paused') return
        if (isOver(status)) this.#log.discardWaiting(Date.now())
        const woken = await Promise.allSettled(
          calls.map(async ({ call_id, generation }) => {
            await callObject(this.env, owner.account_id, call_id).wake(owner.webhook_id)
            this.#log.release(call_id, generation)
          }),
        )
        // One that cannot be woken now holds back no other; it is tried again after them.
        failed ||= woken.some((each) => each.status === 'rejected')
        after = last.call_id
      }
      if (failed) await this.#arm(Date.now() + DRAIN_RETRY_MS)
    } catch (error) {
      report('drain', error)
      await this.#arm(Date.now() + DRAIN_RETRY_MS)
    } finally {
      this.#draining = false
    }
  }

  async #observe(webhookId: string, news: readonly LogEntry[]): Promise<void> {
    const { health: before } = await this.#read(webhookId)
    let health = before
    for (const { attempt } of news) if (attempt !== null) health = observe(health, attempt.error === null)
    if (health.state !== before.state) {
      await drizzle(this.env.DB)
        .update(webhooks)
        .set({ health: health.state })
        .where(eq(webhooks.id, webhookId))
    }
    this.#health = health
  }

  /** Disables on a 410, unless the status has been changed since the attempt that got it. */
  async #disableGone(webhookId: string, attemptStartedAtMs: number): Promise<void> {
    const rows = await drizzle(this.env.DB)
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(and(eq(webhooks.id, webhookId), lt(webhooks.status_changed_at, attemptStartedAtMs)))
    if (rows.length > 0) await this.setStatus(webhookId, 'disabled', GONE_REASON)
  }

  async #read(webhookId: string): Promise<{ status: WebhookStatus | 'deleted'; health: Health }> {
    if (this.#status === null || this.#health === null) {
      const rows = await drizzle(this.env.DB)
        .select({ status: webhooks.status, health: webhooks.health })
        .from(webhooks)
        .where(eq(webhooks.id, webhookId))
      // A change that finished while this read was out knows better.
      this.#status ??= rows[0]?.status ?? 'deleted'
      this.#health ??= healthFrom(rows[0]?.health ?? 'healthy')
    }
    return { status: this.#status, health: this.#health }
  }

  /** Makes the tables, and notes whose webhook this is, on the first report. */
  #open(accountId: string, webhookId: string): void {
    if (this.#owner() !== null) return
    this.#log.create()
    this.ctx.storage.kv.put('owner', { account_id: accountId, webhook_id: webhookId })
  }

  #owner(): { account_id: string; webhook_id: string } | null {
    return this.ctx.storage.kv.get<{ account_id: string; webhook_id: string }>('owner') ?? null
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
