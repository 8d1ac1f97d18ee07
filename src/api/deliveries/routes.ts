import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { noSuch, owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import type { DeliveryDetail, ShardApi } from '../../contracts/shard.ts'
import { accountOfWebhook, findWebhook } from '../../store/webhooks.ts'
import { shardsOf } from '../../store/shards.ts'
import { operation } from '../docs/operation.ts'
import { placeOfDelivery } from '../../lib/id.ts'
import { idempotent } from '../http/idempotency.ts'
import { listName, listOf, listQuery } from '../http/list.ts'
import { Problem } from '../http/problem.ts'
import { query } from '../http/body.ts'
import { shardOf } from '../../contracts/stub.ts'
import { deliveryFilters, listed } from './list.ts'
import { pastRequest, requestView } from './past-request.ts'
import { attemptView, deliveryView, viewAttempt, viewDelivery } from './view.ts'

const deliveriesQuery = z.strictObject({
  ...listQuery,
  account_id: z
    .string()
    .optional()
    .describe('Whose. Not needed, since the id says so; where given, it has to be right.'),
  ...deliveryFilters,
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
    const webhook = owned(c, 'webhook', await findWebhook(c.env, id))
    const { limit, cursor, account_id: _checked, ...filters } = c.req.valid('query')
    const list = listName(`deliveries ${id}`, filters)
    return c.json(
      await listed(c.env, webhook.account_id, list, { ...filters, webhook_id: id, limit, cursor }),
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
      const { accountId, detail } = await deliveryOf(c, c.req.param('id'))
      const { delivery } = detail
      return c.json({
        ...viewDelivery(delivery),
        request: await pastRequest(c.env, accountId, detail),
        attempts: delivery.attempts.map((attempt) => viewAttempt(delivery.id, attempt)),
      })
    },
  )
  .post(
    '/:id/retry',
    operation({
      operationId: 'retryDelivery',
      summary: 'Retry a delivery',
      description:
        'One more attempt of a delivery that has ended, with the same `webhook-id`. It never overlaps with another delivery of its call to this webhook. While the webhook is paused it is held.',
      tag: 'Deliveries',
      scopes: ['admin', 'manage'],
      success: { 202: ['It will be attempted', deliveryView] },
      problems: [404, 409],
    }),
    idempotent,
    async (c) => {
      const { shard, detail } = await deliveryOf(c, c.req.param('id'))
      const { delivery } = detail
      if (delivery.test) throw new Problem('conflict', 'A test is not made again; send another one')
      const webhook = await findWebhook(c.env, delivery.webhook_id)
      if (webhook === undefined)
        throw new Problem('conflict', 'The webhook of this delivery has been deleted')
      const isDisabled = webhook.status === 'disabled'
      switch (isDisabled ? 'disabled' : await shard.retry(delivery.id)) {
        case 'accepted':
          return c.json(viewDelivery({ ...delivery, status: 'pending', completed_at: null }), 202)
        case 'not_ended':
          throw new Problem('conflict', 'The delivery has not ended yet')
        case 'disabled':
          throw new Problem('conflict', 'The webhook is disabled; enable it first')
        case 'later':
          throw new Problem('unavailable', 'Many deliveries of this call are being made again', {
            retryAfterS: RETRY_LATER_S,
          })
        case 'unknown':
          throw new Problem('conflict', 'The call of this delivery is past its retention')
      }
    },
  )

interface Found {
  accountId: string
  shard: DurableObjectStub<ShardApi>
  detail: DeliveryDetail
}

/**
 * The delivery of an id, if the key may know of it. The id says in which shard it is; whose shards those are is said by
 * the key, or by its webhook, even once that is gone.
 */
async function deliveryOf(c: Context<AppEnv>, id: string): Promise<Found> {
  const place = placeOfDelivery(id)
  if (place === null) throw noSuch('delivery')
  const accountId = c.var.principal.account_id ?? (await accountOfWebhook(c.env, place.webhookId))
  // An id may be made up, and to ask a shard is to make it.
  if (accountId === null || place.shard >= (await shardsOf(c.env, accountId))) throw noSuch('delivery')
  const shard = shardOf(c.env, accountId, place.shard)
  const detail = await shard.delivery(id)
  if (detail?.delivery.id !== id) throw noSuch('delivery')
  return { accountId, shard, detail }
}
