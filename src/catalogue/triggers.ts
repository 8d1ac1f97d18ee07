import { OUTBOUND_TYPES, type CallType, type OutboundType, type Variable } from './types.ts'

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

/** What every hangup trigger carries. */
const HANGUP = [
  {
    name: 'uuid',
    type: 'string',
    description:
      'The call ID of the number that varies for each call connection. For example, 61111f5e708c5.',
    example: '61111f5e708c5',
  },
  {
    name: 'call_to_number',
    type: 'string',
    description: 'The dialed number of the customer. For example, 9180XXXXXXXX.',
    example: '9180XXXXXXXX',
  },
  {
    name: 'caller_id_number',
    type: 'string',
    description: 'The caller ID visible to the customer. For example, 701XXXXXXX.',
    example: '701XXXXXXX',
  },
  { name: 'customer_number_with_prefix', type: 'string', description: 'Customer number with country code.' },
  { name: 'customer_number', type: 'string', description: 'Customer number.' },
  {
    name: 'answered_agent_number',
    type: 'string',
    description: 'Number of the agent who answered the call.',
  },
  { name: 'answered_agent_name', type: 'string', description: 'Name of the agent who answered the call.' },
  {
    name: 'start_stamp',
    type: 'string',
    description: 'The start time of the call. For example, 2021-08-09 17:58:44.',
    example: '2021-08-09 17:58:44',
    temporal: 'timestamp',
  },
  {
    name: 'answer_stamp',
    type: 'string',
    description: 'The answer time of the call on the server. For example, 2021-08-09 17:56:21.',
    example: '2021-08-09 17:56:21',
    temporal: 'timestamp',
  },
  {
    name: 'end_stamp',
    type: 'string',
    description: 'The end time of the call. For example, 2021-08-09 17:58:44.',
    example: '2021-08-09 17:58:44',
    temporal: 'timestamp',
  },
  { name: 'hangup_cause', type: 'string', description: 'The hang-up reason for the call.' },
  {
    name: 'billsec',
    type: 'string',
    description:
      'The billing criteria of the call as per the duration of the call in seconds. For example, 4.',
    example: '4',
  },
  {
    name: 'digits_dialed',
    type: 'array_of_strings',
    description: 'The array containing DTMF input. For example, 1.',
    example: '1',
  },
  {
    name: 'direction',
    type: 'string',
    description: 'The direction of the call and the possible values are:',
  },
  {
    name: 'duration',
    type: 'string',
    description: 'The duration of the call. For example, 10.',
    example: '10',
  },
  {
    name: 'answered_agent',
    type: 'object',
    description:
      'The data of the agent who answered the call. Note: Present in Call answered by Agent (Hangup) trigger type.',
  },
  {
    name: 'missed_agent',
    type: 'array_of_objects',
    description:
      'The data of the agent who missed the call. Note: Present in Call missed by Agent (Hangup) trigger type.',
  },
  {
    name: 'call_flow',
    type: 'array_of_objects',
    description: 'The flow of the call. Note: Present in Call answered by Agent (Hangup) trigger type.',
  },
  {
    name: 'broadcast_lead_fields',
    type: 'string',
    description: 'Details (name, email ID, phone number, address, etc) of the lead.',
  },
  { name: 'recording_url', type: 'string', description: 'The URL for recording.' },
  { name: 'start_date', type: 'string', description: 'Start date of the call.', temporal: 'date' },
  { name: 'start_time', type: 'string', description: 'Start time of the call.', temporal: 'time' },
  { name: 'call_connected', type: 'boolean', description: 'Whether the call is connected or not.' },
  { name: 'broadcast_name', type: 'string', description: 'Name of the broadcast campaign.' },
  { name: 'broadcast_id', type: 'string', description: 'ID of the broadcast campaign.' },
  {
    name: 'bridged_duration',
    type: 'string',
    description: 'Seconds for which the agent and the customer were connected.',
  },
  { name: 'call_status', type: 'string', description: 'Status of the call. (Answered or Missed)' },
  {
    name: 'call_id',
    type: 'string',
    description:
      'The call ID of the number that helps to track the different triggers for a particular call. For example,1628512094.7228905.',
    example: '1628512094.7228905',
  },
  {
    name: 'outbound_sec',
    type: 'string',
    description: 'The duration of an outbound call. For example, 10.',
    example: '10',
  },
  {
    name: 'agent_ring_time',
    type: 'string',
    description: 'The duration for which the call was in a ringing state. For example, 10.',
    example: '10',
  },
  {
    name: 'billing_circle',
    type: 'object',
    description: 'The billing circle details for the operator and circle.',
  },
  { name: 'telecom_operator', type: 'string', description: 'Name of the telecom operator.' },
  { name: 'telecom_circle', type: 'string', description: 'Name of the telecom circle.' },
  {
    name: 'first_missed_agent_number',
    type: 'string',
    description: 'Number of the agent who first missed the call.',
  },
  {
    name: 'first_missed_agent_follow_me_number',
    type: 'string',
    description: 'Number of the agent who first missed the call.',
  },
  { name: 'end_time', type: 'string', description: 'End time of the call.', temporal: 'time' },
  {
    name: 'aws_call_recording_identifier',
    type: 'string',
    description: 'The unique ID to identify saved call recordings on AWS.',
  },
] as const satisfies readonly Variable[]

/** What the successors of the deprecated hangups carry on top: the Q.850 triplet and the ring times. */
const HANGUP_EXTRAS = [
  {
    name: 'agent_transfer_ring_time',
    type: 'string',
    description: 'Seconds the call rang on the agent it was transferred to.',
  },
  { name: 'customer_ring_time', type: 'string', description: 'Seconds the call rang on the customer.' },
  {
    name: 'reason_key',
    type: 'string',
    description: 'Why the call ended, for example "Call Disconnected By Callee".',
  },
  {
    name: 'hangup_cause_description',
    type: 'string',
    description: 'Q.850 cause in words, for example "Normal call clearing".',
  },
  { name: 'hangup_cause_code', type: 'string', description: 'Q.850 cause code, for example 16.' },
  { name: 'hangup_cause_key', type: 'string', description: 'Q.850 cause key, for example NORMAL_CLEARING.' },
  { name: 'ref_id', type: 'string', description: 'Reference passed with the click-to-call request.' },
  { name: 'recording_name', type: 'string', description: 'Name of the recording file.' },
  { name: 'campaign_name', type: 'string', description: 'The name of the dialer campaign.' },
  { name: 'campaign_id', type: 'string', description: 'The ID of the dialer campaign.' },
  { name: 'queue_name', type: 'string', description: 'The name of the queue that received the call.' },
] as const satisfies readonly Variable[]

/** What is known once an agent, or the agent’s session, has answered. */
const ANSWERED = [
  {
    name: 'uuid',
    type: 'string',
    description:
      'The call ID of the number that varies for each call connection. For example, 61111f5e708c5.',
    example: '61111f5e708c5',
  },
  {
    name: 'call_to_number',
    type: 'string',
    description: 'The dialed number of the customer. For example, 91806XXXXXXX.',
    example: '91806XXXXXXX',
  },
  {
    name: 'caller_id_number',
    type: 'string',
    description: 'The caller ID shown to the customer. For example, 98765XXXXXX.',
    example: '98765XXXXXX',
  },
  {
    name: 'start_stamp',
    type: 'string',
    description: 'The date and time on which the call was received. For example, 2021-08-09 14:37:52.',
    example: '2021-08-09 14:37:52',
    temporal: 'timestamp',
  },
  {
    name: 'answered_agent_number',
    type: 'string',
    description: 'The number of the agent who answered the call. For example, 96432123XXX.',
    example: '96432123XXX',
  },
  {
    name: 'call_id',
    type: 'string',
    description:
      'The call ID of the number that helps to identify the call and track different triggers for a particular call. For example,1628364922.6274679.',
    example: '1628364922.6274679',
  },
  {
    name: 'billing_circle',
    type: 'object',
    description: 'The billing circle details for the operator and circle.',
  },
  {
    name: 'call_status',
    type: 'string',
    description: 'The status of the call. For example, answered.',
    example: 'answered',
  },
  {
    name: 'direction',
    type: 'string',
    description: 'The direction of the call. For example, click_to_call.',
    example: 'click_to_call',
  },
  { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
] as const satisfies readonly Variable[]

const BOTH: readonly CallType[] = ['inbound', 'outbound']

/** The same variables, some of them in other words: the product's page does not put them alike for each trigger. */
function reworded(
  variables: readonly Variable[],
  words: Readonly<Record<string, string>>,
): readonly Variable[] {
  return variables.map((variable) => ({
    ...variable,
    description: words[variable.name] ?? variable.description,
  }))
}

/** The product's triggers, in the order in which it offers them. */
export const TRIGGERS = [
  {
    slug: 'call_received_on_server',
    name: 'Call received on Server',
    deprecated: false,
    description: 'When a call is received on the server.',
    call_types: ['inbound'],
    outbound_types: [],
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection. For example, 610edefd7b4dd.',
        example: '610edefd7b4dd',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The destination number where the call will be transferred. For example, 918069010148.',
        example: '918069010148',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The caller ID shown to the customer. For example, 701XXXXXXX.',
        example: '701XXXXXXX',
      },
      {
        name: 'start_stamp',
        type: 'string',
        description: 'The start time of the call. For example, 2021-08-08 00:59:01.',
        example: '2021-08-08 00:59:01',
        temporal: 'timestamp',
      },
      {
        name: 'call_id',
        type: 'string',
        description:
          'The ID of the number that helps to identify the call and track different triggers for a particular call. For example, 1628364541.6274658.',
        example: '1628364541.6274658',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'call_answered_on_ivr',
    name: 'Call answered on IVR',
    deprecated: false,
    description: 'When a call is answered on IVR.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection. For example, 61111f5e708c5.',
        example: '61111f5e708c5',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The dialed number of the customer. For example, 91806XXXXXXX.',
        example: '91806XXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The caller ID shown to the customer. For example, 98765XXXXXX.',
        example: '98765XXXXXX',
      },
      {
        name: 'start_stamp',
        type: 'string',
        description: 'The date and time on which the call was received. For example, 2021-08-09 14:37:52.',
        example: '2021-08-09 14:37:52',
        temporal: 'timestamp',
      },
      {
        name: 'ivr_id',
        type: 'integer',
        description:
          'The unique ID of the IVR. For example, 3112. Note: Present in Call Answered on IVR trigger type.',
        example: '3112',
      },
      {
        name: 'ivr_name',
        type: 'string',
        description:
          'The name of the IVR through which the call has been received. For example, Election promotion IVR.',
        example: 'Election promotion IVR',
      },
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to identify the call and track different triggers for a particular call. For example,1628364922.6274679.',
        example: '1628364922.6274679',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'call_answered_by_agent',
    name: 'Call answered by Agent',
    deprecated: false,
    description: 'When a call is answered by an agent.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: ANSWERED,
  },
  {
    slug: 'call_hangup_missed',
    name: 'Call hangup (Missed) (Deprecated)',
    deprecated: true,
    description: 'When a call is missed.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: HANGUP,
  },
  {
    slug: 'call_hangup_answered',
    name: 'Call hangup (Answered) (Deprecated)',
    deprecated: true,
    description: 'When a call is answered.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: reworded(HANGUP, { call_connected: 'Whether or not the call is connected.' }),
  },
  {
    slug: 'call_hangup_missed_or_answered',
    name: 'Call hangup (Missed or Answered)',
    deprecated: false,
    description: 'When a call is either hung up due to being missed or after being answered.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: reworded(HANGUP, { call_connected: 'Whether or not the call was connected.' }),
  },
  {
    slug: 'dtmf_option',
    name: 'DTMF Option',
    deprecated: false,
    description: 'When the DTMF option is pressed on IVR.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection. For example, 61111f5e708c5.',
        example: '61111f5e708c5',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The dialed number of the customer. For example, 91806XXXXXXX.',
        example: '91806XXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The caller ID shown to the customer. For example, 98765XXXXXX.',
        example: '98765XXXXXX',
      },
      {
        name: 'date',
        type: 'string',
        description: 'The time at which option is pressed. For example, 2021-08-10 01:43:47.',
        example: '2021-08-10 01:43:47',
        temporal: 'timestamp',
      },
      {
        name: 'digit_pressed',
        type: 'string',
        description: 'The DTMF Options pressed by the customer. For example, 3.',
        example: '3',
      },
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to identify the call and track different triggers for a particular call. For example, 1628540022.7292026.',
        example: '1628540022.7292026',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'dialed_on_agent',
    name: 'Dialed on Agent',
    deprecated: false,
    description: 'When a call is dialed on an agent.',
    call_types: ['inbound'],
    outbound_types: [],
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection.For example, 61110678a4896.',
        example: '61110678a4896',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The destination number of the call. For example, 9180XXXXXXXX.',
        example: '9180XXXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The number on which the client called. For example, 97XXXXXXXX.',
        example: '97XXXXXXXX',
      },
      {
        name: 'date',
        type: 'string',
        description: 'The date and time at which agent is called. For example, 2021-08-09 16:12:00.',
        example: '2021-08-09 16:12:00',
        temporal: 'timestamp',
      },
      {
        name: 'call_flow',
        type: 'array_of_objects',
        description:
          'The complete call flow of how the call reached the agent. Note: Present only if the call is answered by an agent.',
      },
      {
        name: 'dept_name',
        type: 'array_of_strings',
        description:
          'The names of the department which received the calls. For example, Sales Department. Note: Present in case the call was received on at least one department.',
        example: 'Sales Department',
      },
      {
        name: 'ivr_name',
        type: 'array_of_strings',
        description:
          'The names of the IVRs which received the call. For example, Election Promotion IVR. Note: Present in case the call was received on at least one IVR.',
        example: 'Election Promotion IVR',
      },
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to track the different triggers for a particular call. For example, 1628505720.7070048.',
        example: '1628505720.7070048',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      {
        name: 'agent_number',
        type: 'string',
        description: 'The agent phone number on which the call will be received. For example, +918383081442.',
        example: '+918383081442',
      },
      {
        name: 'agent_name',
        type: 'string',
        description: 'The name of the agent who will receive the call. For example, Dhawanas.',
        example: 'Dhawanas',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'call_received_on_department',
    name: 'Call received on Department',
    deprecated: false,
    description: 'When a call is received on the department.',
    call_types: ['inbound'],
    outbound_types: [],
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection. For example, 610ee07a48b18.',
        example: '610ee07a48b18',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The number on which the client called. For example, 918069010148.',
        example: '918069010148',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The number of the client. For example, 701XXXXXXX.',
        example: '701XXXXXXX',
      },
      {
        name: 'date',
        type: 'string',
        description: 'The date and time on which the call was received. For example, 2021-08-09.',
        example: '2021-08-09',
        temporal: 'timestamp',
      },
      {
        name: 'call_flow',
        type: 'array_of_objects',
        description: 'The complete call flow of how call reached the department.',
      },
      {
        name: 'dept_id',
        type: 'string',
        description: 'The unique ID of the department. For example, 6999.',
        example: '6999',
      },
      {
        name: 'dept_name',
        type: 'string',
        description: 'The name of the department. For example, Demo Department',
        example: 'Demo Department',
      },
      {
        name: 'ivr_name',
        type: 'string',
        description:
          'The name of the IVR through which the call has been received. For example, Election promotion IVR.',
        example: 'Election promotion IVR',
      },
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to identify the call and track different triggers for a particular call. For example,1628364922.6274679.',
        example: '1628364922.6274679',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'call_received_on_auto_attendant',
    name: 'Call received on Auto Attendant',
    deprecated: false,
    description: 'When a call is received on an auto attendant.',
    call_types: ['inbound'],
    outbound_types: [],
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection. For example, 6110f5411fa02.',
        example: '6110f5411fa02',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The number on which client called. For example, 80XXXXXXXX.',
        example: '80XXXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The number of the client. For example, 70XXXXXXXX.',
        example: '70XXXXXXXX',
      },
      {
        name: 'start_stamp',
        type: 'string',
        description: 'The date and time on which the call was received. For example, 2021-08-09 14:58:32.',
        example: '2021-08-09 14:58:32',
        temporal: 'timestamp',
      },
      {
        name: 'auto_attendant_id',
        type: 'string',
        description: 'The unique ID of auto attendant. For example, 3649.',
        example: '3649',
      },
      {
        name: 'auto_attendant_name',
        type: 'string',
        description: 'The name of auto attendant. For example, Festival sale auto attendant.',
        example: 'Festival sale auto attendant',
      },
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to track the different triggers for a particular call. For example,1628501312.6959347.',
        example: '1628501312.6959347',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'call_answered_by_agent_hangup',
    name: 'Call answered by Agent (Hangup)',
    deprecated: false,
    description: 'When a call is answered by an agent and then hung up.',
    call_types: ['inbound'],
    outbound_types: [],
    variables: reworded(HANGUP, {
      customer_number: 'Customer number',
      broadcast_name: 'Name of the broadcast campaign',
      broadcast_id: 'ID of the broadcast campaign',
      telecom_circle: 'Name of the telecom circle',
      end_time: 'End time of the call',
    }),
  },
  {
    slug: 'call_missed_by_agent_hangup',
    name: 'Call missed by Agent (Hangup)',
    deprecated: false,
    description: 'When a call is hung up due to being missed.',
    call_types: ['inbound'],
    outbound_types: [],
    variables: reworded(HANGUP, {
      customer_number: 'Customer number',
      answered_agent_number: 'Number of the agent who answered the call',
      answered_agent_name: 'Name of the agent who answered the call',
      start_time: 'Start time of the agent.',
      call_connected: 'Whether or not the call is connected.',
    }),
  },
  {
    slug: 'call_answered_by_customer_click_to_call',
    name: 'Call answered by Customer (Click to call)',
    deprecated: false,
    description: 'When a call is answered by the customer in the click to call dial method.',
    call_types: ['outbound'],
    outbound_types: ['click_to_call'],
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection. For example, 6110f068a4139',
        example: '6110f068a4139',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The dialed number of the customer. For example, 701XXXXXXX.',
        example: '701XXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The caller ID shown to the customer. For example, 918069010102',
        example: '918069010102',
      },
      {
        name: 'start_stamp',
        type: 'string',
        description: 'The date and time on which the call was received. For example, 2021-08-09 14:37:52.',
        example: '2021-08-09 14:37:52',
        temporal: 'timestamp',
      },
      {
        name: 'direction',
        type: 'string',
        description: 'The direction of the call. For example, click_to_call.',
        example: 'click_to_call',
      },
      {
        name: 'answer_agent_number',
        type: 'string',
        description: 'The number of agent who answered the call. For example, 918383081442.',
        example: '918383081442',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      {
        name: 'call_status',
        type: 'string',
        description: 'The status of the call. Note: Herein the status will be "answered by customer".',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'call_missed_by_customer_click_to_call',
    name: 'Call missed by Customer (Click to Call)',
    deprecated: false,
    description: 'When a call is missed by the customer in the click to call dial method.',
    call_types: ['outbound'],
    outbound_types: ['click_to_call'],
    variables: [
      {
        name: 'uuid',
        type: 'string',
        description:
          'The call ID of the number that varies for each call connection. For example, 6110f068a4139',
        example: '6110f068a4139',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The dialed number of the customer. For example, 701XXXXXXX.',
        example: '701XXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The caller ID shown to the customer. For example, 918069010102',
        example: '918069010102',
      },
      { name: 'customer_number', type: 'string', description: 'Phone number of the customer' },
      {
        name: 'start_stamp',
        type: 'string',
        description: 'The date and time on which the call was received. For example, 2021-08-09 14:37:52.',
        example: '2021-08-09 14:37:52',
        temporal: 'timestamp',
      },
      {
        name: 'answer_stamp',
        type: 'string',
        description: 'The date and time on which the call was answered. For example, 2021-09-09 14:38:30.',
        example: '2021-09-09 14:38:30',
        temporal: 'timestamp',
      },
      {
        name: 'end_stamp',
        type: 'string',
        description: 'The date and time on which the call ended. For example, 2021-08-09 14:58:32.',
        example: '2021-08-09 14:58:32',
        temporal: 'timestamp',
      },
      { name: 'hangup_cause', type: 'string', description: 'The hang-up reason for the call.' },
      {
        name: 'billsec',
        type: 'string',
        description:
          'The billing criteria of the call as per the duration of the call in seconds. For example, 4.',
        example: '4',
      },
      {
        name: 'direction',
        type: 'string',
        description: 'The direction of the call and the possible values are:',
      },
      {
        name: 'duration',
        type: 'string',
        description: 'The duration of the call in seconds. For example,12.',
        example: '12',
      },
      {
        name: 'answered_agent',
        type: 'object',
        description: 'The name of the agent who answered the call. For example, John.',
        example: 'John',
      },
      {
        name: 'call_flow',
        type: 'array_of_objects',
        description:
          'The complete call flow of how the call reached the agent. Note: Present only if the call is answered by an agent.',
      },
      { name: 'recording_url', type: 'string', description: 'The URL for recording.' },
      {
        name: 'call_status',
        type: 'string',
        description: 'The status of the call. For example, Answered.',
        example: 'Answered',
      },
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to identify the call and track different triggers for a particular call. For example, 1628540022.7292026.',
        example: '1628540022.7292026',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      {
        name: 'aws_call_recording_identifier',
        type: 'string',
        description: 'The unique ID to identify saved call recordings on AWS.',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'disposition_status_updated_dialer',
    name: 'Disposition Status Updated (Dialer)',
    deprecated: false,
    description: 'When the agent updates the disposition status for a call via dialer.',
    call_types: BOTH,
    outbound_types: ['dialer'],
    variables: [
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to identify the call and track different triggers for a particular call. For example, 1628540022.7292026.',
        example: '1628540022.7292026',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The dialed number of the customer. For example, 701XXXXXXX.',
        example: '701XXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The caller ID shown to the customer. For example, 918069010102',
        example: '918069010102',
      },
      {
        name: 'start_stamp',
        type: 'string',
        description: 'The date and time at which the call started. For example, 2021-08-09 14:58:32.',
        example: '2021-08-09 14:58:32',
        temporal: 'timestamp',
      },
      {
        name: 'start_date',
        type: 'string',
        description: 'The date on which the call started. For example, 2021-08-09',
        example: '2021-08-09',
        temporal: 'date',
      },
      {
        name: 'start_time',
        type: 'string',
        description: 'The time at which the call started. For example,16:12:00.',
        example: '16:12:00',
        temporal: 'time',
      },
      {
        name: 'end_stamp',
        type: 'string',
        description: 'The date and time on which the call ended. For example, 2021-08-09 14:58:32.',
        example: '2021-08-09 14:58:32',
        temporal: 'timestamp',
      },
      {
        name: 'end_date',
        type: 'string',
        description: 'The date on which the call ended. For example, 2021-08-09',
        example: '2021-08-09',
        temporal: 'date',
      },
      {
        name: 'end_time',
        type: 'string',
        description: 'The time at which call ended. For example,16:12:00.',
        example: '16:12:00',
        temporal: 'time',
      },
      {
        name: 'direction',
        type: 'string',
        description: 'The direction of the call and the possible values are:',
      },
      {
        name: 'duration',
        type: 'string',
        description: 'The duration of the call in seconds. For example,12.',
        example: '12',
      },
      {
        name: 'call_flow',
        type: 'array_of_objects',
        description: 'The complete call flow of how the call reached the agent and customer.',
      },
      {
        name: 'lead_fields',
        type: 'string',
        description: 'The lead list fields of a lead in the dialer campaign.',
      },
      {
        name: 'campaign_name',
        type: 'string',
        description: 'The name of the dialer campaign. For example, Demo campaign.',
        example: 'Demo campaign',
      },
      {
        name: 'campaign_id',
        type: 'string',
        description: 'The ID of dialer campaign. For example, 1213334.',
        example: '1213334',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      {
        name: 'agent',
        type: 'string',
        description: 'The agent assigned to the dialer campaign. For example, Demo Agent.',
        example: 'Demo Agent',
      },
      {
        name: 'agent_name',
        type: 'string',
        description: 'Name of the agent assigned to the dialer campaign.',
      },
      {
        name: 'agent_number',
        type: 'string',
        description: 'Number of the agent assigned to the dialer campaign.',
      },
      {
        name: 'disposition',
        type: 'string',
        description:
          'The disposition status for a call set by the agent in the dialer panel. For example, Hangup.',
        example: 'Hangup',
      },
      {
        name: 'sub_dispositon',
        type: 'string',
        description:
          'Further division of disposition status. For example, if the disposition status is "Answered" then sub disposition status could be "Interested" or "Not Interested".',
        example:
          'if the disposition status is "Answered" then sub disposition status could be "Interested" or "Not Interested"',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'call_connected_to_agent_dialer',
    name: 'Call Connected to Agent (Dialer)',
    deprecated: false,
    description: 'When a customer is connected to an agent via dialer.',
    call_types: BOTH,
    outbound_types: ['dialer'],
    variables: [
      {
        name: 'call_id',
        type: 'string',
        description:
          'The call ID of the number that helps to identify the call and track different triggers for a particular call. For example, 1628540022.7292026.',
        example: '1628540022.7292026',
      },
      {
        name: 'call_to_number',
        type: 'string',
        description: 'The dialed number of the customer. For example, 701XXXXXXX.',
        example: '701XXXXXXX',
      },
      {
        name: 'caller_id_number',
        type: 'string',
        description: 'The caller ID shown to the customer. For example, 918069010102',
        example: '918069010102',
      },
      {
        name: 'start_stamp',
        type: 'string',
        description: 'The date and time at which call started. For example, 2021-08-09 14:58:32.',
        example: '2021-08-09 14:58:32',
        temporal: 'timestamp',
      },
      {
        name: 'start_date',
        type: 'string',
        description: 'The date on which call started. For example, 2021-08-09',
        example: '2021-08-09',
        temporal: 'date',
      },
      {
        name: 'start_time',
        type: 'string',
        description: 'The time at which call started. For example,16:12:00.',
        example: '16:12:00',
        temporal: 'time',
      },
      {
        name: 'direction',
        type: 'string',
        description: 'The direction of the call and the possible values are:',
      },
      {
        name: 'call_flow',
        type: 'array_of_objects',
        description: 'The complete call flow of how the call reached the agent and customer.',
      },
      {
        name: 'lead_fields',
        type: 'string',
        description: 'The lead list fields of a lead in the dialer campaign.',
      },
      { name: 'campaign_name', type: 'string', description: 'The name of the dialer campaign.' },
      {
        name: 'campaign_id',
        type: 'string',
        description: 'The ID of dialer campaign. For example, 1213334.',
        example: '1213334',
      },
      {
        name: 'billing_circle',
        type: 'object',
        description: 'The billing circle details for the operator and circle.',
      },
      {
        name: 'agent',
        type: 'string',
        description: 'The agent assigned to the dialer campaign. For example, Demo Agent.',
        example: 'Demo Agent',
      },
      {
        name: 'agent_name',
        type: 'string',
        description: 'Name of the agent assigned to the dialer campaign.',
      },
      {
        name: 'agent_number',
        type: 'string',
        description: 'Number of the agent assigned to the dialer campaign.',
      },
      { name: 'customer_no_with_prefix', type: 'string', description: 'Customer number with country code.' },
    ],
  },
  {
    slug: 'session_call_answered',
    name: 'Session Call Answered',
    deprecated: false,
    description: "When the agent's session leg is answered, before the customer is connected.",
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: ANSWERED,
  },
  {
    slug: 'call_hangup_missed_updated',
    name: 'Call hangup (Missed) (updated)',
    deprecated: false,
    description: 'When a call has ended without being answered. Successor of call_hangup_missed.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: [...HANGUP, ...HANGUP_EXTRAS],
  },
  {
    slug: 'call_hangup_answered_updated',
    name: 'Call hangup (Answered) (updated)',
    deprecated: false,
    description: 'When an answered call has ended. Successor of call_hangup_answered.',
    call_types: BOTH,
    outbound_types: OUTBOUND_TYPES,
    variables: reworded([...HANGUP, ...HANGUP_EXTRAS], {
      call_connected: 'Whether or not the call is connected.',
    }),
  },
] as const satisfies readonly Trigger[]

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
