import { ALIASES, TRIGGERS, triggerOf } from '../catalogue/triggers.ts'
import type { Variable } from '../catalogue/types.ts'
import type { WebhookConfig } from '../config/webhook.ts'
import type { Json } from '../json.ts'
import type { Fault } from '../problem.ts'
import type { DeliveryContext } from './event.ts'
import { encodeForm } from './form.ts'
import { fillText, fillValue, textOf, type Scope } from './template.ts'
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
    }
  | { ok: false; faults: Fault[] }

/** The variables of every trigger, by name: a template may name one that its trigger does not have. */
const DOCUMENTED: ReadonlyMap<string, Variable> = new Map(
  [...TRIGGERS].reverse().flatMap((trigger) => trigger.variables.map((variable) => [variable.name, variable] as const)),
)

/** The part of a call that a split date or time is derived from. */
const SPLIT: ReadonlyMap<string, { stamp: string; format: typeof formatDate }> = new Map([
  ['start_date', { stamp: 'start_stamp', format: formatDate }],
  ['start_time', { stamp: 'start_stamp', format: formatTime }],
  ['end_date', { stamp: 'end_stamp', format: formatDate }],
  ['end_time', { stamp: 'end_stamp', format: formatTime }],
])

/** A control character in a header would end it and begin another one (RFC 9110 §5.5). Tab may stand in a value. */
// eslint-disable-next-line no-control-regex -- control characters are just what is looked for
const FORBIDDEN_IN_HEADER = /[\u0000-\u0008\u000a-\u001f\u007f]/

/** The request of a delivery in the shape that its webhook asked for. Pure: the same in gives the same out. */
export function renderRequest(webhook: WebhookConfig, context: DeliveryContext, sourceTimeZone: string): Rendered {
  const values = valuesOf(webhook, context, sourceTimeZone)
  const scope = scopeOf(values, context)

  const headers = webhook.headers.map(({ key, value }): [string, string] => [key, fillText(value, scope)])
  const faults = headers.flatMap(([key, value], index) =>
    FORBIDDEN_IN_HEADER.test(value)
      ? [{ path: `headers.${index}.value`, message: `of ${key} holds a control character once it is filled in` }]
      : [],
  )
  if (faults.length > 0) return { ok: false, faults }

  const fields = new Map<string, Json>(webhook.body === 'all' ? bodyOf(values, context) : [])
  // Setting a key that is there keeps its place, so a parameter replaces a variable of its name where it stood.
  for (const { key, value } of webhook.parameters) fields.set(key, fillValue(value, scope))
  if (webhook.value_types === 'strings') for (const [key, value] of fields) fields.set(key, textOf(value))

  if (webhook.method === 'GET') {
    const { url, query } = withQuery(webhook.url, encodeForm(fields, webhook.nested_form))
    return { ok: true, method: 'GET', url, headers, body: null, signed: query }
  }
  const body =
    webhook.content_type === 'application/json' ? jsonOf(fields) : encodeForm(fields, webhook.nested_form)
  headers.push(['content-type', webhook.content_type])
  return { ok: true, method: 'POST', url: webhook.url, headers, body, signed: body }
}

/** What the event carries, under clean names, its aliases filled and its times in the webhook's format and zone. */
function valuesOf(webhook: WebhookConfig, context: DeliveryContext, sourceTimeZone: string): Map<string, Json> {
  const carried = new Map<string, Json>()
  for (const [key, value] of Object.entries(context.event.variables)) {
    if (!isUnfilled(value)) carried.set(key.trim(), value)
  }
  const documented = new Set(triggerOf(context.event.trigger).variables.map((variable) => variable.name))
  for (const [name, other] of ALIASES) {
    const value = carried.get(other)
    if (value !== undefined && !carried.has(name) && documented.has(name)) carried.set(name, value)
  }
  if (documented.has('call_id') && !carried.has('call_id')) carried.set('call_id', context.event.call_id)

  const instants = new Map<string, number>()
  for (const [name, value] of carried) {
    if (DOCUMENTED.get(name)?.temporal !== 'timestamp') continue
    const instantS = parseStamp(value, sourceTimeZone)
    if (instantS === null) continue
    instants.set(name, instantS)
    carried.set(name, formatStamp(instantS, webhook.date_time_format, webhook.time_zone))
  }
  for (const [name, { stamp, format }] of SPLIT) {
    const instantS = instants.get(stamp)
    if (instantS !== undefined && (carried.has(name) || documented.has(name))) {
      carried.set(name, format(instantS, webhook.time_zone))
    }
  }
  for (const [name, value] of carried) {
    const variable = DOCUMENTED.get(name)
    // Live lines write "" where an object or a list is empty.
    if (value === '' && variable !== undefined) carried.set(name, blankOf(variable))
  }
  return carried
}

/** The trigger's variables in the catalogue's order, each there, and then whatever else came, as it came. */
function bodyOf(values: ReadonlyMap<string, Json>, context: DeliveryContext): [string, Json][] {
  const variables = triggerOf(context.event.trigger).variables
  const names = new Set<string>(variables.map((variable) => variable.name))
  return [
    ...variables.map((variable): [string, Json] => [variable.name, values.get(variable.name) ?? blankOf(variable)]),
    ...[...values].filter(([name]) => !names.has(name)),
  ]
}

/** All that a template may name: blanks of what is documented, the event's values, aliases, the delivery's own. */
function scopeOf(values: ReadonlyMap<string, Json>, context: DeliveryContext): Scope {
  const { event } = context
  const scope = new Map<string, Json>()
  for (const [name, variable] of DOCUMENTED) scope.set(name, blankOf(variable))
  scope.set('call_id', event.call_id)
  for (const [name, value] of values) scope.set(name, value)
  for (const [name, other] of ALIASES) {
    const value = values.get(other)
    if (value !== undefined && !values.has(name)) scope.set(name, value)
    else if (!scope.has(name)) scope.set(name, '')
  }
  scope.set('trigger', event.trigger)
  scope.set('trigger_name', triggerOf(event.trigger).name)
  scope.set('event_id', event.id)
  scope.set('position', context.position)
  scope.set('attempt', context.attempt)
  scope.set('account_id', context.account_id)
  scope.set('webhook_id', context.webhook_id)
  return scope
}

/** What stands for a variable that the event does not carry. Numbers are documented as text, so theirs is "". */
function blankOf(variable: Variable): Json {
  switch (variable.type) {
    case 'object':
      return {}
    case 'array_of_strings':
    case 'array_of_objects':
      return []
    case 'string':
    case 'integer':
    case 'boolean':
      return ''
  }
}

/** A value that is a variable's name and nothing else: the core's own template was not filled in. */
function isUnfilled(value: Json): boolean {
  return typeof value === 'string' && value.startsWith('$') && DOCUMENTED.has(value.slice(1))
}

/** Built by hand, because a plain object would reorder keys that look like numbers and lose `__proto__`. */
function jsonOf(fields: ReadonlyMap<string, Json>): string {
  return `{${[...fields].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}

/** The URL with the fields after its own query, which is kept byte for byte. A fragment is never sent. */
function withQuery(url: string, fields: string): { url: string; query: string } {
  const [address = '', ...own] = (url.split('#')[0] ?? '').split('?')
  const query = [own.join('?'), fields].filter((part) => part !== '').join('&')
  return { url: query === '' ? address : `${address}?${query}`, query }
}
