/** What the receiver got against what it was to get. Pure. */
import type { DemoCall, DemoEvent } from './calls/call.ts'
import type { Received } from './receiver.ts'
import { isFor, type DemoWebhook } from './webhooks.ts'

export interface Verdict {
  webhook: DemoWebhook
  expected: number
  delivered: number
  /** Deliveries that took more than one attempt. */
  retried: number
  /** Deliveries that waited for the webhook to be enabled. */
  held: number
  isInOrder: boolean
  areSigned: boolean
  /** All that is not as it should be, in words. */
  findings: string[]
}

/** What is known of a delivery: its event, and its attempts up to the first that succeeded. */
interface Delivery {
  event: DemoEvent
  attempts: Received[]
  success: Received | undefined
}

/** The place of a request: its call and the position in it, as the relay says in headers. */
export function placeOf(received: Received): { callId: string; position: number } {
  return {
    callId: received.headers['webhook-call-id'] ?? '',
    position: Number(received.headers['webhook-position']),
  }
}

export function expectedFor(webhook: DemoWebhook, calls: readonly DemoCall[]): number {
  return calls.flatMap((call) => call.events).filter((event) => isFor(webhook, event)).length
}

/**
 * @param received all that has come to the webhook's path, by time
 * @param enabledAtMs when a paused webhook was told to go on, on the receiver's clock
 */
export function judge(
  webhook: DemoWebhook,
  calls: readonly DemoCall[],
  received: readonly Received[],
  enabledAtMs: number,
): Verdict {
  const lanes = calls.map((call) =>
    call.events.filter((event) => isFor(webhook, event)).map((event) => deliveryOf(event, received)),
  )
  const deliveries = lanes.flat()
  const known = new Set(deliveries.flatMap((delivery) => delivery.event.id))
  const strays = received.filter((request) => {
    const { callId, position } = placeOf(request)
    return !known.has(`${callId}-${position}`)
  })
  const orderFindings = lanes.flatMap(disorder)
  const findings = [
    ...strays.map((request) => `a request came that was not asked for: ${JSON.stringify(placeOf(request))}`),
    ...deliveries.flatMap((delivery) => deliveryFindings(webhook, delivery, enabledAtMs)),
    ...orderFindings,
  ]
  const delivered = deliveries.filter((delivery) => delivery.success !== undefined)
  return {
    webhook,
    expected: deliveries.length,
    delivered: delivered.length,
    retried: delivered.filter((delivery) => delivery.attempts.length > 1).length,
    held: delivered.filter(
      ({ attempts: [first] }) => webhook.isPaused && first && first.startedMs >= enabledAtMs,
    ).length,
    isInOrder: orderFindings.length === 0 && delivered.length === deliveries.length,
    areSigned: received.length > 0 && received.every((request) => request.signature === 'valid'),
    findings: findings.map((finding) => `${webhook.name}: ${finding}`),
  }
}

function deliveryOf(event: DemoEvent, received: readonly Received[]): Delivery {
  const all = received.filter((request) => {
    const { callId, position } = placeOf(request)
    return callId === event.call_id && position === event.sequence
  })
  const first = all.findIndex((request) => request.status === 200)
  // A repeat after success is what "at least once" allows.
  return first === -1
    ? { event, attempts: all, success: undefined }
    : { event, attempts: all.slice(0, first + 1), success: all[first] }
}

function deliveryFindings(
  webhook: DemoWebhook,
  { event, attempts, success }: Delivery,
  enabledAtMs: number,
): string[] {
  const name = nameOf(event)
  if (attempts.length === 0) return [`${name} never came`]
  const ids = new Set(attempts.map((attempt) => attempt.headers['webhook-id']))
  const numbers = attempts.map((attempt) => Number(attempt.headers['webhook-attempt']))
  const wanted = webhook.failFirst + 1
  return [
    ...(success === undefined ? [`${name} did not succeed`] : []),
    ...(attempts.length === wanted ? [] : [`${name} took ${attempts.length} attempts, not ${wanted}`]),
    ...(numbers.every((number, index) => number === index + 1)
      ? []
      : [`${name} counts its attempts ${numbers.join()}`]),
    ...(ids.size === 1 ? [] : [`${name} changed its webhook-id`]),
    ...attempts.flatMap((attempt) => [
      ...(attempt.signature === 'valid'
        ? []
        : [`${name} came with a signature that is ${attempt.signature}`]),
      ...(attempt.headers['webhook-trigger'] === event.trigger ? [] : [`${name} came with another trigger`]),
      ...(webhook.isPaused && attempt.startedMs < enabledAtMs
        ? [`${name} came while the webhook was paused`]
        : []),
      ...webhook.faultsOf(attempt, event).map((fault) => `${name}: ${fault}`),
    ]),
  ]
}

/** Where a call's deliveries, in the order of the call, start before what precedes them has ended. */
function disorder(lane: readonly Delivery[]): string[] {
  const attempts = lane.flatMap(({ event, attempts: made }) => made.map((attempt) => ({ event, attempt })))
  return attempts.flatMap((next, index) => {
    const previous = attempts[index - 1]
    if (previous === undefined) return []
    const { answeredMs } = previous.attempt
    return answeredMs !== null && next.attempt.startedMs >= answeredMs
      ? []
      : [`${nameOf(next.event)} came before ${nameOf(previous.event)} had its answer`]
  })
}

function nameOf(event: DemoEvent): string {
  return `${event.trigger} (#${event.sequence} of ${event.call_id})`
}
