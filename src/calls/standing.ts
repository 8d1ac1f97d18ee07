import { READ_VALID_MS, type Snapshot } from '../config/snapshot.ts'
import type { EventFacts, Incoming } from './journal.ts'
import type { Standing } from '../order/lane.ts'
import { matches } from '../order/match.ts'

/** The webhooks that want an event, by the account's configuration. A disabled webhook takes nothing. */
export function matching(
  snapshot: Snapshot,
  event: Pick<Incoming, 'trigger' | 'call_type' | 'outbound_type' | 'number'>,
): string[] {
  if (!snapshot.webhooksEnabled) return []
  return [...snapshot.webhooks.values()]
    .filter((webhook) => webhook.status !== 'disabled' && matches(webhook, event))
    .map((webhook) => webhook.id)
}

/** Whether a read is recent enough to say who wants an event: a webhook made before the event has to be in it. */
export function covers(snapshot: Snapshot, event: EventFacts): boolean {
  return event.received_at - snapshot.readAtMs < READ_VALID_MS
}

/** What a lane has to know of its webhook, out of a read. */
export function standingOf(snapshot: Snapshot, webhookId: string): Standing {
  const webhook = snapshot.webhooks.get(webhookId)
  if (webhook === undefined)
    return { status: 'deleted', ordering: 'per_call', discardBeforeMs: 0, maxAgeMs: null }
  return {
    status: webhook.status,
    ordering: webhook.ordering,
    discardBeforeMs: webhook.discards > 0 ? webhook.status_changed_at : 0,
    maxAgeMs: webhook.max_age_seconds === null ? null : webhook.max_age_seconds * 1000,
  }
}
