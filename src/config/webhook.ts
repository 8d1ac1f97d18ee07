import type { OutboundType } from '../catalogue/types.ts'
import type { TriggerSlug } from '../catalogue/triggers.ts'

/** A header or parameter; its value may hold `$variables`. */
export interface Pair {
  key: string
  value: string
}

/** What a customer configures of a webhook. The same names in the API, the database and the code. */
export interface WebhookConfig {
  name: string
  description: string
  triggers: TriggerSlug[]
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

export type WebhookStatus = 'active' | 'paused' | 'disabled'
export type WebhookHealth = 'healthy' | 'failing' | 'open'
