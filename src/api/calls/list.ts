import { Hono } from 'hono'
import * as z from 'zod'
import type { CallQuery, ListedCall, ListedEvent } from '../../contracts/calls.ts'
import { ASKED_STATUSES, DELIVERY_STATUSES, type DeliveryStatus } from '../../contracts/deliveries.ts'
import type { Env } from '../../contracts/env.ts'
import { shardOf } from '../../contracts/stub.ts'
import { rfc3339 } from '../../lib/time.ts'
import { digitsSought, FEWEST_DIGITS } from '../../order/number-key.ts'
import { shardsOf } from '../../store/shards.ts'
import { accountFor } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { query } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import { accountListQuery, decodeCursor, encodeCursor, listName, listOf } from '../http/list.ts'
import { boundsOf, timeInput } from '../http/time.ts'
import { triggerSlug } from '../triggers/slug.ts'
import { pageOfShards, type ShardPage } from '../shard-pages.ts'

const TOO_MANY = 'ends too many numbers: give more of its digits'

const callsQuery = z.strictObject({
  ...accountListQuery,
  number: z
    .string()
    .max(200)
    .refine((text) => digitsSought(text).length >= FEWEST_DIGITS, {
      error: `must have at least ${FEWEST_DIGITS} digits`,
    })
    .optional()
    .describe(
      "A number of the customer or of an agent, or a My Number, in any spelling (without a country code it is one of the account's country); or the last six or more of its digits.",
    ),
  status: z
    .enum(ASKED_STATUSES)
    .optional()
    .describe(
      'Calls with a delivery that stands so; `unsucceeded`: with one that has any status but `succeeded`.',
    ),
  trigger: triggerSlug
    .optional()
    .describe('Calls with an event of this trigger; with `status`, with such a delivery of one.'),
  since: timeInput.optional().describe('Calls that began at or after this time; by `status`, see above.'),
  until: timeInput.optional().describe('Calls that began before this time; by `status`, see above.'),
})

const time = z.iso.datetime()

const listedEvent = z.object({
  id: z.string(),
  trigger: z.string(),
  position: z.int(),
  occurred_at: time.nullable(),
  received_at: time,
})

const listedCall = z
  .object({
    call_id: z.string(),
    call_type: z.enum(['inbound', 'outbound']),
    numbers: z
      .array(z.string())
      .describe('The numbers in the first and last events of the call, each once: in E.164 if it is valid.'),
    first_event: listedEvent.describe('The first event to arrive.'),
    last_event: listedEvent.describe('The last event to arrive so far.'),
    event_count: z.int(),
    delivery_count: z.int(),
    deliveries: z
      .object({
        pending: z.int(),
        held: z.int(),
        succeeded: z.int(),
        failed: z.int(),
        expired: z.int(),
        discarded: z.int(),
      } satisfies Record<DeliveryStatus, z.ZodInt>)
      .describe('How many of them stand how. Of a call with more than 500 events, those of the last 500.'),
  })
  .meta({ id: 'ListedCall' })

/** `GET /v1/calls`. */
export const callListRoutes = new Hono<AppEnv>().get(
  '/calls',
  operation({
    operationId: 'listCalls',
    summary: 'Find calls',
    description:
      'Newest first, by the first event of each; `since` and `until` bound that. By `status` without `number` (but not by `succeeded`), a call is listed by its newest event with such a delivery, and the times bound that. Tests are left out. A number is found from its first event on. A page may hold fewer than `limit`, or none, and go on all the same: it looks at a bounded number of rows.',
    tag: 'Calls',
    scopes: ['admin', 'manage', 'read'],
    success: { 200: ['A page of calls', listOf(listedCall)] },
    problems: [404, 422],
  }),
  query(callsQuery),
  async (c) => {
    const accountId = await accountFor(c)
    const { limit, cursor, account_id: _asked, ...filters } = c.req.valid('query')
    const list = listName('calls', { account_id: accountId, ...filters })
    const { number, status, trigger } = filters
    const { items, next } = await callPage(c.env, accountId, {
      number,
      status,
      trigger,
      ...boundsOf(filters),
      after: decodeCursor(list, cursor) ?? undefined,
      limit,
    })
    return c.json({
      data: items.map(viewCall),
      next_cursor: next === null ? null : encodeCursor(list, next),
    })
  },
)

/** A page of an account's calls, from all its shards. */
async function callPage(env: Env, accountId: string, asked: CallQuery): Promise<ShardPage<ListedCall>> {
  const shards = Array.from({ length: await shardsOf(env, accountId) }, (_, shard) => shard)
  const pageOf = async (shard: number, rest: CallQuery): Promise<ShardPage<ListedCall>> => {
    const page = await shardOf(env, accountId, shard).calls(rest)
    switch (page.kind) {
      case 'too_many_numbers':
        throw invalid([{ path: 'number', message: TOO_MANY }])
      case 'page':
        return { items: page.calls, next: page.next }
    }
  }
  return pageOfShards(
    asked.after,
    asked.limit,
    async (after, limit) =>
      Promise.all(shards.map(async (shard) => pageOf(shard, { ...asked, after, limit }))),
    ({ place }) => place,
  )
}

function viewCall({ place: _place, first_event, last_event, deliveries, ...call }: ListedCall) {
  return {
    ...call,
    first_event: viewEvent(first_event),
    last_event: viewEvent(last_event),
    delivery_count: DELIVERY_STATUSES.reduce((sum, status) => sum + deliveries[status], 0),
    deliveries,
  }
}

function viewEvent({ received_at, ...event }: ListedEvent) {
  return { ...event, received_at: rfc3339(received_at) }
}
