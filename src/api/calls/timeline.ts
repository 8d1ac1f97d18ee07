/** A call's timeline as the API tells it. */
import * as z from 'zod'
import { attemptView, deliveryView, viewAttempt, viewDelivery } from '../deliveries/view.ts'
import { OUTBOUND_TYPES } from '../../catalogue/types.ts'
import { WAITS, type LoggedDelivery } from '../../contracts/deliveries.ts'
import type { StoredEvent } from '../../contracts/events.ts'
import type { LaneEnd, TimelineEvent } from '../../contracts/shard.ts'
import { parseJson } from '../../lib/json.ts'
import { rfc3339 } from '../../lib/time.ts'
import { WHYS } from '../../order/skip.ts'
import { endMsOf, holdsOf, waitsOf, type Before } from '../../order/waits.ts'
import type { Around } from './around.ts'

const time = z.iso.datetime()

const wait = z.object({
  why: z
    .enum(WAITS)
    .describe(
      '`gap`: an event before its own had not come; `turn`: behind the delivery before it in its call; `rate`: for a slot at the rate limit; `backoff`: for its next retry; `asked`: until the time that the receiver asked for; `held`: while the webhook was paused; `breaker`: while its receiver was down.',
    ),
  from: time,
  until: time.nullable().describe('Null: it still waits.'),
})

const timelineAttempt = attemptView.extend({
  response_body: attemptView.shape.response_body.optional().describe('With `bodies=true` alone.'),
})

const timelineDelivery = deliveryView.extend({
  webhook_name: z
    .string()
    .nullable()
    .describe('What the webhook is called now; null if it has been deleted.'),
  due_at: time
    .nullable()
    .describe(
      'When its turn came: its event had been released, and the delivery before it in the call had ended. Null if that has not come, or it ended before.',
    ),
  waits: z
    .array(wait)
    .describe('What it waited for, in order; less than 5 ms is left out. Of very many the last are kept.'),
  attempts: z.array(timelineAttempt),
})

const timelineEvent = z.object({
  id: z.string(),
  trigger: z.string(),
  position: z.int(),
  sequence: z.int().nullable(),
  late: z.boolean(),
  occurred_at: time.nullable(),
  received_at: time,
  released_at: time
    .nullable()
    .describe(
      'When it went on to its webhooks: later than `received_at` if it waited for a gap, null while it does.',
    ),
  call_type: z.enum(['inbound', 'outbound']),
  outbound_type: z.enum(OUTBOUND_TYPES).nullable(),
  number: z.string().nullable(),
  sequence_reused: z
    .boolean()
    .describe('Another event of the call had its `sequence` before: it was placed as if it had none.'),
  variables: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('As they came in; null once they are past the retention, in a call that goes on.'),
  skipped: z
    .array(z.object({ webhook_id: z.string(), why: z.enum(WHYS) }))
    .describe(
      "The webhooks of its trigger that it was not for, and why: `account_off`, the account's switch was off; `created_later`; `disabled`; `trigger`, it did not ask for this trigger then; `call_type`, `number` and `outbound_type`, it did not ask for such a call; `unknown`, the configuration on record does not explain it.",
    ),
  deliveries: z.array(timelineDelivery),
})

export const timeline = z.object({
  call_id: z.string(),
  events: z.array(timelineEvent),
  next_cursor: z.string().nullable().describe('Where the call goes on; null at its end.'),
})

// Its name in the documents.
z.globalRegistry.add(timeline, { id: 'Call' })

/**
 * @param events of the call, in order
 * @param before the ends of deliveries before these events, as far as their waits depend on them
 */
export function viewTimeline(
  events: readonly TimelineEvent[],
  before: readonly LaneEnd[],
  around: Around,
  withAnswers: boolean,
): z.input<typeof timelineEvent>[] {
  const lanes: Lanes = new Map()
  for (const { webhook_id, ended_at, holds } of before) {
    lanes.set(webhook_id, [...(lanes.get(webhook_id) ?? []), { endMs: ended_at, holds }])
  }
  return events.map(({ event, variables, deliveries, reusesSequence }) => ({
    id: event.id,
    trigger: event.trigger,
    position: event.position,
    sequence: event.sequence,
    late: event.late,
    occurred_at: event.occurred_at,
    received_at: rfc3339(event.received_at),
    released_at: event.released_at === null ? null : rfc3339(event.released_at),
    call_type: event.call_type,
    outbound_type: event.outbound_type,
    number: event.number,
    sequence_reused: reusesSequence,
    variables: variablesOf(variables),
    skipped: around.skippedBy(event),
    deliveries: deliveries.map((delivery) => viewTimed(event, delivery, lanes, around, withAnswers)),
  }))
}

/** As they came in, each number with its digits; null if they are gone. */
function variablesOf(text: string): Record<string, unknown> | null {
  // Safe: an event is taken with an object for its variables, and with nothing else.
  return (parseJson(text) ?? null) as Record<string, unknown> | null
}

/** The deliveries of each webhook, in order. */
type Lanes = Map<string, Before[]>

/** @param lanes the deliveries before this one; this one is added */
function viewTimed(
  event: StoredEvent,
  delivery: LoggedDelivery,
  lanes: Lanes,
  around: Around,
  withAnswers: boolean,
): z.input<typeof timelineDelivery> {
  const lane = lanes.get(delivery.webhook_id) ?? []
  lanes.set(delivery.webhook_id, lane)
  const isInLane = !delivery.test && around.isOrdered(delivery.webhook_id)
  const { due_at, waits } = waitsOf(event, delivery, isInLane ? lane : [])
  if (!delivery.test) lane.push({ endMs: endMsOf(delivery), holds: holdsOf(delivery.waits) })
  return {
    ...viewDelivery(delivery),
    webhook_name: around.nameOf(delivery.webhook_id),
    due_at: due_at === null ? null : rfc3339(due_at),
    waits: waits.map(({ why, from, until }) => ({
      why,
      from: rfc3339(from),
      until: until === null ? null : rfc3339(until),
    })),
    attempts: delivery.attempts.map((attempt) => {
      const { response_body, ...view } = viewAttempt(delivery.id, attempt)
      return withAnswers ? { ...view, response_body } : view
    }),
  }
}
