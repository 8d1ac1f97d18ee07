import type { AttemptResult, DeliveryMessage } from '../contracts/jobs.ts'
import type { Env } from '../contracts/env.ts'
import type { DeliveryDetail } from '../contracts/shard.ts'
import { knownDestination, openDestination } from '../delivery/destination.ts'
import { contextOf } from '../delivery/event.ts'
import { isSlow, observePace } from '../delivery/pace.ts'
import { attemptTerms, startAttempt, type AttemptTerms } from '../delivery/attempt.ts'
import { Alarm } from '../lib/alarm.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { deliveryId } from '../lib/id.ts'
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
