import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { accountFor, owned } from '../auth/authenticate.ts'
import { reaches, type AppEnv } from '../auth/principal.ts'
import { isOperational, sampleOperational, type EventTrigger } from '../../catalogue/operational.ts'
import { sampleEvent } from '../../catalogue/samples.ts'
import { operation } from '../docs/operation.ts'
import { prepareRequest, type Destination } from '../../delivery/attempt.ts'
import { sendTest, type Sample } from './send-test.ts'
import { newSecret } from '../../lib/secret.ts'
import { check, invalid } from '../http/faults.ts'
import { idempotent } from '../http/idempotency.ts'
import { deliveryId, newId, newUlid, secureRandom } from '../../lib/id.ts'
import { checkEvent } from '../events/schema.ts'
import type { Fault } from '../http/problem.ts'
import { deliveredTrigger, triggerSlug } from '../triggers/slug.ts'
import { body, uncheckedBody } from '../http/body.ts'
import { settingsOf } from '../../lib/settings.ts'
import { attemptView } from '../deliveries/view.ts'
import { openDestination } from '../../delivery/destination.ts'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { checkWebhook, checkWebhookUpdate, isRecord, termsFor } from './check.ts'
import { findCallWebhook, findWebhook } from '../../store/webhooks.ts'
import type { WebhookConfig } from '../../contracts/webhook.ts'
import { orNothing } from '../http/optional.ts'
import { webhookCreate } from './input.ts'
import { missingOf, warnings, type WebhookTerms } from './view.ts'
import { warningsOf } from './warnings.ts'

const savedWebhook = z.union([z.string(), z.strictObject({ id: z.string() })])

const previewRequest = z
  .strictObject({
    webhook: z
      .union([z.string(), z.strictObject({ id: z.string() }), webhookCreate])
      .describe(
        'A saved webhook by its id, or a draft as for its creation. A draft with the id of a saved one is a change of ' +
          'it: masked header values are those that it has, and its secret signs.',
      ),
    trigger: orNothing(triggerSlug.describe("What happened; the webhook's first trigger unless given.")),
    event: orNothing(
      z
        .looseObject({})
        .describe('Any of the fields of an event as `POST /v1/events` takes it; a sample has the rest.'),
    ),
  })
  .meta({
    id: 'PreviewRequest',
    examples: [
      {
        webhook: 'wh_01J00000000000000000000000',
        event: { variables: { uuid: '61111f5e708c5', billsec: '42' } },
      },
    ],
  })
// The same with its parts unchecked: each is checked by itself, so that the faults of all are named at once.
const previewEnvelope = z.strictObject({ ...previewRequest.shape, webhook: z.unknown() })

const previewView = z
  .object({
    method: z.enum(['POST', 'GET']),
    url: z.string(),
    headers: z.array(z.object({ key: z.string(), value: z.string() })),
    body: z.string().nullable(),
    warnings,
  })
  .meta({ id: 'Preview' })

const testRequest = z
  .strictObject({
    trigger: orNothing(
      deliveredTrigger.describe(
        "The webhook's first trigger unless given. An operational webhook takes operational events.",
      ),
    ),
  })
  .meta({ id: 'TestRequest', examples: [{ trigger: 'dtmf_option' }] })

/** Signs the preview of a draft, which has no secret yet. */
const EXAMPLE_SECRET = newSecret(new Uint8Array(32))

export const webhookTryRoutes = new Hono<AppEnv>()
  .post(
    '/webhooks/preview',
    operation({
      operationId: 'previewWebhook',
      summary: 'Preview the request that an event makes',
      description:
        'The exact request that would go out, signature included, and what the webhook is warned of; nothing is sent. A draft is signed with an example secret.',
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 200: ['The request', previewView] },
      problems: [404, 422],
      account: 'optional',
    }),
    uncheckedBody(previewRequest, { lossless: true }),
    async (c) => {
      const input = c.req.valid('json')
      const envelope = check(previewEnvelope, input)
      const given: { webhook?: unknown; trigger?: unknown; event?: unknown } = input
      const subject = await subjectOf(c, plain(given.webhook))
      const fallback = subject.ok ? subject.destination.config.triggers[0] : undefined
      const event = eventOf(given.trigger, given.event, fallback)
      const faults = [
        ...(envelope.ok ? [] : envelope.faults),
        ...(subject.ok ? [] : subject.faults),
        ...(event === null || event.ok ? [] : event.faults),
      ]
      if (!subject.ok || event === null || !event.ok || faults.length > 0) throw invalid(faults)
      const { account_id, webhook_id, destination, terms } = subject
      const now = Date.now()
      const request = await prepareRequest(
        destination,
        deliveryId(newUlid(now, secureRandom), webhook_id),
        {
          event: event.event,
          account_id,
          webhook_id,
          position: event.event.sequence ?? 1,
          late: false,
          attempt: 1,
        },
        Math.floor(now / 1000),
        settingsOf(c.env).sourceTimeZone,
      )
      if (!request.ok)
        throw invalid(request.faults.map((fault) => ({ ...fault, path: `webhook.${fault.path}` })))
      const headers = request.headers.map(([key, value]) => ({ key, value }))
      const { config } = destination
      const missing = missingOf(config, terms)
      return c.json({
        method: request.method,
        url: request.url,
        headers,
        body: request.body,
        warnings: warningsOf(config, missing, terms.allowPrivateTargets),
      })
    },
  )
  .post(
    '/webhooks/:webhook_id/test',
    operation({
      operationId: 'testWebhook',
      summary: 'Test a webhook: send a sample',
      description:
        "Outside every lane and whatever the webhook's status. Answers once the receiver has. The request has the header `webhook-test: true` and a call id of its own (`test-…`); it is in the log, marked, and is not made again.",
      tag: 'Webhooks',
      scopes: ['admin', 'manage'],
      success: { 200: ['The attempt', attemptView] },
      problems: [404],
      account: 'optional',
    }),
    body(testRequest, { optional: true }),
    idempotent,
    async (c) => {
      const row = owned(c, 'webhook', await findWebhook(c.env, c.req.param('webhook_id')))
      return c.json(await sendTest(c.env, row, sampleFor(row, c.req.valid('json').trigger)))
    },
  )

function sampleFor(row: WebhookRow, asked: EventTrigger | undefined): Sample {
  const slug = asked ?? row.triggers[0]
  if (slug === undefined) throw new Error('a webhook without a trigger')
  if (isOperational(slug) !== (row.kind === 'operational')) {
    const message =
      row.kind === 'operational' ? 'is not an operational event' : 'goes to operational webhooks alone'
    throw invalid([{ path: 'trigger', message }])
  }
  return isOperational(slug) ? sampleOperational(slug) : sampleEvent(slug)
}

type Subject =
  | { ok: true; account_id: string; webhook_id: string; destination: Destination; terms: WebhookTerms }
  | { ok: false; faults: Fault[] }

/** The webhook to preview: a saved one with its own secrets, or a draft with the example secret. */
async function subjectOf(c: Context<AppEnv>, webhook: unknown): Promise<Subject> {
  const now = Date.now()
  const saved = check(savedWebhook, webhook)
  if (saved.ok) {
    const id = typeof saved.data === 'string' ? saved.data : saved.data.id
    const row = owned(c, 'webhook', await findCallWebhook(c.env, id))
    const destination = await openDestination(settingsOf(c.env).encryptionKeys, row)
    const terms = await termsFor(c.env, row.account_id)
    return { ok: true, account_id: row.account_id, webhook_id: row.id, destination, terms }
  }
  if (webhook === undefined) return { ok: false, faults: [{ path: 'webhook', message: 'is required' }] }
  const row = await rowOfDraft(c, webhook)
  const accountId = row?.account_id ?? (await accountFor(c))
  const terms = await termsFor(c.env, accountId)
  const stored = row === undefined ? null : await openDestination(settingsOf(c.env).encryptionKeys, row)
  const draft =
    stored === null ? checkWebhook(webhook, terms) : checkWebhookUpdate(stored.config, webhook, terms)
  if (!draft.ok) return { ok: false, faults: draft.faults.map((fault) => under('webhook', fault)) }
  const config: WebhookConfig = draft.data
  const destination = { ...(stored ?? { version: 1, secrets: [EXAMPLE_SECRET] }), config }
  const webhook_id = row?.id ?? newId('wh', now, secureRandom)
  return { ok: true, account_id: accountId, webhook_id, destination, terms }
}

/** The webhook that a draft was read from, if it says so: a webhook may be sent back as it was read. */
async function rowOfDraft(c: Context<AppEnv>, draft: unknown): Promise<WebhookRow | undefined> {
  if (!isRecord(draft) || typeof draft.id !== 'string') return undefined
  const row = await findCallWebhook(c.env, draft.id)
  return row !== undefined && reaches(c.var.principal, row.account_id) ? row : undefined
}

/** The event to preview with: what was given of it, a sample for the rest. Null where nothing says which trigger. */
function eventOf(triggerAsked: unknown, given: unknown, fallback: string | undefined) {
  const parts = isRecord(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
    : {}
  const inEvent = 'trigger' in parts ? parts.trigger : undefined
  const slug = triggerSlug.safeParse(triggerAsked ?? inEvent ?? fallback)
  if (!slug.success) return null
  const sample = sampleEvent(slug.data)
  const checked = checkEvent({ ...sample, ...inbound(parts), ...parts })
  if (!checked.ok) return { ok: false as const, faults: checked.faults.map((fault) => under('event', fault)) }
  if (checked.event.trigger !== slug.data) {
    return { ok: false as const, faults: [{ path: 'event.trigger', message: 'is another than `trigger`' }] }
  }
  const { account_id: _account, id, occurred_at, ...rest } = checked.event
  const event = { ...rest, id: id ?? sample.id, occurred_at: occurred_at ?? sample.occurred_at }
  return { ok: true as const, event }
}

/** An inbound call has no outbound type, whatever the sample has. */
function inbound(parts: object): object {
  return 'call_type' in parts && parts.call_type === 'inbound' ? { outbound_type: null } : {}
}

function under(parent: string, fault: Fault): Fault {
  return { ...fault, path: fault.path === '' ? parent : `${parent}.${fault.path}` }
}

/** A value without raw numbers, which only events may hold. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
