import * as v from 'valibot'
import { canFire, TRIGGER_SLUGS } from '../../catalogue/triggers.ts'
import { OUTBOUND_TYPES } from '../../catalogue/types.ts'
import { isJsonObject, isRawNumber, safeInteger, type Json, type JsonObject } from '../../lib/json.ts'
import { NO_TIME, readTime } from '../../lib/time.ts'
import type { Fault } from '../http/problem.ts'
import { NOT_A_TRIGGER } from '../http/words.ts'

/** An event may be this large, as JSON in UTF-8. */
export const EVENT_BYTES = 64 * 1024
export const BATCH_EVENTS = 500
/** Variables may nest this deep: deeper ones are nobody's call data, and would cost the stack of whoever walks them. */
const DEPTH = 32

const identifier = (most: number) =>
  v.pipe(
    v.string('must be a string'),
    v.minLength(1, 'must not be empty'),
    v.maxLength(most, `must be at most ${most} characters`),
    // eslint-disable-next-line no-control-regex -- control characters are just what is refused
    v.regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters'),
    // As UTF-8 it would be another id: no URL could ask for it, and no header name it to a receiver.
    v.check((text) => text.isWellFormed(), 'must not hold half of a surrogate pair'),
  )

/** Reads a time, and gives it back in UTC. */
export const readingTime = v.rawTransform<string, string>(({ dataset, addIssue, NEVER }) => {
  const read = readTime(dataset.value)
  if (read !== null) return read.utc
  addIssue({ message: NO_TIME })
  return NEVER
})

/** Built from `JsonObject`, which valibot cannot describe: the values are any JSON. */
const variables = v.pipe(
  v.custom<JsonObject>((input) => isJsonObject(input as Json), 'must be an object'),
  v.check((input) => !isDeeper(DEPTH, input), `must not nest deeper than ${DEPTH}`),
)

const entries = {
  account_id: v.nullish(identifier(64), null),
  id: v.nullish(identifier(255), null),
  trigger: v.picklist(TRIGGER_SLUGS, NOT_A_TRIGGER),
  call_id: identifier(255),
  call_type: v.picklist(['inbound', 'outbound'], 'must be inbound or outbound'),
  outbound_type: v.nullish(v.picklist(OUTBOUND_TYPES, `must be one of ${OUTBOUND_TYPES.join(', ')}`), null),
  number: v.nullish(identifier(64), null),
  sequence: v.nullish(
    v.pipe(
      v.number('must be a whole number'),
      v.safeInteger('must be a whole number'),
      v.minValue(1, 'must be at least 1'),
    ),
    null,
  ),
  occurred_at: v.nullish(v.pipe(v.string('must be a string'), readingTime), null),
  variables: v.nullish(variables, {}),
}

/** One call event, as `POST /v1/events` takes it. */
export const eventSchema = v.pipe(
  v.strictObject(entries, 'is not a field of an event'),
  v.forward(
    v.partialCheck(
      [['call_type'], ['outbound_type']],
      (event) => (event.call_type === 'outbound') === (event.outbound_type !== null),
      'is required for an outbound call, and only there',
    ),
    ['outbound_type'],
  ),
  v.forward(
    v.partialCheck(
      [['trigger'], ['call_type'], ['outbound_type']],
      (event) =>
        (event.call_type === 'outbound') !== (event.outbound_type !== null) ||
        canFire(event.trigger, event.call_type, event.outbound_type),
      'cannot fire for this call type and outbound type',
    ),
    ['trigger'],
  ),
)

export type EventInput = v.InferOutput<typeof eventSchema>

/** Checks an event; each fault is named once, with its path. */
export function checkEvent(input: unknown): { ok: true; event: EventInput } | { ok: false; faults: Fault[] } {
  const given = input as Json // safe: it is asked only whether it is an object, and what is in it is checked below
  if (!isJsonObject(given)) return { ok: false, faults: [{ path: '', message: 'must be an object' }] }
  const result = v.safeParse(eventSchema, withPlainSequence(given))
  if (result.success) return { ok: true, event: result.output }
  const faults = result.issues.map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    message:
      issue.input === undefined && issue.kind === 'schema' && issue.expected !== 'never'
        ? 'is required'
        : issue.message,
  }))
  return { ok: false, faults }
}

/** `1.0` is the integer 1, and comes as a raw number: what is kept for its digits is not to be taken for a fraction. */
function withPlainSequence(event: JsonObject): JsonObject {
  if (!isRawNumber(event['sequence'])) return event
  const sequence = safeInteger(event['sequence'])
  return sequence === null ? event : { ...event, sequence }
}

/** Whether arrays and objects nest deeper than so. A value in the innermost counts as one more. */
function isDeeper(most: number, value: Json): boolean {
  if (most === 0) return true
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return false
  if (Array.isArray(value)) {
    for (const child of value) if (isDeeper(most - 1, child)) return true
    return false
  }
  // JSON has no inherited keys, and `Object.values` would make an array for each object.
  for (const key in value) if (isDeeper(most - 1, value[key] ?? null)) return true
  return false
}
