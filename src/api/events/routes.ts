import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { EVENT_REFERENCE } from './document.ts'
import { BATCH_EVENTS } from './schema.ts'
import { INGEST_SCOPES, takeBatch, takeEvent } from './take.ts'

const taken = z.object({
  id: z.string(),
  call_id: z.string(),
  position: z
    .int()
    .describe(
      "The event's place in its call: its `sequence`, and one more for each event without one that has its place before it; without a `sequence`, the place behind the highest that has arrived.",
    ),
  duplicate: z.boolean().describe('The relay had this event already; nothing is delivered again.'),
  sequence_reused: z
    .literal(true)
    .optional()
    .describe(
      'Another event of the call, with another id, had this `sequence` before: this one was placed as if it had none. Not there otherwise.',
    ),
})

/** As it nearly always is: without what is there in rare cases alone. */
const TAKEN = { id: 'core-7731', call_id: '1628364922.6274679', position: 3, duplicate: false }

const batchAnswer = z.object({
  data: z.array(
    z.union([
      taken.extend({ status: z.literal(202) }),
      z.object({ status: z.int(), error: z.looseObject({ code: z.string(), detail: z.string() }) }),
    ]),
  ),
})

export const ingestRoutes = new Hono<AppEnv>()
  .post(
    '/',
    operation({
      operationId: 'createEvent',
      summary: 'Send an event',
      description:
        'Answers once the event is durable. Give it an `id` (or an `Idempotency-Key` header), and a repeat is harmless. Ids hold no control characters and no halves of surrogate pairs. A `sequence` may be spelled `1.0`, as any integer in JSON.',
      tag: 'Events',
      scopes: INGEST_SCOPES,
      success: { 202: ['The event is durable', taken.meta({ examples: [TAKEN] })] },
      problems: [400, 404, 409, 413, 415, 422],
    }),
    describeRoute({
      parameters: [
        {
          in: 'header',
          name: 'Idempotency-Key',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
          description: "The event's id, where the body has none.",
        },
      ],
      requestBody: { required: true, content: { 'application/json': { schema: EVENT_REFERENCE } } },
    }),
    (c) => takeEvent(c.req.raw, c.env, c.get('principal')),
  )
  .post(
    '/batch',
    operation({
      operationId: 'createEvents',
      summary: 'Send a batch of events',
      description:
        'Up to 500 events, of any calls. Each has its own answer, in the order of the request; a bad one spoils no other. Events of one call keep the order of the batch. Those that cannot be stored right now answer 503, and `Retry-After` says when to send them again; where that is all of them, the whole answer is 503.',
      tag: 'Events',
      scopes: INGEST_SCOPES,
      success: {
        202: [
          'An answer for each event',
          batchAnswer.meta({ examples: [{ data: [{ status: 202, ...TAKEN }] }] }),
        ],
      },
      problems: [400, 413, 415, 422],
    }),
    describeRoute({
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['events'],
              additionalProperties: false,
              properties: {
                events: {
                  type: 'array',
                  minItems: 1,
                  maxItems: BATCH_EVENTS,
                  items: EVENT_REFERENCE,
                },
              },
            },
          },
        },
      },
    }),
    (c) => takeBatch(c.req.raw, c.env, c.get('principal')),
  )
