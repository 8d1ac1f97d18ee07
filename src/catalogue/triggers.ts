import {
  OUTBOUND_TYPES,
  type CallType,
  type OutboundType,
  type Temporal,
  type Variable,
  type VariableType,
} from './types.ts'

export interface Trigger {
  readonly slug: string
  readonly name: string
  readonly deprecated: boolean
  readonly description: string
  /** The call types that it can fire for. */
  readonly call_types: readonly CallType[]
  /** The outbound types that it can fire for; empty where it never fires for an outbound call. */
  readonly outbound_types: readonly OutboundType[]
  /** In the order in which a receiver gets them. */
  readonly variables: readonly Variable[]
}

/** How a variable is written down here: what it is, a value it may have, and a remark. */
type Written = (name: string, description: string, example?: string, note?: string) => Variable

const written =
  (type: VariableType, temporal?: Temporal): Written =>
  (name, description, example, note) => ({
    name,
    type,
    description: [description, example === undefined ? [] : `For example, ${example}.`, note ?? []]
      .flat()
      .join(' '),
    ...(example === undefined ? {} : { example }),
    ...(temporal === undefined ? {} : { temporal }),
  })

const text = written('string')
const whole = written('integer')
const flag = written('boolean')
const object = written('object')
const texts = written('array_of_strings')
const objects = written('array_of_objects')
const stamp = written('string', 'timestamp')
const date = written('string', 'date')
const time = written('string', 'time')

/*
 * The variables, in the words of the product's page. It describes one name differently from trigger to trigger:
 * where only the example differs, a function takes it; where the words do, there is a constant for each.
 */

const uuid = (example: string): Variable =>
  text('uuid', 'The call ID of the number that varies for each call connection.', example)
const UUID = uuid('61111f5e708c5')
const CLICK_UUID = uuid('6110f068a4139')

const callId = (example: string): Variable =>
  text(
    'call_id',
    'The call ID of the number that helps to identify the call and track different triggers for a particular call.',
    example,
  )
const trackingCallId = (example: string): Variable =>
  text(
    'call_id',
    'The call ID of the number that helps to track the different triggers for a particular call.',
    example,
  )
const CALL_ID = callId('1628364922.6274679')
const LATER_CALL_ID = callId('1628540022.7292026')

const DIALED = 'The dialed number of the customer.'
const DIALED_NUMBER = text('call_to_number', DIALED, '91806XXXXXXX')
const DIALED_MOBILE = text('call_to_number', DIALED, '701XXXXXXX')
const SHOWN = 'The caller ID shown to the customer.'
const SHOWN_NUMBER = text('caller_id_number', SHOWN, '98765XXXXXX')
const SHOWN_DID = text('caller_id_number', SHOWN, '918069010102')

const BILLING_CIRCLE = object('billing_circle', 'The billing circle details for the operator and circle.')
const CUSTOMER_NUMBER = text('customer_number', 'Customer number.')
const CUSTOMER_NO_WITH_PREFIX = text('customer_no_with_prefix', 'Customer number with country code.')
const HANGUP_CAUSE = text('hangup_cause', 'The hang-up reason for the call.')
const BILLSEC = text(
  'billsec',
  'The billing criteria of the call as per the duration of the call in seconds.',
  '4',
)
const DURATION_SECONDS = text('duration', 'The duration of the call in seconds.', '12')
const RECORDING_URL = text('recording_url', 'The URL for recording.')
const RECORDING_ON_AWS = text(
  'aws_call_recording_identifier',
  'The unique ID to identify saved call recordings on AWS.',
)
// The page announces the possible values and leaves them out; these are those of live lines.
const DIRECTION = text(
  'direction',
  'The direction of the call in the words of the core: inbound, outbound, clicktocall, click_to_call, Dialer (inbound) or Dialer (outbound).',
)
const CLICK_DIRECTION = text('direction', 'The direction of the call.', 'click_to_call')
const RECEIVED = 'The date and time on which the call was received.'
const RECEIVED_STAMP = stamp('start_stamp', RECEIVED, '2021-08-09 14:37:52')
const ENDED_STAMP = stamp('end_stamp', 'The date and time on which the call ended.', '2021-08-09 14:58:32')
const IVR_NAME = text(
  'ivr_name',
  'The name of the IVR through which the call has been received.',
  'Election promotion IVR',
)
const FLOW_TO_AGENT = objects(
  'call_flow',
  'The complete call flow of how the call reached the agent.',
  undefined,
  'Note: Present only if the call is answered by an agent.',
)
const FLOW_TO_BOTH = objects(
  'call_flow',
  'The complete call flow of how the call reached the agent and customer.',
)
const IF_ANSWERED = 'Note: Present in Call answered by Agent (Hangup) trigger type.'
const IF_MISSED = 'Note: Present in Call missed by Agent (Hangup) trigger type.'

/** What every hangup trigger carries. */
const HANGUP = [
  UUID,
  text('call_to_number', DIALED, '9180XXXXXXXX'),
  text('caller_id_number', 'The caller ID visible to the customer.', '701XXXXXXX'),
  text('customer_number_with_prefix', 'Customer number with country code.'),
  CUSTOMER_NUMBER,
  text('answered_agent_number', 'Number of the agent who answered the call.'),
  text('answered_agent_name', 'Name of the agent who answered the call.'),
  stamp('start_stamp', 'The start time of the call.', '2021-08-09 17:58:44'),
  stamp('answer_stamp', 'The answer time of the call on the server.', '2021-08-09 17:56:21'),
  stamp('end_stamp', 'The end time of the call.', '2021-08-09 17:58:44'),
  HANGUP_CAUSE,
  BILLSEC,
  texts('digits_dialed', 'The array containing DTMF input.', '1'),
  DIRECTION,
  text('duration', 'The duration of the call.', '10'),
  object('answered_agent', 'The data of the agent who answered the call.', undefined, IF_ANSWERED),
  objects('missed_agent', 'The data of the agent who missed the call.', undefined, IF_MISSED),
  objects('call_flow', 'The flow of the call.', undefined, IF_ANSWERED),
  text('broadcast_lead_fields', 'Details (name, email ID, phone number, address, etc) of the lead.'),
  RECORDING_URL,
  date('start_date', 'Start date of the call.'),
  time('start_time', 'Start time of the call.'),
  flag('call_connected', 'Whether the call is connected or not.'),
  text('broadcast_name', 'Name of the broadcast campaign.'),
  text('broadcast_id', 'ID of the broadcast campaign.'),
  text('bridged_duration', 'Seconds for which the agent and the customer were connected.'),
  text('call_status', 'Status of the call. (Answered or Missed)'),
  trackingCallId('1628512094.7228905'),
  text('outbound_sec', 'The duration of an outbound call.', '10'),
  text('agent_ring_time', 'The duration for which the call was in a ringing state.', '10'),
  BILLING_CIRCLE,
  text('telecom_operator', 'Name of the telecom operator.'),
  text('telecom_circle', 'Name of the telecom circle.'),
  text('first_missed_agent_number', 'Number of the agent who first missed the call.'),
  text('first_missed_agent_follow_me_number', 'Number of the agent who first missed the call.'),
  time('end_time', 'End time of the call.'),
  RECORDING_ON_AWS,
]

/** What the successors of the deprecated hangups carry on top: the Q.850 triplet and the ring times. */
const HANGUP_UPDATED = [
  ...HANGUP,
  text('agent_transfer_ring_time', 'Seconds the call rang on the agent it was transferred to.'),
  text('customer_ring_time', 'Seconds the call rang on the customer.'),
  text('reason_key', 'Why the call ended, for example "Call Disconnected By Callee".'),
  text('hangup_cause_description', 'Q.850 cause in words, for example "Normal call clearing".'),
  text('hangup_cause_code', 'Q.850 cause code, for example 16.'),
  text('hangup_cause_key', 'Q.850 cause key, for example NORMAL_CLEARING.'),
  text('ref_id', 'Reference passed with the click-to-call request.'),
  text('recording_name', 'Name of the recording file.'),
  text('campaign_name', 'The name of the dialer campaign.'),
  text('campaign_id', 'The ID of the dialer campaign.'),
  text('queue_name', 'The name of the queue that received the call.'),
]

/** What is known once an agent, or the agent's session, has answered. */
const ANSWERED = [
  UUID,
  DIALED_NUMBER,
  SHOWN_NUMBER,
  RECEIVED_STAMP,
  text('answered_agent_number', 'The number of the agent who answered the call.', '96432123XXX'),
  CALL_ID,
  BILLING_CIRCLE,
  text('call_status', 'The status of the call.', 'answered'),
  CLICK_DIRECTION,
  CUSTOMER_NO_WITH_PREFIX,
]

/** The campaign of a dialer call. */
const LEAD_FIELDS = text('lead_fields', 'The lead list fields of a lead in the dialer campaign.')
const CAMPAIGN_ID = text('campaign_id', 'The ID of dialer campaign.', '1213334')
const DIALER_AGENT = [
  text('agent', 'The agent assigned to the dialer campaign.', 'Demo Agent'),
  text('agent_name', 'Name of the agent assigned to the dialer campaign.'),
  text('agent_number', 'Number of the agent assigned to the dialer campaign.'),
]
const DIALER_START = [
  stamp('start_stamp', 'The date and time at which the call started.', '2021-08-09 14:58:32'),
  date('start_date', 'The date on which the call started.', '2021-08-09'),
  time('start_time', 'The time at which the call started.', '16:12:00'),
]

const ANY_CALL = { call_types: ['inbound', 'outbound'], outbound_types: OUTBOUND_TYPES } as const
const INBOUND = { call_types: ['inbound'], outbound_types: [] } as const
const CLICK_TO_CALL = { call_types: ['outbound'], outbound_types: ['click_to_call'] } as const
/** An inbound call that a dialer's queue took is one, too. */
const DIALER = { call_types: ['inbound', 'outbound'], outbound_types: ['dialer'] } as const

function entry<const Slug extends string>(
  slug: Slug,
  name: string,
  description: string,
  fires: Pick<Trigger, 'call_types' | 'outbound_types'> & { deprecated?: true },
  variables: readonly Variable[],
): Trigger & { readonly slug: Slug } {
  return { slug, name, deprecated: false, description, ...fires, variables }
}

/** The product's triggers, in the order in which it offers them. */
export const TRIGGERS = [
  entry(
    'call_received_on_server',
    'Call received on Server',
    'When a call is received on the server.',
    INBOUND,
    [
      uuid('610edefd7b4dd'),
      text('call_to_number', 'The destination number where the call will be transferred.', '918069010148'),
      text('caller_id_number', SHOWN, '701XXXXXXX'),
      stamp('start_stamp', 'The start time of the call.', '2021-08-08 00:59:01'),
      text(
        'call_id',
        'The ID of the number that helps to identify the call and track different triggers for a particular call.',
        '1628364541.6274658',
      ),
      BILLING_CIRCLE,
      CUSTOMER_NO_WITH_PREFIX,
    ],
  ),
  entry('call_answered_on_ivr', 'Call answered on IVR', 'When a call is answered on IVR.', ANY_CALL, [
    UUID,
    DIALED_NUMBER,
    SHOWN_NUMBER,
    RECEIVED_STAMP,
    whole(
      'ivr_id',
      'The unique ID of the IVR.',
      '3112',
      'Note: Present in Call Answered on IVR trigger type.',
    ),
    IVR_NAME,
    CALL_ID,
    BILLING_CIRCLE,
    CUSTOMER_NO_WITH_PREFIX,
  ]),
  entry(
    'call_answered_by_agent',
    'Call answered by Agent',
    'When a call is answered by an agent.',
    ANY_CALL,
    ANSWERED,
  ),
  entry(
    'call_hangup_missed',
    'Call hangup (Missed) (Deprecated)',
    'When a call is missed.',
    { ...ANY_CALL, deprecated: true },
    HANGUP,
  ),
  entry(
    'call_hangup_answered',
    'Call hangup (Answered) (Deprecated)',
    'When a call is answered.',
    { ...ANY_CALL, deprecated: true },
    HANGUP,
  ),
  entry(
    'call_hangup_missed_or_answered',
    'Call hangup (Missed or Answered)',
    'When a call is either hung up due to being missed or after being answered.',
    ANY_CALL,
    HANGUP,
  ),
  entry('dtmf_option', 'DTMF Option', 'When the DTMF option is pressed on IVR.', ANY_CALL, [
    UUID,
    DIALED_NUMBER,
    SHOWN_NUMBER,
    stamp('date', 'The time at which option is pressed.', '2021-08-10 01:43:47'),
    text('digit_pressed', 'The DTMF Options pressed by the customer.', '3'),
    LATER_CALL_ID,
    BILLING_CIRCLE,
    CUSTOMER_NO_WITH_PREFIX,
  ]),
  entry('dialed_on_agent', 'Dialed on Agent', 'When a call is dialed on an agent.', INBOUND, [
    uuid('61110678a4896'),
    text('call_to_number', 'The destination number of the call.', '9180XXXXXXXX'),
    text('caller_id_number', 'The number on which the client called.', '97XXXXXXXX'),
    stamp('date', 'The date and time at which agent is called.', '2021-08-09 16:12:00'),
    FLOW_TO_AGENT,
    texts(
      'dept_name',
      'The names of the department which received the calls.',
      'Sales Department',
      'Note: Present in case the call was received on at least one department.',
    ),
    texts(
      'ivr_name',
      'The names of the IVRs which received the call.',
      'Election Promotion IVR',
      'Note: Present in case the call was received on at least one IVR.',
    ),
    trackingCallId('1628505720.7070048'),
    BILLING_CIRCLE,
    text('agent_number', 'The agent phone number on which the call will be received.', '+918383081442'),
    text('agent_name', 'The name of the agent who will receive the call.', 'Dhawanas'),
    CUSTOMER_NO_WITH_PREFIX,
  ]),
  entry(
    'call_received_on_department',
    'Call received on Department',
    'When a call is received on the department.',
    INBOUND,
    [
      uuid('610ee07a48b18'),
      text('call_to_number', 'The number on which the client called.', '918069010148'),
      text('caller_id_number', 'The number of the client.', '701XXXXXXX'),
      stamp('date', RECEIVED, '2021-08-09'),
      objects('call_flow', 'The complete call flow of how call reached the department.'),
      text('dept_id', 'The unique ID of the department.', '6999'),
      text('dept_name', 'The name of the department.', 'Demo Department'),
      IVR_NAME,
      CALL_ID,
      BILLING_CIRCLE,
      CUSTOMER_NO_WITH_PREFIX,
    ],
  ),
  entry(
    'call_received_on_auto_attendant',
    'Call received on Auto Attendant',
    'When a call is received on an auto attendant.',
    INBOUND,
    [
      uuid('6110f5411fa02'),
      text('call_to_number', 'The number on which client called.', '80XXXXXXXX'),
      text('caller_id_number', 'The number of the client.', '70XXXXXXXX'),
      stamp('start_stamp', RECEIVED, '2021-08-09 14:58:32'),
      text('auto_attendant_id', 'The unique ID of auto attendant.', '3649'),
      text('auto_attendant_name', 'The name of auto attendant.', 'Festival sale auto attendant'),
      trackingCallId('1628501312.6959347'),
      BILLING_CIRCLE,
      CUSTOMER_NO_WITH_PREFIX,
    ],
  ),
  entry(
    'call_answered_by_agent_hangup',
    'Call answered by Agent (Hangup)',
    'When a call is answered by an agent and then hung up.',
    INBOUND,
    HANGUP,
  ),
  entry(
    'call_missed_by_agent_hangup',
    'Call missed by Agent (Hangup)',
    'When a call is hung up due to being missed.',
    INBOUND,
    HANGUP,
  ),
  entry(
    'call_answered_by_customer_click_to_call',
    'Call answered by Customer (Click to call)',
    'When a call is answered by the customer in the click to call dial method.',
    CLICK_TO_CALL,
    [
      CLICK_UUID,
      DIALED_MOBILE,
      SHOWN_DID,
      RECEIVED_STAMP,
      CLICK_DIRECTION,
      text('answer_agent_number', 'The number of agent who answered the call.', '918383081442'),
      BILLING_CIRCLE,
      text('call_status', 'The status of the call. Note: Herein the status will be "answered by customer".'),
      CUSTOMER_NO_WITH_PREFIX,
    ],
  ),
  entry(
    'call_missed_by_customer_click_to_call',
    'Call missed by Customer (Click to Call)',
    'When a call is missed by the customer in the click to call dial method.',
    CLICK_TO_CALL,
    [
      CLICK_UUID,
      DIALED_MOBILE,
      SHOWN_DID,
      text('customer_number', 'Phone number of the customer.'),
      RECEIVED_STAMP,
      stamp('answer_stamp', 'The date and time on which the call was answered.', '2021-09-09 14:38:30'),
      ENDED_STAMP,
      HANGUP_CAUSE,
      BILLSEC,
      DIRECTION,
      DURATION_SECONDS,
      object('answered_agent', 'The name of the agent who answered the call.', 'John'),
      FLOW_TO_AGENT,
      RECORDING_URL,
      text('call_status', 'The status of the call.', 'Answered'),
      LATER_CALL_ID,
      BILLING_CIRCLE,
      RECORDING_ON_AWS,
      CUSTOMER_NO_WITH_PREFIX,
    ],
  ),
  entry(
    'disposition_status_updated_dialer',
    'Disposition Status Updated (Dialer)',
    'When the agent updates the disposition status for a call via dialer.',
    DIALER,
    [
      LATER_CALL_ID,
      DIALED_MOBILE,
      SHOWN_DID,
      ...DIALER_START,
      ENDED_STAMP,
      date('end_date', 'The date on which the call ended.', '2021-08-09'),
      time('end_time', 'The time at which call ended.', '16:12:00'),
      DIRECTION,
      DURATION_SECONDS,
      FLOW_TO_BOTH,
      LEAD_FIELDS,
      text('campaign_name', 'The name of the dialer campaign.', 'Demo campaign'),
      CAMPAIGN_ID,
      BILLING_CIRCLE,
      ...DIALER_AGENT,
      text(
        'disposition',
        'The disposition status for a call set by the agent in the dialer panel.',
        'Hangup',
      ),
      text(
        'sub_dispositon',
        'Further division of disposition status. For example, if the disposition status is "Answered" then sub ' +
          'disposition status could be "Interested" or "Not Interested".',
      ),
      CUSTOMER_NO_WITH_PREFIX,
    ],
  ),
  entry(
    'call_connected_to_agent_dialer',
    'Call Connected to Agent (Dialer)',
    'When a customer is connected to an agent via dialer.',
    DIALER,
    [
      LATER_CALL_ID,
      DIALED_MOBILE,
      SHOWN_DID,
      ...DIALER_START,
      DIRECTION,
      FLOW_TO_BOTH,
      LEAD_FIELDS,
      text('campaign_name', 'The name of the dialer campaign.'),
      CAMPAIGN_ID,
      BILLING_CIRCLE,
      ...DIALER_AGENT,
      CUSTOMER_NO_WITH_PREFIX,
    ],
  ),
  entry(
    'session_call_answered',
    'Session Call Answered',
    "When the agent's session leg is answered, before the customer is connected.",
    ANY_CALL,
    ANSWERED,
  ),
  entry(
    'call_hangup_missed_updated',
    'Call hangup (Missed) (updated)',
    'When a call has ended without being answered. Successor of call_hangup_missed.',
    ANY_CALL,
    HANGUP_UPDATED,
  ),
  entry(
    'call_hangup_answered_updated',
    'Call hangup (Answered) (updated)',
    'When an answered call has ended. Successor of call_hangup_answered.',
    ANY_CALL,
    HANGUP_UPDATED,
  ),
] as const

export type TriggerSlug = (typeof TRIGGERS)[number]['slug']

// Safe: a map over TRIGGERS gives the slugs of TRIGGERS, and there is at least one.
export const TRIGGER_SLUGS = TRIGGERS.map((trigger) => trigger.slug) as unknown as readonly [
  TriggerSlug,
  ...TriggerSlug[],
]

const bySlug: ReadonlyMap<string, Trigger> = new Map(TRIGGERS.map((trigger) => [trigger.slug, trigger]))

export function isTriggerSlug(slug: string): slug is TriggerSlug {
  return bySlug.has(slug)
}

export function triggerOf(slug: TriggerSlug): Trigger {
  const trigger = bySlug.get(slug)
  if (trigger === undefined) throw new Error(`${slug} is not in the catalogue`)
  return trigger
}

/** Whether a trigger can fire for a call of this type. */
export function canFire(slug: TriggerSlug, callType: CallType, outboundType: OutboundType | null): boolean {
  const trigger = triggerOf(slug)
  if (!trigger.call_types.includes(callType)) return false
  return callType === 'inbound' || (outboundType !== null && trigger.outbound_types.includes(outboundType))
}

/** Names that the product uses for one value. Either one fills the other. */
const SAME: readonly (readonly [string, string])[] = [
  ['customer_number_with_prefix', 'customer_no_with_prefix'],
  ['answer_agent_number', 'answered_agent_number'],
  ['sub_dispositon', 'sub_disposition'],
]

/** For each name that has one, the other name of its value. */
export const ALIASES: ReadonlyMap<string, string> = new Map(
  SAME.flatMap(
    ([a, b]) =>
      [
        [a, b],
        [b, a],
      ] as const,
  ),
)
