import { canFire, type TriggerSlug } from '../../catalogue/triggers.ts'
import { OUTBOUND_TYPES, type CallType, type OutboundType } from '../../catalogue/types.ts'
import { sameNumber } from '../../order/match.ts'
import { checkTarget } from '../../delivery/target.ts'
import type { Env } from '../../contracts/env.ts'
import { settingsOf } from '../../lib/settings.ts'
import { ownNumbers } from '../../store/webhooks.ts'
import { check, type Checked } from '../http/faults.ts'
import type { Fault } from '../http/problem.ts'
import { MASK, type Pair, type WebhookConfig } from '../../contracts/webhook.ts'
import { webhookCreate, webhookFields } from './schema.ts'

/** What a webhook of an account is checked against, apart from itself. */
export interface WebhookTerms {
  readonly allowPrivateTargets: boolean
  /** The account's My Numbers. */
  readonly ownNumbers: readonly string[]
}

export async function termsFor(env: Env, accountId: string): Promise<WebhookTerms> {
  const { allowPrivateTargets } = settingsOf(env)
  return { allowPrivateTargets, ownNumbers: await ownNumbers(env, accountId) }
}

/** Checks a new webhook. Every fault is named at once, those that span fields too. */
export function checkWebhook(input: unknown, terms: WebhookTerms): Checked<WebhookConfig> {
  const fields = check(webhookCreate, input)
  const faults = [...(fields.ok ? [] : fields.faults), ...ruleFaults(input, terms)]
  if (!fields.ok || faults.length > 0) return { ok: false, faults }
  return fields
}

/**
 * Checks what comes of a change. A header whose value is the mask keeps the value it has, so that a webhook may
 * be sent back as it was read.
 */
export function checkWebhookUpdate(
  current: WebhookConfig,
  change: unknown,
  terms: WebhookTerms,
): Checked<WebhookConfig> {
  if (!isRecord(change)) return { ok: false, faults: [{ path: '', message: 'must be an object' }] }
  const next: Record<string, unknown> = { ...current, ...change }
  next.headers = unmasked(next.headers, current.headers)
  return checkWebhook(next, terms)
}

/** Headers with the stored value where one is the mask. */
export function unmasked(headers: unknown, stored: readonly Pair[]): unknown {
  if (!Array.isArray(headers)) return headers
  return headers.map((header: unknown) => {
    if (!isRecord(header) || header.value !== MASK || typeof header.key !== 'string') return header
    const name = header.key.toLowerCase()
    const known = stored.find((pair) => pair.key.toLowerCase() === name)
    return known === undefined ? header : { ...header, value: known.value }
  })
}

/** The rules that a field's own schema cannot know. Each looks only at fields that are well-formed by themselves. */
function ruleFaults(input: unknown, terms: WebhookTerms): Fault[] {
  if (!isRecord(input)) return []
  const url = check(webhookFields.url, input.url)
  const triggers = check(webhookFields.triggers, input.triggers)
  const callType = check(webhookCreate.shape.call_type, input.call_type)
  const outboundTypes = check(webhookCreate.shape.outbound_types, input.outbound_types)
  const numbers = check(webhookCreate.shape.numbers, input.numbers)
  return [
    ...(url.ok ? targetFaults(url.data, terms.allowPrivateTargets) : []),
    ...(triggers.ok && callType.ok
      ? firingFaults(triggers.data, callType.data, outboundTypes.ok ? outboundTypes.data : [])
      : []),
    ...(numbers.ok ? numberFaults(numbers.data, terms.ownNumbers) : []),
    ...repeatFaults('headers', input.headers, (key) => key.toLowerCase()),
    ...repeatFaults('parameters', input.parameters, (key) => key),
  ]
}

export function targetFaults(url: string, allowPrivate: boolean): Fault[] {
  const target = checkTarget(url, { allowPrivate })
  return target.ok ? [] : [{ path: 'url', message: target.reason }]
}

const CALL_TYPES: readonly CallType[] = ['inbound', 'outbound']

/** Blames the narrower field: the call type where it rules a trigger out by itself, else the outbound types. */
function firingFaults(
  triggers: readonly TriggerSlug[],
  callType: WebhookConfig['call_type'],
  outboundTypes: readonly OutboundType[],
): Fault[] {
  const callTypes = callType === 'all' ? CALL_TYPES : [callType]
  const fires = (slug: TriggerSlug, types: readonly OutboundType[]): boolean =>
    callTypes.some((type) =>
      type === 'inbound'
        ? canFire(slug, type, null)
        : types.some((outbound) => canFire(slug, type, outbound)),
    )
  const taken = outboundTypes.length === 0 ? OUTBOUND_TYPES : outboundTypes
  const byCallType = triggers.filter((slug) => !fires(slug, OUTBOUND_TYPES))
  const byOutboundType = triggers.filter((slug) => fires(slug, OUTBOUND_TYPES) && !fires(slug, taken))
  return [
    ...byCallType.map((slug) => ({
      path: 'call_type',
      message: `${slug} does not fire for ${callType} calls`,
    })),
    ...byOutboundType.map((slug) => ({
      path: 'outbound_types',
      message: `${slug} does not fire for any of these outbound types`,
    })),
  ]
}

function numberFaults(numbers: readonly string[], own: readonly string[]): Fault[] {
  return numbers.flatMap((number, index) =>
    own.some((mine) => sameNumber(mine, number))
      ? []
      : [{ path: `numbers.${index}`, message: "is not one of the account's My Numbers" }],
  )
}

export function repeatFaults(field: string, pairs: unknown, canonical: (key: string) => string): Fault[] {
  if (!Array.isArray(pairs)) return []
  const seen = new Set<string>()
  return pairs.flatMap((pair: unknown, index) => {
    if (!isRecord(pair) || typeof pair.key !== 'string') return []
    const key = canonical(pair.key)
    if (seen.has(key)) return [{ path: `${field}.${index}.key`, message: 'is given twice' }]
    seen.add(key)
    return []
  })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
