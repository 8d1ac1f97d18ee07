import type { Pair, WebhookConfig } from '../contracts/webhook.ts'
import { parseTemplate, type Template } from './template.ts'
import type { Encoding } from './values.ts'

/** What rendering works out of a webhook's configuration once, for all of its events. */
export interface Plan {
  /** As it is sent: percent-encoded, `..` and `\\` resolved, and without its fragment. */
  readonly url: string
  readonly encoding: Encoding
  readonly contentType: [string, string]
  readonly headers: readonly Filler[]
  /** By key. Of two parameters of one key, the last counts, in the place of the first. */
  readonly parameters: ReadonlyMap<string, Template>
}

/** A header, and what its value is made of. */
export interface Filler {
  readonly key: string
  readonly template: Template
}

const plans = new WeakMap<WebhookConfig, Plan>()

/** The plan of a configuration, which is never changed in place. */
export function planOf(webhook: WebhookConfig): Plan {
  const known = plans.get(webhook)
  if (known !== undefined) return known
  const headers = webhook.headers.map(({ key, value }: Pair) => ({ key, template: parseTemplate(value) }))
  const plan: Plan = {
    url: asSent(webhook.url),
    encoding: encodingOf(webhook),
    contentType: ['content-type', webhook.content_type],
    headers,
    parameters: new Map(webhook.parameters.map(({ key, value }) => [key, parseTemplate(value)])),
  }
  plans.set(webhook, plan)
  return plan
}

function encodingOf(webhook: WebhookConfig): Encoding {
  const isJson = webhook.method === 'POST' && webhook.content_type === 'application/json'
  const isText = webhook.value_types === 'strings'
  if (isJson) return isText ? 'strings in JSON' : 'typed JSON'
  // As text nothing is nested any more.
  return isText || webhook.nested_form === 'json' ? 'form' : 'form with brackets'
}

/** @throws TypeError if it is no URL. Configuration takes none like that. */
function asSent(text: string): string {
  const url = new URL(text)
  url.hash = ''
  return url.href
}
