import { and, desc, eq, lt, ne, or, sql, type SQLWrapper } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { Hono } from 'hono'
import * as z from 'zod'
import { entry, entryWhere } from '../../store/audit.ts'
import { noSuch } from '../auth/authenticate.ts'
import { reaches, type AppEnv } from '../auth/principal.ts'
import { newId, secureRandom } from '../../lib/id.ts'
import { decodeCursor, listName, listOf, listQuery, pageOf } from '../http/list.ts'
import { operation } from '../docs/operation.ts'
import { Problem } from '../http/problem.ts'
import { body, query } from '../http/body.ts'
import type { Env } from '../../contracts/env.ts'
import { webhookObject } from '../../webhooks/webhook-key.ts'
import { settled } from '../../config/snapshot.ts'
import { accounts, webhooks } from '../../store/tables.ts'
import { deleteVersions } from '../../store/webhooks.ts'
import { rfc3339 } from '../../lib/time.ts'
import { characters } from '../webhooks/schema.ts'

const accountView = z
  .object({
    id: z.string(),
    name: z.string(),
    webhooks_enabled: z
      .boolean()
      .describe("The operator's switch: while false, events are accepted and match nothing."),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Account' })

const accountFields = { name: characters(1, 120), webhooks_enabled: z.boolean() }
const accountCreate = z
  .strictObject({ ...accountFields, webhooks_enabled: accountFields.webhooks_enabled.default(true) })
  .meta({ id: 'AccountCreate', examples: [{ name: 'Acme' }] })
const accountUpdate = z
  .strictObject(accountFields)
  .partial()
  .meta({ id: 'AccountUpdate', examples: [{ webhooks_enabled: false }] })

type AccountRow = Omit<typeof accounts.$inferSelect, 'config_version' | 'shards'>

function viewOf({ id, name, webhooks_enabled, ...times }: AccountRow): z.output<typeof accountView> {
  return {
    id,
    name,
    webhooks_enabled,
    created_at: rfc3339(times.created_at),
    updated_at: rfc3339(times.updated_at),
  }
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
    }),
    body(accountCreate),
    async (c) => {
      const now = Date.now()
      const row = {
        id: newId('acc', now, secureRandom),
        ...c.req.valid('json'),
        created_at: now,
        updated_at: now,
      }
      const db = drizzle(c.env.DB)
      const change = { actor: c.var.principal.key_id, account_id: row.id, object_id: row.id }
      const after = { name: row.name, webhooks_enabled: row.webhooks_enabled }
      await db.batch([
        db.insert(accounts).values(row),
        entry(db, { ...change, action: 'account.created', before: null, after }),
      ])
      return c.json(viewOf(row), 201)
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
    }),
    async (c) => {
      const id = c.req.param('account_id')
      if (!reaches(c.var.principal, id)) throw noSuch('account')
      const rows = await drizzle(c.env.DB).select().from(accounts).where(eq(accounts.id, id))
      if (rows[0] === undefined) throw noSuch('account')
      return c.json(viewOf(rows[0]))
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
      problems: [404],
    }),
    body(accountUpdate),
    async (c) => {
      const { name, webhooks_enabled } = c.req.valid('json')
      const id = c.req.param('account_id')
      const next = {
        name: name ?? sql`${accounts.name}`,
        webhooks_enabled: webhooks_enabled ?? sql`${accounts.webhooks_enabled}`,
      }
      const isChanged = or(ne(accounts.name, next.name), ne(accounts.webhooks_enabled, next.webhooks_enabled))
      const condition = and(eq(accounts.id, id), isChanged)
      const db = drizzle(c.env.DB)
      const [, , rows] = await db.batch([
        entryWhere(db, accounts, condition, {
          actor: c.var.principal.key_id,
          action: 'account.updated',
          account_id: id,
          object_id: id,
          before: facts(accounts.name, accounts.webhooks_enabled),
          after: facts(next.name, next.webhooks_enabled),
        }),
        db
          .update(accounts)
          .set({ ...next, updated_at: Date.now() })
          .where(condition),
        db.select().from(accounts).where(eq(accounts.id, id)),
      ])
      if (rows[0] === undefined) throw noSuch('account')
      await settled()
      return c.json(viewOf(rows[0]))
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
    }),
    async (c) => {
      await deleteAccount(c.env, c.req.param('account_id'), c.var.principal.key_id)
      await settled()
      return c.body(null, 204)
    },
  )

/** What the audit log tells of an account, as JSON made in SQL. */
function facts(name: SQLWrapper | string, isEnabled: SQLWrapper | boolean) {
  return sql`json_object('name', ${name}, 'webhooks_enabled', json(iif(${isEnabled}, 'true', 'false')))`
}

/** Webhooks taken down at a time; each waits for its change to settle. */
const REMOVALS_AT_ONCE = 25
/** Rounds before a deletion gives up on an account that is given new webhooks all the while. */
const ROUNDS = 400

/** Has each webhook's object take its webhook down, then deletes the row, which takes keys and numbers with it. */
async function deleteAccount(env: Env, accountId: string, actor: string): Promise<void> {
  const db = drizzle(env.DB)
  for (let round = 0; round < ROUNDS; round += 1) {
    const rows = await db
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(eq(webhooks.account_id, accountId))
      .limit(REMOVALS_AT_ONCE)
    if (rows.length === 0) {
      // A webhook that was created since makes the reference to the account hold it: then another round.
      const isUnused = sql`NOT EXISTS (SELECT 1 FROM webhooks WHERE account_id = ${accountId})`
      const condition = and(eq(accounts.id, accountId), isUnused)
      const [, deleted] = await db.batch([
        entryWhere(db, accounts, condition, {
          actor,
          action: 'account.deleted',
          account_id: accountId,
          object_id: accountId,
          before: facts(accounts.name, accounts.webhooks_enabled),
          after: null,
        }),
        db.delete(accounts).where(condition).returning({ id: accounts.id }),
      ])
      if (deleted.length > 0) return
      const left = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId))
      if (left.length === 0) throw noSuch('account')
      continue
    }
    await Promise.all(
      rows.map(async ({ id }) => {
        await webhookObject(env, id).remove(id, actor)
        await deleteVersions(db, id)
      }),
    )
  }
  throw new Problem('conflict', 'The account is being given new webhooks; delete it again')
}
