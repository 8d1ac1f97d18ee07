import { canFire, isTriggerSlug, type TriggerSlug } from '../../catalogue/triggers.ts'
import { OUTBOUND_TYPES, type CallType, type OutboundType } from '../../catalogue/types.ts'
import { keptNumber, lineOf } from '../../order/line.ts'
import { OwnNumbers } from '../../order/own-numbers.ts'
import { checkTarget } from '../../delivery/target.ts'
import type { Env } from '../../contracts/env.ts'
import { settingsOf } from '../../lib/settings.ts'
import { ownNumbers } from '../../store/webhooks.ts'
import { check, type Checked } from '../http/faults.ts'
import type { Fault } from '../http/problem.ts'
import { MASK, type Pair, type WebhookConfig } from '../../contracts/webhook.ts'
import { DEFAULTS, distinct, webhookFields, webhookParts, webhookWhole } from './schema.ts'
import { READ_ONLY, type WebhookTerms } from './view.ts'

export async function termsFor(env: Env, accountId: string): Promise<WebhookTerms> {
  const { allowPrivateTargets } = settingsOf(env)
  const { numbers, country } = await ownNumbers(env, accountId)
  return { allowPrivateTargets, ownNumbers: new OwnNumbers(numbers, country) }
}

/** Checks a new webhook. Every fault is named at once, those that span fields too. */
export function checkWebhook(input: unknown, terms: WebhookTerms): Checked<WebhookConfig> {
  if (!isRecord(input)) return { ok: false, faults: [{ path: '', message: 'must be an object' }] }
  const given = written(input)
  const fields = check(webhookWhole, given)
  const faults = [...(fields.ok ? [] : fields.faults), ...ruleFaults(given, given, [], terms)]
  if (!fields.ok || faults.length > 0) return { ok: false, faults }
  return { ok: true, data: withLines(fields.data, terms) }
}

/**
 * Checks a change: the fields that it changes, and the rules that these are part of. What it leaves as it is may refer
 * to what is gone by now (a number, a trigger), or be what would be refused today, and is no fault of the change.
 * A header whose value is the mask keeps the value it has, so that a webhook may be sent back as it was read.
 */
export function checkWebhookUpdate(
  current: WebhookConfig,
  change: unknown,
  terms: WebhookTerms,
): Checked<WebhookConfig> {
  if (!isRecord(change)) return { ok: false, faults: [{ path: '', message: 'must be an object' }] }
  const given = written(change)
  if ('headers' in given) given.headers = unmasked(given.headers, current.headers)
  const stored: Record<string, unknown> = { ...current }
  const changed = Object.fromEntries(
    Object.entries(given).filter(
      ([field, value]) =>
        !Object.hasOwn(stored, field) || JSON.stringify(value) !== JSON.stringify(stored[field]),
    ),
  )
  const parts = check(webhookParts, changed)
  const faults = [
    ...(parts.ok ? [] : parts.faults),
    ...ruleFaults({ ...current, ...changed }, changed, current.numbers, terms),
  ]
  if (!parts.ok || faults.length > 0) return { ok: false, faults }
  // Safe: a field that was not given is not there, and never undefined.
  const next = { ...current, ...(parts.data as Partial<WebhookConfig>) }
  return { ok: true, data: 'numbers' in changed ? withLines(next, terms) : next }
}

/** What a writer says of a webhook: without what only the relay says, and with the default for a null. */
function written(input: Record<string, unknown>): Record<string, unknown> {
  const defaults: Record<string, unknown> = DEFAULTS
  return Object.fromEntries(
    Object.entries(input)
      .filter(([field]) => !READ_ONLY.includes(field))
      .map(([field, value]) => [
        field,
        value === null && Object.hasOwn(defaults, field) ? defaults[field] : value,
      ]),
  )
}

/** With each number as it is kept, and each line once. */
function withLines(config: WebhookConfig, { ownNumbers: own }: WebhookTerms): WebhookConfig {
  const byLine = new Map<string, string>()
  for (const number of config.numbers) {
    const line = lineOf(number, own.country)
    if (!byLine.has(line)) byLine.set(line, keptNumber(number, line))
  }
  return { ...config, numbers: [...byLine.values()] }
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

/**
 * The rules that a field's own schema cannot know. Each looks only at fields that are well-formed by themselves, and
 * only if one of them is among `changed`.
 * @param left numbers that the webhook has already
 */
function ruleFaults(
  input: Record<string, unknown>,
  changed: object,
  left: readonly string[],
  terms: WebhookTerms,
): Fault[] {
  const isChanged = (...fields: string[]): boolean => fields.some((field) => field in changed)
  const url = check(webhookFields.url, input.url)
  const triggers = (Array.isArray(input.triggers) ? distinct<unknown>(input.triggers) : []).filter(
    (slug) => typeof slug === 'string' && isTriggerSlug(slug),
  )
  const callType = check(webhookWhole.shape.call_type, input.call_type)
  const outboundTypes = check(webhookWhole.shape.outbound_types, input.outbound_types)
  const numbers = check(webhookWhole.shape.numbers, input.numbers)
  return [
    ...(url.ok && isChanged('url') ? targetFaults(url.data, terms.allowPrivateTargets) : []),
    ...(callType.ok && isChanged('triggers', 'call_type', 'outbound_types')
      ? firingFaults(triggers, callType.data, outboundTypes.ok ? outboundTypes.data : [])
      : []),
    ...(numbers.ok && isChanged('numbers') ? numberFaults(numbers.data, left, terms.ownNumbers) : []),
    ...(isChanged('headers') ? repeatFaults('headers', input.headers, (key) => key.toLowerCase()) : []),
    ...(isChanged('parameters') ? repeatFaults('parameters', input.parameters, (key) => key) : []),
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

/** Of what a request newly names: a number that the webhook has may have left the account since. */
function numberFaults(numbers: readonly string[], left: readonly string[], own: OwnNumbers): Fault[] {
  const lines = new Set(left.map((number) => lineOf(number, own.country)))
  return numbers.flatMap((number, index) =>
    own.has(number) || lines.has(lineOf(number, own.country))
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
