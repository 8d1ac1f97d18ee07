/** Which fields mean anything for a webhook, and which of their values. */
import type { Config, Trigger } from './types.ts'

export type CallType = Config['call_type']
export type OutboundType = Config['outbound_types'][number]

/** What of a webhook decides it. */
export type Deciding = Pick<
  Config,
  'triggers' | 'method' | 'content_type' | 'call_type' | 'outbound_types' | 'numbers' | 'value_types'
>

export interface Shown {
  contentType: boolean
  valueTypes: boolean
  nestedForm: boolean
  outboundTypes: boolean
  numbers: boolean
}

const OUTBOUND: readonly OutboundType[] = ['click_to_call', 'call_broadcast', 'dialer']

function chosenOf({ triggers }: Pick<Deciding, 'triggers'>, catalogue: readonly Trigger[]): Trigger[] {
  return catalogue.filter(({ slug }) => triggers.includes(slug))
}

/** The call types that each of the triggers can fire for; the one that is chosen is always among them. */
export function callTypesFor(webhook: Deciding, catalogue: readonly Trigger[]): CallType[] {
  const chosen = chosenOf(webhook, catalogue)
  return (['all', 'inbound', 'outbound'] as const).filter(
    (type) =>
      type === 'all' ||
      type === webhook.call_type ||
      chosen.every(({ call_types }) => call_types.includes(type)),
  )
}

/** The outbound types that any of the triggers can fire for, and those that are chosen. */
export function outboundTypesFor(webhook: Deciding, catalogue: readonly Trigger[]): OutboundType[] {
  const chosen = chosenOf(webhook, catalogue)
  return OUTBOUND.filter(
    (type) =>
      chosen.length === 0 ||
      webhook.outbound_types.includes(type) ||
      chosen.some(({ outbound_types }) => outbound_types.includes(type)),
  )
}

function applying(webhook: Deciding, catalogue: readonly Trigger[]): Shown {
  const chosen = chosenOf(webhook, catalogue)
  const gets = (type: 'inbound' | 'outbound') =>
    (webhook.call_type === 'all' || webhook.call_type === type) &&
    (chosen.length === 0 || chosen.some(({ call_types }) => call_types.includes(type)))
  const possible = OUTBOUND.filter(
    (type) => chosen.length === 0 || chosen.some(({ outbound_types }) => outbound_types.includes(type)),
  )
  const isForm = webhook.method === 'GET' || webhook.content_type === 'application/x-www-form-urlencoded'
  const isText = webhook.value_types === 'strings'
  return {
    contentType: webhook.method === 'POST',
    // All that a form carries is text; what is left to say is how it carries objects, unless these are text, too.
    valueTypes: !isForm || isText,
    nestedForm: isForm && !isText,
    // Where calls go out in one way only there is nothing to choose.
    outboundTypes: gets('outbound') && possible.length > 1,
    numbers: gets('inbound'),
  }
}

/**
 * What the form shows: what applies, and a filter that is stored and does not, so that it can be seen and taken out.
 * @param base what is stored; null for a new webhook
 */
export function shownFields(webhook: Deciding, base: Deciding | null, catalogue: readonly Trigger[]): Shown {
  const now = applying(webhook, catalogue)
  if (base === null) return now
  const before = applying(base, catalogue)
  return {
    ...now,
    outboundTypes: now.outboundTypes || (!before.outboundTypes && base.outbound_types.length > 0),
    numbers: now.numbers || (!before.numbers && base.numbers.length > 0),
  }
}
