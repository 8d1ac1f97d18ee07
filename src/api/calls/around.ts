/** What a timeline has to know beside the log: the account's webhooks, as they are and as they were. */
import type { Env } from '../../contracts/env.ts'
import type { StoredEvent } from '../../contracts/events.ts'
import type { TimelineEvent } from '../../contracts/shard.ts'
import { HANDED_OVER_MS, whySkipped, type Why } from '../../order/skip.ts'
import { readHistory } from '../../store/history.ts'
import { webhookNames } from '../../store/webhooks.ts'

export interface Around {
  /** Null: it has been deleted. */
  readonly nameOf: (webhookId: string) => string | null
  /** Whether it keeps the order of a call; as far as is known, if it has been deleted. */
  readonly isOrdered: (webhookId: string) => boolean
  /** Which webhooks of its trigger an event was not for, and why. */
  readonly skippedBy: (event: StoredEvent) => { webhook_id: string; why: Why }[]
}

/** Throws what D1 throws. */
export async function readAround(
  env: Env,
  accountId: string,
  events: readonly TimelineEvent[],
): Promise<Around> {
  const triggers = new Set(events.map(({ event }) => event.trigger))
  const firstMs = Math.min(...events.map(({ event }) => event.received_at))
  const ids = new Set(events.flatMap(({ deliveries }) => deliveries.map(({ webhook_id }) => webhook_id)))
  const [history, webhooks] = await Promise.all([
    readHistory(env, accountId, [...triggers], Math.max(0, firstMs - HANDED_OVER_MS)),
    webhookNames(env, accountId, [...ids]),
  ])
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]))
  return {
    nameOf: (webhookId) => byId.get(webhookId)?.name ?? null,
    isOrdered: (webhookId) => byId.get(webhookId)?.ordering !== 'none',
    // A test is of one webhook, and for no other.
    skippedBy: (event) =>
      (event.test === true ? [] : history.webhooks).flatMap((webhook) => {
        if (event.webhooks.includes(webhook.webhookId)) return []
        const why = whySkipped(webhook, history, event)
        return why === null ? [] : [{ webhook_id: webhook.webhookId, why }]
      }),
  }
}
