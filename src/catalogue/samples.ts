import type { CallEvent } from '../dispatch/event.ts'
import type { JsonObject } from '../json.ts'
import { triggerOf, type TriggerSlug } from './triggers.ts'

/*
 * Sample events, in the shapes of live lines of the platform with digits and names of nobody: the times of a call
 * flow come as text or as a number with a fraction, empty objects and lists as "", and keys beyond the catalogue.
 */

const CALL_ID = '1783784576.231947'

const CALL_FLOW = [
  { time: '1783784576', type: 'init', value: CALL_ID },
  { id: '59726', name: 'Main menu', time: 1783784577, type: 'IVR', uid: 1783784577 },
  { dsid: '15621', dstype: 'department', input: '1', ivr_name: 'Main menu', optsts: 'Valid', time: 1783784606, type: 'DTMF' },
  { dialst: 'Answered', id: '0502141810358', name: 'Asha', num: '+919000000003', time: 1783784608.008, type: 'Agent' },
  { time: 1783784685.469, type: 'hangup' },
]

/** A value for every documented variable, as one answered call would have them. */
const VALUES: JsonObject = {
  uuid: '69db1da04ac43',
  call_id: CALL_ID,
  call_to_number: '+919000007179',
  caller_id_number: '9000300001',
  customer_number: '9000300001',
  customer_number_with_prefix: '+919000300001',
  customer_no_with_prefix: '+919000300001',
  start_stamp: '2026-07-11 21:12:56',
  answer_stamp: '2026-07-11 21:13:28',
  end_stamp: '2026-07-11 21:14:45',
  date: '2026-07-11 21:13:26',
  start_date: '2026-07-11',
  start_time: '21:12:56',
  end_date: '2026-07-11',
  end_time: '21:14:45',
  billing_circle: { operator: 'Reliance Mobile GSM', circle: 'UP (East)' },
  telecom_operator: 'Reliance Mobile GSM',
  telecom_circle: 'UP (East)',
  ivr_id: 59726,
  ivr_name: 'Main menu',
  dept_id: '15621',
  dept_name: 'Sales Department',
  auto_attendant_id: '62735',
  auto_attendant_name: 'Festival sale auto attendant',
  digit_pressed: '1',
  digits_dialed: ['1'],
  answer_agent_number: '+919000000003',
  answered_agent_number: '+919000000003',
  answered_agent_name: 'Asha',
  answered_agent: { id: '0502141810358', name: 'Asha', dialst: 'Answered', number: '0602141810347', agent_number: '+919000000003' },
  missed_agent: [{ id: '0502141810359', name: 'Ravi', number: '+919000000006', agent_number: '+919000000006' }],
  first_missed_agent_number: '+919000000006',
  first_missed_agent_follow_me_number: '+919000000006',
  agent: 'Asha',
  agent_name: 'Asha',
  agent_number: '+919000000003',
  agent_ring_time: '4',
  agent_transfer_ring_time: '',
  customer_ring_time: '16',
  call_flow: CALL_FLOW,
  call_status: 'answered',
  call_connected: true,
  direction: 'inbound',
  duration: '109',
  billsec: '77',
  bridged_duration: '77',
  outbound_sec: '0',
  hangup_cause: 'disconnected_by_caller',
  hangup_cause_description: 'Normal call clearing',
  hangup_cause_code: '16',
  hangup_cause_key: 'NORMAL_CLEARING',
  reason_key: 'Call Disconnected By Callee',
  recording_url: 'https://recordings.example.com/rec?callId=1783784576.231947&type=rec',
  recording_name: 'rec-1783784576.231947',
  aws_call_recording_identifier: '6433c871d9d5d9c9765448562ae7a410',
  broadcast_name: '',
  broadcast_id: '',
  broadcast_lead_fields: '',
  lead_fields: 'name=Meera,city=Lucknow',
  campaign_name: 'Demo campaign',
  campaign_id: '1213334',
  queue_name: 'Sales queue',
  disposition: 'Answered',
  sub_dispositon: 'Interested',
  ref_id: '02b6990a-84d0-4c05-bb69-23d6ce0af2c6',
}

/** What a trigger says that the answered call above does not. */
const PARTICULARS: Partial<Record<TriggerSlug, JsonObject>> = {
  call_answered_by_agent: { call_status: 'Answered by agent' },
  dialed_on_agent: { dept_name: ['Sales Department'], ivr_name: ['Main menu'] },
  call_hangup_missed: missed(),
  call_missed_by_agent_hangup: missed(),
  call_hangup_missed_updated: { ...missed(), hangup_cause_code: '19', hangup_cause_key: 'NO_ANSWER' },
  call_answered_by_customer_click_to_call: { call_status: 'Answered by customer', direction: 'click_to_call' },
  call_missed_by_customer_click_to_call: { call_status: 'missed', direction: 'clicktocall', call_flow: [] },
  disposition_status_updated_dialer: { direction: 'Dialer (outbound)' },
  call_connected_to_agent_dialer: { direction: 'Dialer (outbound)' },
}

function missed(): JsonObject {
  return {
    answer_stamp: '',
    answered_agent: '',
    answered_agent_name: '',
    answered_agent_number: '',
    billsec: '0',
    call_connected: false,
    call_status: 'missed',
    digits_dialed: '',
    hangup_cause: 'NormalClearing',
    recording_url: '',
  }
}

/** A realistic event of a trigger: every documented variable, and a key of the core's own. */
export function sampleEvent(slug: TriggerSlug): CallEvent {
  const trigger = triggerOf(slug)
  const values = { ...VALUES, ...PARTICULARS[slug] }
  const variables: JsonObject = {}
  for (const { name } of trigger.variables) variables[name] = values[name] ?? ''
  variables['custom_identifier'] = 'a0hc619uq1'
  const callType = trigger.call_types.includes('inbound') ? 'inbound' : 'outbound'
  return {
    id: `sample-${slug}`,
    trigger: slug,
    call_id: CALL_ID,
    call_type: callType,
    outbound_type: callType === 'outbound' ? (trigger.outbound_types[0] ?? null) : null,
    number: '+919000007179',
    sequence: null,
    occurred_at: '2026-07-11T15:44:45Z',
    variables,
  }
}
