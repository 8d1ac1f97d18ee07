import * as z from 'zod'
import { OUTBOUND_TYPES } from '../../catalogue/types.ts'
import { MASK, type WebhookConfig } from '../../contracts/webhook.ts'
import { triggerSlug } from '../triggers/slug.ts'

const MOST_HEADERS = 20
const MOST_PARAMETERS = 100

/** Text of so many characters (code points, as in JSON Schema). */
export function characters(least: number, most: number) {
  return z
    .string()
    .refine((text) => text.isWellFormed(), 'must not hold half of a surrogate pair')
    .refine(
      (text) => {
        const length = Array.from(text).length
        return length >= least && length <= most
      },
      least === 0 ? `must be at most ${most} characters` : `must be ${least} to ${most} characters`,
    )
    .meta(least === 0 ? { maxLength: most } : { minLength: least, maxLength: most })
}

// Control characters, and the two line breaks of Unicode.
// eslint-disable-next-line no-control-regex -- control characters are just what is refused
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/
/** A character that is seen: neither a blank nor one that only shapes others. */
const VISIBLE = /[^\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Text that a list or a log shows on one line, of so many characters. */
export function line(least: number, most: number) {
  return characters(least, most).regex(ONE_LINE, 'must not hold line breaks or control characters')
}

/** What somebody calls a webhook, an account or a key. */
export const nameField = line(1, 120)
  .refine((name) => name === '' || VISIBLE.test(name), 'must not be blank')
  .describe('On one line, and not blank.')

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// A control character would end the header or the request. Other characters go out as UTF-8.
// eslint-disable-next-line no-control-regex -- control characters are just what is refused
const HEADER_VALUE = /^[^\u0000-\u001f\u007f-\u009f]*$/
// Spelled without a flag: a JSON Schema has none.
const HTTP_URL = /^[Hh][Tt][Tt][Pp][Ss]?:/

/**
 * What the relay, the connection or Cloudflare sets. `content-type` is the field `content_type`. Of Cloudflare's own just
 * those that its documents have it set, overwrite or remove on a Worker's request
 * (https://developers.cloudflare.com/fundamentals/reference/http-headers/): others with `cf-` are the receiver's to ask
 * for, such as the two of a service token of Cloudflare Access.
 */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'user-agent',
  'cdn-loop',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-ew-via',
  'cf-ipcountry',
  'cf-pseudo-ipv4',
  'cf-ray',
  'cf-visitor',
  'cf-worker',
])

function isReserved(header: string): boolean {
  const name = header.toLowerCase()
  return RESERVED_HEADERS.has(name) || name.startsWith('webhook-')
}

function isTimeZone(name: string): boolean {
  if (name === 'IST' || name === 'UTC') return true
  // Intl takes offsets as well, which are not names of zones.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** A list that is a set: what is given twice counts once. */
export function distinct<T>(items: T[]): T[] {
  return [...new Set(items)]
}

const header = z
  .strictObject({
    key: characters(1, 128)
      .regex(TOKEN, 'must be an HTTP header name')
      .refine((name) => !isReserved(name), 'is a header that the relay or its platform sets itself'),
    value: characters(0, 4_096)
      .regex(HEADER_VALUE, 'must hold no line break or control character')
      .refine((value) => value !== MASK, 'is the mask of a value that the webhook does not have'),
  })
  .meta({ id: 'Header', description: 'A request header. Its value may hold `$variables`.' })

const parameter = z
  .strictObject({ key: characters(1, 256), value: characters(0, 8_192) })
  .meta({ id: 'Parameter', description: 'A body or query value. Its value may hold `$variables`.' })

/** Each field by itself, without its default. Rules that span fields are in `check.ts`. */
export const webhookFields = {
  name: nameField,
  description: characters(0, 1_000),
  triggers: z.array(triggerSlug).min(1, 'must name at least one trigger').overwrite(distinct),
  url: characters(1, 2_048)
    .regex(HTTP_URL, 'must be an http or https URL')
    .describe('A public http(s) URL; https alone in production.'),
  method: z.enum(['POST', 'GET']),
  content_type: z.enum(['application/json', 'application/x-www-form-urlencoded']),
  call_type: z
    .enum(['inbound', 'outbound', 'all'])
    .describe('Must be one that each of the triggers can fire for.'),
  outbound_types: z
    .array(z.enum(OUTBOUND_TYPES))
    .overwrite(distinct)
    .describe('Filters outbound calls; empty lets every one through.'),
  numbers: z
    .array(characters(1, 64))
    .max(1_000)
    .overwrite(distinct)
    .describe("Of the account's My Numbers. Filters inbound calls; empty lets every one through."),
  date_time_format: z.enum(['default', 'epoch', 'iso8601']),
  time_zone: characters(1, 64)
    .refine(isTimeZone, 'must be IST, UTC or the IANA name of a time zone')
    .describe('`IST`, `UTC` or an IANA name such as `Asia/Dubai`.'),
  headers: z.array(header).max(MOST_HEADERS, `must be at most ${MOST_HEADERS} headers`),
  parameters: z.array(parameter).max(MOST_PARAMETERS, `must be at most ${MOST_PARAMETERS} parameters`),
  body: z
    .enum(['all', 'parameters'])
    .describe(
      "`all`: the trigger's variables, pass-through keys, then parameters. `parameters`: those alone.",
    ),
  value_types: z.enum(['typed', 'strings']).describe('`strings` carries objects and arrays as JSON text.'),
  nested_form: z.enum(['json', 'brackets']).describe('How forms and GET carry nested values.'),
  ordering: z.enum(['per_call', 'none']),
  rate_limit: z.number().positive().max(10_000).nullable().describe('Deliveries a second.'),
  max_age_seconds: z.int().positive().nullable().describe('A delivery not made by then expires.'),
}

/** What a field is that is not given. */
export const DEFAULTS = {
  description: '',
  method: 'POST',
  content_type: 'application/json',
  call_type: 'all',
  outbound_types: [],
  numbers: [],
  date_time_format: 'default',
  time_zone: 'IST',
  headers: [],
  parameters: [],
  body: 'all',
  value_types: 'typed',
  nested_form: 'json',
  ordering: 'per_call',
  rate_limit: null,
  max_age_seconds: null,
} as const satisfies Omit<{ readonly [Field in keyof WebhookConfig]: unknown }, 'name' | 'triggers' | 'url'>

/** A webhook as a whole. */
export const webhookWhole = z.strictObject({
  ...webhookFields,
  description: webhookFields.description.default(DEFAULTS.description),
  method: webhookFields.method.default(DEFAULTS.method),
  content_type: webhookFields.content_type.default(DEFAULTS.content_type),
  call_type: webhookFields.call_type.default(DEFAULTS.call_type),
  outbound_types: webhookFields.outbound_types.default([]),
  numbers: webhookFields.numbers.default([]),
  date_time_format: webhookFields.date_time_format.default(DEFAULTS.date_time_format),
  time_zone: webhookFields.time_zone.default(DEFAULTS.time_zone),
  headers: webhookFields.headers.default([]),
  parameters: webhookFields.parameters.default([]),
  body: webhookFields.body.default(DEFAULTS.body),
  value_types: webhookFields.value_types.default(DEFAULTS.value_types),
  nested_form: webhookFields.nested_form.default(DEFAULTS.nested_form),
  ordering: webhookFields.ordering.default(DEFAULTS.ordering),
  rate_limit: webhookFields.rate_limit.default(DEFAULTS.rate_limit),
  max_age_seconds: webhookFields.max_age_seconds.default(DEFAULTS.max_age_seconds),
})

/** Any of a webhook's fields. */
export const webhookParts = z.strictObject(webhookFields).partial()
