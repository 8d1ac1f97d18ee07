/** The words of the API that the form's decisions are about, without the client, which is of a browser. */
import type { Fault } from '../../../../src/api/http/problem.ts'
import type { Trigger as Entry, TriggerSlug } from '../../../../src/catalogue/triggers.ts'
import type { WebhookConfig } from '../../../../src/contracts/webhook.ts'

export type { Fault }

/** What a customer configures of a webhook for calls. */
export interface Config extends Omit<WebhookConfig, 'triggers'> {
  triggers: TriggerSlug[]
}

/** A trigger of the catalogue, as `GET /v1/triggers` has it. */
export interface Trigger extends Omit<Entry, 'slug' | 'variables'> {
  readonly slug: TriggerSlug
  readonly variables: readonly {
    readonly name: string
    readonly description: string
    readonly example?: string | undefined
  }[]
}

/** Some fields of a webhook, perhaps not well-formed yet. */
export type Body = Record<string, unknown>
