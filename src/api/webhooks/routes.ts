import { Hono } from 'hono'
import * as z from 'zod'
import { accountFor, owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { TRIGGER_SLUGS } from '../../catalogue/triggers.ts'
import { operation } from '../docs/operation.ts'
import { invalid } from '../http/faults.ts'
import { accountListQuery, decodeCursor, listName, listOf, pageOf } from '../http/list.ts'
import { Problem } from '../http/problem.ts'
import { query, uncheckedBody } from '../http/body.ts'
import type { Env } from '../../contracts/env.ts'
import { webhookObject } from '../../webhooks/webhook-key.ts'
import { settled, type WebhookRow } from '../../config/snapshot.ts'
import { checkWebhook, checkWebhookUpdate } from './check.ts'
import { maskedHeaders, openConfig, viewFor, viewOfWebhook, webhookView } from './view.ts'
import {
  findCallWebhook,
  insertWebhook,
  listWebhooks,
  termsFor,
  updateConfig,
  vaultFor,
} from '../../store/webhooks.ts'
import { WEBHOOK_STATUSES } from '../../contracts/webhook.ts'
import { webhookCreate, webhookFields, webhookUpdate } from './schema.ts'

const webhooksQuery = z.strictObject({
  ...accountListQuery,
  status: z.enum(WEBHOOK_STATUSES).optional(),
  trigger: z.enum(TRIGGER_SLUGS).optional(),
  call_type: webhookFields.call_type.optional(),
  q: z.string().min(1).max(200).optional().describe('Text in the name, the description or the URL.'),
})

export const webhookRoutes = new Hono<AppEnv>()
  .post(
    '/webhooks',
    operation({
      operationId: 'createWebhook',
      summary: 'Create a webhook',
      description:
        'It is active at once: when this has returned, the next event that matches is delivered to it.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 201: ['The webhook', webhookView] },
      account: 'required',
    }),
    uncheckedBody(webhookCreate),
    async (c) => {
      const accountId = await accountFor(c)
      const checked = checkWebhook(c.req.valid('json'), await termsFor(c.env, accountId))
      if (!checked.ok) throw invalid(checked.faults)
      const row = await insertWebhook(c.env, c.var.principal.key_id, accountId, checked.data)
      await settled()
      return c.json(viewOfWebhook(row, checked.data.headers), 201)
    },
  )
  .get(
    '/webhooks',
    operation({
      operationId: 'listWebhooks',
      summary: 'List webhooks',
      description: 'Header values are masked.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['A page of webhooks, newest first', listOf(webhookView)] },
      account: 'required',
    }),
    query(webhooksQuery),
    async (c) => {
      const { limit, cursor, account_id: _asked, ...filters } = c.req.valid('query')
      const accountId = await accountFor(c)
      const list = listName('webhooks', { account_id: accountId, ...filters })
      const after = decodeCursor(list, cursor)
      const rows = await listWebhooks(c.env, accountId, filters, after, limit + 1)
      const view = (row: WebhookRow) => viewOfWebhook(row, maskedHeaders(row))
      return c.json(pageOf(rows, limit, list, (row) => row.id, view))
    },
  )
  .get(
    '/webhooks/:webhook_id',
    operation({
      operationId: 'getWebhook',
      summary: 'Read a webhook',
      description: 'Header values are masked for a `read` key.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The webhook', webhookView] },
      problems: [404],
      account: 'optional',
    }),
    async (c) => {
      const row = owned(c, 'webhook', await findCallWebhook(c.env, c.req.param('webhook_id')))
      return c.json(await viewFor(c.var.principal.scope, row, await vaultFor(c.env)))
    },
  )
  .patch(
    '/webhooks/:webhook_id',
    operation({
      operationId: 'updateWebhook',
      summary: 'Change a webhook',
      description:
        'What comes of the change has to be valid as a whole. A header whose value is `••••` keeps the value it has. ' +
        'When this has returned, no attempt starts with the old configuration.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 200: ['The webhook as it is now', webhookView] },
      problems: [404, 409],
      account: 'optional',
    }),
    uncheckedBody(webhookUpdate),
    async (c) => {
      const id = c.req.param('webhook_id')
      const found = () => findCallWebhook(c.env, id)
      const row = await changeWebhook(
        c.env,
        c.var.principal.key_id,
        async () => owned(c, 'webhook', await found()),
        c.req.valid('json'),
      )
      return c.json(await viewFor(c.var.principal.scope, row, await vaultFor(c.env)))
    },
  )
  .delete(
    '/webhooks/:webhook_id',
    operation({
      operationId: 'deleteWebhook',
      summary: 'Delete a webhook',
      description: 'What is waiting is discarded. When this has returned, no attempt starts.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 204: ['It is gone'] },
      problems: [404],
      account: 'optional',
    }),
    async (c) => {
      const { id } = owned(c, 'webhook', await findCallWebhook(c.env, c.req.param('webhook_id')))
      await webhookObject(c.env, id).remove(id, c.var.principal.key_id)
      return c.body(null, 204)
    },
  )

/** Changes that meet are made one after the other, each on what the one before has left. */
const TRIES = 5

async function changeWebhook(
  env: Env,
  actor: string,
  read: () => Promise<WebhookRow>,
  change: object,
): Promise<WebhookRow> {
  const vault = await vaultFor(env)
  for (let tries = 0; tries < TRIES; tries += 1) {
    const row = await read()
    const current = await openConfig(vault, row)
    const checked = checkWebhookUpdate(current, change, await termsFor(env, row.account_id))
    if (!checked.ok) throw invalid(checked.faults)
    if (JSON.stringify(checked.data) === JSON.stringify(current)) return row
    const updated = await updateConfig(env, actor, row, current, checked.data)
    if (updated !== null) {
      await settled()
      return updated
    }
  }
  throw new Problem('conflict', 'The webhook is being changed by others; try again')
}
