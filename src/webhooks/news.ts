import type { DeliveryData, WebhookData } from '../catalogue/operational.ts'
import { snapshotOf } from '../config/snapshot.ts'
import type { Env } from '../contracts/env.ts'
import { rfc3339 } from '../lib/time.ts'
import type { Health } from '../order/health.ts'
import type { AttemptEntry, LogEntry } from './log.ts'
import { tellOperational, type OperationalEvent } from './operational.ts'

/** Whose news: the webhook of the object that keeps them. */
export interface Owner {
  account_id: string
  webhook_id: string
}

/** What has happened to a webhook, as it is kept until it is told; its name and status are looked up then. */
type Kept =
  | { id: string; at_ms: number; type: 'delivery.failed'; data: Omit<DeliveryData, keyof Owner> }
  | {
      id: string
      at_ms: number
      type: Exclude<OperationalEvent['type'], 'delivery.failed'>
      data: Omit<WebhookData, keyof Owner | 'name' | 'status' | 'held'>
    }

const PREFIX = 'news:'
const TOLD_AT_ONCE = 50

/**
 * Operational events that the account's operational webhook has still to be told, in the Webhook object's storage:
 * written with what they tell of, and kept until they are durable elsewhere.
 */
export class News {
  readonly #kv: SyncKvStorage
  readonly #env: Env

  constructor(kv: SyncKvStorage, env: Env) {
    this.#kv = kv
    this.#env = env
  }

  keep(event: Kept): void {
    // By time first, so that they are told in order.
    this.#kv.put(`${PREFIX}${String(event.at_ms).padStart(16, '0')}:${event.id}`, event)
  }

  /** @throws where they could not be made durable; they are kept, and telling them again tells nothing twice. */
  async tell(owner: Owner, held: number): Promise<void> {
    for (;;) {
      const kept = [...this.#kv.list<Kept>({ prefix: PREFIX, limit: TOLD_AT_ONCE })]
      if (kept.length === 0) return
      const row = (await snapshotOf(this.#env.DB, owner.account_id, Date.now)).webhooks.get(owner.webhook_id)
      const events = kept.map(([, event]): OperationalEvent => {
        if (event.type === 'delivery.failed') return { ...event, data: { ...owner, ...event.data } }
        // The read may be from before the change that is told.
        const status = event.type === 'webhook.disabled' ? 'disabled' : (row?.status ?? 'disabled')
        return { ...event, data: { ...owner, name: row?.name ?? '', status, held, ...event.data } }
      })
      await tellOperational(this.#env, owner.account_id, events)
      for (const [key] of kept) this.#kv.delete(key)
    }
  }

  get isEmpty(): boolean {
    return [...this.#kv.list({ prefix: PREFIX, limit: 1 })].length === 0
  }
}

/** Something that has happened to a webhook; `reason` is of a disable, `last` the attempt that led to it. */
export function webhookNews(
  type: Exclude<OperationalEvent['type'], 'delivery.failed'>,
  health: Pick<Health, 'state' | 'sinceMs'>,
  reason: string | null,
  last: AttemptEntry | null,
  nowMs: number,
): Kept {
  return {
    id: `${type}:${nowMs}`,
    at_ms: nowMs,
    type,
    data: {
      health: health.state,
      reason,
      since: health.sinceMs === null ? null : rfc3339(health.sinceMs),
      last_status_code: last?.status_code ?? null,
      last_error: last?.error ?? null,
    },
  }
}

/** A delivery that has failed for good. */
export function deliveryFailed(entry: LogEntry, nowMs: number): Kept {
  const { id, event_id, call_id, trigger, position, attempt_count, last_status_code, last_error } = entry
  return {
    // A delivery that is made again by hand may fail again.
    id: `delivery.failed:${id}:${attempt_count}`,
    at_ms: nowMs,
    type: 'delivery.failed',
    data: {
      delivery_id: id,
      event_id,
      call_id,
      trigger,
      position,
      attempt_count,
      last_status_code,
      last_error,
    },
  }
}
