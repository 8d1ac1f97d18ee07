import type { CallType, OutboundType } from '../catalogue/types.ts'
import type { EventTrigger } from '../catalogue/operational.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'

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
 */
export function matches(webhook: Filter, event: Subject): boolean {
  if (!webhook.triggers.includes(event.trigger)) return false
  if (webhook.call_type !== 'all' && webhook.call_type !== event.call_type) return false
  switch (event.call_type) {
    case 'inbound': {
      const { number } = event
      return (
        webhook.numbers.length === 0 ||
        (number !== null && webhook.numbers.some((own) => sameNumber(own, number)))
      )
    }
    case 'outbound':
      return (
        webhook.outbound_types.length === 0 ||
        (event.outbound_type !== null && webhook.outbound_types.includes(event.outbound_type))
      )
  }
}

/** The shortest number that is taken to name a line on its own, so that what precedes it is a country code. */
const NATIONAL_DIGITS = 10

/**
 * Whether two spellings name one line: by digits alone, a leading country code aside
 * (`8065251305`, `918065251305` and `+918065251305` are one).
 */
export function sameNumber(a: string, b: string): boolean {
  const digitsA = a.replace(/\D/g, '')
  const digitsB = b.replace(/\D/g, '')
  const [shorter, longer] = digitsA.length <= digitsB.length ? [digitsA, digitsB] : [digitsB, digitsA]
  if (shorter === '') return a === b
  return shorter === longer || (shorter.length >= NATIONAL_DIGITS && longer.endsWith(shorter))
}

/**
 * What all spellings of one line have in common, to look them up by. Two lines may share it (`sameNumber` tells them
 * apart), but no line has two.
 */
export function lineKey(number: string): string {
  const digits = number.replace(/\D/g, '')
  return digits === '' ? `text:${number}` : digits.slice(-NATIONAL_DIGITS)
}
