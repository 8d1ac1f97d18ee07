/** What is accepted of a webhook and cannot act as it was meant, or is better changed. */
import { canFire, isTriggerSlug, triggerOf, type TriggerSlug } from '../../catalogue/triggers.ts'
import { OUTBOUND_TYPES } from '../../catalogue/types.ts'
import type { Pair, WebhookConfig } from '../../contracts/webhook.ts'
import { checkTarget } from '../../delivery/target.ts'
import { parseTemplate } from '../../delivery/template.ts'
import { DELIVERY_NAMES, LARGE_NAMES, TEMPLATE_NAMES } from '../../delivery/vocabulary.ts'
import type { Fault } from '../http/problem.ts'

/**
 * @param webhook header values as its reader may see them: of a masked one nothing is said
 * @param missing those of its numbers that are no longer the account's
 */
export function warningsOf(
  webhook: WebhookConfig,
  missing: readonly string[],
  allowPrivateTargets: boolean,
): Fault[] {
  const triggers = webhook.triggers.filter(isTriggerSlug)
  return [
    ...triggers.flatMap((slug, index) =>
      triggerOf(slug).deprecated ? [{ path: `triggers.${index}`, message: `${slug} is deprecated` }] : [],
    ),
    ...urlWarnings(webhook.url, allowPrivateTargets),
    ...queryWarnings(webhook, triggers),
    ...filterWarnings(webhook, triggers),
    ...webhook.numbers.flatMap((number, index) =>
      missing.includes(number)
        ? [{ path: `numbers.${index}`, message: "is no longer one of the account's My Numbers" }]
        : [],
    ),
    ...nameWarnings('headers', webhook.headers, TEMPLATE_NAMES),
    ...nameWarnings('parameters', webhook.parameters, TEMPLATE_NAMES),
  ]
}

/** The same of an operational webhook. */
export function operationalWarningsOf(
  webhook: Pick<WebhookConfig, 'url' | 'headers'>,
  allowPrivateTargets: boolean,
): Fault[] {
  return [
    ...urlWarnings(webhook.url, allowPrivateTargets),
    ...nameWarnings('headers', webhook.headers, DELIVERY_NAMES),
  ]
}

function urlWarnings(url: string, allowPrivate: boolean): Fault[] {
  const target = checkTarget(url, { allowPrivate })
  if (!target.ok) return [{ path: 'url', message: `${target.reason}: no request is made` }]
  const isPlain = /^http:/i.test(url)
  // With https it would be anybody's.
  const isPublic = checkTarget(url.replace(/^http:/i, 'https:'), { allowPrivate: false }).ok
  return isPlain && isPublic
    ? [
        {
          path: 'url',
          message: 'is http to a public host: anybody on the way can read and change the calls’ data',
        },
      ]
    : []
}

/** Lists that grow with the call, in a URL that may be only so long. */
function queryWarnings(webhook: WebhookConfig, triggers: readonly TriggerSlug[]): Fault[] {
  if (webhook.method !== 'GET') return []
  const carried = [
    ...(webhook.body === 'all'
      ? triggers.flatMap((slug) => triggerOf(slug).variables.map(({ name }) => name))
      : []),
    ...webhook.parameters.flatMap(({ value }) => namesIn(value)),
  ]
  const large = [...new Set(carried.filter((name) => LARGE_NAMES.has(name)))]
  if (large.length === 0) return []
  const names = large.join(', ')
  const message = `a GET carries ${names} in its URL, which may get too long for the receiver: POST has no such bound`
  return [{ path: 'method', message }]
}

/** Filters of calls that do not come to the webhook anyway. */
function filterWarnings(webhook: WebhookConfig, triggers: readonly TriggerSlug[]): Fault[] {
  const { call_type, numbers, outbound_types } = webhook
  const getsInbound = call_type !== 'outbound' && triggers.some((slug) => canFire(slug, 'inbound', null))
  const getsOutbound =
    call_type !== 'inbound' &&
    triggers.some((slug) => OUTBOUND_TYPES.some((type) => canFire(slug, 'outbound', type)))
  return [
    ...(numbers.length > 0 && !getsInbound
      ? [{ path: 'numbers', message: 'filter inbound calls, and none come to this webhook' }]
      : []),
    ...(outbound_types.length > 0 && !getsOutbound
      ? [{ path: 'outbound_types', message: 'filter outbound calls, and none come to this webhook' }]
      : []),
  ]
}

/** What a template says after each `$`: a variable's name, and perhaps text that follows on it. */
function namesIn(template: string): string[] {
  return parseTemplate(template).parts.filter((_, index) => index % 2 === 1)
}

/** Names that are looked at: to find the nearest takes long, and a body of 64 KiB holds many. */
const MOST_NAMES = 20

/**
 * Names in values that nothing known fits as a whole. An event may still carry them, so they are no fault. A known name
 * with text behind it (`$uuid_1`) is meant so, unless another name is near.
 */
function nameWarnings(field: string, pairs: readonly Pair[], known: readonly string[]): Fault[] {
  const unknown = pairs.flatMap(({ value }, index) =>
    [...new Set(namesIn(value))]
      .filter((name) => !known.includes(name))
      .map((name) => ({ name, path: `${field}.${index}.value` })),
  )
  return unknown.slice(0, MOST_NAMES).flatMap(({ name, path }) => {
    const read = known.filter((each) => name.startsWith(each)).sort((a, b) => b.length - a.length)[0]
    const near = nearestOf(name, known)
    if (read !== undefined && (near === null || near === read)) return []
    const what =
      read === undefined
        ? `$${name} is not documented, and blank unless the event carries it`
        : `$${name} is read as $${read} and “${name.slice(read.length)}” unless the event carries it`
    return [{ path, message: near === null ? what : `${what}; did you mean $${near}?` }]
  })
}

/** The known name that was most likely meant; null if none is near. */
function nearestOf(name: string, known: readonly string[]): string | null {
  const written = name.toLowerCase()
  const bound = Math.max(2, Math.floor(name.length / 3))
  const isPart = (each: string): boolean => name.length > 3 && each.includes(written)
  const [nearest] = known
    .filter((each) => Math.abs(each.length - name.length) <= bound || isPart(each))
    .map((each) => ({ each, edits: editsBetween(written, each) }))
    .filter(({ each, edits }) => edits <= bound || isPart(each))
    .sort((a, b) => a.edits - b.edits)
  return nearest?.each ?? null
}

/** How many letters to add, drop or replace (Levenshtein). */
function editsBetween(a: string, b: string): number {
  const others = Array.from(b)
  let row = Array.from({ length: others.length + 1 }, (_, at) => at)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of others.entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
