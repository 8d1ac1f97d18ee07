/** An event, as the documents describe it: from the schema that checks it, with what a sender needs to know of each field. */
import { toJsonSchema } from '@valibot/to-json-schema'
import { eventSchema, readingTime } from './schema.ts'

const TRIGGERS = { $ref: '#/components/schemas/TriggerSlug' }

const DESCRIPTIONS: Readonly<Record<keyof typeof eventSchema.entries, string>> = {
  account_id: 'Whose call it is. Required with a key of every account; any other key sends for its own.',
  id: 'Yours, unique in the call: a repeat with it delivers nothing again. Without one the relay gives an id, and a repeat is another event.',
  trigger: 'What happened. One that cannot fire for the call type and outbound type is refused.',
  call_id: 'Groups the events whose order is kept.',
  call_type: 'Which way the call goes.',
  outbound_type: 'What makes the outbound call. Required for an outbound call, and only there.',
  number:
    "The account's own number that the call came in on or went out from. Webhooks filter inbound calls by it.",
  sequence: "The event's place in its call, from 1. Where given, it and not the arrival decides the order.",
  occurred_at: 'When it happened.',
  variables: 'What is known of the call: any JSON object. Numbers keep their digits all the way.',
}

const EXAMPLE = {
  id: 'core-7731',
  trigger: 'call_answered_by_agent',
  call_id: '1628364922.6274679',
  call_type: 'inbound',
  number: '+918069010148',
  sequence: 3,
  occurred_at: '2021-08-09T12:28:44Z',
  variables: {
    uuid: '61111f5e708c5',
    call_to_number: '918069010148',
    caller_id_number: '9000000001',
    start_stamp: '2021-08-09 17:58:44',
  },
}

// Inside an OpenAPI 3.1 document a schema is of that document's own dialect.
const {
  $schema: _dialect,
  properties = {},
  ...rest
} = toJsonSchema(eventSchema, {
  errorMode: 'ignore',
  // `variables` is checked by hand: it is any JSON object.
  overrideSchema: ({ valibotSchema }) => {
    if (valibotSchema === eventSchema.entries.trigger) return TRIGGERS
    return valibotSchema.type === 'custom' ? { type: 'object' } : undefined
  },
  // And so are times.
  overrideAction: ({ valibotAction, jsonSchema }) =>
    valibotAction === readingTime ? { ...jsonSchema, format: 'date-time' } : undefined,
})

/** Among the document's components, so that it is there once. */
export const eventDocument = {
  ...rest,
  properties: Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      // Safe: they are the properties of the same schema; and of `toJsonSchema` all are objects.
      { ...(property as object), description: DESCRIPTIONS[name as keyof typeof DESCRIPTIONS] },
    ]),
  ),
  examples: [EXAMPLE],
}

export const EVENT_REFERENCE = { $ref: '#/components/schemas/EventCreate' }
