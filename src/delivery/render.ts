import { isOperational, operationalEventOf } from '../catalogue/operational.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'
import type { Json } from '../lib/json.ts'
import type { CallEvent, DeliveryContext } from './event.ts'
import { planOf, type Plan } from './plan.ts'
import { fillText, fillValue, literalsOf, type Scope } from './template.ts'
import { encoded, joined, MOST_CHARACTERS, valuesOf, type Values } from './values.ts'

/** What is wrong with a request: `path` is dotted (`headers.0.value`). */
interface Fault {
  path: string
  message: string
}

export type Rendered =
  | {
      ok: true
      method: 'POST' | 'GET'
      url: string
      /** The webhook's own headers, filled in, and the content type; those of the relay come on top. */
      headers: readonly [string, string][]
      body: string | null
      /** What the signature covers: the body, or for GET the query as sent. */
      signed: string
      /** What the templates of the headers could name: `secretsOf` asks for it. */
      scope: Scope
      /** The headers whose values lost control characters that variables had brought. */
      cleaned: readonly string[]
    }
  | Unsent

interface Unsent {
  ok: false
  faults: Fault[]
}

/**
 * A line break in a header would end it and begin another one, and servers refuse the other control characters
 * (RFC 9110 §5.5). Tab may stand in a value.
 */
// eslint-disable-next-line no-control-regex -- control characters are just what is looked for
const FORBIDDEN_IN_HEADER = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/
// eslint-disable-next-line no-control-regex -- the same, all of them
const ALL_FORBIDDEN_IN_HEADER = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]+/g

/**
 * workerd sends no longer URL (`uri too long`): it fails the request before it has connected. Only a query gets there,
 * since a webhook's own URL has 2,048 characters at most.
 */
const MOST_URL_BYTES = 65_534

/** What a webhook's header values may hold in all: Cloudflare takes 128 KB of headers, and most servers a tenth of that. */
const MOST_HEADER_CHARACTERS = 2 ** 17

/**
 * The request of a delivery in the shape that its webhook asked for. Pure: the same in gives the same out. What
 * depends on the webhook or on the event alone is worked out once, so neither may be changed in place.
 * A header value beyond ASCII goes out as UTF-8, as workerd writes it.
 */
export function renderRequest(
  webhook: WebhookConfig,
  context: DeliveryContext,
  sourceTimeZone: string,
): Rendered {
  const plan = planOf(webhook)
  const { event } = context
  const { trigger } = event
  if (isOperational(trigger)) {
    const scope = new AttemptScope(null, operationalEventOf(trigger).name, context)
    const headers = headersOf(webhook, plan, scope)
    if (!headers.ok) return headers
    return posted(plan, headers, ['content-type', 'application/json'], envelopeOf(event), scope)
  }
  const values = valuesOf(webhook, event, trigger, sourceTimeZone)
  const scope = new AttemptScope(values, values.vocabulary.triggerName, context)
  const headers = headersOf(webhook, plan, scope)
  if (!headers.ok) return headers
  const fields = fieldsOf(webhook, plan, values, scope)
  if (typeof fields !== 'string') return fields
  if (webhook.method === 'POST') return posted(plan, headers, plan.contentType, fields, scope)
  const { url, query } = withQuery(plan.url, fields)
  if (url.length > MOST_URL_BYTES) {
    const message = `is ${url.length} bytes long with its query, and at most ${MOST_URL_BYTES} can be sent`
    return { ok: false, faults: [{ path: 'url', message }] }
  }
  const { filled, cleaned } = headers
  return { ok: true, method: 'GET', url, headers: filled, body: null, signed: query, scope, cleaned }
}

/** What the webhook's header values hold beside the event's variables: as like as not, credentials. */
export function secretsOf(webhook: WebhookConfig, scope: Scope): string[] {
  return planOf(webhook).headers.flatMap(({ template }) => literalsOf(template, scope))
}

interface FilledHeaders {
  ok: true
  filled: [string, string][]
  cleaned: readonly string[]
}

/**
 * The webhook's own headers with their variables filled in. What a variable brings that no header can carry is left
 * out: a caller's name with a line break must not cost a delivery. In the template itself it is a fault.
 */
function headersOf(webhook: WebhookConfig, plan: Plan, scope: Scope): FilledHeaders | Unsent {
  const cleaned: string[] = []
  const faults: Fault[] = []
  let length = 0
  const filled = plan.headers.map(({ key, template }, index): [string, string] => {
    // A lone surrogate has no UTF-8, and workerd drops the connection over one.
    const left = MOST_HEADER_CHARACTERS - length
    const value = left < 0 ? '' : fillText(template, scope, left).toWellFormed()
    length += value.length
    if (!FORBIDDEN_IN_HEADER.test(value)) return [key, value]
    if (FORBIDDEN_IN_HEADER.test(webhook.headers[index]?.value ?? '')) {
      faults.push({ path: `headers.${index}.value`, message: `of ${key} holds a control character` })
    }
    cleaned.push(key)
    return [key, value.replace(ALL_FORBIDDEN_IN_HEADER, '')]
  })
  if (length > MOST_HEADER_CHARACTERS) faults.push(tooLong('headers', MOST_HEADER_CHARACTERS))
  return faults.length > 0 ? { ok: false, faults } : { ok: true, filled, cleaned }
}

function tooLong(path: string, most: number): Fault {
  return { path, message: `would hold more than ${most} characters, and at most so many are sent` }
}

/** The body, or the fields of a query. */
function fieldsOf(webhook: WebhookConfig, plan: Plan, values: Values, scope: Scope): string | Unsent {
  const { encoding, parameters } = plan
  const own = webhook.body === 'all' ? values.fields(encoding) : null
  if (own !== null && own.all.length > MOST_CHARACTERS) {
    return { ok: false, faults: [tooLong('body', MOST_CHARACTERS)] }
  }
  if (parameters.size === 0) return own?.all ?? joined([], encoding)
  const filled = new Map<string, string>()
  let length = own?.all.length ?? 0
  for (const [key, template] of parameters) {
    const value = fillValue(template, scope, MOST_CHARACTERS - length)
    const field = encoded(key, JSON.stringify(value), encoding)
    filled.set(key, field)
    length += field.length
    if (length > MOST_CHARACTERS) return { ok: false, faults: [tooLong('parameters', MOST_CHARACTERS)] }
  }
  if (own === null) return joined([...filled.values()], encoding)
  // A parameter replaces a variable of its name where it stood.
  const fields = own.each.map((field, at) => {
    const name = own.names[at] ?? ''
    const replaced = filled.get(name)
    if (replaced === undefined) return field
    filled.delete(name)
    return replaced
  })
  return joined([...fields, ...filled.values()], encoding)
}

function posted(
  plan: Plan,
  { filled, cleaned }: FilledHeaders,
  contentType: [string, string],
  body: string,
  scope: Scope,
): Rendered {
  const headers = [...filled, contentType]
  return { ok: true, method: 'POST', url: plan.url, headers, body, signed: body, scope, cleaned }
}

/** An operational event's body, in the shape that Standard Webhooks recommends. No setting of a webhook changes it. */
function envelopeOf({ trigger, occurred_at, variables }: CallEvent): string {
  const data = typeof variables === 'string' ? variables : JSON.stringify(variables)
  return `{"type":${JSON.stringify(trigger)},"timestamp":${JSON.stringify(occurred_at)},"data":${data}}`
}

/** What a template may name: the delivery itself, and what its event says. */
class AttemptScope implements Scope {
  readonly #values: Values | null
  readonly #triggerName: string
  readonly #context: DeliveryContext

  constructor(values: Values | null, triggerName: string, context: DeliveryContext) {
    this.#values = values
    this.#triggerName = triggerName
    this.#context = context
  }

  get irregular(): readonly string[] {
    return this.#values?.irregular ?? []
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  get(name: string): Json | undefined {
    switch (name) {
      case 'trigger':
        return this.#context.event.trigger
      case 'trigger_name':
        return this.#triggerName
      case 'event_id':
        return this.#context.event.id
      case 'position':
        return this.#context.position
      case 'attempt':
        return this.#context.attempt
      case 'account_id':
        return this.#context.account_id
      case 'webhook_id':
        return this.#context.webhook_id
    }
    return this.#values?.get(name)
  }
}

/**
 * The URL with the fields after its own query. What a URL may hold is kept byte for byte; what it may not (a space,
 * a quote, a letter beyond ASCII) is encoded here as `fetch` would, so that the signature covers what is sent.
 */
function withQuery(url: string, fields: string): { url: string; query: string } {
  const [address = '', ...own] = url.split('?')
  const query = [own.join('?'), fields].filter((part) => part !== '').join('&')
  // The target was checked, so this is a URL.
  const sent = new URL(query === '' ? address : `${address}?${query}`)
  return { url: sent.href, query: sent.search.slice(1) }
}
