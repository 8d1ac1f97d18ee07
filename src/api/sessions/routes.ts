import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { SESSION_SCOPES } from '../../contracts/principal.ts'
import { settingsOf } from '../../lib/settings.ts'
import { endSession, endSessions, sessionsOf, type SessionRow } from '../../store/sessions.ts'
import { knownAccount, noSuch } from '../auth/authenticate.ts'
import { adminMarks } from '../auth/admin-mark.ts'
import { clearToken } from '../auth/cookies.ts'
import type { AppEnv } from '../auth/principal.ts'
import { fromD1, placeOf } from '../auth/session.ts'
import { operation } from '../docs/operation.ts'
import { body, query } from '../http/body.ts'
import { decodeCursor, listName, listOf, listQuery, pageOf } from '../http/list.ts'
import { Problem } from '../http/problem.ts'
import { openByKey, openByLink } from './open.ts'
import { openedView, sessionView, viewOf } from './view.ts'

const given = z.string().min(1).max(200)
const sessionCreate = z
  .strictObject({
    key: given.optional().describe('An API key of scope `admin`, `manage` or `read`.'),
    portal_link: given.optional().describe("What follows `portal_link=` in the link's URL."),
  })
  .refine(({ key, portal_link }) => (key === undefined) !== (portal_link === undefined), {
    path: ['key'],
    message: 'is required, or portal_link in its place',
  })
  .meta({ id: 'SessionCreate', examples: [{ portal_link: 'rl_k3…' }] })

/** Mounted before `authenticate`: who signs in has no session yet. */
export const signInRoutes = new Hono<AppEnv>().post(
  '/session',
  operation({
    operationId: 'createSession',
    summary: 'Open a session in a browser',
    description:
      'By an API key, or by a portal link, once. The session is in a cookie that no script sees; a session that the ' +
      "browser had ends. It lasts 12 hours, a link's as long as the link says; an admin's ends an hour after its last " +
      'use. It ends with the key that it, or its link, was made with. With the cookie, what is no GET has to come from ' +
      "one of the relay's own pages: `Sec-Fetch-Site: same-origin`, or its `Origin`.",
    tag: 'Sessions',
    scopes: 'public',
    success: { 200: ['The session; its token is in the cookie', openedView] },
    problems: [401, 403, 429, 503],
  }),
  body(sessionCreate),
  async (c) => {
    const { key, portal_link } = c.req.valid('json')
    const { row, path } = key === undefined ? await openByLink(c, portal_link ?? '') : await openByKey(c, key)
    return c.json({ ...viewOf(row), path })
  },
)

export const sessionRoutes = new Hono<AppEnv>()
  .get(
    '/session',
    operation({
      operationId: 'getSession',
      summary: "Read the browser's session",
      tag: 'Sessions',
      scopes: SESSION_SCOPES,
      success: { 200: ['The session that the request comes by', sessionView] },
      problems: [404],
    }),
    (c) => c.json(viewOf(ownSession(c))),
  )
  .delete(
    '/session',
    operation({
      operationId: 'deleteSession',
      summary: "Sign out: end the browser's session",
      tag: 'Sessions',
      scopes: SESSION_SCOPES,
      success: { 204: ['It has ended'] },
      problems: [404],
    }),
    async (c) => {
      const row = ownSession(c)
      await fromD1(async () => endSession(c.env, row.id, row.id, row.account_id))
      clearToken(c, placeOf(row))
      return c.body(null, 204)
    },
  )
  .get(
    '/accounts/:account_id/sessions',
    operation({
      operationId: 'listAccountSessions',
      summary: "List an account's sessions",
      description: 'Those that are not over.',
      tag: 'Sessions',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['A page of sessions, newest first', listOf(sessionView)] },
      problems: [404, 422],
    }),
    query(z.strictObject(listQuery)),
    async (c) => {
      const accountId = await knownAccount(c, c.req.param('account_id'))
      const { limit, cursor } = c.req.valid('query')
      const list = listName('sessions', { account_id: accountId })
      const beforeId = decodeCursor(list, cursor)
      const marks = await adminMarks(settingsOf(c.env))
      const rows = await sessionsOf(c.env, accountId, marks, Date.now(), { beforeId, limit: limit + 1 })
      return c.json(pageOf(rows, limit, list, (row) => row.id, viewOf))
    },
  )
  .delete(
    '/accounts/:account_id/sessions/:session_id',
    operation({
      operationId: 'deleteAccountSession',
      summary: "End one of an account's sessions",
      tag: 'Sessions',
      scopes: ['admin', 'manage'],
      success: { 204: ['It has ended'] },
      problems: [404],
    }),
    async (c) => {
      const accountId = await knownAccount(c, c.req.param('account_id'))
      const hasEnded = await endSession(c.env, c.var.principal.key_id, c.req.param('session_id'), accountId)
      if (!hasEnded) throw noSuch('session')
      return c.body(null, 204)
    },
  )
  .delete(
    '/accounts/:account_id/sessions',
    operation({
      operationId: 'deleteAccountSessions',
      summary: "End all of an account's sessions",
      description: 'Portal links that nobody has opened are gone as well. Keys stay what they are.',
      tag: 'Sessions',
      scopes: ['admin', 'manage'],
      success: { 204: ['All have ended'] },
      problems: [404],
    }),
    async (c) => {
      const accountId = await knownAccount(c, c.req.param('account_id'))
      await endSessions(c.env, c.var.principal.key_id, accountId)
      return c.body(null, 204)
    },
  )

/** @throws Problem (404) if the request comes by a key. */
function ownSession(c: Context<AppEnv>): SessionRow {
  const { session } = c.var.principal
  if (session === undefined) throw new Problem('not_found', 'This request comes by a key, not by a session')
  return session
}
