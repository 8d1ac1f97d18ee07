import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { change } from '../change.ts'
import { changedMeanwhile, mayChange, preconditionsOf, tagged } from '../http/etag.ts'
import { termsFor } from './check.ts'
import { healthsOf } from './health.ts'
import { operationalWebhookView, viewOfOperational } from './operational.ts'
import { tagOfWebhook, viewFor, webhookView } from './view.ts'
import { statusChange } from '../../store/changes.ts'
import { findWebhook, vaultFor } from '../../store/webhooks.ts'
import type { WebhookStatus } from '../../contracts/webhook.ts'

const anyWebhook = z.union([webhookView, operationalWebhookView])

function statusOperation(operationId: string, summary: string, description: string) {
  return operation({
    operationId,
    summary,
    description: `${description} Doing it again changes nothing.`,
    tag: 'Webhooks',
    scopes: ['admin', 'manage'],
    success: { 200: ['The webhook as it is now', anyWebhook] },
    problems: [404, 409],
    account: 'optional',
    etag: { changes: anyWebhook },
  })
}

/** Returns once no attempt can start that the new status forbids. */
async function setStatus(c: Context<AppEnv>, id: string, status: WebhookStatus) {
  const preconditions = preconditionsOf(c)
  const find = async () => owned(c, 'webhook', await findWebhook(c.env, id))
  const { account_id } = await find()
  const { state, shards, value } = await change(c.env, account_id, 'The webhook', async (write) => {
    const row = await find()
    const terms = await termsFor(c.env, account_id)
    const isMet = mayChange(preconditions, tagOfWebhook(row, terms))
    const statements = isMet ? statusChange(write, c.var.principal.key_id, row, status, null) : []
    return { statements, value: { isMet, terms } }
  })
  const row = owned(
    c,
    'webhook',
    state.webhooks.find((each) => each.id === id),
  )
  const { scope } = c.var.principal
  const vault = await vaultFor(c.env)
  const healths = await healthsOf(c.env, account_id, shards)
  const view =
    row.kind === 'operational'
      ? await viewOfOperational(scope, row, vault, healths, value.terms)
      : await viewFor(scope, row, vault, healths, value.terms)
  if (!value.isMet) throw changedMeanwhile('webhook', view)
  return tagged(c, view)
}

export const webhookStatusRoutes = new Hono<AppEnv>()
  .post(
    '/webhooks/:webhook_id/enable',
    statusOperation('enableWebhook', 'Enable a webhook', 'What was held is delivered, in order.'),
    async (c) => c.json(await setStatus(c, c.req.param('webhook_id'), 'active')),
  )
  .post(
    '/webhooks/:webhook_id/pause',
    statusOperation('pauseWebhook', 'Pause a webhook', 'Events that match are held until it is enabled.'),
    async (c) => c.json(await setStatus(c, c.req.param('webhook_id'), 'paused')),
  )
  .post(
    '/webhooks/:webhook_id/disable',
    statusOperation(
      'disableWebhook',
      'Disable a webhook',
      'Events are not taken, and what is waiting is discarded.',
    ),
    async (c) => c.json(await setStatus(c, c.req.param('webhook_id'), 'disabled')),
  )
