import { DurableObject } from 'cloudflare:workers'
import { and, eq, lt, ne } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { callObject } from '../calls/call-key.ts'
import { settled } from '../config/snapshot.ts'
import { webhook_versions, webhooks } from '../config/tables.ts'
import type { WebhookHealth, WebhookStatus } from '../config/webhook.ts'
import { report } from '../failure.ts'
import type { Env } from '../env.ts'
import { secureRandom } from '../id.ts'
import { settingsOf, type Settings } from '../settings.ts'
import { HEALTHY, isLost, observe, probed, type Health, type Sign } from './health.ts'
import { Log, type AttemptEntry, type LogEntry, type LoggedDelivery, type LogQuery } from './log.ts'
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

interface Owner {
  account_id: string
  webhook_id: string
}

/** Health as it is stored, and as D1 last had it from here: what the lanes read. */
interface StoredHealth {
  health: Health
  shown: WebhookHealth
}

/** Calls woken at a time. Each goes on by itself once woken; this bounds the requests that are out at once. */
const WAKES_AT_ONCE = 50
const DRAIN_RETRY_MS = 1_000
const PRUNE_EVERY_MS = 60 * 60 * 1000
/** A receiver that answers 410 has said that it wants no more (Standard Webhooks). */
export const GONE_REASON = 'The receiver answered 410 Gone'
export const LOST_REASON = 'Every attempt of the last 5 days failed'
/** How many calls of the backlog a probe may find to have nothing to send before it is put off. */
const PROBE_TRIES = 5
/** When the next calls are asked where none of those could send one, in ms. */
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
  #stored: StoredHealth
  #turns = NO_TURNS
  /** Known once read: nobody else writes it. */
  #status: WebhookStatus | 'deleted' | null = null
  #draining = false
  /** Changes that some lane may not have read yet. What is woken meanwhile would hold again. */
  #unsettled = 0
  /** The change of status that is under way, or the last one. */
  #turn: Promise<void> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#log = new Log(ctx.storage.sql)
    this.#settings = settingsOf(env)
    this.#stored = ctx.storage.kv.get<StoredHealth>('health') ?? { health: HEALTHY, shown: 'healthy' }
  }

  /**
   * Takes what a call reports: any number of times, in any order. `wake` tells a held lane that nothing forbids
   * it any more: the state changed between its read and its report.
   */
  async report(lane: LaneReport): Promise<{ wake: boolean }> {
    this.#open(lane.account_id, lane.webhook_id)
    const nowMs = Date.now()
    const before = this.#stored
    let { health } = before
    this.ctx.storage.transactionSync(() => {
      for (const entry of lane.entries) {
        if (!this.#log.put(lane.webhook_id, entry) || entry.attempt === null) continue
        const sign = signOf(entry.attempt)
        if (sign !== null) health = observe(health, sign, lane.call_id, nowMs, secureRandom())
      }
      // Kept first and asked later: a change of state that is under way will find the call in the backlog.
      if (lane.waits === null) this.#log.forget(lane.call_id)
      else this.#log.keep(lane.call_id)
      if (health.state !== before.health.state) this.#keepHealth(health)
      if (before.health.state === 'open' && health.state !== 'open') this.#oweDrain()
    })
    this.#stored = { ...this.#stored, health }
    await this.#arm(nowMs + PRUNE_EVERY_MS)
    if (health.state !== this.#stored.shown) {
      await this.#arm(nowMs + DRAIN_RETRY_MS)
      this.ctx.waitUntil(this.#show())
    } else if (health.state === 'open') await this.#arm(Math.max(nowMs, health.nextProbeMs))
    if (isLost(health, nowMs)) await this.#disableLost(lane.webhook_id)
    for (const { attempt } of lane.entries) {
      if (attempt?.status_code === 410) await this.#disableGone(lane.webhook_id, attempt.started_at)
    }
    return { wake: lane.waits === 'hold' && !(await this.#isHolding(lane.webhook_id)) }
  }

  /** A turn at the webhook's rate limit, for one attempt that is about to start. */
  async turn(perSecond: number, turnMs: number | null): Promise<Turn> {
    const nowMs = Date.now()
    const { turns, turn } = takeTurn(this.#turns, turnMs, perSecond, nowMs, secureRandom())
    this.#turns = turns
    if (turn.kind === 'go' && turn.atMs > nowMs) await scheduler.wait(turn.atMs - nowMs)
    return turn
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
      const [changed, rows] = await d1.batch([
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
    await this.#settling(async () => {
      // Set before the write, so that the backlog is woken even where this object does not live to do it below.
      if (this.#log.exists()) {
        if (status !== 'paused') this.#oweDrain()
        await this.#arm(Date.now() + DRAIN_RETRY_MS)
      }
      this.#status = null
      await write(drizzle(this.env.DB))
      this.#status = status
      if (this.#log.exists()) await this.#arm(Date.now() + DRAIN_RETRY_MS)
      if (this.#log.exists() && isOver(status)) this.#log.discardWaiting(Date.now())
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
      await this.#arm(Date.now() + DRAIN_RETRY_MS)
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

  override async alarm(): Promise<void> {
    if (!this.#log.exists()) return
    const nowMs = Date.now()
    this.#log.prune(nowMs - this.#settings.retentionMs)
    if (this.#stored.health.state !== this.#stored.shown) await this.#show()
    await this.#probe()
    await this.#drain()
    try {
      if (await this.#forget()) return
    } catch (error) {
      report('forget', error)
    }
    await this.#arm(nowMs + (this.#drainOwed() === null ? PRUNE_EVERY_MS : DRAIN_RETRY_MS))
  }

  /** While the breaker is open: has one call after the other see whether the receiver is back. */
  async #probe(): Promise<void> {
    const owner = this.#owner()
    const { health } = this.#stored
    if (owner === null || health.state !== 'open') return
    try {
      if ((await this.#statusOf(owner.webhook_id)) !== 'active') return
      const nowMs = Date.now()
      if (health.nextProbeMs > nowMs) return await this.#arm(health.nextProbeMs)
      const after = this.#log.waiting(PROBE_TRIES, health.probedCall)
      const calls = after.length > 0 ? after : this.#log.waiting(PROBE_TRIES, '')
      const mostMs = this.#settings.deliveryTimeoutMs + PROBE_MARGIN_MS
      for (const { call_id, generation } of calls) {
        // Stored before it goes out: a crash must not have it go out again at once.
        this.#keepHealth(probed(health, call_id, nowMs, mostMs, secureRandom()))
        await this.#arm(this.#stored.health.nextProbeMs)
        const answer = await callObject(this.env, owner.account_id, call_id).probe(owner.webhook_id)
        if (answer === 'sent') return
        if (answer === 'nothing') this.#log.release(call_id, generation)
      }
      // Where no call waits at all, the next that does sets the alarm.
      this.#keepHealth({ ...this.#stored.health, probes: health.probes, nextProbeMs: nowMs + PROBE_RETRY_MS })
      if (calls.length > 0) await this.#arm(nowMs + PROBE_RETRY_MS)
    } catch (error) {
      report('probe', error)
      await this.#arm(Date.now() + PROBE_RETRY_MS)
    }
  }

  /** Where nothing is left to know of, forgets it all; a webhook that is gone takes its old configurations along. */
  async #forget(): Promise<boolean> {
    // Nothing else knows that a breaker is open, and would ever close it.
    const isEmpty = (): boolean =>
      this.#log.isEmpty() && this.#log.waiting(1, '').length === 0 && this.#stored.shown !== 'open'
    const owner = this.#owner()
    if (owner === null || !isEmpty()) return false
    if ((await this.#statusOf(owner.webhook_id)) === 'deleted') {
      await drizzle(this.env.DB)
        .delete(webhook_versions)
        .where(eq(webhook_versions.webhook_id, owner.webhook_id))
    }
    // A report may have come while D1 was asked.
    if (!isEmpty()) return false
    await this.ctx.storage.deleteAll()
    return true
  }

  /** Wakes the calls that wait, where that is owed. Each stays in the backlog until it has been woken. */
  async #drain(): Promise<void> {
    const owner = this.#owner()
    if (owner === null || this.#draining) return
    this.#draining = true
    try {
      // Whoever makes a change drains once it is settled. Until then what is woken would hold again.
      for (let owed = this.#drainOwed(); owed !== null && this.#unsettled === 0; owed = this.#drainOwed()) {
        const end = await this.#wakeAll(owner)
        if (end === 'failed') return await this.#arm(Date.now() + DRAIN_RETRY_MS)
        // Owed anew while it ran: some may have come to wait behind it.
        if (end === 'done' && this.#drainOwed() === owed) this.ctx.storage.kv.delete('drain')
      }
    } catch (error) {
      report('drain', error)
      await this.#arm(Date.now() + DRAIN_RETRY_MS)
    } finally {
      this.#draining = false
    }
  }

  /** `unsettled`: a change came meanwhile, and its maker goes on. */
  async #wakeAll(owner: Owner): Promise<'done' | 'failed' | 'unsettled'> {
    let failed = false
    let after = ''
    for (;;) {
      const calls = this.#log.waiting(WAKES_AT_ONCE, after)
      const last = calls.at(-1)
      if (last === undefined) return failed ? 'failed' : 'done'
      const isHolding = await this.#isHolding(owner.webhook_id)
      const status = await this.#statusOf(owner.webhook_id)
      if (this.#unsettled > 0) return 'unsettled'
      // What ends the hold owes its own drain.
      if (isHolding) return 'done'
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
  }

  /** Whether lanes that read the webhook now hold what they owe. */
  async #isHolding(webhookId: string): Promise<boolean> {
    const status = await this.#statusOf(webhookId)
    if (status === 'paused') return true
    const { health, shown } = this.#stored
    return status === 'active' && (health.state === 'open' || shown === 'open')
  }

  /** Disables on a 410, unless the status has been changed since the attempt that got it. */
  async #disableGone(webhookId: string, attemptStartedAtMs: number): Promise<void> {
    const rows = await drizzle(this.env.DB)
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(and(eq(webhooks.id, webhookId), lt(webhooks.status_changed_at, attemptStartedAtMs)))
    if (rows.length > 0) await this.setStatus(webhookId, 'disabled', GONE_REASON)
  }

  /** Disables what has had nothing but failures for days. */
  async #disableLost(webhookId: string): Promise<void> {
    if ((await this.#statusOf(webhookId)) === 'active')
      await this.setStatus(webhookId, 'disabled', LOST_REASON)
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

  /** The calls that wait are to be woken. Nothing but the end of a hold says so: a backoff is to be sat out. */
  #oweDrain(): void {
    this.ctx.storage.kv.put('drain', (this.#drainOwed() ?? 0) + 1)
  }

  /** A number that rises with each time that a drain is owed; null where none is. */
  #drainOwed(): number | null {
    return this.ctx.storage.kv.get<number>('drain') ?? null
  }

  #keepHealth(health: Health): void {
    this.#keep({ ...this.#stored, health })
  }

  #keepShown(shown: WebhookHealth): void {
    this.#keep({ ...this.#stored, shown })
  }

  #keep(stored: StoredHealth): void {
    if (stored.health.state === 'healthy' && stored.shown === 'healthy') this.ctx.storage.kv.delete('health')
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
