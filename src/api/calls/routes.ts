import { Hono } from 'hono'
import * as z from 'zod'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import type { LoggedDelivery } from '../../webhooks/log.ts'
import { attemptView, deliveryView, viewAttempt, viewDelivery } from '../deliveries/view.ts'
import { rfc3339 } from '../../lib/time.ts'
import { webhookObject } from '../../webhooks/webhook-key.ts'
import { callObject, isOperationalCall } from '../../calls/call-key.ts'

const timeline = z.object({
  call_id: z.string(),
  events: z.array(
    z.object({
      id: z.string(),
      trigger: z.string(),
      position: z.int(),
      sequence: z.int().nullable(),
      late: z.boolean(),
      occurred_at: z.string().nullable(),
      received_at: z.iso.datetime(),
      deliveries: z.array(deliveryView.extend({ attempts: z.array(attemptView) })),
    }),
  ),
})

/** A logged delivery may hold several answers of 16 KiB, and a call between objects takes 32 MiB. */
const LOGGED_AT_ONCE = 100

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
    const events = await callObject(c.env, accountId, callId).timeline()
    if (events.length === 0) throw noSuch('call')
    // The lanes know what is open, the logs what has been attempted: one question to each webhook's log.
    const idsByWebhook = new Map<string, string[]>()
    for (const { webhook_id, id } of events.flatMap((each) => each.deliveries)) {
      idsByWebhook.set(webhook_id, [...(idsByWebhook.get(webhook_id) ?? []), id])
    }
    const logged = new Map<string, LoggedDelivery>()
    await Promise.all(
      [...idsByWebhook].map(async ([webhookId, ids]) => {
        for (let first = 0; first < ids.length; first += LOGGED_AT_ONCE) {
          const some = ids.slice(first, first + LOGGED_AT_ONCE)
          for (const delivery of await webhookObject(c.env, webhookId).deliveriesById(some)) {
            logged.set(delivery.id, delivery)
          }
        }
      }),
    )
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
        deliveries: deliveries.flatMap(({ webhook_id, id, open, unsent }) => {
          const log = logged.get(id)
          const latest = unsent ?? log ?? open
          if (latest == null) return []
          return [{ ...viewDelivery(webhook_id, latest), attempts: (log?.attempts ?? []).map(viewAttempt) }]
        }),
      })),
    })
  },
)
