import { toJsonSchema } from '@valibot/to-json-schema'
import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { invalid } from '../http/faults.ts'
import { isJsonObject, parseJson, type Json } from '../../lib/json.ts'
import { Problem } from '../http/problem.ts'
import { readJson } from '../http/body.ts'
import { acceptEvent, acceptEvents, type Taken } from './accept.ts'
import { BATCH_EVENTS, EVENT_BYTES, eventSchema } from './schema.ts'

/** What a batch may weigh: all its events at their largest, and the JSON around them. */
const BATCH_BYTES = BATCH_EVENTS * EVENT_BYTES + 64 * 1024

const taken = z.object({
  id: z.string(),
  call_id: z.string(),
  position: z.int().describe("The event's place in its call."),
  duplicate: z.boolean().describe('The relay had this event already; nothing is delivered again.'),
})

// Inside an OpenAPI 3.1 document a schema is of that document's own dialect.
const { $schema: _dialect, ...eventDocument } = toJsonSchema(eventSchema, {
  errorMode: 'ignore',
  // `variables` is checked by hand: it is any JSON object.
  overrideSchema: ({ valibotSchema }) => (valibotSchema.type === 'custom' ? { type: 'object' } : undefined),
})

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
      summary: 'Take a call event',
      description:
        'Answers once the event is durable. Give it an `id` (or an `Idempotency-Key` header), and a repeat is harmless.',
      tag: 'Events',
      scopes: ['admin', 'ingest'],
      success: { 202: ['The event is durable', taken] },
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
      requestBody: { required: true, content: { 'application/json': { schema: eventDocument as object } } },
    }),
    async (c) => {
      let bytes = 0
      const body = await readJson(c, { maxBytes: EVENT_BYTES }, (text) => {
        bytes = text.length
        return parseJson(text)
      })
      // Safe: readJson answers with what parseJson made.
      const event = withKey(body as Json, c.req.header('idempotency-key'))
      const answer = await acceptEvent(c.env, c.var.principal, event, bytes)
      if (answer instanceof Problem) throw answer
      return c.json(answer, 202)
    },
  )
  .post(
    '/batch',
    operation({
      operationId: 'createEvents',
      summary: 'Take a batch of call events',
      description:
        'Up to 500 events, of any calls. Each has its own answer, in the order of the request; a bad one spoils no other. Events of one call keep the order of the batch. Those that cannot be stored right now answer 503, and `Retry-After` says when to send them again; where that is all of them, the whole answer is 503.',
      tag: 'Events',
      scopes: ['admin', 'ingest'],
      success: { 202: ['An answer for each event', batchAnswer] },
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
                  items: eventDocument as object,
                },
              },
            },
          },
        },
      },
    }),
    async (c) => {
      const events = eventsOf((await readJson(c, { maxBytes: BATCH_BYTES }, parseJson)) as Json) // safe: as above
      const encoder = new TextEncoder()
      const sizeOf = (event: Json): number => encoder.encode(JSON.stringify(event)).byteLength
      const answers = await acceptEvents(c.env, c.var.principal, events, sizeOf)
      const untaken = answers.filter(isUnavailable)
      const [first] = untaken
      // Whoever looks at the status alone must not take events for durable of which none is.
      if (first !== undefined && untaken.length === answers.length) throw first
      if (first !== undefined) c.header('retry-after', String(first.retryAfterS))
      return c.json({ data: answers.map(toItem) }, 202)
    },
  )

function isUnavailable(answer: Taken | Problem): answer is Problem {
  return answer instanceof Problem && answer.code === 'unavailable'
}

function toItem(answer: Taken | Problem) {
  if (!(answer instanceof Problem)) return { status: 202, ...answer }
  const { status, ...error } = answer.toDocument()
  return { status, error }
}

function eventsOf(body: Json): Json[] {
  if (!isJsonObject(body)) throw invalid([{ path: '', message: 'must be an object' }])
  const unknown = Object.keys(body).filter((key) => key !== 'events')
  const faults = unknown.map((path) => ({ path, message: 'is not a known field' }))
  const events = body['events']
  if (events === undefined) faults.push({ path: 'events', message: 'is required' })
  else if (!Array.isArray(events)) faults.push({ path: 'events', message: 'must be an array' })
  else if (events.length === 0 || events.length > BATCH_EVENTS) {
    faults.push({ path: 'events', message: `must hold 1 to ${BATCH_EVENTS} events, not ${events.length}` })
  }
  if (faults.length > 0 || !Array.isArray(events)) throw invalid(faults)
  return events
}

/** The event with its id from the header, where the body has none. Where both have one they have to agree. */
function withKey(event: Json, key: string | undefined): Json {
  if (key === undefined || !isJsonObject(event)) return event
  const { id } = event
  if (id === undefined) return { ...event, id: key }
  if (id !== key) throw invalid([{ path: 'id', message: 'is not what the Idempotency-Key header says' }])
  return event
}
