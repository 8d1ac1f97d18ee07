import type { EventTrigger } from '../catalogue/operational.ts'
import type { OutboundType } from '../catalogue/types.ts'

/** A header or parameter; its value may hold `$variables`. */
export interface Pair {
  key: string
  value: string
}

/** What a customer configures of a webhook. The same names in the API, the database and the code. */
export interface WebhookConfig {
  name: string
  description: string
  /** Triggers of calls; of an operational webhook, the operational events. */
  triggers: EventTrigger[]
  url: string
  method: 'POST' | 'GET'
  content_type: 'application/json' | 'application/x-www-form-urlencoded'
  call_type: 'inbound' | 'outbound' | 'all'
  outbound_types: OutboundType[]
  numbers: string[]
  date_time_format: 'default' | 'epoch' | 'iso8601'
  time_zone: string
  headers: Pair[]
  parameters: Pair[]
  body: 'all' | 'parameters'
  value_types: 'typed' | 'strings'
  nested_form: 'json' | 'brackets'
  ordering: 'per_call' | 'none'
  rate_limit: number | null
  max_age_seconds: number | null
}

export const WEBHOOK_STATUSES = ['active', 'paused', 'disabled'] as const
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number]
export const WEBHOOK_HEALTHS = ['healthy', 'failing', 'open'] as const
export type WebhookHealth = (typeof WEBHOOK_HEALTHS)[number]

/** What stands for a header value where it may not be read. Sent back in a PATCH, it keeps the stored value. */
export const MASK = '••••'

/** A signing secret that was rotated out and still signs until `expires_at` (ms since epoch). */
export interface PreviousSecret {
  secret: string
  expires_at: number
}

/** A webhook's signing secrets; stored sealed, as JSON. */
export interface Secrets {
  current: string
  previous: PreviousSecret[]
}
