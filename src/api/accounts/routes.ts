import { desc, eq, lt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { DEFAULT_COUNTRY } from '../../contracts/configuration.ts'
import type { Env } from '../../contracts/env.ts'
import { newId, secureRandom } from '../../lib/id.ts'
import { rfc3339 } from '../../lib/time.ts'
import { isCountry } from '../../order/line.ts'
import {
  accountChange,
  accountRemoval,
  confirmRemoval,
  createAccount,
  type AccountRow,
} from '../../store/account-changes.ts'
import { changeAccount, type Plan, type Write } from '../../store/change.ts'
import { accounts } from '../../store/tables.ts'
import { noSuch } from '../auth/authenticate.ts'
import { reaches, type AppEnv } from '../auth/principal.ts'
import { change, problemOfChange, reachOf, unconfirmed } from '../change.ts'
import { operation } from '../docs/operation.ts'
import { body, query } from '../http/body.ts'
import {
  changedMeanwhile,
  etagField,
  isNotModified,
  mayChange,
  preconditionsOf,
  tagged,
  tagOf,
} from '../http/etag.ts'
import { invalid } from '../http/faults.ts'
import { idempotent, once } from '../http/idempotency.ts'
import { decodeCursor, listName, listOf, listQuery, pageOf } from '../http/list.ts'
import { orDefault, orNothing } from '../http/optional.ts'
import { nameField } from '../webhooks/schema.ts'

const accountView = z
  .object({
    id: z.string(),
    etag: etagField,
    name: z.string(),
    webhooks_enabled: z
      .boolean()
      .describe("The operator's switch: while false, events are accepted and match nothing."),
    shards: z.int().describe('Over how many objects its calls are spread.'),
    country: z.string().describe('ISO 3166: how numbers without a country code are read.'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Account' })

const MOST_SHARDS = 256

const accountFields = {
  name: nameField,
  webhooks_enabled: z.boolean(),
  shards: z.int().min(1).max(MOST_SHARDS),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be the two letters of a country (ISO 3166)')
    .refine(isCountry, 'must be the two letters of a country (ISO 3166)')
    .describe('ISO 3166: how numbers without a country code are read.'),
}
const accountCreate = z
  .strictObject({
    name: accountFields.name,
    webhooks_enabled: orDefault(accountFields.webhooks_enabled, true),
    shards: orDefault(
      accountFields.shards.describe(
        'Over how many objects its calls are spread; each holds 10 GB. Chosen here: it is not raised later yet, and never lowered.',
      ),
      1,
    ),
    country: orDefault(accountFields.country, DEFAULT_COUNTRY),
  })
  .meta({ id: 'AccountCreate', examples: [{ name: 'Acme' }] })
const accountUpdate = z
  .strictObject({
    name: orNothing(accountFields.name),
    webhooks_enabled: orNothing(accountFields.webhooks_enabled),
    shards: orNothing(
      accountFields.shards.describe('Only the number that it has: it cannot be changed yet.'),
    ),
    country: orNothing(accountFields.country),
  })
  .meta({ id: 'AccountUpdate', examples: [{ webhooks_enabled: false }] })

type AccountView = z.output<typeof accountView>

function viewOf({ id, name, webhooks_enabled, shards, country, ...times }: AccountRow): AccountView {
  const facts = {
    id,
    name,
    webhooks_enabled,
    shards,
    country,
    created_at: rfc3339(times.created_at),
    updated_at: rfc3339(times.updated_at),
  }
  return { ...facts, etag: tagOf(facts) }
}

export const accountRoutes = new Hono<AppEnv>()
  .post(
    '/accounts',
    operation({
      operationId: 'createAccount',
      summary: 'Create an account',
      tag: 'Accounts',
      scopes: ['admin'],
      success: { 201: ['The account', accountView] },
      etag: 'made',
    }),
    body(accountCreate),
    idempotent,
    async (c) => {
      const nowMs = Date.now()
      const row: AccountRow = {
        id: newId('acc', nowMs, secureRandom),
        ...c.req.valid('json'),
        config_version: nowMs,
        created_at: nowMs,
        updated_at: nowMs,
      }
      const view = viewOf(row)
      const { mayMake, keep, kept } = await once(c, 201, view)
      const reach = reachOf(c.env, row.id)
      kept(await createAccount(c.env, c.var.principal.key_id, row, reach, mayMake, keep(mayMake)))
      return c.json(tagged(c, view), 201)
    },
  )
  .get(
    '/accounts',
    operation({
      operationId: 'listAccounts',
      summary: 'List accounts',
      tag: 'Accounts',
      scopes: ['admin'],
      success: { 200: ['A page of accounts, newest first', listOf(accountView)] },
      problems: [422],
    }),
    query(z.strictObject(listQuery)),
    async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const list = listName('accounts', {})
      const after = decodeCursor(list, cursor)
      const rows = await drizzle(c.env.DB)
        .select()
        .from(accounts)
        .where(after === null ? undefined : lt(accounts.id, after))
        .orderBy(desc(accounts.id))
        .limit(limit + 1)
      return c.json(pageOf(rows, limit, list, (row) => row.id, viewOf))
    },
  )
  .get(
    '/accounts/:account_id',
    operation({
      operationId: 'getAccount',
      summary: 'Read an account',
      tag: 'Accounts',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['The account', accountView] },
      problems: [404],
      etag: 'read',
    }),
    async (c) => {
      const id = c.req.param('account_id')
      if (!reaches(c.var.principal, id)) throw noSuch('account')
      const view = viewOf(await findAccount(c.env, id))
      return isNotModified(c, view.etag) ? c.body(null, 304) : c.json(view)
    },
  )
  .patch(
    '/accounts/:account_id',
    operation({
      operationId: 'updateAccount',
      summary: 'Change an account',
      description: 'When it has returned with `webhooks_enabled` false, no further event matches.',
      tag: 'Accounts',
      scopes: ['admin'],
      success: { 200: ['The account as it is now', accountView] },
      problems: [404, 409],
      etag: { changes: accountView },
    }),
    body(accountUpdate),
    async (c) => {
      const id = c.req.param('account_id')
      const preconditions = preconditionsOf(c)
      const planned = async (write: Write): Promise<Plan<{ isMet: boolean; view: AccountView }>> => {
        const row = await findAccount(c.env, id)
        const current = viewOf(row)
        const isMet = mayChange(preconditions, current.etag)
        if (!isMet) return { statements: [], value: { isMet, view: current } }
        const given = c.req.valid('json')
        if (given.shards !== undefined) mustBeSame(given.shards, row.shards)
        const { name = row.name, webhooks_enabled = row.webhooks_enabled, country = row.country } = given
        const next = { ...row, name, webhooks_enabled, country, updated_at: Date.now() }
        const statements = accountChange(write, c.var.principal.key_id, row, next)
        return { statements, value: { isMet, view: statements.length === 0 ? current : viewOf(next) } }
      }
      const { value } = await change(c.env, id, 'The account', planned)
      if (!value.isMet) throw changedMeanwhile('account', value.view)
      return c.json(tagged(c, value.view))
    },
  )
  .delete(
    '/accounts/:account_id',
    operation({
      operationId: 'deleteAccount',
      summary: 'Delete an account with its webhooks, keys and numbers',
      tag: 'Accounts',
      scopes: ['admin'],
      success: { 204: ['It is gone'] },
      problems: [404, 409],
      etag: { changes: accountView },
    }),
    async (c) => {
      await deleteAccount(c, c.req.param('account_id'))
      return c.body(null, 204)
    },
  )

/** @throws Problem (422): no call is brought from one shard to another */
function mustBeSame(shards: number, present: number): void {
  if (shards === present) return
  const message =
    shards < present
      ? `cannot be lowered: the account has ${present}`
      : `cannot be raised yet, and is chosen when the account is made: it has ${present}`
  throw invalid([{ path: 'shards', message }])
}

async function findAccount(env: Env, id: string): Promise<AccountRow> {
  const rows = await drizzle(env.DB).select().from(accounts).where(eq(accounts.id, id))
  if (rows[0] === undefined) throw noSuch('account')
  return rows[0]
}

/** An account that is gone is 404, but not before each of its shards has been told so. */
async function deleteAccount(c: Context<AppEnv>, id: string): Promise<void> {
  const reach = reachOf(c.env, id)
  const preconditions = preconditionsOf(c)
  const changed = await changeAccount(c.env, id, reach, async (write) => {
    const row = await findAccount(c.env, id)
    const view = viewOf(row)
    if (!mayChange(preconditions, view.etag)) return { statements: [], value: view }
    const statements = await accountRemoval(write, c.var.principal.key_id, row)
    return { statements, value: null, deletesAccount: true }
  })
  if (changed.kind === 'made') {
    if (changed.value !== null) throw changedMeanwhile('account', changed.value)
    return
  }
  if (changed.kind === 'no_account' && (await confirmRemoval(c.env, id, reach)) === 'unavailable') {
    throw unconfirmed()
  }
  throw problemOfChange(changed, 'The account')
}
