import type { EventFacts } from '../calls/journal.ts'
import { isFresh, snapshotOf, type WebhookRow } from '../config/snapshot.ts'
import { openDestination } from './destination.ts'
import { isJsonObject, parseJson } from '../lib/json.ts'
import type { Env } from '../contracts/env.ts'
import { rfc3339 } from '../lib/time.ts'
import { settingsOf } from '../lib/settings.ts'
import type { AttemptVia } from '../webhooks/log.ts'
import { webhookObject } from '../webhooks/webhook-key.ts'
import { attemptTerms, startAttempt, type AttemptOutcome, type Destination } from './attempt.ts'
import type { DeliveryContext } from './event.ts'

/** One claimed attempt, with all that is needed to make it but the webhook, which is read when it starts. */
export interface Job {
  account_id: string
  call_id: string
  webhook_id: string
  /** The claim, in the lane of this webhook. */
  token: number
  /** The event's place in the call's released order. */
  rank: number
  /** The attempt's number, from 1. */
  attempt: number
  /** Which attempt of the schedule it is, from 1; see `excused` of the lane. */
  tries: number
  /** It goes although the webhook's breaker is open, to see whether the receiver is back. */
  probe: boolean
  /** How far off its turn at the webhook's rate limit is (ms), where it has been given one. */
  turn_in_ms: number | null
  /** How long the claim holds (ms). An attempt that could not end within that must not start. */
  lease_ms: number
  via: AttemptVia
  delivery_id: string
  event: EventFacts
  /** JSON text, as it came in. */
  variables: string
}

/**
 * Makes the attempt of a job, from wherever it runs: the call's object or a queue consumer.
 * Throws where our own side fails (D1, a setting) before anything is sent; the attempt does not count then.
 * @param claimedMs when the job was claimed, or asked for, by the clock of who makes it: another machine's may differ
 * @param gateOpen returns once the platform has nothing to hold the request back for. An object's output gate waits for
 * its writes, and a request that waits there leaves later than its permission was looked at, and has less time for its
 * answer; a consumer has no gate
 */
export async function makeAttempt(
  env: Env,
  job: Job,
  claimedMs: number,
  gateOpen: () => Promise<void> = async () => {},
): Promise<AttemptOutcome> {
  const settings = settingsOf(env)
  const now = (): number => Date.now()
  const limited = await awaitTurn(env, job)
  if (limited !== null) return limited
  const terms = attemptTerms(settings, now)
  for (let round = 0; round < PREPARATIONS; round += 1) {
    const snapshot = await snapshotOf(env.DB, job.account_id, now)
    const webhook = snapshot.webhooks.get(job.webhook_id)
    if (webhook === undefined || !mayStart(webhook, job)) return { kind: 'withdrawn', why: 'refused' }
    const destination: Destination = await openDestination(settings.encryptionKeys, webhook)
    await gateOpen()
    // Nothing may be awaited between this check and the fetch: a change of state that has returned by now would
    // otherwise be overrun.
    const isOpen = isFresh(snapshot, now()) && now() + settings.deliveryTimeoutMs <= claimedMs + job.lease_ms
    if (!isOpen) continue
    const lateMs = terms.deadlines.lateMs
    const result = await startAttempt(destination, job.delivery_id, contextOf(job), terms)
    const receiverMs = Math.max(0, result.duration_ms - (terms.deadlines.lateMs - lateMs))
    return { kind: 'made', result, receiverMs }
  }
  return { kind: 'withdrawn', why: 'stale' }
}

/** How often a permission may go stale while the request is being prepared before the attempt gives up its turn. */
const PREPARATIONS = 5

/** Waits for a turn at the webhook's rate limit; where that is not soon, the attempt is to come back for it. */
async function awaitTurn(env: Env, job: Job): Promise<AttemptOutcome | null> {
  const snapshot = await snapshotOf(env.DB, job.account_id, Date.now)
  const perSecond = snapshot.webhooks.get(job.webhook_id)?.rate_limit ?? null
  if (perSecond === null) return null
  const turn = await webhookObject(env, job.webhook_id).turn(perSecond, job.turn_in_ms)
  return turn.kind === 'go' ? null : { kind: 'withdrawn', why: turn.kind, inMs: turn.inMs }
}

function mayStart(webhook: WebhookRow, job: Job): boolean {
  if (webhook.status !== 'active') return false
  if (job.via === 'manual') return true
  return job.event.received_at >= webhook.discard_before && (webhook.health !== 'open' || job.probe)
}

/** What rendering may know of a delivery. */
export function contextOf(
  job: Pick<Job, 'account_id' | 'call_id' | 'webhook_id' | 'attempt' | 'event' | 'variables'>,
): DeliveryContext {
  const { event } = job
  const variables = parseJson(job.variables)
  return {
    event: {
      id: event.id,
      trigger: event.trigger,
      call_id: job.call_id,
      call_type: event.call_type,
      outbound_type: event.outbound_type,
      number: event.number,
      sequence: event.sequence,
      occurred_at: event.occurred_at ?? rfc3339(event.received_at),
      variables: isJsonObject(variables) ? variables : {},
    },
    account_id: job.account_id,
    webhook_id: job.webhook_id,
    position: event.position,
    late: event.late,
    attempt: job.attempt,
  }
}
