import { drizzle } from 'drizzle-orm/d1'
import { Hono, type Context } from 'hono'
import * as z from 'zod'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { ENDED_STATUSES } from '../../contracts/deliveries.ts'
import type { NamedReplay, ReplayFilter } from '../../contracts/shard.ts'
import { newId } from '../../lib/id.ts'
import { rfc3339 } from '../../lib/time.ts'
import { entry } from '../../store/audit.ts'
import { findWebhook, webhookStatuses } from '../../store/webhooks.ts'
import { accountFor, owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { body } from '../http/body.ts'
import { idempotent, idSource } from '../http/idempotency.ts'
import { orNothing } from '../http/optional.ts'
import { Problem } from '../http/problem.ts'
import { dryRun, filterOf, isWindow, NO_WINDOW, windowFields } from './filter.ts'
import { countReplays, startReplays } from './parts.ts'

const retryRequest = z
  .strictObject({
    webhook_id: orNothing(
      z.string().min(1).max(100).describe('Of this webhook alone; of all of the account where left out.'),
    ),
    status: z.enum(ENDED_STATUSES).describe('Those that have ended so.'),
    ...windowFields,
    dry_run: dryRun,
  })
  .refine(isWindow, NO_WINDOW)
  .meta({
    id: 'RetryRequest',
    examples: [{ status: 'failed', since: '2026-07-11T00:00:00Z', dry_run: true }],
  })

const WHY_LEFT_OUT = ['disabled', 'busy'] as const
const named = { webhook_id: z.string(), name: z.string() }
const retryAnswer = z
  .object({
    count: z.int().describe('How many deliveries it is of, over all webhooks.'),
    webhooks: z
      .array(
        z.object({
          ...named,
          count: z.int(),
          replay_id: z.string().nullable().describe('Says how far it is; null for a dry run.'),
        }),
      )
      .describe('Those that have such deliveries, the newest webhook first.'),
    left_out: z
      .array(z.object({ ...named, why: z.enum(WHY_LEFT_OUT) }))
      .describe(
        'Webhooks of which nothing is made again: `disabled`; `busy`, if as many replays of it are under way as there may be.',
      ),
    dry_run: z.boolean(),
  })
  .meta({ id: 'RetryAnswer' })
type RetryAnswer = z.output<typeof retryAnswer>

type Candidate = Pick<WebhookRow, 'id' | 'name' | 'status'>

/** `POST /v1/deliveries/retry`: a replay of each webhook that has such deliveries. */
export const retryRoutes = new Hono<AppEnv>().post(
  '/deliveries/retry',
  operation({
    operationId: 'retryDeliveries',
    summary: 'Make deliveries again, over webhooks',
    description:
      'Starts a replay of each webhook that has such deliveries: each delivery gets one more attempt, with the same `webhook-id`, in the order of its call. Ask with `dry_run` first: it counts, and makes nothing. Without a `webhook_id` it is of all webhooks for calls; those that are disabled are left out, and named.',
    tag: 'Deliveries',
    scopes: ['admin', 'manage'],
    success: { 202: ['It will be done; or what it would be of', retryAnswer] },
    problems: [404, 409],
    account: 'required',
  }),
  body(retryRequest),
  idempotent,
  async (c) => {
    const accountId = await accountFor(c)
    const { webhook_id, status, dry_run, ...window } = c.req.valid('json')
    const filter = filterOf(window, [status], Date.now())
    const all =
      webhook_id === undefined
        ? await webhookStatuses(c.env, accountId)
        : [await enabledWebhook(c, accountId, webhook_id)]
    const enabled = all.filter((webhook) => webhook.status !== 'disabled')
    const disabled = all.filter((webhook) => webhook.status === 'disabled')
    const { webhooks, busy } = dry_run
      ? { webhooks: await counted(c, accountId, enabled, filter), busy: [] }
      : await started(c, accountId, webhook_id, enabled, filter)
    if (webhook_id !== undefined && busy.length > 0) {
      throw new Problem('conflict', 'Wait for the replays of this webhook to be done')
    }
    const leftOut = (why: (typeof WHY_LEFT_OUT)[number]) => (webhook: Candidate) => ({
      webhook_id: webhook.id,
      name: webhook.name,
      why,
    })
    const answer: RetryAnswer = {
      count: webhooks.reduce((sum, { count }) => sum + count, 0),
      webhooks,
      left_out: [...disabled.map(leftOut('disabled')), ...busy.map(leftOut('busy'))],
      dry_run,
    }
    return c.json(answer, 202)
  },
)

async function enabledWebhook(c: Context<AppEnv>, accountId: string, id: string): Promise<Candidate> {
  const found = await findWebhook(c.env, id)
  const webhook = owned(c, 'webhook', found?.account_id === accountId ? found : undefined)
  if (webhook.status === 'disabled') throw new Problem('conflict', 'The webhook is disabled; enable it first')
  return webhook
}

async function counted(
  c: Context<AppEnv>,
  accountId: string,
  webhooks: readonly Candidate[],
  filter: ReplayFilter,
): Promise<RetryAnswer['webhooks']> {
  const ids = webhooks.map(({ id }) => id)
  const counts = await countReplays(c.env, accountId, ids, filter)
  return webhooks.flatMap(({ id, name }, index) => {
    const count = counts[index] ?? 0
    return count === 0 ? [] : [{ webhook_id: id, name, count, replay_id: null }]
  })
}

/** Asks for the replays, with an entry in the audit log before: who asked is known, whatever becomes of it. */
async function started(
  c: Context<AppEnv>,
  accountId: string,
  asked: string | undefined,
  webhooks: readonly Candidate[],
  filter: ReplayFilter,
): Promise<{ webhooks: RetryAnswer['webhooks']; busy: Candidate[] }> {
  const { since, until, statuses } = filter
  await entry(drizzle(c.env.DB), {
    actor: c.var.principal.key_id,
    action: 'deliveries.retried',
    account_id: accountId,
    object_id: asked ?? accountId,
    before: null,
    after: { webhook_id: asked ?? null, statuses, since: rfc3339(since), until: rfc3339(until) },
  })
  const replays = webhooks.map(({ id }): NamedReplay => {
    const { nowMs, random } = idSource(c, id)
    return { id: newId('rpl', nowMs, random), webhook_id: id }
  })
  const answers = await startReplays(c.env, accountId, replays, filter)
  const busy = webhooks.filter((_, index) => answers[index] === 'busy')
  const made = webhooks.flatMap(({ id, name }, index) => {
    const replay = answers[index]
    if (replay === undefined || typeof replay === 'string') return []
    return [{ webhook_id: id, name, count: replay.count, replay_id: replay.id }]
  })
  return { webhooks: made, busy }
}
