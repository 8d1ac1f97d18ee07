import { sql } from 'drizzle-orm'
import { Hono } from 'hono'
import * as z from 'zod'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { MASK, type Secrets } from '../../contracts/webhook.ts'
import { freshSecret } from '../../lib/secret.ts'
import { rfc3339 } from '../../lib/time.ts'
import type { Plan, Write } from '../../store/change.ts'
import { secretChange } from '../../store/changes.ts'
import { openSecrets, sealSecrets } from '../../store/sealing.ts'
import type { Vault } from '../../store/vault.ts'
import { findWebhook, vaultFor } from '../../store/webhooks.ts'
import { owned } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { change } from '../change.ts'
import { operation } from '../docs/operation.ts'
import { body } from '../http/body.ts'
import { orDefault } from '../http/optional.ts'
import {
  changedMeanwhile,
  etagField,
  isNotModified,
  mayChange,
  preconditionsOf,
  tagged,
} from '../http/etag.ts'
import { idempotent, once, type Once } from '../http/idempotency.ts'
import { Problem } from '../http/problem.ts'
import { termsFor } from './check.ts'
import { tagOfWebhook, type WebhookTerms } from './view.ts'

const DAY_S = 24 * 60 * 60
/** Each secret that still signs is one more signature in every request. */
const MOST_PREVIOUS = 5

const secretView = z
  .object({
    secret: z.string().describe('`whsec_…`: verifies `webhook-signature` as Standard Webhooks says.'),
    previous: z
      .array(z.object({ secret: z.string(), expires_at: z.iso.datetime() }))
      .describe('Rotated out, and signing until they expire.'),
    etag: etagField.describe('Of the webhook. Sent as `If-Match`, only that version of it is changed.'),
  })
  .meta({ id: 'WebhookSecret' })

const secretRotate = z
  .strictObject({
    grace_seconds: orDefault(
      z
        .int()
        .min(0)
        .max(7 * DAY_S)
        .describe('How long the old secret goes on to sign next to the new one.'),
      DAY_S,
    ),
  })
  .meta({ id: 'SecretRotate', examples: [{ grace_seconds: 3600 }] })

type SecretView = z.output<typeof secretView>

function factsOf({ current, previous }: Secrets): Omit<SecretView, 'etag'> {
  return {
    secret: current,
    previous: previous.map(({ secret, expires_at }) => ({ secret, expires_at: rfc3339(expires_at) })),
  }
}

async function viewOf(
  vault: Vault,
  row: WebhookRow,
  nowMs: number,
  terms: WebhookTerms,
): Promise<SecretView> {
  return { ...factsOf(await openSecrets(vault, row, nowMs)), etag: tagOfWebhook(row, terms) }
}

/** As the audit log tells them. */
function masked(secrets: Secrets): object {
  const { previous } = factsOf(secrets)
  return { secret: MASK, previous: previous.map(({ expires_at }) => ({ secret: MASK, expires_at })) }
}

export const webhookSecretRoutes = new Hono<AppEnv>()
  .get(
    '/webhooks/:webhook_id/secret',
    operation({
      operationId: 'getWebhookSecret',
      summary: "Read a webhook's signing secrets",
      tag: 'Signing secrets',
      scopes: ['admin', 'manage'],
      success: { 200: ['The secrets', secretView] },
      problems: [404],
      account: 'optional',
      etag: 'read',
    }),
    async (c) => {
      const row = owned(c, 'webhook', await findWebhook(c.env, c.req.param('webhook_id')))
      const view = await viewOf(await vaultFor(c.env), row, Date.now(), await termsFor(c.env, row.account_id))
      return isNotModified(c, view.etag) ? c.body(null, 304) : c.json(view)
    },
  )
  .post(
    '/webhooks/:webhook_id/secret/rotate',
    operation({
      operationId: 'rotateWebhookSecret',
      summary: "Rotate a webhook's signing secret",
      description:
        'Both secrets sign until the grace is over; with a grace of 0 the old ones are void at once.',
      tag: 'Signing secrets',
      scopes: ['admin', 'manage'],
      success: { 200: ['The secrets as they are now', secretView] },
      problems: [404, 409],
      account: 'optional',
      etag: { changes: secretView },
    }),
    body(secretRotate, { optional: true }),
    idempotent,
    async (c) => {
      const preconditions = preconditionsOf(c)
      const find = async () => owned(c, 'webhook', await findWebhook(c.env, c.req.param('webhook_id')))
      const read = await find()
      const vault = await vaultFor(c.env)
      const planned = async (write: Write): Promise<Plan<Rotated>> => {
        const row = await find()
        const terms = await termsFor(c.env, row.account_id)
        const nowMs = Date.now()
        if (!mayChange(preconditions, tagOfWebhook(row, terms))) {
          return { statements: [], value: { view: await viewOf(vault, row, nowMs, terms), kept: null } }
        }
        // Whoever rotates it twice at once would be told a secret that is rotated out by then. Sealed text is never
        // the same twice.
        if (row.secrets !== read.secrets) {
          throw new Problem('conflict', 'The secret is being rotated by somebody else')
        }
        const current = await openSecrets(vault, row, nowMs)
        const rotated = rotate(current, freshSecret(), nowMs, c.req.valid('json').grace_seconds)
        // Later in any case: nothing else of what its tag is of tells one secret from another.
        const updated_at = Math.max(nowMs, row.updated_at + 1)
        const next = { ...row, secrets: await sealSecrets(vault, rotated), updated_at }
        const view = await viewOf(vault, next, nowMs, terms)
        const { mayMake, keep, kept } = await once(c, 200, view)
        const asRead = sql`${write.asRead} AND ${mayMake}`
        const told = { before: masked(current), after: masked(rotated) }
        const made = secretChange({ ...write, asRead }, c.var.principal.key_id, next, told)
        return { statements: [...made, ...keep(asRead)], value: { view, kept } }
      }
      const { value, results } = await change(c.env, read.account_id, 'The webhook', planned)
      if (value.kept === null) throw changedMeanwhile('webhook', value.view)
      value.kept(results)
      return c.json(tagged(c, value.view))
    },
  )

interface Rotated {
  view: SecretView
  /** Null: it was not the version that the request is for, and nothing was changed. */
  kept: Once['kept'] | null
}

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
