import { Hono, type Context } from 'hono'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { settingsOf } from '../../lib/settings.ts'
import { creation, newWebhook, reconfiguration } from '../../store/changes.ts'
import { configOf, openConfig } from '../../store/sealing.ts'
import { findOperationalWebhook, vaultFor } from '../../store/webhooks.ts'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { change } from '../change.ts'
import { operation } from '../docs/operation.ts'
import { uncheckedBody } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import { deleteWebhook } from './delete.ts'
import { healthsOf, type Healths } from './health.ts'
import { operationalInput } from './input.ts'
import { checkOperationalWebhook, operationalWebhookView, viewOfOperational } from './operational.ts'

const PATH = '/operational-webhook'

/** The account's one webhook for events about its other webhooks. */
export const operationalRoutes = new Hono<AppEnv>()
  .get(
    PATH,
    operation({
      operationId: 'getOperationalWebhook',
      summary: 'Read the operational webhook',
      description: 'Header values are masked for a `read` key.',
      tag: 'Operational webhook',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The operational webhook', operationalWebhookView] },
      problems: [404],
      account: 'required',
    }),
    async (c) => {
      const row = await findOperationalWebhook(c.env, await accountFor(c))
      if (row === undefined) throw noSuch('operational webhook')
      const healths = await healthsOf(c.env, row.account_id)
      return c.json(await viewOf(c, row, healths))
    },
  )
  .put(
    PATH,
    operation({
      operationId: 'putOperationalWebhook',
      summary: 'Set the operational webhook',
      description:
        "Where the relay sends events about the account's other webhooks. An account has one at most: this makes " +
        'it, or replaces its URL, events and headers and leaves its secret and status. A header whose value is ' +
        '`••••` keeps the value it has. With its `id`, the routes of one webhook are there for its secret, status, ' +
        'test and deliveries; it is in no list of webhooks.',
      tag: 'Operational webhook',
      scopes: ['admin', 'manage'],
      success: {
        200: ['The operational webhook as it is now', operationalWebhookView],
        201: ['The new operational webhook', operationalWebhookView],
      },
      problems: [409],
      account: 'required',
    }),
    uncheckedBody(operationalInput),
    async (c) => {
      const { row, isNew, shards } = await put(c, await accountFor(c), c.req.valid('json'))
      const healths = await healthsOf(c.env, row.account_id, shards)
      const view = await viewOf(c, row, healths)
      return isNew ? c.json(view, 201) : c.json(view, 200)
    },
  )
  .delete(
    PATH,
    operation({
      operationId: 'deleteOperationalWebhook',
      summary: 'Delete the operational webhook',
      description: 'What is waiting is discarded. When this has returned, no attempt starts.',
      tag: 'Operational webhook',
      scopes: ['admin', 'manage'],
      success: { 204: ['It is gone'] },
      problems: [404, 409],
      account: 'required',
    }),
    async (c) => {
      const accountId = await accountFor(c)
      const find = async () => findOperationalWebhook(c.env, accountId)
      await deleteWebhook(c, accountId, 'operational webhook', find)
      return c.body(null, 204)
    },
  )

async function viewOf(c: Context<AppEnv>, row: WebhookRow, healths: Healths) {
  const { allowPrivateTargets } = settingsOf(c.env)
  return viewOfOperational(c.var.principal.scope, row, await vaultFor(c.env), healths, allowPrivateTargets)
}

async function put(
  c: Context<AppEnv>,
  accountId: string,
  input: object,
): Promise<{ row: WebhookRow; isNew: boolean; shards: number }> {
  const vault = await vaultFor(c.env)
  const actor = c.var.principal.key_id
  const { allowPrivateTargets } = settingsOf(c.env)
  const { state, shards, value } = await change(
    c.env,
    accountId,
    'The operational webhook',
    async (write) => {
      const found = await findOperationalWebhook(c.env, accountId)
      const current = found === undefined ? null : await openConfig(vault, found)
      const checked = checkOperationalWebhook(input, current, allowPrivateTargets)
      if (!checked.ok) throw invalid(checked.faults)
      const next = checked.data
      if (found === undefined || current === null) {
        const row = await newWebhook(vault, accountId, 'operational', next)
        return { statements: creation(write, actor, row, next), value: { isNew: true } }
      }
      const isSame = JSON.stringify(configOf(next)) === JSON.stringify(current)
      const statements = isSame ? [] : await reconfiguration(write, vault, actor, found, current, next)
      return { statements, value: { isNew: false } }
    },
  )
  const row = state.webhooks.find((each) => each.kind === 'operational')
  if (row === undefined) throw new Error('the webhook is not in the state that has its change')
  return { row, isNew: value.isNew, shards }
}
