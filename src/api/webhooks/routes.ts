import { sql } from 'drizzle-orm'
import { Hono, type Context } from 'hono'
import * as z from 'zod'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { WEBHOOK_STATUSES } from '../../contracts/webhook.ts'
import type { Plan, Write } from '../../store/change.ts'
import { creation, newWebhook, reconfiguration } from '../../store/changes.ts'
import { maskedHeaders, openConfig } from '../../store/sealing.ts'
import { accountOfWebhook, findCallWebhook, listWebhooks, vaultFor } from '../../store/webhooks.ts'
import { accountFor, owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { change } from '../change.ts'
import { operation } from '../docs/operation.ts'
import { query, uncheckedBody } from '../http/body.ts'
import { changedMeanwhile, isNotModified, mayChange, preconditionsOf, tagged } from '../http/etag.ts'
import { invalid } from '../http/faults.ts'
import { idempotent, once } from '../http/idempotency.ts'
import { accountListQuery, decodeCursor, listName, listOf, pageOf } from '../http/list.ts'
import { triggerSlug } from '../triggers/slug.ts'
import { checkWebhook, checkWebhookUpdate, termsFor } from './check.ts'
import { deleteWebhook } from './delete.ts'
import { HEALTHY, healthsOf } from './health.ts'
import { webhookCreate, webhookUpdate } from './input.ts'
import { webhookFields } from './schema.ts'
import { tagOfWebhook, viewFor, viewOfWebhook, webhookView, type WebhookTerms } from './view.ts'

const webhooksQuery = z.strictObject({
  ...accountListQuery,
  status: z.enum(WEBHOOK_STATUSES).optional(),
  trigger: triggerSlug.optional(),
  call_type: webhookFields.call_type.optional(),
  q: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Text in the name, the description or the URL, in whatever case.'),
})

export const webhookRoutes = new Hono<AppEnv>()
  .post(
    '/webhooks',
    operation({
      operationId: 'createWebhook',
      summary: 'Create a webhook',
      description:
        'It is active at once: when this has returned, the next event that matches is delivered to it. A webhook may ' +
        'be sent as it was read: read-only fields are ignored, and null is the default of a field that has one.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 201: ['The webhook', webhookView] },
      problems: [409],
      account: 'required',
      etag: 'made',
    }),
    uncheckedBody(webhookCreate),
    idempotent,
    async (c) => {
      const accountId = await accountFor(c)
      const terms = await termsFor(c.env, accountId)
      const checked = checkWebhook(c.req.valid('json'), terms)
      if (!checked.ok) throw invalid(checked.faults)
      const row = await newWebhook(await vaultFor(c.env), accountId, 'call', checked.data)
      const view = viewOfWebhook(row, checked.data.headers, HEALTHY, terms)
      const { mayMake, keep, kept } = await once(c, 201, view)
      const { results } = await change(c.env, accountId, 'The account', async (write) => {
        const asRead = sql`${write.asRead} AND ${mayMake}`
        const made = creation({ ...write, asRead }, c.var.principal.key_id, row, checked.data)
        return { statements: [...made, ...keep(asRead)], value: null }
      })
      kept(results)
      return c.json(tagged(c, view), 201)
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
      const [rows, healths, terms] = await Promise.all([
        listWebhooks(c.env, accountId, filters, after, limit + 1),
        healthsOf(c.env, accountId),
        termsFor(c.env, accountId),
      ])
      const view = (row: WebhookRow) => viewOfWebhook(row, maskedHeaders(row), healths, terms)
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
      etag: 'read',
    }),
    async (c) => {
      const row = owned(c, 'webhook', await findCallWebhook(c.env, c.req.param('webhook_id')))
      const terms = await termsFor(c.env, row.account_id)
      if (isNotModified(c, tagOfWebhook(row, terms))) return c.body(null, 304)
      const healths = await healthsOf(c.env, row.account_id)
      return c.json(await viewFor(c.var.principal.scope, row, await vaultFor(c.env), healths, terms))
    },
  )
  .patch(
    '/webhooks/:webhook_id',
    operation({
      operationId: 'updateWebhook',
      summary: 'Change a webhook',
      description:
        'Only what it changes is checked, with the fields that this has to go with. A webhook may be sent back as it ' +
        'was read: read-only fields are ignored, and a header whose value is `••••` keeps the value it has. Null is ' +
        "a field's default. " +
        'When this has returned, no attempt starts with the old configuration.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 200: ['The webhook as it is now', webhookView] },
      problems: [404, 409],
      account: 'optional',
      etag: { changes: webhookView },
    }),
    uncheckedBody(webhookUpdate),
    async (c) => {
      const { isMet, row, shards, terms } = await changeWebhook(
        c,
        c.req.param('webhook_id'),
        c.req.valid('json'),
      )
      const view = await viewOfChanged(c, row, shards, terms)
      if (!isMet) throw changedMeanwhile('webhook', view)
      return c.json(tagged(c, view))
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
      problems: [404, 409],
      account: 'optional',
      etag: { changes: webhookView },
    }),
    async (c) => {
      const id = c.req.param('webhook_id')
      const known = await accountOfWebhook(c.env, id)
      const { account_id } = owned(c, 'webhook', known === null ? undefined : { account_id: known })
      const find = async () => findCallWebhook(c.env, id)
      await deleteWebhook(c, account_id, 'webhook', find, async (...left) => viewOfChanged(c, ...left))
      return c.body(null, 204)
    },
  )

interface ChangedWebhook {
  /** Of the request's preconditions: nothing was changed if they were not. */
  isMet: boolean
  row: WebhookRow
  shards: number
  /** What held for the change. */
  terms: WebhookTerms
}

async function changeWebhook(c: Context<AppEnv>, id: string, input: object): Promise<ChangedWebhook> {
  const vault = await vaultFor(c.env)
  const preconditions = preconditionsOf(c)
  const found = async () => owned(c, 'webhook', await findCallWebhook(c.env, id))
  const { account_id } = await found()
  type Facts = Pick<ChangedWebhook, 'isMet' | 'terms'>
  const planned = async (write: Write): Promise<Plan<Facts>> => {
    const row = await found()
    const terms = await termsFor(c.env, account_id)
    const isMet = mayChange(preconditions, tagOfWebhook(row, terms))
    if (!isMet) return { statements: [], value: { isMet, terms } }
    const current = await openConfig(vault, row)
    const checked = checkWebhookUpdate(current, input, terms)
    if (!checked.ok) throw invalid(checked.faults)
    const isSame = JSON.stringify(checked.data) === JSON.stringify(current)
    const actor = c.var.principal.key_id
    const statements = isSame ? [] : await reconfiguration(write, vault, actor, row, current, checked.data)
    return { statements, value: { isMet, terms } }
  }
  const { state, shards, value } = await change(c.env, account_id, 'The webhook', planned)
  const row = state.webhooks.find((each) => each.id === id)
  if (row === undefined) throw new Error('the webhook is not in the state that has its change')
  return { ...value, row, shards }
}

/** A webhook for calls, as whoever changes it is shown it. */
async function viewOfChanged(c: Context<AppEnv>, row: WebhookRow, shards: number, terms: WebhookTerms) {
  const healths = await healthsOf(c.env, row.account_id, shards)
  return viewFor(c.var.principal.scope, row, await vaultFor(c.env), healths, terms)
}
