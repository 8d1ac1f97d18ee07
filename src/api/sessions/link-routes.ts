import { drizzle } from 'drizzle-orm/d1'
import { Hono } from 'hono'
import * as z from 'zod'
import { LINK_SCOPES } from '../../contracts/principal.ts'
import { newId, secureRandom } from '../../lib/id.ts'
import { settingsOf } from '../../lib/settings.ts'
import { rfc3339 } from '../../lib/time.ts'
import { LINK_MS, linkCreation, SESSION_MS, type LinkRow } from '../../store/sessions.ts'
import { knownAccount } from '../auth/authenticate.ts'
import { hashKey, newKey } from '../auth/keys.ts'
import type { AppEnv } from '../auth/principal.ts'
import { placeOf } from '../auth/session.ts'
import { operation } from '../docs/operation.ts'
import { body } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import { idempotent, once } from '../http/idempotency.ts'
import { orDefault, orNothing } from '../http/optional.ts'
import { ownOrigin } from '../http/origin.ts'
import { makerOf } from './open.ts'
import { pathField } from './path.ts'
import { userField } from './view.ts'

const LONGEST_S = SESSION_MS / 1000
const PAGES = { page: '/', frame: '/embed' } as const

const linkCreate = z
  .strictObject({
    scope: z.enum(LINK_SCOPES).describe('What the session may do, of this account alone.'),
    session_seconds: orDefault(
      z.int().min(60).max(LONGEST_S).describe('How long the session lasts once it is opened.'),
      LONGEST_S,
    ),
    user: orNothing(userField.describe('Who will use it, for the audit log.')),
    path: orDefault(pathField.describe('Where on the dashboard it leads.'), '/'),
    embed_origin: orNothing(
      z
        .string()
        .max(300)
        .describe(
          'For a frame on a page of this origin, one of `PORTAL_ORIGINS`. Left out: for a page of its own.',
        ),
    ),
  })
  .meta({
    id: 'PortalLinkCreate',
    examples: [{ scope: 'manage', user: { id: '42', name: 'Asha Rao' }, path: '/webhooks' }],
  })

const linkView = z
  .object({
    id: z.string().meta({ examples: ['lnk_01KX8ZQ9R0S1T2V3W4X5Y6Z7A8'] }),
    url: z
      .string()
      .describe('To send the browser to, or to frame. Shown this once: who has it is let in.')
      .meta({ examples: ['https://relay.example.com/#portal_link=rl_Y2FsbHMgYXJlIG5vdCB0byB3YWl0'] }),
    expires_at: z.iso.datetime().describe('From then on it opens nothing.'),
  })
  .meta({ id: 'PortalLink' })

export const portalLinkRoutes = new Hono<AppEnv>().post(
  '/accounts/:account_id/portal-links',
  operation({
    operationId: 'createPortalLink',
    summary: 'Make a link that signs a customer in',
    description:
      'It opens one session, once, within 5 minutes. It is of the host that this request was sent to, and its token is ' +
      'in the fragment, which no server and no log gets to see.',
    tag: 'Sessions',
    scopes: ['admin', 'portal'],
    success: { 201: ['The link', linkView] },
    problems: [404],
  }),
  body(linkCreate),
  idempotent,
  async (c) => {
    const accountId = await knownAccount(c, c.req.param('account_id'))
    const { scope, session_seconds, path, user = null, embed_origin = null } = c.req.valid('json')
    if (embed_origin !== null && !settingsOf(c.env).portalOrigins.includes(embed_origin)) {
      throw invalid([{ path: 'embed_origin', message: 'must be one of the setting PORTAL_ORIGINS' }])
    }
    const nowMs = Date.now()
    const token = newKey('rl')
    const { key_id: actor, session } = c.var.principal
    const row: LinkRow = {
      id: newId('lnk', nowMs, secureRandom),
      hash: await hashKey(token),
      ...(await makerOf(c, session === undefined ? actor : session.key_id)),
      account_id: accountId,
      scope,
      session_seconds,
      user,
      path,
      embed_origin,
      created_at: nowMs,
      expires_at: nowMs + LINK_MS,
    }
    const url = `${ownOrigin(c.req.raw)}${PAGES[placeOf(row)]}#portal_link=${token}`
    const view = { id: row.id, url, expires_at: rfc3339(row.expires_at) }
    const { mayMake, keep, kept } = await once(c, 201, view)
    const results = await drizzle(c.env.DB).batch([
      ...linkCreation(c.env, actor, row, mayMake),
      ...keep(mayMake),
    ])
    kept(results)
    return c.json(view, 201)
  },
)
