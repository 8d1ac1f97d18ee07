/** Lists as text, in 80 columns. Pure. */
import { DELIVERY_STATUSES, type DeliveryStatus } from '../../src/contracts/deliveries.ts'
import type { DeliveryView } from '../../src/api/deliveries/view.ts'
import type { ListedCall } from './contract.ts'
import { characters, count, cut, WIDTH, wrapped } from './plain.ts'
import { clockOf, shortTime } from './time.ts'

/** Colours a text, or leaves it as it is. */
export type Paint = (style: 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold', text: string) => string

/** A webhook's name, or what there is of one that is gone. */
export type NameOf = (webhookId: string) => string

export function styleOf(status: DeliveryStatus): 'red' | 'yellow' | 'green' | 'dim' {
  switch (status) {
    case 'succeeded':
      return 'green'
    case 'failed':
    case 'expired':
      return 'red'
    case 'pending':
    case 'held':
      return 'yellow'
    case 'discarded':
      return 'dim'
  }
}

export const DELIVERIES_HEAD = `${cell('event came', 16)}${cell('status', 11)}${cell('answer', 15)}${cell('webhook', 14)}call`

/** A delivery in two lines: what is to be known of it, and what it is asked for by. */
export function deliveryLines(delivery: DeliveryView, nameOf: NameOf, paint: Paint): string[] {
  const { id, status, call_id, position, trigger, webhook_id, created_at, test } = delivery
  const facts = [
    cell(shortTime(created_at), 16),
    paint(styleOf(status), cell(status, 11)),
    cell(answerOf(delivery), 15),
    paint('cyan', cell(nameOf(webhook_id), 14)),
    cut(call_id, WIDTH - 56),
  ].join('')
  const mark = test ? 'test' : `#${position}`
  return [facts, paint('dim', cut(`  ${id} ${mark} ${trigger}`, WIDTH))]
}

/** A delivery that has ended, as a tail tells of it: in one line, and what it is asked for by if it did not succeed. */
export function endLines(delivery: DeliveryView, nameOf: NameOf, paint: Paint): string[] {
  const { id, status, call_id, position, webhook_id, completed_at, created_at } = delivery
  const facts = [
    cell(clockOf(completed_at ?? created_at), 14),
    paint(styleOf(status), cell(status, 11)),
    cell(answerOf(delivery), 15),
    paint('cyan', cell(nameOf(webhook_id), 14)),
    cut(`#${position} ${call_id}`, WIDTH - 54),
  ].join('')
  return status === 'succeeded' ? [facts] : [facts, paint('dim', `  ${id}`)]
}

/** What the last attempt led to, and how many there were: `500 ×3`. */
export function answerOf(
  delivery: Pick<DeliveryView, 'last_status_code' | 'last_error' | 'attempt_count'>,
): string {
  const { last_status_code, last_error, attempt_count } = delivery
  if (attempt_count === 0) return last_error ?? '-'
  // An answer that is no success is told by its status; `redirect` and the like are told by their name.
  const last = last_error === null || last_error === 'status' ? last_status_code : last_error
  return `${last ?? '-'}${attempt_count === 1 ? '' : ` ×${attempt_count}`}`
}

interface ListedWebhook {
  id: string
  /** An operational webhook has none: an account has one of them at most. */
  name?: string
  status: string
  status_reason: string | null
  health: string
  url: string
}

export const WEBHOOKS_HEAD = `${cell('webhook', 32)}${cell('status', 10)}${cell('health', 9)}name`

/** A webhook in two lines: what it is, and where it sends to. */
export function webhookLines(webhook: ListedWebhook, paint: Paint): string[] {
  const { id, name, status, status_reason, health, url } = webhook
  const style = status === 'active' ? (health === 'healthy' ? 'green' : 'red') : 'yellow'
  const facts = `${cell(id, 32)}${paint(style, cell(status, 10) + cell(health, 9))}${cut(name ?? 'operational', WIDTH - 51)}`
  const reason = status_reason === null ? [] : [paint('yellow', cut(`  ${status_reason}`, WIDTH))]
  return [facts, ...reason, paint('dim', cut(`  ${withoutQuery(url)}`, WIDTH))]
}

/** Customers put tokens into queries, and a terminal is looked at by more than one. */
function withoutQuery(url: string): string {
  const at = url.search(/[?#]/)
  return at < 0 ? url : `${url.slice(0, at)}?…`
}

export const ACCOUNTS_HEAD = `${cell('account', 32)}${cell('webhooks', 10)}name`

/** An account in a line: its id, whether its webhooks are switched on, and its name. */
export function accountLine(
  account: { id: string; name: string; webhooks_enabled: boolean },
  paint: Paint,
): string {
  const { id, name, webhooks_enabled } = account
  const webhooks = webhooks_enabled ? paint('green', cell('on', 10)) : paint('yellow', cell('off', 10))
  return `${cell(id, 32)}${webhooks}${cut(name, WIDTH - 42)}`
}

export const CALLS_HEAD = `${cell('last event', 16)}${cell('call', 28)}numbers`

/** A call in two lines. */
export function callLines(call: ListedCall, paint: Paint): string[] {
  const { call_id, call_type, last_event, event_count, numbers, deliveries } = call
  const [worst = 'discarded'] = stood(deliveries)
  const stands = `${call_type}, ${count(event_count, 'event')}, deliveries: ${standing(deliveries)}`
  return [
    `${cell(shortTime(last_event.received_at), 16)}${cell(call_id, 28)}${cut(numbers.join(' '), WIDTH - 44)}`,
    ...wrapped(stands, WIDTH - 2).map((line) => paint(styleOf(worst), `  ${line}`)),
  ]
}

type Counts = Partial<Record<DeliveryStatus, number>>

/** `2 failed, 11 succeeded`: what needs somebody first. */
export function standing(counts: Counts): string {
  const told = stood(counts).map((status) => `${counts[status]} ${status}`)
  return told.length === 0 ? 'none' : told.join(', ')
}

/** The statuses that there are, the worst first. */
export function stood(counts: Counts): DeliveryStatus[] {
  return TELLING.filter((status) => (counts[status] ?? 0) > 0)
}

const TELLING: readonly DeliveryStatus[] = [
  'failed',
  'expired',
  ...DELIVERY_STATUSES.filter((status) => status !== 'failed' && status !== 'expired'),
]

/** Text in a column of so many characters, at least one of them free. */
export function cell(text: string, width: number): string {
  const shown = cut(text, width - 1)
  return shown + ' '.repeat(width - characters(shown).length)
}
