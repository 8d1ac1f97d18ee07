import { Hono } from 'hono'
import * as z from 'zod'
import type { EventTrigger } from '../../catalogue/operational.ts'
import { ASKED_STATUSES, ATTEMPT_ERRORS, type LogQuery } from '../../contracts/deliveries.ts'
import type { Env } from '../../contracts/env.ts'
import { accountFor } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { query } from '../http/body.ts'
import { accountListQuery, decodeCursor, encodeCursor, listName, listOf, type Page } from '../http/list.ts'
import { boundsOf, timeInput } from '../http/time.ts'
import { deliveredTrigger } from '../triggers/slug.ts'
import { deliveryPage } from './pages.ts'
import { deliveryView, viewDelivery, type DeliveryView } from './view.ts'

/** The filters of every list of deliveries. */
export const deliveryFilters = {
  status: z.enum(ASKED_STATUSES).optional().describe('`unsucceeded`: every status but `succeeded`.'),
  trigger: deliveredTrigger.optional(),
  // The call id of an operational event holds those of its webhook and of its call.
  call_id: z.string().min(1).max(300).optional(),
  since: timeInput.optional().describe('Events received at or after this time.'),
  until: timeInput.optional().describe('Events received before this time.'),
}

const deliveriesQuery = z.strictObject({
  ...accountListQuery,
  webhook_id: z.string().min(1).max(64).optional().describe('One that has been deleted has its log as well.'),
  ...deliveryFilters,
  error: z
    .enum(ATTEMPT_ERRORS)
    .optional()
    .describe('Of the last attempt, as `last_error` has it: of deliveries that have not succeeded.'),
  status_code: z.coerce
    .number<string>()
    .int()
    .min(100)
    .max(599)
    .optional()
    .describe('What the receiver answered to the last attempt, as `last_status_code` has it.'),
})

/** `GET /v1/deliveries`. */
export const accountDeliveryRoutes = new Hono<AppEnv>().get(
  '/deliveries',
  operation({
    operationId: 'listAccountDeliveries',
    summary: "List an account's deliveries",
    description:
      'Of all webhooks, newest first. A delivery is listed from its first attempt or hold. A page may hold fewer than `limit`, or none, and go on all the same: it looks at a bounded number of rows.',
    tag: 'Deliveries',
    scopes: ['admin', 'manage', 'read'],
    success: { 200: ['A page of deliveries', listOf(deliveryView)] },
    problems: [404, 422],
  }),
  query(deliveriesQuery),
  async (c) => {
    const accountId = await accountFor(c)
    const { limit, cursor, account_id: _asked, ...filters } = c.req.valid('query')
    const { status_code } = filters
    const list = listName('deliveries', {
      ...filters,
      account_id: accountId,
      status_code: status_code === undefined ? undefined : String(status_code),
    })
    return c.json(await listed(c.env, accountId, list, { ...filters, limit, cursor }))
  },
)

interface Asked extends Omit<LogQuery, 'sinceMs' | 'untilMs' | 'after' | 'trigger'> {
  trigger?: EventTrigger | undefined
  since?: string | undefined
  until?: string | undefined
  cursor?: string | undefined
}

/** A page of deliveries as it is answered. @param list its name, for its cursors */
export async function listed(
  env: Env,
  accountId: string,
  list: string,
  asked: Asked,
): Promise<Page<DeliveryView>> {
  const { since, until, cursor, ...filters } = asked
  const { deliveries, next } = await deliveryPage(env, accountId, {
    ...filters,
    ...boundsOf({ since, until }),
    after: decodeCursor(list, cursor) ?? undefined,
  })
  return {
    data: deliveries.map(viewDelivery),
    next_cursor: next === null ? null : encodeCursor(list, next),
  }
}
