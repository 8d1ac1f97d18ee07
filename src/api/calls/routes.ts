import { Hono } from 'hono'
import * as z from 'zod'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import type { StoredEvent } from '../../contracts/events.ts'
import type { TimelineEvent } from '../../contracts/shard.ts'
import { attemptView, deliveryView, viewAttempt, viewDelivery } from '../deliveries/view.ts'
import { rfc3339 } from '../../lib/time.ts'
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
      deliveries: z.array(deliveryView.extend({ attempts: z.array(attemptView) })),
    }),
  ),
})

/** `GET /v1/calls/{call_id}`. */
export const callRoutes = new Hono<AppEnv>().get(
  '/:call_id',
  operation({
    operationId: 'getCall',
    summary: "Read a call's timeline",
    description: "The call's events in order, each with its deliveries and their attempts.",
    tag: 'Calls',
    scopes: ['admin', 'manage', 'read'],
    success: { 200: ['The timeline', timeline] },
    problems: [404],
    account: 'required',
  }),
  async (c) => {
    const accountId = await accountFor(c)
    const callId = c.req.param('call_id')
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
    return c.json({
      call_id: callId,
      events: events.map(({ event, deliveries }) => ({
        id: event.id,
        trigger: event.trigger,
        position: event.position,
        sequence: event.sequence,
        late: event.late,
        occurred_at: event.occurred_at,
        received_at: rfc3339(event.received_at),
        deliveries: deliveries.map((delivery) => ({
          ...viewDelivery(delivery),
          attempts: delivery.attempts.map((attempt) => viewAttempt(delivery.id, attempt)),
        })),
      })),
    })
  },
)

/** The order in which a call's events were released; those that still wait for a gap come last, by their places. */
function byPlace(a: StoredEvent, b: StoredEvent): number {
  if (a.rank !== null && b.rank !== null) return a.rank - b.rank
  if (a.rank !== null || b.rank !== null) return a.rank === null ? 1 : -1
  return a.position - b.position || a.n - b.n
}
