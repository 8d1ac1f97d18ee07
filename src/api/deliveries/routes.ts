import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { noSuch, owned } from '../auth/authenticate.ts'
import { reaches, type AppEnv } from '../auth/principal.ts'
import { callObject } from '../../calls/call-key.ts'
import { EVENT_TRIGGERS } from '../../catalogue/operational.ts'
import { findWebhook } from '../../store/webhooks.ts'
import { operation } from '../docs/operation.ts'
import { eventUlidOfDelivery, webhookOfDelivery } from '../../lib/id.ts'
import { decodeCursor, listName, listOf, listQuery, pageOf } from '../http/list.ts'
import { Problem } from '../http/problem.ts'
import { query } from '../http/body.ts'
import { DELIVERY_STATUSES, type LoggedDelivery } from '../../webhooks/log.ts'
import { pastRequest, requestView } from './past-request.ts'
import { attemptView, deliveryView, viewAttempt, viewDelivery } from './view.ts'
import { webhookObject } from '../../webhooks/webhook-key.ts'

const deliveriesQuery = z.strictObject({
  ...listQuery,
  account_id: z
    .string()
    .optional()
    .describe('Whose. Not needed, since the id says so; where given, it has to be right.'),
  status: z.enum(DELIVERY_STATUSES).optional(),
  trigger: z.enum(EVENT_TRIGGERS).optional(),
  // The call id of an operational event holds those of its webhook and of its call.
  call_id: z.string().min(1).max(300).optional(),
  since: z.iso.datetime({ offset: true }).optional().describe('Events received at or after this time.'),
  until: z.iso.datetime({ offset: true }).optional().describe('Events received before this time.'),
})

const deliveryDetail = deliveryView.extend({
  request: requestView
    .nullable()
    .describe('The request of the last attempt as it was sent; null where there was none.'),
  attempts: z.array(attemptView),
})

/** `GET /v1/webhooks/{id}/deliveries`. */
export const webhookDeliveryRoutes = new Hono<AppEnv>().get(
  '/:id/deliveries',
  operation({
    operationId: 'listDeliveries',
    summary: "List a webhook's deliveries",
    description: 'Newest first. A delivery is listed from its first attempt or hold.',
    tag: 'Deliveries',
    scopes: ['admin', 'manage', 'read'],
    success: { 200: ['A page of deliveries', listOf(deliveryView)] },
    problems: [404, 422],
  }),
  query(deliveriesQuery),
  async (c) => {
    const id = c.req.param('id')
    owned(c, 'webhook', await findWebhook(c.env, id))
    const {
      limit,
      cursor,
      account_id: _checked,
      status,
      trigger,
      call_id,
      since,
      until,
    } = c.req.valid('query')
    const list = listName(`deliveries ${id}`, { status, trigger, call_id, since, until })
    const found = await webhookObject(c.env, id).deliveries({
      limit,
      status,
      trigger,
      call_id,
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
      after: decodeCursor(list, cursor) ?? undefined,
    })
    return c.json(
      pageOf(
        found,
        limit,
        list,
        (delivery) => delivery.id,
        (delivery) => viewDelivery(id, delivery),
      ),
    )
  },
)

/** When a retry that a call has no room for may be asked for again, in seconds. */
const RETRY_LATER_S = 5

/** `GET /v1/deliveries/{id}` and its retry. */
export const deliveryRoutes = new Hono<AppEnv>()
  .get(
    '/:id',
    operation({
      operationId: 'getDelivery',
      summary: 'Read a delivery',
      description: 'With the request as it was sent, its secrets masked, and every attempt.',
      tag: 'Deliveries',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The delivery', deliveryDetail] },
      problems: [404],
    }),
    async (c) => {
      const { account_id, delivery } = await deliveryOf(c, c.req.param('id'))
      return c.json({
        ...viewDelivery(delivery.webhook_id, delivery),
        request: await pastRequest(c.env, account_id, delivery),
        attempts: delivery.attempts.map(viewAttempt),
      })
    },
  )
  .post(
    '/:id/retry',
    operation({
      operationId: 'retryDelivery',
      summary: 'Make a delivery again',
      description:
        'One more attempt of a delivery that has ended, with the same `webhook-id`. It never overlaps with another delivery of its call to this webhook. While the webhook is paused it is held.',
      tag: 'Deliveries',
      scopes: ['admin', 'manage'],
      success: { 202: ['It will be attempted', deliveryView] },
      problems: [404, 409],
    }),
    async (c) => {
      const { account_id, delivery } = await deliveryOf(c, c.req.param('id'))
      const { webhook_id } = delivery
      const webhook = await findWebhook(c.env, webhook_id)
      if (webhook === undefined)
        throw new Problem('conflict', 'The webhook of this delivery has been deleted')
      if (webhook.status === 'disabled')
        throw new Problem('conflict', 'The webhook is disabled; enable it first')
      const ulid = eventUlidOfDelivery(delivery.id) ?? ''
      const [answer = 'unknown'] = await callObject(c.env, account_id, delivery.call_id).retry(
        webhook_id,
        [{ ulid, attempts: delivery.attempt_count }],
        1,
      )
      switch (answer) {
        case 'accepted':
          return c.json(viewDelivery(webhook_id, { ...delivery, status: 'pending', completed_at: null }), 202)
        case 'not_ended':
          throw new Problem('conflict', 'The delivery has not ended yet')
        case 'later':
          throw new Problem('unavailable', 'Many deliveries of this call are being made again', {
            retryAfterS: RETRY_LATER_S,
          })
        case 'unknown':
          throw new Problem('conflict', 'The call of this delivery is past its retention')
      }
    },
  )

/** The delivery of an id, where the key may know of it. Its own log says whose it is, even once its webhook is gone. */
async function deliveryOf(
  c: Context<AppEnv>,
  id: string,
): Promise<{ account_id: string; delivery: LoggedDelivery }> {
  const webhookId = webhookOfDelivery(id)
  const found = webhookId === null ? null : await webhookObject(c.env, webhookId).delivery(id)
  if (found === null || !reaches(c.var.principal, found.account_id)) throw noSuch('delivery')
  return found
}
