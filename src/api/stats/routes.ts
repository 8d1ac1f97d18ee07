import { Hono } from 'hono'
import * as z from 'zod'
import { accountFor, noSuch, owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { STATS_WINDOWS, type StatsWindow } from '../../contracts/stats.ts'
import { rfc3339 } from '../../lib/time.ts'
import { findWebhook, webhooksOf } from '../../store/webhooks.ts'
import { operation } from '../docs/operation.ts'
import { query } from '../http/body.ts'
import { accountListQuery } from '../http/list.ts'
import { statsOfAccount, statsOfWebhooks } from './read.ts'
import { spanView, statsView } from './view.ts'

const MOST_WEBHOOKS = 100
const JSON_TYPE = { 'content-type': 'application/json' }

const windowQuery = {
  window: z
    .enum(Object.keys(STATS_WINDOWS) as [StatsWindow, ...StatsWindow[]]) // safe: it has these keys and no others
    .default('24h')
    .describe('`1h` in minutes, `24h` in quarters of an hour, `7d` in two hours.'),
}

const webhookQuery = z.strictObject({
  ...windowQuery,
  account_id: z
    .string()
    .optional()
    .describe('Whose. Not needed, since the id says so; where given, it has to be right.'),
})

const accountQuery = z.strictObject({
  ...windowQuery,
  account_id: accountListQuery.account_id,
  webhook_id: z
    .array(z.string())
    .max(MOST_WEBHOOKS)
    .optional()
    .describe(
      'Named as often as there are webhooks to tell of. Without one, all of the account are told of together.',
    ),
})

const WHAT =
  'How many deliveries ended and how, their attempts by error class, and how long all of it took: in all, and for each ' +
  'bucket of time, by when it happened. Tests are left out. Counted as it happens; a crash may lose what was counted in ' +
  'the last minute, and no more.'

/** `GET /v1/stats` and `GET /v1/webhooks/{id}/stats`. */
export const statsRoutes = new Hono<AppEnv>()
  .get(
    '/stats',
    operation({
      operationId: 'getStats',
      summary: 'Read the stats of an account',
      description: `${WHAT} Percentiles of many are never made of percentiles.`,
      tag: 'Stats',
      scopes: ['admin', 'manage', 'read'],
      success: {
        200: [
          'The stats',
          spanView.extend({
            account: statsView.nullable().describe('All webhooks together; null if some were named.'),
            webhooks: z
              .array(statsView.extend({ webhook_id: z.string() }))
              .describe('Those that were named, in that order.'),
          }),
        ],
      },
      problems: [404, 422],
    }),
    query(accountQuery, ['webhook_id']),
    async (c) => {
      const accountId = await accountFor(c)
      const { window, webhook_id = [] } = c.req.valid('query')
      const ids = [...new Set(webhook_id)]
      const sinceMs = sinceOf(window)
      if (ids.length === 0) {
        const account = await statsOfAccount(c.env, accountId, window, sinceMs)
        return c.json({ ...viewSpan(window, sinceMs), account, webhooks: [] })
      }
      const known = await webhooksOf(c.env, accountId, ids)
      if (ids.some((id) => !known.has(id))) throw noSuch('webhook')
      const webhooks = await statsOfWebhooks(c.env, accountId, ids, window, sinceMs)
      const rest = JSON.stringify({ ...viewSpan(window, sinceMs), account: null })
      return c.body(`${rest.slice(0, -1)},"webhooks":[${webhooks.join()}]}`, 200, JSON_TYPE)
    },
  )
  .get(
    '/webhooks/:webhook_id/stats',
    operation({
      operationId: 'getWebhookStats',
      summary: 'Read the stats of a webhook',
      description: WHAT,
      tag: 'Stats',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The stats', spanView.extend({ webhook_id: z.string(), ...statsView.shape })] },
      problems: [404, 422],
    }),
    query(webhookQuery),
    async (c) => {
      const id = c.req.param('webhook_id')
      const { account_id } = owned(c, 'webhook', await findWebhook(c.env, id))
      const { window } = c.req.valid('query')
      const sinceMs = sinceOf(window)
      const [stats] = await statsOfWebhooks(c.env, account_id, [id], window, sinceMs)
      if (stats === undefined) throw noSuch('webhook')
      const span = JSON.stringify(viewSpan(window, sinceMs))
      return c.body(`${span.slice(0, -1)},${stats.slice(1)}`, 200, JSON_TYPE)
    },
  )

/** The start of a window's first bucket (ms since epoch): the bucket that goes on now is the last. */
function sinceOf(window: StatsWindow): number {
  const { bucketMs, buckets } = STATS_WINDOWS[window]
  const nowMs = Date.now()
  return nowMs - (nowMs % bucketMs) - (buckets - 1) * bucketMs
}

function viewSpan(window: StatsWindow, sinceMs: number): z.infer<typeof spanView> {
  return { window, since: rfc3339(sinceMs), bucket_seconds: STATS_WINDOWS[window].bucketMs / 1000 }
}
