import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { query } from '../http/body.ts'
import { accountListQuery } from '../http/list.ts'
import type { StoredEvent } from '../../contracts/events.ts'
import type { TimelineEvent } from '../../contracts/shard.ts'
import { attemptView, deliveryView, viewAttempt, viewDelivery } from '../deliveries/view.ts'
import { OUTBOUND_TYPES } from '../../catalogue/types.ts'
import type { Env } from '../../contracts/env.ts'
import { parseJson } from '../../lib/json.ts'
import { rfc3339 } from '../../lib/time.ts'
import { HANDED_OVER_MS, whySkipped, WHYS } from '../../order/skip.ts'
import { readHistory } from '../../store/history.ts'
import { isOperationalCall } from '../../shard/news.ts'
import { shardOfCall } from '../../order/placement.ts'
import { shardOf } from '../../contracts/stub.ts'
import { shardsOf } from '../../store/shards.ts'

const timeline = z.object({
  call_id: z.string(),
  events: z.array(
    z.object({
      id: z.string(),
      trigger: z.string(),
      position: z.int(),
      sequence: z.int().nullable(),
      late: z.boolean(),
      occurred_at: z.iso.datetime().nullable(),
      received_at: z.iso.datetime(),
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
      deliveries: z.array(deliveryView.extend({ attempts: z.array(attemptView) })),
    }),
  ),
})

// Its name in the documents.
z.globalRegistry.add(timeline, { id: 'Call' })

const callQuery = z.strictObject({
  account_id: accountListQuery.account_id,
  call_id: z.string().min(1).max(255),
})

/** `GET /v1/calls/{call_id}`, and the same by a query. */
export const callRoutes = new Hono<AppEnv>()
  .get(
    '/calls/:call_id',
    operation({
      operationId: 'getCall',
      summary: "Read a call's timeline",
      description:
        "The call's events in order, each with its deliveries and their attempts, and the webhooks that it was not for. Why is told from the configuration that was in force when the event came, as far as it is on record. An id that no path carries, such as `..`, is asked for by `GET /v1/call`.",
      tag: 'Calls',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The timeline', timeline] },
      problems: [404],
      account: 'required',
    }),
    (c) => answerTimeline(c, c.req.param('call_id')),
  )
  .get(
    '/call',
    operation({
      operationId: 'getCallByQuery',
      summary: "Read a call's timeline by a query",
      description: 'The same, for ids that no path carries: clients take `.` and `..` for steps of the path.',
      tag: 'Calls',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The timeline', timeline] },
      problems: [404],
      account: 'required',
    }),
    query(callQuery),
    (c) => answerTimeline(c, c.req.valid('query').call_id),
  )

async function answerTimeline(c: Context<AppEnv>, callId: string) {
  const accountId = await accountFor(c)
  // Nothing that the core posts comes under such an id, and nobody calls it a call.
  if (isOperationalCall(callId)) throw noSuch('call')
  const shard = shardOf(c.env, accountId, shardOfCall(callId, await shardsOf(c.env, accountId)))
  const events: TimelineEvent[] = []
  for (let from: number | null = 0; from !== null;) {
    const portion = await shard.timeline(callId, from)
    events.push(...portion.events)
    from = portion.next
  }
  if (events.length === 0) throw noSuch('call')
  events.sort((a, b) => byPlace(a.event, b.event))
  const reusing = reusingSequence(events.map(({ event }) => event))
  const skipped = await skippedBy(c.env, accountId, events)
  return c.json({
    call_id: callId,
    events: events.map(({ event, variables, deliveries }) => ({
      id: event.id,
      trigger: event.trigger,
      position: event.position,
      sequence: event.sequence,
      late: event.late,
      occurred_at: event.occurred_at,
      received_at: rfc3339(event.received_at),
      call_type: event.call_type,
      outbound_type: event.outbound_type,
      number: event.number,
      sequence_reused: reusing.has(event.seq),
      // Each number with its digits.
      variables: parseJson(variables) ?? null,
      skipped: skipped(event),
      deliveries: deliveries.map((delivery) => ({
        ...viewDelivery(delivery),
        attempts: delivery.attempts.map((attempt) => viewAttempt(delivery.id, attempt)),
      })),
    })),
  })
}

/** The numbers in the shard of the events whose `sequence` another one had before. */
function reusingSequence(events: readonly StoredEvent[]): Set<number> {
  const known = new Set<number>()
  const found = new Set<number>()
  for (const { sequence, seq } of events.toSorted((a, b) => a.n - b.n)) {
    if (sequence === null) continue
    if (known.has(sequence)) found.add(seq)
    known.add(sequence)
  }
  return found
}

/** Says of an event of the call which webhooks of its trigger it was not for, and why. */
async function skippedBy(env: Env, accountId: string, events: readonly TimelineEvent[]) {
  const triggers = new Set(events.map(({ event }) => event.trigger))
  const firstMs = Math.min(...events.map(({ event }) => event.received_at))
  const history = await readHistory(env, accountId, [...triggers], Math.max(0, firstMs - HANDED_OVER_MS))
  // A test is of one webhook, and for no other.
  return (event: StoredEvent) =>
    (event.test === true ? [] : history.webhooks).flatMap((webhook) => {
      if (event.webhooks.includes(webhook.webhookId)) return []
      const why = whySkipped(webhook, history, event)
      return why === null ? [] : [{ webhook_id: webhook.webhookId, why }]
    })
}

/** The order in which a call's events were released; those that still wait for a gap come last, by their places. */
function byPlace(a: StoredEvent, b: StoredEvent): number {
  if (a.rank !== null && b.rank !== null) return a.rank - b.rank
  if (a.rank !== null || b.rank !== null) return a.rank === null ? 1 : -1
  return a.position - b.position || a.n - b.n
}
