import type { CallType, OutboundType } from '../catalogue/types.ts'
import type { EventTrigger } from '../catalogue/operational.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'
import { lineOf } from './line.ts'

export type Filter = Pick<WebhookConfig, 'triggers' | 'call_type' | 'numbers' | 'outbound_types'>

export interface Subject {
  trigger: EventTrigger
  call_type: CallType
  outbound_type: OutboundType | null
  number: string | null
}

/**
 * Whether a webhook asked for an event. Numbers filter inbound calls and outbound types filter outbound calls;
 * an empty filter lets every one through. Operational events and triggers of calls have no name in common, so
 * that no webhook for the one kind gets an event of the other.
 * For one webhook and one event: `MatchIndex` does the same for all of an account's.
 * @param country (ISO 3166) how numbers are read that have no country code
 */
export function matches(webhook: Filter, event: Subject, country: string): boolean {
  if (!webhook.triggers.includes(event.trigger)) return false
  if (webhook.call_type !== 'all' && webhook.call_type !== event.call_type) return false
  switch (event.call_type) {
    case 'inbound': {
      if (webhook.numbers.length === 0) return true
      if (event.number === null) return false
      const line = lineOf(event.number, country)
      return webhook.numbers.some((own) => lineOf(own, country) === line)
    }
    case 'outbound':
      return (
        webhook.outbound_types.length === 0 ||
        (event.outbound_type !== null && webhook.outbound_types.includes(event.outbound_type))
      )
  }
}
