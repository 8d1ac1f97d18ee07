import type { AttemptEntry } from '../contracts/deliveries.ts'
import type { WebhookHealth } from '../contracts/webhook.ts'
import { HEALTHY, isLost, observe, probed, type Health, type Sign } from '../order/health.ts'
import { isUnsent } from '../order/retry.ts'

/** What is kept of a webhook that is not healthy, or was not until the account has been told. */
interface Kept {
  readonly health: Health
  /** The account has been told that the webhook fails, and is to be told when it no longer does. */
  readonly isTold: boolean
  /** When that was (ms since epoch); in memory alone. */
  readonly toldMs: number
  /** The start of an attempt that was answered 410, as long as the webhook is to be disabled for it. */
  readonly goneMs: number | null
  /** D1 has been asked to disable the webhook, and its answer has not been heard. */
  readonly isAsked: boolean
}

const NOTHING: Kept = { health: HEALTHY, isTold: false, toldMs: 0, goneMs: null, isAsked: false }

/** A webhook that fails and recovers by turns is told of no more often than this (ms). */
const TOLD_EVERY_MS = 60_000

/** What an attempt has changed. */
export interface Observed {
  /** The breaker was tripped, and is not any more: what it held is to be delivered. */
  readonly isBack: boolean
  /** What the account is to be told. */
  readonly news: 'webhook.failing' | 'webhook.recovered' | null
  /** The failures that now go on, or are over. */
  readonly health: Health
}

export interface ToDisable {
  readonly webhookId: string
  /** When the attempt started that was answered 410 (ms since epoch); null if it is for having failed for days. */
  readonly goneMs: number | null
  /** A former life of the shard has asked D1 for it already, and did not live to hear the answer. */
  readonly isAsked: boolean
}

/**
 * The health of the account's webhooks in this shard, and their breakers. A row is written when the state of one
 * changes or a probe has failed, and not with each attempt.
 */
export class Breakers {
  readonly #sql: SqlStorage
  readonly #kept = new Map<string, Kept>()
  /** Told of each change of memory with what takes it back. */
  readonly #undoable: (undo: () => void) => void

  constructor(sql: SqlStorage, undoable: (undo: () => void) => void) {
    this.#sql = sql
    this.#undoable = undoable
    sql.exec(
      'CREATE TABLE IF NOT EXISTS health (webhook_id TEXT PRIMARY KEY, kept TEXT NOT NULL) WITHOUT ROWID',
    )
    for (const row of sql.exec<{ webhook_id: string; kept: string }>('SELECT webhook_id, kept FROM health')) {
      this.#kept.set(row.webhook_id, JSON.parse(row.kept) as Kept) // safe: `#write` alone writes the column
    }
  }

  stateOf(webhookId: string): WebhookHealth {
    return this.#kept.get(webhookId)?.health.state ?? 'healthy'
  }

  healthOf(webhookId: string): Health {
    return this.#kept.get(webhookId)?.health ?? HEALTHY
  }

  isTripped(webhookId: string): boolean {
    return this.stateOf(webhookId) === 'open'
  }

  /** The state of each webhook that is not healthy. */
  get unhealthy(): Record<string, WebhookHealth> {
    const found: Record<string, WebhookHealth> = {}
    for (const [id, { health }] of this.#kept) if (health.state !== 'healthy') found[id] = health.state
    return found
  }

  observe(
    webhookId: string,
    callId: string,
    attempt: AttemptEntry,
    nowMs: number,
    random: () => number,
  ): Observed {
    const kept = this.#kept.get(webhookId) ?? NOTHING
    const sign = signOf(attempt)
    // A probe that was none: another may go at once.
    if (sign === null && kept.health.state === 'open' && kept.health.probedCall === callId) {
      this.putOff(webhookId, nowMs)
    }
    if (sign === null || (sign === 'succeeded' && kept === NOTHING)) {
      return { isBack: false, news: null, health: kept.health }
    }
    const before = kept.health
    const health = observe(before, sign, callId, nowMs, random())
    const fails = health.state !== 'healthy'
    const isNews = fails !== kept.isTold && (!fails || nowMs - kept.toldMs >= TOLD_EVERY_MS)
    const goneMs = attempt.status_code === 410 ? attempt.started_at : kept.goneMs
    const next: Kept = {
      ...kept,
      health,
      goneMs,
      isTold: isNews ? fails : kept.isTold,
      toldMs: isNews && fails ? nowMs : kept.toldMs,
    }
    const isWritten =
      isNews ||
      health.state !== before.state ||
      health.nextProbeMs !== before.nextProbeMs ||
      goneMs !== kept.goneMs
    if (isWritten) this.#write(webhookId, next)
    else this.#set(webhookId, next)
    const told = fails ? health : before
    return {
      isBack: before.state === 'open' && !fails,
      news: isNews ? (fails ? 'webhook.failing' : 'webhook.recovered') : null,
      health: { ...health, sinceMs: told.sinceMs },
    }
  }

  /** The webhook has been enabled: it starts with a clean slate. */
  reset(webhookId: string): void {
    if (this.#kept.has(webhookId)) this.#write(webhookId, NOTHING)
  }

  /** The webhooks that are to be disabled: gone by a 410, or without a success for days. */
  toDisable(nowMs: number): ToDisable[] {
    return [...this.#kept].flatMap(([webhookId, { health, goneMs, isAsked }]) =>
      isAsked || goneMs !== null || isLost(health, nowMs) ? [{ webhookId, goneMs, isAsked }] : [],
    )
  }

  get isAnyUnhealthy(): boolean {
    return this.#kept.size > 0
  }

  /** D1 is about to be asked to disable the webhook. On disk first: nobody else can tell the account of it. */
  asked(webhookId: string): void {
    const kept = this.#kept.get(webhookId)
    if (kept !== undefined && !kept.isAsked) this.#write(webhookId, { ...kept, isAsked: true })
  }

  /** The webhook has been disabled, or is not to be: somebody has changed its status since the 410. */
  forgive(webhookId: string): void {
    const kept = this.#kept.get(webhookId)
    if (kept !== undefined) this.#write(webhookId, { ...kept, goneMs: null, isAsked: false })
  }

  /** The tripped breakers whose next probe is due, each with the call of its last. */
  probesDue(nowMs: number): { webhookId: string; lastCall: string }[] {
    return [...this.#kept].flatMap(([webhookId, { health }]) =>
      health.state === 'open' && health.nextProbeMs <= nowMs
        ? [{ webhookId, lastCall: health.probedCall }]
        : [],
    )
  }

  get nextProbeMs(): number | null {
    let next: number | null = null
    for (const { health } of this.#kept.values()) {
      if (health.state === 'open') next = Math.min(next ?? Infinity, health.nextProbeMs)
    }
    return next
  }

  /** A probe goes out. @param mostMs how long it may take */
  probed(webhookId: string, callId: string, nowMs: number, mostMs: number, random: () => number): void {
    const kept = this.#kept.get(webhookId) ?? NOTHING
    this.#write(webhookId, { ...kept, health: probed(kept.health, callId, nowMs, mostMs, random()) })
  }

  /** No probe can go before `atMs` (since epoch), or for now (Infinity); in memory alone. */
  putOff(webhookId: string, atMs: number): void {
    const kept = this.#kept.get(webhookId)
    if (kept === undefined) return
    this.#set(webhookId, { ...kept, health: { ...kept.health, nextProbeMs: atMs } })
  }

  /** A delivery is held by the tripped breaker: if no probe was to go since nothing was owed, one can now. */
  held(webhookId: string, nowMs: number): void {
    if (this.#kept.get(webhookId)?.health.nextProbeMs === Infinity) this.putOff(webhookId, nowMs)
  }

  #set(webhookId: string, next: Kept): void {
    const before = this.#kept.get(webhookId)
    this.#undoable(() => {
      if (before === undefined) this.#kept.delete(webhookId)
      else this.#kept.set(webhookId, before)
    })
    if (isNothing(next)) this.#kept.delete(webhookId)
    else this.#kept.set(webhookId, next)
  }

  #write(webhookId: string, next: Kept): void {
    this.#set(webhookId, next)
    if (isNothing(next)) this.#sql.exec('DELETE FROM health WHERE webhook_id = ?', webhookId)
    else {
      this.#sql.exec(
        'INSERT INTO health (webhook_id, kept) VALUES (?, ?) ON CONFLICT (webhook_id) DO UPDATE SET kept = excluded.kept',
        webhookId,
        JSON.stringify(next),
      )
    }
  }
}

function isNothing({ health, isTold, goneMs, isAsked }: Kept): boolean {
  return health.failures === 0 && health.state === 'healthy' && !isTold && goneMs === null && !isAsked
}

/** What an attempt says of the receiver; null if it says nothing of it. */
function signOf({ status_code, error }: AttemptEntry): Sign | null {
  if (error === null) return 'succeeded'
  if (isUnsent(error)) return null
  return status_code === 429 ? 'limited' : 'failed'
}
