import type { WebhookHealth } from '../contracts/webhook.ts'
import { HEALTHY, observe, type Health, type Sign } from '../order/health.ts'
import type { AttemptEntry, LogEntry } from './log.ts'
import { webhookNews, type News } from './news.ts'

interface Stored {
  health: Health
  /** What D1 last had of it from here: what the lanes read. */
  shown: WebhookHealth
  /** The account has been told that the webhook fails, and is to be told when it no longer does. */
  told: boolean
}

const NOTHING: Stored = { health: HEALTHY, shown: 'healthy', told: false }

/** A webhook that fails and recovers by turns is told of no more often than this (ms). */
const TOLD_EVERY_MS = 60_000

/**
 * The health of a webhook as its object keeps it. It is stored when its state changes or a probe has failed, and not
 * with each attempt: that would cost a row for every one that fails.
 */
export class HealthRecord {
  readonly #kv: SyncKvStorage
  #stored: Stored
  #toldMs = 0

  constructor(kv: SyncKvStorage) {
    this.#kv = kv
    this.#stored = kv.get<Stored>('health') ?? NOTHING
  }

  get health(): Health {
    return this.#stored.health
  }

  get shown(): WebhookHealth {
    return this.#stored.shown
  }

  get isOpen(): boolean {
    return this.health.state === 'open'
  }

  /** Lanes that read it now hold, or will. */
  get isHolding(): boolean {
    return this.isOpen || this.shown === 'open'
  }

  /** Nothing of it is stored: it is as good as new. */
  get isEmpty(): boolean {
    return this.#kv.get('health') === undefined
  }

  /**
   * Takes what the log had not known of a call's attempts, in the transaction that logs them.
   * @returns the health before, and whether there is news for the account
   */
  observe(
    callId: string,
    entries: readonly LogEntry[],
    news: News,
    nowMs: number,
    random: () => number,
  ): { before: Health; isNews: boolean } {
    const before = this.health
    let health = before
    for (const { attempt } of entries) {
      const sign = attempt === null ? null : signOf(attempt)
      if (sign !== null) health = observe(health, sign, callId, nowMs, random())
    }
    const told = this.#tell(health, entries, news, nowMs)
    const next = { ...this.#stored, health, told: told ? health.state !== 'healthy' : this.#stored.told }
    // When the next probe goes, as well: between two of them the object does not stay in memory.
    const isProbed = health.nextProbeMs !== before.nextProbeMs
    if (health.state !== before.state || isProbed || told) this.#write(next)
    else this.#stored = next
    return { before, isNews: told }
  }

  /** Keeps the news that the webhook has begun to fail, or has recovered; true where there is any. */
  #tell(health: Health, entries: readonly LogEntry[], news: News, nowMs: number): boolean {
    const fails = health.state !== 'healthy'
    if (fails === this.#stored.told || (fails && nowMs - this.#toldMs < TOLD_EVERY_MS)) return false
    if (fails) this.#toldMs = nowMs
    const last = entries.findLast((entry) => entry.attempt !== null)?.attempt ?? null
    const sinceMs = health.sinceMs ?? this.health.sinceMs
    const type = fails ? 'webhook.failing' : 'webhook.recovered'
    news.keep(webhookNews(type, { state: health.state, sinceMs }, null, last, nowMs))
    return true
  }

  keep(health: Health): void {
    this.#write({ ...this.#stored, health })
  }

  keepShown(shown: WebhookHealth): void {
    this.#write({ ...this.#stored, shown })
  }

  #write(next: Stored): void {
    if (next.health.state === 'healthy' && next.shown === 'healthy' && !next.told) this.#kv.delete('health')
    else this.#kv.put('health', next)
    this.#stored = next
  }
}

/** What an attempt says of the receiver; null where it says nothing of it. */
function signOf({ status_code, error }: AttemptEntry): Sign | null {
  if (error === null) return 'succeeded'
  // No request went out: the webhook's configuration and the event made none.
  if (error === 'invalid_request') return null
  return status_code === 429 ? 'limited' : 'failed'
}
