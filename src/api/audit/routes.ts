import { and, desc, eq, gte, lt, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { noSuch } from '../auth/authenticate.ts'
import { reaches, type AppEnv } from '../auth/principal.ts'
import { audit } from '../../store/tables.ts'
import { operation } from '../docs/operation.ts'
import { earliestId } from '../../lib/id.ts'
import { userField } from '../sessions/view.ts'
import { decodeCursor, listName, listOf, listQuery, pageOf } from '../http/list.ts'
import { query } from '../http/body.ts'
import { instantMs, timeInput } from '../http/time.ts'
import { rfc3339 } from '../../lib/time.ts'
import { AUDIT_ACTIONS, RELAY } from '../../store/audit.ts'
import { oldestEntry } from '../../store/prune.ts'

const auditQuery = z.strictObject({
  ...listQuery,
  account_id: z
    .string()
    .optional()
    .describe(
      "Whose. With a key that reaches every account, left out for all; any other key sees its own's.",
    ),
  action: z.enum(AUDIT_ACTIONS).optional(),
  object_id: z.string().min(1).max(100).optional().describe('The id of what was changed.'),
  since: timeInput.optional().describe('Changes at or after this time.'),
  until: timeInput.optional().describe('Changes before this time.'),
})

const what = z.looseObject({}).nullable()
const auditView = z
  .object({
    id: z.string(),
    account_id: z.string().nullable().describe('Null: of no account.'),
    actor: z
      .object({
        type: z.enum(['key', 'session', 'admin', 'relay']),
        id: z.string().nullable(),
        user: userField.nullable().optional().describe('Of a session: the user that its portal link named.'),
      })
      .describe(
        '`key`, `session`: the API key or browser session with this id. `admin`: the ADMIN_KEY setting. ' +
          '`relay`: the relay by itself.',
      ),
    action: z.enum(AUDIT_ACTIONS),
    object_id: z.string().describe('The id of what was changed.'),
    before: what.describe('What was changed, as it was. Secrets and header values are masked.'),
    after: what.describe('The same as it is since.'),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'AuditEntry' })

function viewOf(row: typeof audit.$inferSelect): z.output<typeof auditView> {
  const { id, account_id, object_id } = row
  return {
    id,
    account_id,
    actor: actorOf(row),
    // Safe: `entry.ts` alone writes these columns.
    action: row.action as z.output<typeof auditView>['action'],
    object_id,
    before: row.before as Record<string, unknown> | null,
    after: row.after as Record<string, unknown> | null,
    created_at: rfc3339(row.created_at),
  }
}

function actorOf({ actor, actor_user }: typeof audit.$inferSelect): z.output<typeof auditView>['actor'] {
  if (actor === RELAY || actor === 'admin') return { type: actor, id: null }
  if (actor.startsWith('ses_')) return { type: 'session', id: actor, user: actor_user }
  return { type: 'key', id: actor }
}

export const auditRoutes = new Hono<AppEnv>().get(
  '/audit',
  operation({
    operationId: 'listAudit',
    summary: 'Read who changed what',
    description:
      'Every change of the configuration, newest first. A change and its entry are written together or not at all.',
    tag: 'Audit log',
    scopes: ['admin', 'manage', 'read'],
    success: { 200: ['A page of changes', listOf(auditView)] },
    problems: [404, 422],
  }),
  query(auditQuery),
  async (c) => {
    const { limit, cursor, account_id: _asked, ...filters } = c.req.valid('query')
    const accountId = accountAsked(c)
    const list = listName('audit', { account_id: accountId ?? undefined, ...filters })
    const after = decodeCursor(list, cursor)
    const { action, object_id, since, until } = filters
    // What is past its time is not shown, whether it is gone by now or not.
    const conditions: SQL[] = [gte(audit.id, oldestEntry(c.env, Date.now()))]
    if (accountId !== null) conditions.push(eq(audit.account_id, accountId))
    if (action !== undefined) conditions.push(eq(audit.action, action))
    if (object_id !== undefined) conditions.push(eq(audit.object_id, object_id))
    if (since !== undefined) conditions.push(gte(audit.id, earliestId('aud', instantMs(since))))
    if (until !== undefined) conditions.push(lt(audit.id, earliestId('aud', instantMs(until))))
    if (after !== null) conditions.push(lt(audit.id, after))
    const rows = await drizzle(c.env.DB)
      .select()
      .from(audit)
      .where(and(...conditions))
      .orderBy(desc(audit.id))
      .limit(limit + 1)
    return c.json(pageOf(rows, limit, list, (row) => row.id, viewOf))
  },
)

/** Null: every account's. One that is asked for need not be there any more: its log outlives it. */
function accountAsked(c: Context<AppEnv>): string | null {
  const asked = c.req.query('account_id')
  if (asked === undefined) return c.var.principal.account_id
  if (!reaches(c.var.principal, asked)) throw noSuch('account')
  return asked
}
