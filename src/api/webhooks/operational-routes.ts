import { Hono, type Context } from 'hono'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { creation, newWebhook, reconfiguration } from '../../store/changes.ts'
import type { Plan, Write } from '../../store/change.ts'
import { configOf, openConfig } from '../../store/sealing.ts'
import { findOperationalWebhook, vaultFor } from '../../store/webhooks.ts'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { change } from '../change.ts'
import { operation } from '../docs/operation.ts'
import { uncheckedBody } from '../http/body.ts'
import { changedMeanwhile, isNotModified, mayChange, preconditionsOf, tagged } from '../http/etag.ts'
import { invalid } from '../http/faults.ts'
import { termsFor } from './check.ts'
import { deleteWebhook } from './delete.ts'
import { healthsOf, type Healths } from './health.ts'
import { operationalInput } from './input.ts'
import { checkOperationalWebhook, operationalWebhookView, viewOfOperational } from './operational.ts'
import { tagOfWebhook, type WebhookTerms } from './view.ts'

const PATH = '/operational-webhook'
const WHAT = 'operational webhook'

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
      etag: 'read',
    }),
    async (c) => {
      const row = await findOperationalWebhook(c.env, await accountFor(c))
      if (row === undefined) throw noSuch(WHAT)
      const terms = await termsFor(c.env, row.account_id)
      if (isNotModified(c, tagOfWebhook(row, terms))) return c.body(null, 304)
      return c.json(await viewOf(c, row, await healthsOf(c.env, row.account_id), terms))
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
        '`••••` keeps the value it has. With `If-None-Match: *` it is made only if there is none yet (else 412). With its `id`, the routes of one webhook are there for its secret, status, ' +
        'test and deliveries; it is in no list of webhooks.',
      tag: 'Operational webhook',
      scopes: ['admin', 'manage'],
      success: {
        200: ['The operational webhook as it is now', operationalWebhookView],
        201: ['The new operational webhook', operationalWebhookView],
      },
      problems: [409],
      account: 'required',
      etag: { changes: operationalWebhookView },
    }),
    uncheckedBody(operationalInput),
    async (c) => {
      const { outcome, row, shards, terms } = await put(c, await accountFor(c), c.req.valid('json'))
      const view =
        row === undefined ? null : await viewOf(c, row, await healthsOf(c.env, row.account_id, shards), terms)
      if (outcome === 'unmet' || view === null) throw changedMeanwhile(WHAT, view)
      return c.json(tagged(c, view), outcome === 'made' ? 201 : 200)
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
      etag: { changes: operationalWebhookView },
    }),
    async (c) => {
      const accountId = await accountFor(c)
      const find = async () => findOperationalWebhook(c.env, accountId)
      await deleteWebhook(c, accountId, WHAT, find, async (row, shards, terms) =>
        viewOf(c, row, await healthsOf(c.env, accountId, shards), terms),
      )
      return c.body(null, 204)
    },
  )

async function viewOf(c: Context<AppEnv>, row: WebhookRow, healths: Healths, terms: WebhookTerms) {
  return viewOfOperational(c.var.principal.scope, row, await vaultFor(c.env), healths, terms)
}

interface Put {
  /** `unmet`: what is there is not as the request wants it, and nothing was changed. */
  outcome: 'made' | 'changed' | 'unmet'
  /** Undefined if there is none. */
  row: WebhookRow | undefined
  shards: number
  terms: WebhookTerms
}

async function put(c: Context<AppEnv>, accountId: string, input: object): Promise<Put> {
  const vault = await vaultFor(c.env)
  const actor = c.var.principal.key_id
  const preconditions = preconditionsOf(c)
  const planned = async (write: Write): Promise<Plan<Pick<Put, 'outcome' | 'terms'>>> => {
    const terms = await termsFor(c.env, accountId)
    const found = await findOperationalWebhook(c.env, accountId)
    if (!mayChange(preconditions, found === undefined ? null : tagOfWebhook(found, terms))) {
      return { statements: [], value: { outcome: 'unmet', terms } }
    }
    const current = found === undefined ? null : await openConfig(vault, found)
    const checked = checkOperationalWebhook(input, current, terms.allowPrivateTargets)
    if (!checked.ok) throw invalid(checked.faults)
    const next = checked.data
    if (found === undefined || current === null) {
      const row = await newWebhook(vault, accountId, 'operational', next)
      return { statements: creation(write, actor, row, next), value: { outcome: 'made', terms } }
    }
    const isSame = JSON.stringify(configOf(next)) === JSON.stringify(current)
    const statements = isSame ? [] : await reconfiguration(write, vault, actor, found, current, next)
    return { statements, value: { outcome: 'changed', terms } }
  }
  const { state, shards, value } = await change(c.env, accountId, 'The operational webhook', planned)
  return { ...value, row: state.webhooks.find((each) => each.kind === 'operational'), shards }
}
