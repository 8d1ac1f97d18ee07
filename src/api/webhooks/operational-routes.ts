import { Hono } from 'hono'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import type { Env } from '../../contracts/env.ts'
import { invalid } from '../http/faults.ts'
import { Problem } from '../http/problem.ts'
import { uncheckedBody } from '../http/body.ts'
import { settingsOf } from '../../lib/settings.ts'
import { webhookObject } from '../../webhooks/webhook-key.ts'
import {
  checkOperationalWebhook,
  operationalWebhookPut,
  operationalWebhookView,
  viewOfOperational,
} from './operational.ts'
import { settled, type WebhookRow } from '../../config/snapshot.ts'
import { configOf, openConfig } from './view.ts'
import {
  findOperationalWebhook,
  insertOperationalWebhook,
  updateConfig,
  vaultFor,
} from '../../store/webhooks.ts'

const PATH = '/operational-webhook'

/** The account's one webhook for events about its other webhooks. */
export const operationalRoutes = new Hono<AppEnv>()
  .get(
    PATH,
    operation({
      operationId: 'getOperationalWebhook',
      summary: 'Read the operational webhook',
      description: 'Header values are masked for a `read` key.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The operational webhook', operationalWebhookView] },
      problems: [404],
      account: 'required',
    }),
    async (c) => {
      const row = await findOperationalWebhook(c.env, await accountFor(c))
      if (row === undefined) throw noSuch('operational webhook')
      return c.json(await viewOfOperational(c.var.principal.scope, row, await vaultFor(c.env)))
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
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: {
        200: ['The operational webhook as it is now', operationalWebhookView],
        201: ['The new operational webhook', operationalWebhookView],
      },
      problems: [409],
      account: 'required',
    }),
    uncheckedBody(operationalWebhookPut),
    async (c) => {
      const { row, isNew } = await put(
        c.env,
        c.var.principal.key_id,
        await accountFor(c),
        c.req.valid('json'),
      )
      const view = await viewOfOperational(c.var.principal.scope, row, await vaultFor(c.env))
      return isNew ? c.json(view, 201) : c.json(view, 200)
    },
  )
  .delete(
    PATH,
    operation({
      operationId: 'deleteOperationalWebhook',
      summary: 'Delete the operational webhook',
      description: 'What is waiting is discarded. When this has returned, no attempt starts.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 204: ['It is gone'] },
      problems: [404],
      account: 'required',
    }),
    async (c) => {
      const row = await findOperationalWebhook(c.env, await accountFor(c))
      if (row === undefined) throw noSuch('operational webhook')
      await webhookObject(c.env, row.id).remove(row.id, c.var.principal.key_id)
      return c.body(null, 204)
    },
  )

/** Writes that meet are made one after the other, each on what the one before has left. */
const TRIES = 5

async function put(
  env: Env,
  actor: string,
  accountId: string,
  input: object,
): Promise<{ row: WebhookRow; isNew: boolean }> {
  const vault = await vaultFor(env)
  const { allowPrivateTargets } = settingsOf(env)
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await findOperationalWebhook(env, accountId)
    const current = found === undefined ? null : await openConfig(vault, found)
    const checked = checkOperationalWebhook(input, current, allowPrivateTargets)
    if (!checked.ok) throw invalid(checked.faults)
    if (found !== undefined && JSON.stringify(configOf(checked.data)) === JSON.stringify(current)) {
      return { row: found, isNew: false }
    }
    const row =
      found === undefined || current === null
        ? await insertOperationalWebhook(env, actor, accountId, checked.data)
        : await updateConfig(env, actor, found, current, checked.data)
    if (row === null) continue
    await settled()
    return { row, isNew: found === undefined }
  }
  throw new Problem('conflict', 'The operational webhook is being changed by others; try again')
}
