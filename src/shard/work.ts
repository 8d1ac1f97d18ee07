import type { AttemptResult, DeliveryMessage } from '../contracts/jobs.ts'
import type { Env } from '../contracts/env.ts'
import type { LoggedDelivery } from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { DeliveryDetail, LaneEnd, Timeline, TimelineQuery } from '../contracts/shard.ts'
import { knownDestination, openDestination } from '../delivery/destination.ts'
import { contextOf } from '../delivery/event.ts'
import { isSlow, observePace } from '../delivery/pace.ts'
import { attemptTerms, startAttempt, type AttemptTerms } from '../delivery/attempt.ts'
import { Alarm } from '../lib/alarm.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { deliveryId } from '../lib/id.ts'
import { byPlace, reusedSequences } from '../order/order.ts'
import { firstEndsAfter } from '../order/waits.ts'
import { shardGauges } from '../metrics/meter.ts'
import { writeGauges, writePoints } from '../metrics/points.ts'
import { settingsOf } from '../lib/settings.ts'
import { disableByRelay, type DisableAnswer } from '../store/changes.ts'
import { readAccount } from '../store/accounts.ts'
import { forgetOldVersions } from '../store/versions.ts'
import type { ToDisable } from './breakers.ts'
import { Core } from './core.ts'
import type { Claimed } from './engine.ts'
import { tellGauges } from './gauges.ts'
import { loggedDelivery } from './rows.ts'
import { shardOf } from '../contracts/stub.ts'

/** What the platform takes of messages in one send. */
const MESSAGES_AT_ONCE = 100

/** How often a shard says how it stands, for the metrics (ms). */
const GAUGES_EVERY_MS = 15_000

/** A shard among receivers, the queue and D1. */
export class Work extends Core {
  readonly #env: Env
  readonly #terms: AttemptTerms
  #gaugesMs = 0
  /** The dataset was told that something waits; a former life may have told it. */
  #wasTold = true

  constructor(ctx: DurableObjectState, env: Env) {
    super({ storage: ctx.storage, alarm: new Alarm(ctx) }, settingsOf(env))
    this.#env = env
    this.#terms = attemptTerms(this.settings)
  }

  override async tick(): Promise<void> {
    await super.tick()
    this.#measure(Date.now())
  }

  /** Says how the shard stands, now and then and when it comes to rest: nothing changes until it is awake again. */
  #measure(nowMs: number): void {
    const { configuration, settings } = this
    const { METRICS } = this.#env
    const isRead = settings.attemptsBy === 'object' || METRICS !== undefined
    const isAtRest = this.own.size + this.elsewhere.size === 0
    if (!isRead || !configuration.isKnown) return
    if (!isAtRest && nowMs < this.#gaugesMs) return
    this.#gaugesMs = nowMs + GAUGES_EVERY_MS
    const name = `${configuration.accountId}/${configuration.shard}`
    tellGauges(name, this.engine.calls, this.waiting, this.breakers)
    const hasSome = shardGauges.has(name)
    if (hasSome || this.#wasTold) writeGauges(METRICS, name, nowMs)
    this.#wasTold = hasSome
    writePoints(METRICS, isAtRest, nowMs)
  }

  /** The numbers of a call's events, in memory or on disk. */
  seqsOf(callId: string): readonly number[] {
    const living = this.engine.calls.peek(callId)
    return living === undefined ? (this.log.callSeqs(callId) ?? []) : living.call.events.map(({ seq }) => seq)
  }

  /** A part of a call's timeline: what is on record, and what is open without a row. */
  timeline(callId: string, { from, limit, withAnswers }: TimelineQuery): Timeline {
    const all = this.log.events(this.seqsOf(callId)).sort(byPlace)
    const reusing = reusedSequences(all)
    const asked = all.slice(from, from + limit)
    const { events, taken } = this.log.timeline(
      asked.map(({ seq }) => seq),
      withAnswers,
    )
    const found = events
      .map(({ event, variables, deliveries }) => ({
        event,
        variables,
        deliveries: this.#deliveriesOf(event, deliveries),
        reusesSequence: reusing.has(event.seq),
      }))
      .sort((a, b) => byPlace(a.event, b.event))
    return {
      events: found,
      before: this.#endsBefore(all.slice(0, from), found),
      next: from + taken < all.length ? from + taken : null,
    }
  }

  /** What the waits of a page depend on of the events before it: of each webhook's lane the last, and ends of holds. */
  #endsBefore(
    events: readonly StoredEvent[],
    page: readonly { deliveries: readonly LoggedDelivery[] }[],
  ): LaneEnd[] {
    const lanes = Map.groupBy(
      page.flatMap(({ deliveries }) => deliveries),
      ({ webhook_id }) => webhook_id,
    )
    return [...lanes].flatMap(([webhookId, deliveries]) => {
      const lane = events.filter(({ webhooks }) => webhooks.includes(webhookId))
      const ends = new Map<number, number | null>()
      const endMs = (index: number): number => {
        const event = lane[index]
        if (event !== undefined && !ends.has(index)) ends.set(index, this.#endMs(event, webhookId))
        return ends.get(index) ?? Infinity
      }
      const times = deliveries.flatMap(({ waits }) => waits.map((wait) => wait.from))
      const asked = new Set([...firstEndsAfter(times, lane.length, endMs), lane.length - 1])
      return [...asked].flatMap((index) => {
        const ms = lane[index] === undefined ? -Infinity : endMs(index)
        return ms === -Infinity ? [] : [{ webhook_id: webhookId, ended_at: ms === Infinity ? null : ms }]
      })
    })
  }

  /** When a delivery ended as its lane knows it; null if it has not, -Infinity if the log has forgotten it. */
  #endMs(event: StoredEvent, webhookId: string): number | null {
    const row = this.journal.delivery(event.seq, webhookId)
    if (row !== null) return row.state.first_completed_at ?? row.state.completed_at
    const stand = this.engine.calls.peek(event.call_id)?.call.openStand(webhookId, event) ?? null
    return stand === null ? -Infinity : null
  }

  #deliveriesOf(event: StoredEvent, logged: readonly LoggedDelivery[]): LoggedDelivery[] {
    const rows = new Map(logged.map((each) => [each.webhook_id, each]))
    const call = this.engine.calls.peek(event.call_id)?.call
    // A test has a row of a webhook that did not ask for it.
    return [...new Set([...event.webhooks, ...rows.keys()])].flatMap((webhookId) => {
      const row = rows.get(webhookId)
      const stand = call?.openStand(webhookId, event) ?? null
      if (row !== undefined) return [row]
      if (stand === null) return []
      const state = { attempts: [], attempt_count: stand.attempts, next_attempt_at: stand.retryAtMs }
      return [loggedDelivery(event, webhookId, stand.status, { ...state, completed_at: null, error: null })]
    })
  }

  detail(seq: number, webhookId: string): DeliveryDetail | null {
    const found = this.log.get(seq, webhookId)
    return found === null
      ? null
      : { ...found, last: found.delivery.attempts.findLast(({ error }) => error !== 'lost') ?? null }
  }

  protected override isSlow(webhookId: string): boolean {
    return isSlow(webhookId)
  }

  protected override startAttempt({
    callId,
    webhookId,
    event,
    open,
  }: Claimed): Promise<AttemptResult> | null {
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

  protected override async openWebhook(webhookId: string): Promise<void> {
    const row = this.configuration.webhook(webhookId)
    if (row !== undefined) await openDestination(this.settings.encryptionKeys, row)
  }

  protected override tookMs(webhookId: string, durationMs: number): void {
    observePace(webhookId, durationMs)
  }

  protected override async send(queued: readonly Claimed[]): Promise<void> {
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
        this.background('unqueue', (engine, nowMs) => {
          for (const claimed of some) engine.unqueue(claimed, false, nowMs)
        })
      }
    }
  }

  protected override readAccount(accountId: string) {
    return readAccount(this.#env, accountId)
  }

  protected override async forgetVersions(beforeMs: number): Promise<void> {
    await forgetOldVersions(this.#env, this.configuration.accountId, beforeMs)
  }

  protected override async disable({ webhookId, goneMs }: ToDisable, reason: string): Promise<DisableAnswer> {
    const { accountId, shard: own } = this.configuration
    const reach = (shard: number) => (shard === own ? this : shardOf(this.#env, accountId, shard))
    return disableByRelay(this.#env, { webhookId, reason, unchangedSinceMs: goneMs, reach })
  }
}
