import type { WebhookConfig, WebhookStatus } from './webhook.ts'

/** What held from a time on (ms since epoch), until the next of a list, which rises. */
export interface Since<T> {
  readonly fromMs: number
  readonly value: T
}

/** What of a configuration says which events a webhook is for. */
export type Asked = Pick<WebhookConfig, 'triggers' | 'call_type' | 'numbers' | 'outbound_types'>

/** What is on record of a webhook. */
export interface WebhookHistory {
  readonly webhookId: string
  readonly createdMs: number
  /** Null: it is there. */
  readonly deletedMs: number | null
  readonly asked: readonly Since<Asked>[]
  /** Null: what it was is not known. */
  readonly statuses: readonly Since<WebhookStatus | null>[]
}

/** What is on record of an account. */
export interface AccountHistory {
  /** The operator's switch. */
  readonly switches: readonly Since<boolean>[]
  /** How its numbers are read now (ISO 3166). */
  readonly country: string
  /** By id. */
  readonly webhooks: readonly WebhookHistory[]
}
