import { TRIGGER_SLUGS, type TriggerSlug } from './triggers.ts'

/*
 * What the relay tells an account about the account's own webhooks. These are no triggers of calls: an ordinary
 * webhook cannot ask for them, and nobody can post them.
 */

/** A field of an event's `data`, by the type of its JSON value; a `time` is RFC 3339 in UTC. */
interface Field {
  readonly name: string
  readonly type: 'string' | 'integer' | 'time'
  /** It may be null: there is nothing to say, or it is not known. */
  readonly nullable: boolean
  readonly description: string
}

const field = <Name extends string, Type extends Field['type']>(
  name: Name,
  type: Type,
  description: string,
) => ({ name, type, nullable: false, description }) as const
const nullable = <Name extends string, Type extends Field['type']>(
  name: Name,
  type: Type,
  description: string,
) => ({ name, type, nullable: true, description }) as const

const SUBJECT = [
  field('account_id', 'string', 'Whose webhook it is.'),
  field('webhook_id', 'string', 'The webhook that it is about.'),
] as const
const LAST_ATTEMPT = [
  nullable('last_status_code', 'integer', 'What the receiver answered last; null where it did not.'),
  nullable('last_error', 'string', 'Why the last attempt was no success; null where it was one.'),
] as const

const WEBHOOK_FIELDS = [
  ...SUBJECT,
  field('name', 'string', "The webhook's name."),
  field('status', 'string', '`active`, `paused` or `disabled`, as it is from now on.'),
  field('health', 'string', '`healthy`, `failing` or `open`, as it is from now on.'),
  nullable('reason', 'string', 'Why it was disabled; null for the other events.'),
  nullable('since', 'time', 'The first of the failures in a row, or of those that now are over; else null.'),
  ...LAST_ATTEMPT,
  nullable('held', 'integer', 'How many calls wait for this webhook; null where that is not known.'),
] as const satisfies readonly Field[]

const DELIVERY_FIELDS = [
  ...SUBJECT,
  field('delivery_id', 'string', 'The delivery, for `GET /v1/deliveries/{id}` and its retry.'),
  field('event_id', 'string', 'The event that was not delivered.'),
  field('call_id', 'string', 'Its call.'),
  field('trigger', 'string', 'What had happened in the call.'),
  field('position', 'integer', "The event's place in its call."),
  field('attempt_count', 'integer', 'How many attempts were made.'),
  ...LAST_ATTEMPT,
] as const satisfies readonly Field[]

type ValueOf<F extends Field> =
  (F['type'] extends 'integer' ? number : string) | (F['nullable'] extends true ? null : never)
type DataOf<Fields extends readonly Field[]> = { [F in Fields[number] as F['name']]: ValueOf<F> }

/** The `data` of each `webhook.…` event. */
export type WebhookData = DataOf<typeof WEBHOOK_FIELDS>
/** The `data` of `delivery.failed`. */
export type DeliveryData = DataOf<typeof DELIVERY_FIELDS>

const SAMPLE: WebhookData = {
  account_id: 'acc_01J4ZJ5W8Y3N6Q7R9S0T1V2X3A',
  webhook_id: 'wh_01J4ZJ6M2C5D8F1G4H7J0K3M6P',
  name: 'CRM sync',
  status: 'active',
  health: 'failing',
  reason: null,
  since: '2026-07-11T15:44:45.000Z',
  last_status_code: 503,
  last_error: 'status',
  held: 12,
}
const DELIVERY_SAMPLE: DeliveryData = {
  account_id: SAMPLE.account_id,
  webhook_id: SAMPLE.webhook_id,
  delivery_id: 'dlv_01J4ZJ7B3E6F9H2J5K8M1N4Q7R01J4ZJ6M2C5D8F1G4H7J0K3M6P',
  event_id: 'core-7731',
  call_id: '1628364922.6274679',
  trigger: 'call_answered_by_agent',
  position: 3,
  attempt_count: 11,
  last_status_code: 503,
  last_error: 'status',
}

export const OPERATIONAL_EVENTS = [
  {
    slug: 'webhook.failing',
    name: 'Webhook failing',
    description: "The webhook's receiver has failed several times in a row.",
    fields: WEBHOOK_FIELDS,
    sample: SAMPLE,
  },
  {
    slug: 'webhook.recovered',
    name: 'Webhook recovered',
    description: 'The receiver of a failing webhook has taken a delivery.',
    fields: WEBHOOK_FIELDS,
    sample: { ...SAMPLE, health: 'healthy', last_status_code: 200, last_error: null },
  },
  {
    slug: 'webhook.disabled',
    name: 'Webhook disabled',
    description: 'The relay has disabled the webhook by itself; what waits is discarded.',
    fields: WEBHOOK_FIELDS,
    sample: {
      ...SAMPLE,
      status: 'disabled',
      reason: 'The receiver answered 410 Gone',
      last_status_code: 410,
      held: 0,
    },
  },
  {
    slug: 'delivery.failed',
    name: 'Delivery failed',
    description: 'A delivery has failed for good: the relay does not try it again by itself.',
    fields: DELIVERY_FIELDS,
    sample: DELIVERY_SAMPLE,
  },
] as const

export type OperationalTrigger = (typeof OPERATIONAL_EVENTS)[number]['slug']
/** What a delivery may be about: a trigger of a call, or an operational event. */
export type EventTrigger = TriggerSlug | OperationalTrigger

// Safe: a map over OPERATIONAL_EVENTS gives its slugs, and there is at least one.
export const OPERATIONAL_TRIGGERS = OPERATIONAL_EVENTS.map((event) => event.slug) as unknown as readonly [
  OperationalTrigger,
  ...OperationalTrigger[],
]

export const EVENT_TRIGGERS = [...TRIGGER_SLUGS, ...OPERATIONAL_TRIGGERS] as const

const bySlug: ReadonlyMap<string, (typeof OPERATIONAL_EVENTS)[number]> = new Map(
  OPERATIONAL_EVENTS.map((event) => [event.slug, event]),
)

export function isOperational(trigger: string): trigger is OperationalTrigger {
  return bySlug.has(trigger)
}

export function operationalEventOf(trigger: OperationalTrigger): (typeof OPERATIONAL_EVENTS)[number] {
  const event = bySlug.get(trigger)
  if (event === undefined) throw new Error(`${trigger} is not an operational event`)
  return event
}

/**
 * What stands for a call's own facts in an event that is of none. The values say nothing: an operational webhook
 * takes every call type and filters by neither number nor outbound type.
 */
export const OF_NO_CALL = { call_type: 'inbound', outbound_type: null, number: null, sequence: null } as const

/** The event that a test sends: a `CallEvent`, as rendering takes it. */
export function sampleOperational(trigger: OperationalTrigger) {
  const { sample } = operationalEventOf(trigger)
  const occurred_at = '2026-07-11T15:49:45.000Z'
  return {
    id: `sample-${trigger}`,
    trigger,
    call_id: 'sample',
    ...OF_NO_CALL,
    occurred_at,
    variables: { ...sample },
  }
}
