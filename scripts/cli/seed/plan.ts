/** What the seed makes: accounts, their webhooks with what goes wrong at each, and their calls. Pure. */
import type { TriggerSlug } from '../../../src/catalogue/triggers.ts'
import type { WebhookConfig } from '../../../src/contracts/webhook.ts'
import { CALLS } from '../../demo/calls.ts'
import { inboundAnswered, inboundMissed } from '../../demo/calls/inbound.ts'
import type { DemoCall, DemoEvent } from '../../demo/calls/call.ts'
import type { Behaviour } from './receiver.ts'

export interface SeedWebhook {
  name: string
  /** What is to be seen at it. */
  story: string
  config: Partial<Omit<WebhookConfig, 'triggers'>> & { triggers: TriggerSlug[] }
  /** How its receiver answers; null: nobody is there. */
  behaviour: Behaviour | null
  before?: 'pause' | 'disable'
  after?: 'disable'
}

const HANGUPS: TriggerSlug[] = [
  'call_answered_by_agent_hangup',
  'call_hangup_missed_or_answered',
  'call_hangup_answered_updated',
  'call_missed_by_customer_click_to_call',
]

const well: Behaviour = () => ({ status: 200, body: 'ok' })

export function seedWebhooks(): SeedWebhook[] {
  const everyTrigger = [...new Set(CALLS.flatMap((call) => call.events.map((event) => event.trigger)))]
  return [
    { name: 'crm', story: 'gets everything', config: { triggers: everyTrigger }, behaviour: well },
    {
      name: 'helpdesk',
      story: 'fails at first, then answers',
      config: { triggers: ['call_answered_by_agent', 'call_connected_to_agent_dialer'] },
      behaviour: (attempt) => (attempt === 1 ? { status: 502, body: 'Bad gateway' } : well(attempt)),
    },
    {
      name: 'billing',
      story: 'fails each time, and is tried again',
      config: {
        triggers: HANGUPS,
        content_type: 'application/x-www-form-urlencoded',
        nested_form: 'brackets',
      },
      behaviour: () => ({ status: 500, body: 'could not connect to the database' }),
    },
    {
      name: 'sms',
      story: 'asks for a second between requests',
      config: { triggers: ['dtmf_option'] },
      behaviour: (attempt) =>
        attempt === 1 ? { status: 429, retryAfterS: 1, body: 'slow down' } : well(attempt),
    },
    {
      name: 'wallboard',
      story: 'takes 10 a second',
      config: { triggers: ['call_received_on_server'], rate_limit: 10, method: 'GET' },
      behaviour: well,
    },
    {
      name: 'reports',
      story: 'never answers well, and what is older than a second expires',
      config: { triggers: HANGUPS, max_age_seconds: 1 },
      behaviour: () => ({ status: 503, body: 'maintenance' }),
    },
    {
      name: 'old erp',
      story: 'said 410 Gone, and was disabled for it',
      config: { triggers: ['call_answered_by_agent'], call_type: 'outbound' },
      behaviour: () => ({ status: 410, body: 'This address is no more' }),
    },
    {
      name: 'partner',
      story: 'nobody is there',
      config: { triggers: ['disposition_status_updated_dialer'] },
      behaviour: null,
    },
    {
      name: 'warehouse',
      story: 'is paused, and holds what has come',
      config: { triggers: ['call_answered_by_agent', ...HANGUPS] },
      behaviour: well,
      before: 'pause',
    },
    {
      name: 'archive',
      story: 'was paused and then disabled: what it held is discarded',
      config: { triggers: HANGUPS },
      behaviour: well,
      before: 'pause',
      after: 'disable',
    },
    {
      name: 'test bench',
      story: 'is disabled, and gets nothing',
      config: { triggers: everyTrigger },
      behaviour: well,
      before: 'disable',
    },
  ]
}

/** Two of the demo's calls and more of their kind, each under an id of its own. */
export const BUSY_CALLS: readonly DemoCall[] = [0, 1, 2].flatMap((round) =>
  CALLS.map((call) => copied(call, round)),
)
export const QUIET_CALLS: readonly DemoCall[] = [inboundAnswered, inboundMissed]
/** A call whose second event comes once the third has gone out. */
export const LATE_CALL = copied(inboundMissed, 7)

/** A number that calls are found by. */
export const NUMBER = '+919000000002'

/** My Numbers of the account: where its inbound calls come in. One may be spelled in several ways. */
export function ownNumbers(calls: readonly DemoCall[]): { number: string; label: string }[] {
  const numbers = calls.flatMap((call) => call.events.flatMap(({ number }) => number ?? []))
  const lines = new Map(numbers.map((number) => [number.slice(-10), number]))
  return [...lines.values()].map((number, index) => ({ number, label: `Line ${index + 1}` }))
}

/** The same call under another id. */
function copied(call: DemoCall, round: number): DemoCall {
  if (round === 0) return call
  const callId = `${call.call_id}${round}`
  const inNew = (events: readonly DemoEvent[]): DemoEvent[] =>
    // Safe: the same JSON with one text for another in its strings.
    JSON.parse(JSON.stringify(events).replaceAll(call.call_id, callId)) as DemoEvent[]
  return { ...call, call_id: callId, events: inNew(call.events), posted: inNew(call.posted) }
}
