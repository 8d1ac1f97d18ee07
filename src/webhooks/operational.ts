import { callObject, operationalCallId } from '../calls/call-key.ts'
import type { Incoming } from '../calls/journal.ts'
import {
  OF_NO_CALL,
  type DeliveryData,
  type OperationalTrigger,
  type WebhookData,
} from '../catalogue/operational.ts'
import { snapshotOf } from '../config/snapshot.ts'
import type { Env } from '../contracts/env.ts'
import { rfc3339 } from '../lib/time.ts'

interface Told {
  /** The maker's own: an event that is told again has the same, and is delivered once. */
  id: string
  /** When it happened (ms since epoch). */
  at_ms: number
}

/** Something that the relay has to tell an account about one of its webhooks. */
export type OperationalEvent =
  | (Told & { type: Exclude<OperationalTrigger, 'delivery.failed'>; data: WebhookData })
  | (Told & { type: 'delivery.failed'; data: DeliveryData })

/** Calls that are told at a time: each is an object, and has a request to it. */
const CALLS_AT_ONCE = 50

/**
 * Sends events to the account's operational webhook, where it has one that wants them: as events of calls of their
 * own, so that all that holds for a delivery holds for theirs. When it has returned they are durable. Events of one
 * webhook are delivered in the order given, and so are those of one call's deliveries to it.
 * It tells nothing of the operational webhook itself: its failures would make events that fail in turn.
 * @throws where an event could not be stored. The caller keeps them all and tells them again: one that was stored
 * is a duplicate then, as long as its call is kept.
 */
export async function tellOperational(
  env: Env,
  accountId: string,
  events: readonly OperationalEvent[],
): Promise<void> {
  if (events.length === 0) return
  const { webhooks, webhooksEnabled } = await snapshotOf(env.DB, accountId, Date.now)
  const webhook = [...webhooks.values()].find(({ kind }) => kind === 'operational')
  if (webhook === undefined || webhook.status === 'disabled' || !webhooksEnabled) return

  const calls = new Map<string, Incoming[]>()
  for (const event of events) {
    if (!webhook.triggers.includes(event.type) || event.data.webhook_id === webhook.id) continue
    const callId = callIdOf(event)
    calls.set(callId, [...(calls.get(callId) ?? []), incomingOf(event)])
  }
  const all = [...calls]
  for (let first = 0; first < all.length; first += CALLS_AT_ONCE) {
    await Promise.all(
      all.slice(first, first + CALLS_AT_ONCE).map(async ([callId, incoming]) => {
        // What was told under the id before stands, whatever is said now: the answers say nothing to do.
        await callObject(env, accountId, callId).accept(accountId, callId, incoming)
      }),
    )
  }
}

function callIdOf(event: OperationalEvent): string {
  const { webhook_id } = event.data
  return operationalCallId(webhook_id, event.type === 'delivery.failed' ? event.data.call_id : null)
}

function incomingOf({ id, type, at_ms, data }: OperationalEvent): Incoming {
  return {
    id,
    trigger: type,
    ...OF_NO_CALL,
    occurred_at: rfc3339(at_ms),
    variables: JSON.stringify(data),
  }
}
