import { triggerOf, type TriggerSlug } from './triggers.ts'
import type { CallType, OutboundType } from './types.ts'

/** The JSON that a sample is made of: a `JsonObject`, in the words of the catalogue, which imports nothing. */
type Value = string | number | boolean | Value[] | { [key: string]: Value }
type Values = Record<string, Value>

/** A `CallEvent`, in the same words. */
export interface SampleEvent {
  id: string
  trigger: TriggerSlug
  call_id: string
  call_type: CallType
  outbound_type: OutboundType | null
  number: string
  sequence: null
  occurred_at: string
  variables: Values
}

/*
 * Sample events in the shapes of live lines of the platform, with digits and names of nobody: the times of a call
 * flow come as text or as a number with a fraction, empty objects and lists as "", the direction in several
 * spellings, and keys beyond the catalogue.
 */

const BILLING_CIRCLE = { operator: 'Reliance Mobile GSM', circle: 'Delhi' }
const CUSTOMER = '919000000003'
const CUSTOMER_NAMES = {
  customer_number: '9000000003',
  customer_number_with_prefix: '+919000000003',
  customer_no_with_prefix: '+919000000003',
  billing_circle: BILLING_CIRCLE,
  telecom_operator: BILLING_CIRCLE.operator,
  telecom_circle: BILLING_CIRCLE.circle,
}
const AGENT = {
  id: '0507297260059',
  name: 'Asha',
  dialst: 'Answered',
  number: '0607297260058',
  agent_number: '+919000000006',
}
const MISSED_AGENT = {
  id: '0507297260060',
  name: 'Ravi',
  number: '+919000000007',
  agent_number: '+919000000007',
}
const NO_BROADCAST = { broadcast_lead_fields: '', broadcast_name: '', broadcast_id: '' }

/** From the menu to the department to an agent who did not pick up. */
const TO_FIRST_AGENT = [
  { time: '1783784576', type: 'init', value: '1783784576.231947' },
  { id: '59726', name: 'Main menu', time: 1783784577, type: 'IVR', uid: 1783784577 },
  { dsid: '15621', dstype: 'department', input: '1', iuid: 1783784577, time: 1783784606, type: 'DTMF' },
  {
    dialst: 'Dialed',
    id: MISSED_AGENT.id,
    name: 'Ravi',
    num: '+919000000007',
    time: 1783784606.211,
    type: 'Agent',
  },
]

/** An inbound call through a menu to an agent: a value for every variable that an inbound call may have. */
const INBOUND: Values = {
  uuid: '6a5264b8dc05b',
  call_id: '1783784576.231947',
  call_to_number: '+918065251305',
  caller_id_number: CUSTOMER,
  ...CUSTOMER_NAMES,
  start_stamp: '2026-07-11 21:12:56',
  answer_stamp: '2026-07-11 21:13:28',
  end_stamp: '2026-07-11 21:14:45',
  date: '2026-07-11 21:13:26',
  start_date: '2026-07-11',
  start_time: '21:12:56',
  end_date: '2026-07-11',
  end_time: '21:14:45',
  ivr_id: 59726,
  ivr_name: 'Main menu',
  dept_id: '15621',
  dept_name: 'Sales Department',
  auto_attendant_id: '62735',
  auto_attendant_name: 'Festival sale auto attendant',
  digit_pressed: '1',
  digits_dialed: ['1'],
  answered_agent_number: AGENT.number,
  answered_agent_name: AGENT.name,
  answered_agent: AGENT,
  missed_agent: [MISSED_AGENT],
  first_missed_agent_number: MISSED_AGENT.number,
  first_missed_agent_follow_me_number: MISSED_AGENT.agent_number,
  agent: AGENT.name,
  agent_name: AGENT.name,
  agent_number: AGENT.agent_number,
  agent_ring_time: '4',
  call_flow: [
    ...TO_FIRST_AGENT,
    {
      dialst: 'Answered',
      id: AGENT.id,
      name: 'Asha',
      num: '+919000000006',
      time: 1783784608.008,
      type: 'Agent',
    },
    { time: 1783784685.469, type: 'hangup' },
  ],
  ...NO_BROADCAST,
  call_status: 'answered',
  call_connected: true,
  direction: 'inbound',
  duration: '109',
  billsec: '77',
  bridged_duration: '77',
  outbound_sec: '0',
  hangup_cause: 'disconnected_by_caller',
  recording_url: 'https://recordings.example.com/rec?callId=1783784576.231947&type=rec',
  aws_call_recording_identifier: '6433c871d9d5d9c9765448562ae7a410',
  lead_fields: 'name=Meera,city=Lucknow',
  campaign_name: 'Demo campaign',
  campaign_id: '1213334',
  disposition: 'Answered',
  sub_dispositon: 'Interested',
  ref_id: '',
}

/** The same call, but nobody took it. */
const INBOUND_MISSED: Values = {
  ...INBOUND,
  call_flow: [...TO_FIRST_AGENT, { time: 1783784619.5, type: 'hangup' }],
  answer_stamp: '',
  end_stamp: '2026-07-11 21:13:39',
  end_time: '21:13:39',
  duration: '43',
  answered_agent: '',
  answered_agent_name: '',
  answered_agent_number: '',
  agent_ring_time: '13',
  billsec: '0',
  bridged_duration: '',
  call_connected: '0',
  call_status: 'missed',
  digits_dialed: '',
  hangup_cause: 'NormalClearing',
  recording_url: '',
  aws_call_recording_identifier: '',
}

const TO_CUSTOMER = [
  { type: 'init', value: '1775967644.594011', time: '1775967648' },
  { type: 'Agent', id: AGENT.id, name: 'Asha', dialst: 'Answered', subtype: 'softphone', time: 1775967648 },
  { type: 'ClickToCall', name: 'PJSIP%2F%2B09000000003%40TRUNK-00910000000000', time: 1775967648 },
]

/** A click-to-call that the customer took, hung up by the customer. */
const CLICK_TO_CALL: Values = {
  uuid: '69db1da04ac43',
  call_to_number: CUSTOMER,
  caller_id_number: '+918065251305',
  start_stamp: '2026-04-12 09:50:48',
  answer_stamp: '2026-04-12 09:50:52',
  end_stamp: '2026-04-12 09:50:59',
  start_date: '2026-04-12',
  start_time: '09:50:48',
  end_time: '09:50:59',
  billsec: '7',
  digits_dialed: '',
  direction: 'clicktocall',
  duration: '11',
  answered_agent: AGENT,
  answered_agent_name: AGENT.name,
  answered_agent_number: AGENT.number,
  missed_agent: '',
  first_missed_agent_number: '',
  first_missed_agent_follow_me_number: '',
  call_flow: [
    ...TO_CUSTOMER,
    { anstime: 1775967652, time: 1775967659 },
    { type: 'hangup', time: 1775967659 },
  ],
  ...NO_BROADCAST,
  recording_url: 'https://recordings.example.com/rec?callId=1775967644.594011&type=rec&token=TOKEN%3D%3D',
  recording_name: '1775967644.594011.mp3',
  call_status: 'answered',
  call_id: '1775967644.594011',
  outbound_sec: '7',
  agent_ring_time: '4',
  agent_transfer_ring_time: '',
  ...CUSTOMER_NAMES,
  call_connected: '1',
  bridged_duration: '7',
  aws_call_recording_identifier: '6433c871d9d5d9c9765448562ae7a410',
  campaign_name: '',
  campaign_id: '',
  queue_name: '',
  customer_ring_time: '4',
  hangup_cause: 'NormalClearing',
  reason_key: 'Call Disconnected By Callee',
  hangup_cause_description: 'Normal call clearing',
  hangup_cause_code: '16',
  hangup_cause_key: 'NORMAL_CLEARING',
  ref_id: '02b6990a-84d0-4c05-bb69-23d6ce0af2c6',
  custom_identifier: 'a0hc619uq1',
}

/** A click-to-call on which the agent did not pick up. */
const CLICK_TO_CALL_MISSED: Values = {
  ...CLICK_TO_CALL,
  answer_stamp: '',
  end_stamp: '2026-04-12 09:51:04',
  end_time: '09:51:04',
  billsec: '0',
  duration: '16',
  answered_agent: '',
  answered_agent_name: '',
  answered_agent_number: '',
  missed_agent: [MISSED_AGENT],
  first_missed_agent_number: MISSED_AGENT.number,
  first_missed_agent_follow_me_number: MISSED_AGENT.agent_number,
  call_flow: [],
  recording_url: '',
  recording_name: '',
  call_status: 'missed',
  outbound_sec: '0',
  agent_ring_time: '13',
  call_connected: '0',
  bridged_duration: '',
  aws_call_recording_identifier: '',
  customer_ring_time: '',
  hangup_cause: '',
  reason_key: '',
  hangup_cause_description: 'No answer from user (user alerted)',
  hangup_cause_code: '19',
  hangup_cause_key: 'NO_ANSWER',
}

const BY_AGENT: Values = {
  ...CLICK_TO_CALL,
  direction: 'click_to_call',
  call_status: 'Answered by agent',
}
const DIALER: Values = {
  ...INBOUND,
  direction: 'Dialer (inbound)',
  start_stamp: '7/11/2026, 9:12:56 PM',
  end_stamp: '7/11/2026, 9:14:45 PM',
}

/** What is not the inbound call. */
const VALUES: Partial<Record<TriggerSlug, Values>> = {
  call_answered_by_agent: BY_AGENT,
  session_call_answered: BY_AGENT,
  call_answered_by_customer_click_to_call: {
    ...CLICK_TO_CALL,
    answer_agent_number: { follow_me_number: '+919000000006', id: AGENT.id, name: AGENT.name },
    call_status: 'Answered by customer',
    direction: 'click_to_call',
  },
  call_missed_by_customer_click_to_call: {
    ...CLICK_TO_CALL,
    end_stamp: '2026-04-12 09:51:22',
    billsec: '30',
    duration: '34',
    call_flow: [...TO_CUSTOMER, { type: 'hangup', time: 1775967682 }],
    call_status: 'missed',
    customer_ring_time: '30',
    reason_key: 'noanswer',
    hangup_cause_description: 'Unspecified. No other cause codes applicable.',
    hangup_cause_code: '0',
    hangup_cause_key: 'UNSPECIFIED',
  },
  call_hangup_missed_updated: CLICK_TO_CALL_MISSED,
  call_hangup_answered_updated: CLICK_TO_CALL,
  call_hangup_missed: INBOUND_MISSED,
  call_missed_by_agent_hangup: INBOUND_MISSED,
  dialed_on_agent: { ...INBOUND, dept_name: ['Sales Department'], ivr_name: ['Main menu'] },
  disposition_status_updated_dialer: DIALER,
  call_connected_to_agent_dialer: DIALER,
}

/** Keys that live lines send beyond the catalogue, where a call has them: all along, and once it has ended. */
const BEYOND = ['ref_id', 'custom_identifier']
const BEYOND_ENDED = ['customer_ring_time', 'reason_key', 'hangup_cause_code']

/** A realistic event of a trigger: every documented variable, and the keys that live lines send on top. */
export function sampleEvent(slug: TriggerSlug): SampleEvent {
  const values = VALUES[slug] ?? INBOUND
  const documented = triggerOf(slug).variables.map((variable) => variable.name)
  const beyond = documented.includes('end_stamp') ? [...BEYOND, ...BEYOND_ENDED] : BEYOND
  const variables: Values = {}
  for (const name of new Set([...documented, ...beyond])) {
    const value = values[name]
    if (value !== undefined) variables[name] = structuredClone(value)
  }
  const { call_id } = values
  const isInbound = values.direction === INBOUND.direction || values.direction === DIALER.direction
  return {
    id: `sample-${slug}`,
    trigger: slug,
    call_id: typeof call_id === 'string' ? call_id : '',
    call_type: isInbound ? 'inbound' : 'outbound',
    outbound_type: isInbound ? null : 'click_to_call',
    number: '+918065251305',
    sequence: null,
    occurred_at: isInbound ? '2026-07-11T15:44:45Z' : '2026-04-12T04:20:59Z',
    variables,
  }
}
