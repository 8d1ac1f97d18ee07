import { and, eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { Hono } from 'hono'
import * as z from 'zod'
import { entryWhere } from '../../store/audit.ts'
import { owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { Problem } from '../http/problem.ts'
import { body } from '../http/body.ts'
import { settled } from '../../config/snapshot.ts'
import type { Secrets } from '../../contracts/webhook.ts'
import { webhooks } from '../../store/tables.ts'
import { rfc3339 } from '../../lib/time.ts'
import { openSecrets, sealSecrets } from './view.ts'
import { findWebhook, freshSecret, vaultFor } from '../../store/webhooks.ts'
import { MASK } from '../../contracts/webhook.ts'

const DAY_S = 24 * 60 * 60
/** Each secret that still signs is one more signature in every request. */
const MOST_PREVIOUS = 5

const secretView = z
  .object({
    secret: z.string().describe('`whsec_…`: verifies `webhook-signature` as Standard Webhooks says.'),
    previous: z
      .array(z.object({ secret: z.string(), expires_at: z.iso.datetime() }))
      .describe('Rotated out, and signing until they expire.'),
  })
  .meta({ id: 'WebhookSecret' })

const secretRotate = z
  .strictObject({
    grace_seconds: z
      .int()
      .min(0)
      .max(7 * DAY_S)
      .default(DAY_S)
      .describe('How long the old secret goes on to sign next to the new one.'),
  })
  .meta({ id: 'SecretRotate', examples: [{ grace_seconds: 3600 }] })

function viewOf({ current, previous }: Secrets): z.output<typeof secretView> {
  return {
    secret: current,
    previous: previous.map(({ secret, expires_at }) => ({ secret, expires_at: rfc3339(expires_at) })),
  }
}

function masked({ previous }: z.output<typeof secretView>): z.output<typeof secretView> {
  return { secret: MASK, previous: previous.map(({ expires_at }) => ({ secret: MASK, expires_at })) }
}

export const webhookSecretRoutes = new Hono<AppEnv>()
  .get(
    '/webhooks/:webhook_id/secret',
    operation({
      operationId: 'getWebhookSecret',
      summary: "Read a webhook's signing secrets",
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 200: ['The secrets', secretView] },
      problems: [404],
      account: 'optional',
    }),
    async (c) => {
      const row = owned(c, 'webhook', await findWebhook(c.env, c.req.param('webhook_id')))
      return c.json(viewOf(await openSecrets(await vaultFor(c.env), row, Date.now())))
    },
  )
  .post(
    '/webhooks/:webhook_id/secret/rotate',
    operation({
      operationId: 'rotateWebhookSecret',
      summary: "Rotate a webhook's signing secret",
      description:
        'Both secrets sign until the grace is over; with a grace of 0 the old ones are void at once.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 200: ['The secrets as they are now', secretView] },
      problems: [404, 409],
      account: 'optional',
    }),
    body(secretRotate, { optional: true }),
    async (c) => {
      const row = owned(c, 'webhook', await findWebhook(c.env, c.req.param('webhook_id')))
      const vault = await vaultFor(c.env)
      const now = Date.now()
      const current = await openSecrets(vault, row, now)
      const rotated = rotate(current, freshSecret(), now, c.req.valid('json').grace_seconds)
      // Sealed text is never the same twice, so this is the row as it was read or none.
      const asRead = and(eq(webhooks.id, row.id), eq(webhooks.secrets, row.secrets))
      const db = drizzle(c.env.DB)
      const [, changed] = await db.batch([
        entryWhere(db, webhooks, asRead, {
          actor: c.var.principal.key_id,
          action: 'secret.rotated',
          account_id: row.account_id,
          object_id: row.id,
          before: masked(viewOf(current)),
          after: masked(viewOf(rotated)),
        }),
        db
          .update(webhooks)
          .set({ secrets: await sealSecrets(vault, rotated), updated_at: now })
          .where(asRead)
          .returning({ id: webhooks.id }),
      ])
      if (changed.length === 0) throw new Problem('conflict', 'The secret is being rotated by somebody else')
      await settled()
      return c.json(viewOf(rotated))
    },
  )

/** Older secrets end no later than the one that is rotated out now. */
function rotate(secrets: Secrets, fresh: string, nowMs: number, graceS: number): Secrets {
  const until = nowMs + graceS * 1000
  const previous = [{ secret: secrets.current, expires_at: until }, ...secrets.previous]
    .map(({ secret, expires_at }) => ({ secret, expires_at: Math.min(expires_at, until) }))
    .filter((each) => each.expires_at > nowMs)
  if (previous.length > MOST_PREVIOUS) {
    throw new Problem(
      'conflict',
      `There are ${MOST_PREVIOUS} previous secrets already; let one expire, or give no grace`,
    )
  }
  return { current: fresh, previous }
}
