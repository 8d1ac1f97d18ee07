import { and, desc, eq, isNull, lt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { entryIf, entryWhere } from '../../store/audit.ts'
import { insertIf } from '../../store/change.ts'
import { knownAccount, noSuch } from '../auth/authenticate.ts'
import { hashKey, newKey } from '../auth/keys.ts'
import { forgetKey, KEY_USED_MS } from '../auth/known-keys.ts'
import { SCOPES, type Scope } from '../../contracts/principal.ts'
import type { AppEnv } from '../auth/principal.ts'
import { newId, secureRandom } from '../../lib/id.ts'
import { decodeCursor, listName, listOf, listQuery, pageOf } from '../http/list.ts'
import { operation } from '../docs/operation.ts'
import { body, query } from '../http/body.ts'
import { changedMeanwhile, etagField, mayChange, preconditionsOf, tagged, tagOf } from '../http/etag.ts'
import { idempotent, once } from '../http/idempotency.ts'
import { instantMs, timeInput } from '../http/time.ts'
import type { Env } from '../../contracts/env.ts'
import { keys } from '../../store/tables.ts'
import { rfc3339 } from '../../lib/time.ts'
import { nameField } from '../webhooks/schema.ts'

const keyView = z
  .object({
    id: z.string(),
    etag: etagField,
    account_id: z.string().nullable().describe('Null: the key is of no account and reaches every one.'),
    name: z.string(),
    scope: z.enum(SCOPES),
    hint: z.string().describe("The key's last four characters."),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable().describe('From then on the key opens nothing. Null: never.'),
    last_used_at: z.iso
      .datetime()
      .nullable()
      .describe('When it was last used, to within an hour. Null: never.'),
  })
  .meta({ id: 'Key' })
const newKeyView = keyView
  .extend({ key: z.string().describe('The key, shown this once.') })
  .meta({ id: 'NewKey' })

const expiry = timeInput
  .refine((time) => instantMs(time) > Date.now(), 'must be in the future')
  .nullable()
  .default(null)
  .describe('From then on the key opens nothing. Null: never.')
const accountKeyCreate = z.strictObject({ name: nameField, scope: z.enum(SCOPES), expires_at: expiry }).meta({
  id: 'KeyCreate',
  examples: [{ name: 'CRM', scope: 'manage' }],
  description: 'A key of scope `admin` reaches every account, wherever it is kept.',
})
const globalKeyCreate = z
  .strictObject({ name: nameField, scope: z.enum(['ingest', 'portal', 'admin']), expires_at: expiry })
  .meta({ id: 'GlobalKeyCreate', examples: [{ name: 'Telephony core', scope: 'ingest' }] })

const DELETION =
  'When it has returned, the key opens nothing; only events may be taken with it for another ' +
  `${KEY_USED_MS / 1000} s. The sessions and portal links that were made with it end with it.`

type KeyRow = typeof keys.$inferSelect

/** Its tag is not of its last use, which moves by itself. */
function viewOf({ id, account_id, name, scope, hint, ...times }: KeyRow): z.output<typeof keyView> {
  const facts = {
    id,
    account_id,
    name,
    scope,
    hint,
    created_at: rfc3339(times.created_at),
    expires_at: times.expires_at === null ? null : rfc3339(times.expires_at),
  }
  const last_used_at = times.last_used_at === null ? null : rfc3339(times.last_used_at)
  return { ...facts, last_used_at, etag: tagOf(facts) }
}

/** What the audit log tells of a key: nothing of the key itself. */
function factsOf({ name, scope, expires_at }: Pick<KeyRow, 'name' | 'scope' | 'expires_at'>) {
  return { name, scope, expires_at: expires_at === null ? null : rfc3339(expires_at) }
}

async function createKey(
  c: Context<AppEnv>,
  accountId: string | null,
  input: { name: string; scope: Scope; expires_at: string | null },
): Promise<z.output<typeof newKeyView>> {
  const now = Date.now()
  const key = newKey('rk')
  const row: KeyRow = {
    id: newId('key', now, secureRandom),
    account_id: accountId,
    name: input.name,
    scope: input.scope,
    hash: await hashKey(key),
    hint: key.slice(-4),
    created_at: now,
    expires_at: input.expires_at === null ? null : instantMs(input.expires_at),
    last_used_at: null,
  }
  const view = { ...viewOf(row), key }
  const { mayMake, keep, kept } = await once(c, 201, view)
  const db = drizzle(c.env.DB)
  const actor = c.var.principal.key_id
  const change = { actor, account_id: accountId, object_id: row.id, before: null, after: factsOf(row) }
  const results = await db.batch([
    insertIf(db, keys, row, mayMake),
    entryIf(db, mayMake, { ...change, action: 'key.created' }),
    ...keep(mayMake),
  ])
  kept(results)
  return view
}

async function keysPage(
  env: Env,
  accountId: string | null,
  page: { limit: number; cursor?: string | undefined },
) {
  const list = listName('keys', { account_id: accountId ?? undefined })
  const after = decodeCursor(list, page.cursor)
  const owner = accountId === null ? isNull(keys.account_id) : eq(keys.account_id, accountId)
  const rows = await drizzle(env.DB)
    .select()
    .from(keys)
    .where(after === null ? owner : and(owner, lt(keys.id, after)))
    .orderBy(desc(keys.id))
    .limit(page.limit + 1)
  return pageOf(rows, page.limit, list, (row) => row.id, viewOf)
}

/**
 * Returns once the key opens nothing any more, but that other isolates may take events with it for a while.
 * @throws Problem: 404 if there is no such key, 412 if it is not the one that the request wants gone
 */
async function deleteKey(c: Context<AppEnv>, accountId: string | null, keyId: string): Promise<void> {
  const preconditions = preconditionsOf(c)
  const owner = accountId === null ? isNull(keys.account_id) : eq(keys.account_id, accountId)
  const condition = and(eq(keys.id, keyId), owner)
  const db = drizzle(c.env.DB)
  const known = (await db.select().from(keys).where(condition))[0]
  if (known === undefined) throw noSuch('key')
  const view = viewOf(known)
  // Nothing of what the tag is of ever changes: it is there as it was read, or gone.
  if (!mayChange(preconditions, view.etag)) throw changedMeanwhile('key', view)
  const actor = c.var.principal.key_id
  const change = { actor, account_id: accountId, object_id: keyId, before: factsOf(known), after: null }
  const [, gone] = await db.batch([
    entryWhere(db, keys, condition, { ...change, action: 'key.deleted' }),
    db.delete(keys).where(condition).returning({ id: keys.id }),
  ])
  if (gone.length === 0) throw noSuch('key')
  forgetKey(known.hash)
}

export const keyRoutes = new Hono<AppEnv>()
  .post(
    '/accounts/:account_id/keys',
    operation({
      operationId: 'createAccountKey',
      summary: 'Make a key for an account',
      description: 'The answer alone has the key; only its hash is stored.',
      tag: 'Keys',
      scopes: ['admin'],
      success: { 201: ['The key', newKeyView] },
      etag: 'made',
      problems: [404],
    }),
    body(accountKeyCreate),
    idempotent,
    async (c) => {
      const accountId = await knownAccount(c, c.req.param('account_id'))
      return c.json(tagged(c, await createKey(c, accountId, c.req.valid('json'))), 201)
    },
  )
  .get(
    '/accounts/:account_id/keys',
    operation({
      operationId: 'listAccountKeys',
      summary: "List an account's keys",
      tag: 'Keys',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['A page of keys, newest first', listOf(keyView)] },
      problems: [404, 422],
    }),
    query(z.strictObject(listQuery)),
    async (c) => {
      const accountId = await knownAccount(c, c.req.param('account_id'))
      return c.json(await keysPage(c.env, accountId, c.req.valid('query')))
    },
  )
  .delete(
    '/accounts/:account_id/keys/:key_id',
    operation({
      operationId: 'deleteAccountKey',
      summary: "Delete an account's key",
      description: DELETION,
      tag: 'Keys',
      scopes: ['admin'],
      success: { 204: ['It is gone'] },
      problems: [404],
      etag: { changes: keyView },
    }),
    async (c) => {
      await deleteKey(c, c.req.param('account_id'), c.req.param('key_id'))
      return c.body(null, 204)
    },
  )
  .post(
    '/keys',
    operation({
      operationId: 'createKey',
      summary: 'Make a key for every account',
      description: 'The answer alone has the key; only its hash is stored.',
      tag: 'Keys',
      scopes: ['admin'],
      success: { 201: ['The key', newKeyView] },
      etag: 'made',
    }),
    body(globalKeyCreate),
    idempotent,
    async (c) => c.json(tagged(c, await createKey(c, null, c.req.valid('json'))), 201),
  )
  .get(
    '/keys',
    operation({
      operationId: 'listKeys',
      summary: 'List the keys for every account',
      tag: 'Keys',
      scopes: ['admin'],
      success: { 200: ['A page of keys, newest first', listOf(keyView)] },
      problems: [422],
    }),
    query(z.strictObject(listQuery)),
    async (c) => c.json(await keysPage(c.env, null, c.req.valid('query'))),
  )
  .delete(
    '/keys/:key_id',
    operation({
      operationId: 'deleteKey',
      summary: 'Delete a key for every account',
      description: DELETION,
      tag: 'Keys',
      scopes: ['admin'],
      success: { 204: ['It is gone'] },
      problems: [404],
      etag: { changes: keyView },
    }),
    async (c) => {
      await deleteKey(c, null, c.req.param('key_id'))
      return c.body(null, 204)
    },
  )
