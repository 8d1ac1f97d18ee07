import type { WebhookConfig, WebhookStatus } from './webhook.ts'

/**
 * A webhook as D1 has it and as it is handed to the account's shards: header values and secrets are sealed.
 * Times are ms since epoch.
 */
export interface WebhookRow extends WebhookConfig {
  id: string
  account_id: string
  /** `operational`: the account's one webhook for events about its other webhooks. */
  kind: 'call' | 'operational'
  /** Which of the configurations that it has had this is; from 1. */
  version: number
  status: WebhookStatus
  status_reason: string | null
  status_changed_at: number
  /** Rises with each disable: a shard that learns of a higher one discards what it owes the webhook by then. */
  discards: number
  /** Sealed JSON of `Secrets`. */
  secrets: string
  created_at: number
  updated_at: number
}

/** How numbers without a country code are read (ISO 3166) unless an account says otherwise. */
export const DEFAULT_COUNTRY = 'IN'

/**
 * All that a shard has to know of its account, as of one transaction of D1. It is handed over whole, and the highest
 * version wins: so it does not matter how often, or in which order, it arrives.
 */
export interface AccountState {
  account_id: string
  /** Rises with each change of anything in here. */
  version: number
  /** False once the account has been deleted: its shards discard what they owe and take nothing. */
  exists: boolean
  /** Over how many shards its calls are spread. It only grows. */
  shards: number
  /** The operator's switch: while it is off, events match nothing. */
  webhooks_enabled: boolean
  /** ISO 3166: how its numbers are read that have no country code. */
  country: string
  webhooks: WebhookRow[]
}
