/**
 * Why a webhook was not given an event. Pure. Nothing is noted of that when an event comes: it is told from what is on
 * record of the configuration of then, and `unknown` is said if that explains nothing.
 */
import type { AccountHistory, Asked, Since, WebhookHistory } from '../contracts/history.ts'
import { matches, type Subject } from './match.ts'

export const WHYS = [
  /** The operator's switch for the account was off. */
  'account_off',
  'created_later',
  'disabled',
  /** It asks for the trigger now, and did not then. */
  'trigger',
  'call_type',
  'number',
  'outbound_type',
  'unknown',
] as const
export type Why = (typeof WHYS)[number]

/** A change reaches a shard at most so long (ms) after it was written, unless it cannot ask D1 for longer. */
export const HANDED_OVER_MS = 10 * 60 * 1000
/** How far the clocks of two machines may be apart (ms). */
const CLOCKS_MS = 2_000

/**
 * @returns null if the webhook is not of the event's trigger, or was gone
 */
export function whySkipped(
  webhook: WebhookHistory,
  account: Omit<AccountHistory, 'webhooks'>,
  event: Subject & { received_at: number },
): Why | null {
  const { createdMs, deletedMs, asked, statuses } = webhook
  const atMs = event.received_at
  if (deletedMs !== null && deletedMs <= atMs) return null
  const asks = (filter: Asked | undefined): boolean => filter?.triggers.includes(event.trigger) === true
  if (!asks(at(asked, atMs)) && !asks(asked.at(-1)?.value)) return null
  // Which came first is not known of a change that was made at about that time: the state on its other side may explain it.
  const changes = [createdMs, ...[...asked, ...statuses, ...account.switches].map(({ fromMs }) => fromMs)]
    .filter((ms) => ms > atMs - HANDED_OVER_MS && ms <= atMs + CLOCKS_MS)
    .sort((a, b) => Math.abs(a - atMs) - Math.abs(b - atMs))
    .map((ms) => (ms <= atMs ? ms - 1 : ms))
  for (const ms of [atMs, ...changes]) {
    const why = whyAt(webhook, account, event, ms)
    if (why !== null) return why
  }
  return 'unknown'
}

/** Null if nothing of what held at a time says why. */
function whyAt(
  { createdMs, asked, statuses }: WebhookHistory,
  { switches, country }: Omit<AccountHistory, 'webhooks'>,
  event: Subject,
  ms: number,
): Why | null {
  if (at(switches, ms) === false) return 'account_off'
  if (ms < createdMs) return 'created_later'
  if (at(statuses, ms) === 'disabled') return 'disabled'
  const filter = at(asked, ms)
  if (filter === undefined || matches(filter, event, country)) return null
  if (!filter.triggers.includes(event.trigger)) return 'trigger'
  if (filter.call_type !== 'all' && filter.call_type !== event.call_type) return 'call_type'
  return event.call_type === 'inbound' ? 'number' : 'outbound_type'
}

function at<T>(values: readonly Since<T>[], ms: number): T | undefined {
  return values.findLast(({ fromMs }) => fromMs <= ms)?.value
}
