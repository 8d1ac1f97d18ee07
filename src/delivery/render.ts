import { isOperational, operationalEventOf } from '../catalogue/operational.ts'
import { ALIASES, TRIGGERS, triggerOf, type TriggerSlug } from '../catalogue/triggers.ts'
import type { Variable } from '../catalogue/types.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'
import type { Json } from '../lib/json.ts'
import type { Fault } from '../api/http/problem.ts'
import type { CallEvent, DeliveryContext } from './event.ts'
import { encodeForm } from './form.ts'
import { fillText, fillValue, literalsOf, textOf, type Scope } from './template.ts'
import { formatDate, formatStamp, formatTime, parseStamp } from './timestamps.ts'

export type Rendered =
  | {
      ok: true
      method: 'POST' | 'GET'
      url: string
      /** The webhook's own headers, filled in, and the content type; those of the relay come on top. */
      headers: [string, string][]
      body: string | null
      /** What the signature covers: the body, or for GET the query as sent. */
      signed: string
      /** What the webhook's header values hold beside the event's variables: as like as not, credentials. */
      secrets: string[]
    }
  | { ok: false; faults: Fault[] }

/** What an event says, once names, aliases, blanks and times are put right. */
interface Values {
  readonly all: ReadonlyMap<string, Json>
  /** The names that the event itself carries, in its order. */
  readonly carried: readonly string[]
}

/** The variables of every trigger, by name: a template may name one that its trigger does not have. */
const DOCUMENTED: ReadonlyMap<string, Variable> = new Map(
  TRIGGERS.flatMap((trigger) => trigger.variables.map((variable) => [variable.name, variable] as const)),
)

/** The part of a call that a split date or time is derived from. */
const SPLIT: readonly { name: string; stamp: string; format: typeof formatDate }[] = [
  { name: 'start_date', stamp: 'start_stamp', format: formatDate },
  { name: 'start_time', stamp: 'start_stamp', format: formatTime },
  { name: 'end_date', stamp: 'end_stamp', format: formatDate },
  { name: 'end_time', stamp: 'end_stamp', format: formatTime },
]

/** A control character in a header would end it and begin another one (RFC 9110 §5.5). Tab may stand in a value. */
// eslint-disable-next-line no-control-regex -- control characters are just what is looked for
const FORBIDDEN_IN_HEADER = /[\u0000-\u0008\u000a-\u001f\u007f]/

/**
 * The request of a delivery in the shape that its webhook asked for. Pure: the same in gives the same out.
 * A header value beyond ASCII goes out as UTF-8, as workerd writes it.
 */
export function renderRequest(
  webhook: WebhookConfig,
  context: DeliveryContext,
  sourceTimeZone: string,
): Rendered {
  const { trigger } = context.event
  if (isOperational(trigger)) {
    const filled = headersOf(webhook, ownScope(operationalEventOf(trigger).name, context))
    return filled.ok ? posted(webhook, filled, 'application/json', envelopeOf(context.event)) : filled
  }
  const values = valuesOf(webhook, context, trigger, sourceTimeZone)
  const scope = scopeOf(values, context, trigger)
  const filled = headersOf(webhook, scope)
  if (!filled.ok) return filled
  const { headers, secrets } = filled

  const fields = new Map<string, Json>(webhook.body === 'all' ? bodyOf(values, trigger) : [])
  // Setting a key that is there keeps its place, so a parameter replaces a variable of its name where it stood.
  for (const { key, value } of webhook.parameters) fields.set(key, fillValue(value, scope))
  if (webhook.value_types === 'strings') for (const [key, value] of fields) fields.set(key, textOf(value))

  if (webhook.method === 'GET') {
    const { url, query } = withQuery(webhook.url, encodeForm(fields, webhook.nested_form))
    return { ok: true, method: 'GET', url, headers, body: null, signed: query, secrets }
  }
  const body =
    webhook.content_type === 'application/json' ? jsonOf(fields) : encodeForm(fields, webhook.nested_form)
  return posted(webhook, filled, webhook.content_type, body)
}

interface Filled {
  headers: [string, string][]
  secrets: string[]
}

/** The webhook's own headers with their variables filled in. */
function headersOf(
  webhook: WebhookConfig,
  scope: Scope,
): ({ ok: true } & Filled) | { ok: false; faults: Fault[] } {
  // A lone surrogate has no UTF-8, and workerd drops the connection over one.
  const headers = webhook.headers.map(({ key, value }): [string, string] => [
    key,
    fillText(value, scope).toWellFormed(),
  ])
  const faults = headers.flatMap(([key, value], index) =>
    FORBIDDEN_IN_HEADER.test(value)
      ? [
          {
            path: `headers.${index}.value`,
            message: `of ${key} holds a control character once it is filled in`,
          },
        ]
      : [],
  )
  if (faults.length > 0) return { ok: false, faults }
  return { ok: true, headers, secrets: webhook.headers.flatMap(({ value }) => literalsOf(value, scope)) }
}

function posted(
  webhook: WebhookConfig,
  { headers, secrets }: Filled,
  contentType: WebhookConfig['content_type'],
  body: string,
): Rendered {
  return {
    ok: true,
    method: 'POST',
    url: withoutFragment(webhook.url),
    headers: [...headers, ['content-type', contentType]],
    body,
    signed: body,
    secrets,
  }
}

/** An operational event's body, in the shape that Standard Webhooks recommends. No setting of a webhook changes it. */
function envelopeOf({ trigger, occurred_at, variables }: CallEvent): string {
  return JSON.stringify({ type: trigger, timestamp: occurred_at, data: variables })
}

function valuesOf(
  webhook: WebhookConfig,
  context: DeliveryContext,
  slug: TriggerSlug,
  sourceTimeZone: string,
): Values {
  const { event } = context
  const own = new Map(triggerOf(slug).variables.map((variable) => [variable.name, variable]))
  const all = new Map<string, Json>()
  for (const [key, value] of Object.entries(event.variables)) {
    // Some keys of live lines end in a space.
    const name = key.trim()
    if (name !== key && Object.hasOwn(event.variables, name)) continue
    const variable = own.get(name) ?? DOCUMENTED.get(name)
    // Live lines write "" for an empty object or list, and the name itself for what was not filled in. A null says
    // no more than those; beyond the catalogue, where no type is known that it could break, it stays as it came.
    const isNull = value === null && variable !== undefined
    all.set(name, value === '' || isNull || isUnfilled(name, value) ? blankOf(variable) : value)
  }
  const carried = [...all.keys()]

  const isMissing = (name: string): boolean => (all.get(name) ?? '') === ''
  for (const [name, other] of ALIASES) {
    const value = all.get(other)
    if (value !== undefined && isMissing(name)) all.set(name, value)
  }
  if (isMissing('call_id')) all.set('call_id', event.call_id)

  const instants = new Map<string, number>()
  for (const [name, value] of all) {
    if (DOCUMENTED.get(name)?.temporal !== 'timestamp') continue
    const instantS = parseStamp(value, sourceTimeZone)
    if (instantS === null) continue
    instants.set(name, instantS)
    all.set(name, formatStamp(instantS, webhook.date_time_format, webhook.time_zone))
  }
  for (const { name, stamp, format } of SPLIT) {
    const instantS = instants.get(stamp)
    if (instantS !== undefined) all.set(name, format(instantS, webhook.time_zone))
  }
  return { all, carried }
}

/** The trigger's variables in the catalogue's order, each there, and then whatever else came, as it came. */
function bodyOf(values: Values, slug: TriggerSlug): [string, Json][] {
  const variables = triggerOf(slug).variables
  const names = new Set(variables.map((variable) => variable.name))
  const field = (name: string, variable?: Variable): [string, Json] => {
    const value = values.all.get(name)
    return [name, value === undefined ? blankOf(variable) : value]
  }
  return [
    ...variables.map((variable) => field(variable.name, variable)),
    ...values.carried.filter((name) => !names.has(name)).map((name) => field(name)),
  ]
}

/** All that a template may name: blanks of what is documented, the event's values, aliases, the delivery's own. */
function scopeOf(values: Values, context: DeliveryContext, slug: TriggerSlug): Scope {
  const trigger = triggerOf(slug)
  const scope = new Map<string, Json>()
  for (const name of ALIASES.keys()) scope.set(name, '')
  for (const [name, variable] of DOCUMENTED) scope.set(name, blankOf(variable))
  for (const variable of trigger.variables) scope.set(variable.name, blankOf(variable))
  for (const [name, value] of values.all) scope.set(name, value)
  for (const [name, value] of ownScope(trigger.name, context)) scope.set(name, value)
  return scope
}

/** What a template may name of the delivery itself. */
function ownScope(triggerName: string, context: DeliveryContext): Scope {
  return new Map<string, Json>([
    ['trigger', context.event.trigger],
    ['trigger_name', triggerName],
    ['event_id', context.event.id],
    ['position', context.position],
    ['attempt', context.attempt],
    ['account_id', context.account_id],
    ['webhook_id', context.webhook_id],
  ])
}

/**
 * What stands for a variable that the event does not carry. Whole numbers and booleans are "" too: 0 and false
 * would say something about the call, and live lines write "" where such a value does not apply.
 */
function blankOf(variable: Variable | undefined): Json {
  switch (variable?.type) {
    case 'object':
      return {}
    case 'array_of_strings':
    case 'array_of_objects':
      return []
    case 'string':
    case 'integer':
    case 'boolean':
    case undefined:
      return ''
  }
}

/** A value that is `$` and a variable's name, its own or another: the core's own template was not filled in. */
function isUnfilled(name: string, value: Json): boolean {
  if (typeof value !== 'string' || !value.startsWith('$')) return false
  const named = value.slice(1).trim()
  return named === name || DOCUMENTED.has(named) || ALIASES.has(named)
}

/** Built by hand, because a plain object would reorder keys that look like numbers and lose `__proto__`. */
function jsonOf(fields: ReadonlyMap<string, Json>): string {
  return `{${[...fields].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}

/**
 * The URL with the fields after its own query. What a URL may hold is kept byte for byte; what it may not (a space,
 * a quote, a letter beyond ASCII) is encoded here as `fetch` would, so that the signature covers what is sent.
 */
function withQuery(url: string, fields: string): { url: string; query: string } {
  const [address = '', ...own] = withoutFragment(url).split('?')
  const query = [own.join('?'), fields].filter((part) => part !== '').join('&')
  // The target was checked, so this is a URL.
  const sent = new URL(query === '' ? address : `${address}?${query}`)
  return { url: sent.href, query: sent.search.slice(1) }
}

function withoutFragment(url: string): string {
  return url.split('#')[0] ?? url
}
