import * as z from 'zod'
import { SESSION_SCOPES } from '../../contracts/principal.ts'
import { rfc3339 } from '../../lib/time.ts'
import type { SessionRow } from '../../store/sessions.ts'

/** A user as the operator's own panel knows them; the audit log tells of them. */
export const userField = z.strictObject({
  id: z.string().min(1).max(200),
  name: z.string().min(1).max(120),
})

export const sessionView = z
  .object({
    id: z.string(),
    scope: z.enum(SESSION_SCOPES),
    account_id: z.string().nullable().describe("Null: an admin's, of every account."),
    user: userField.nullable().describe('Who uses it, if its portal link said so.'),
    key_id: z
      .string()
      .nullable()
      .describe('The key that it, or its portal link, was made with, and ends with. Null: the ADMIN_KEY.'),
    link_id: z.string().nullable().describe('The portal link that it was opened with. Null: a key.'),
    embed_origin: z.string().nullable().describe('The origin that frames it. Null: it is in no frame.'),
    created_at: z.iso.datetime(),
    expires_at: z.iso
      .datetime()
      .describe(
        "When it is over. An admin's is put off by its use: to an hour later, and 12 hours in all at most.",
      ),
  })
  .meta({ id: 'Session' })

export const openedView = sessionView
  .extend({ path: z.string().nullable().describe('Where on the dashboard the portal link leads.') })
  .meta({ id: 'OpenedSession' })

export function viewOf(row: SessionRow): z.output<typeof sessionView> {
  const { id, scope, account_id, user, key_id, link_id, embed_origin } = row
  return {
    id,
    scope,
    account_id,
    user,
    key_id,
    link_id,
    embed_origin,
    created_at: rfc3339(row.created_at),
    expires_at: rfc3339(row.expires_at),
  }
}
