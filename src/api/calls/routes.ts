import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { query } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import { accountListQuery, decodeCursor, encodeCursor, listName, NO_CURSOR } from '../http/list.ts'
import { isOperationalCall } from '../../shard/news.ts'
import { shardOfCall } from '../../order/placement.ts'
import { shardOf } from '../../contracts/stub.ts'
import { shardsOf } from '../../store/shards.ts'
import { readAround } from './around.ts'
import { timeline, viewTimeline } from './timeline.ts'

const MOST_EVENTS = 250

const timelineQuery = z.strictObject({
  ...accountListQuery,
  limit: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(MOST_EVENTS)
    .default(MOST_EVENTS)
    .describe('How many events to answer with.'),
  bodies: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether to have what the receivers answered with each attempt.'),
})

const callQuery = timelineQuery.extend({ call_id: z.string().min(1).max(255) })

/** `GET /v1/calls/{call_id}`, and the same by a query. */
export const callRoutes = new Hono<AppEnv>()
  .get(
    '/calls/:call_id',
    operation({
      operationId: 'getCall',
      summary: "Read a call's timeline",
      description:
        "The call's events in order, each with its deliveries, their attempts and what they waited for, and the webhooks that it was not for. Why is told from the configuration that was in force when the event came, as far as it is on record. A call of many events goes on by `next_cursor`. An id that no path carries, such as `..`, is asked for by `GET /v1/call`.",
      tag: 'Calls',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The timeline', timeline] },
      problems: [404, 422],
    }),
    query(timelineQuery),
    async (c) => c.json(await timelineOf(c, c.req.param('call_id'), c.req.valid('query'))),
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
      problems: [404, 422],
    }),
    query(callQuery),
    async (c) => c.json(await timelineOf(c, c.req.valid('query').call_id, c.req.valid('query'))),
  )

async function timelineOf(
  c: Context<AppEnv>,
  callId: string,
  { limit, cursor, bodies }: z.output<typeof timelineQuery>,
): Promise<z.input<typeof timeline>> {
  const accountId = await accountFor(c)
  // Nothing that the core posts comes under such an id, and nobody calls it a call.
  if (isOperationalCall(callId)) throw noSuch('call')
  const list = listName('call', { account_id: accountId, call_id: callId })
  const [from = 0, waiting] = (decodeCursor(list, cursor) ?? '0').split(' ').map(Number)
  const isPlace = (place: number): boolean => Number.isSafeInteger(place) && place >= 0
  if (!isPlace(from) || !isPlace(waiting ?? 0)) throw invalid([{ path: 'cursor', message: NO_CURSOR }])
  const shard = shardOf(c.env, accountId, shardOfCall(callId, await shardsOf(c.env, accountId)))
  const withAnswers = bodies === 'true'
  const part = { from, ...(waiting === undefined ? {} : { waiting }), limit, withAnswers }
  const { events, before, next, waiting: last } = await shard.timeline(callId, part)
  if (events.length === 0 && cursor === undefined) throw noSuch('call')
  const around = await readAround(c.env, accountId, events)
  return {
    call_id: callId,
    events: viewTimeline(events, before, around, withAnswers),
    next_cursor:
      next === null ? null : encodeCursor(list, last === undefined ? String(next) : `${next} ${last}`),
  }
}
