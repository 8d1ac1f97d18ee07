/**
 * The calls that the demo plays. Each is a call as it was seen on live lines, with placeholders for numbers and
 * names: the bodies of hangups are the live ones, and events in mid-call are what their `call_flow` tells. Slips of
 * the core are left in: a key with a space at its end, variables that it did not fill in.
 */
import type { TriggerSlug } from '../../src/catalogue/triggers.ts'
import type { CallType, OutboundType } from '../../src/catalogue/types.ts'

export type Value = string | number | Value[] | { [key: string]: Value }
export type Variables = Record<string, Value>

export interface DemoEvent {
  id: string
  trigger: TriggerSlug
  call_id: string
  call_type: CallType
  outbound_type: OutboundType | null
  number: string | null
  /** The event's place in its call, from 1. */
  sequence: number
  variables: Variables
}

export interface DemoCall {
  name: string
  call_id: string
  /** In the order of the call. */
  events: DemoEvent[]
  /** In the order in which the core posts them. */
  posted: DemoEvent[]
}

interface Script {
  name: string
  call_id: string
  call_type: CallType
  outbound_type?: OutboundType
  number?: string
  /** What every event of the call carries. */
  common: Variables
  events: [trigger: TriggerSlug, variables: Variables][]
  /** Sequences in the order of posting, where that is not the order of the call. */
  posted?: number[]
}

function play({ name, call_id, call_type, outbound_type, number, common, events, posted }: Script): DemoCall {
  const inOrder = events.map(([trigger, variables], index): DemoEvent => ({
    id: `${call_id}-${index + 1}`,
    trigger,
    call_id,
    call_type,
    outbound_type: outbound_type ?? null,
    number: number ?? null,
    sequence: index + 1,
    variables: { ...common, ...variables },
  }))
  const order = posted ?? inOrder.map((event) => event.sequence)
  return { name, call_id, events: inOrder, posted: order.flatMap((n) => inOrder.slice(n - 1, n)) }
}

const inboundAnswered = play({
  name: 'inbound answered',
  call_id: '1728556244.450',
  call_type: 'inbound',
  number: '+919000000002',
  common: {
    uuid: '6707acd467af5',
    call_to_number: '+919000000002',
    caller_id_number: '9000000001',
    start_stamp: '2024-10-10 16:00:44',
    call_id: '1728556244.450',
    billing_circle: { operator: 'Reliance Mobile GSM', circle: 'UP (East)' },
    customer_no_with_prefix: '+919000000001',
  },
  events: [
    ['call_received_on_server', {}],
    ['call_answered_on_ivr', { ivr_id: 59726, ivr_name: 'Main menu' }],
    ['dtmf_option', { date: '2024-10-10 16:00:53', digit_pressed: '1' }],
    [
      'call_answered_by_agent',
      {
        answered_agent_number: '+919000000003',
        call_status: 'Answered by agent',
        direction: 'inbound',
      },
    ],
    // Agent one transfers the call.
    [
      'call_answered_by_agent',
      {
        answered_agent_number: 'Extension-0602141810347',
        call_status: 'Answered by agent',
        direction: 'inbound',
      },
    ],
    [
      'call_answered_by_agent_hangup',
      {
        answer_stamp: '2024-10-10 16:00:45',
        end_stamp: '2024-10-10 16:04:10',
        billsec: '205',
        duration: '206',
        digits_dialed: ['1'],
        direction: 'inbound',
        hangup_cause: 'NormalClearing',
        call_status: 'answered',
        call_connected: '1',
        answered_agent_name: 'Agent two',
        answered_agent_number: 'Extension-0602141810347',
        answered_agent: [
          { id: '0502141810357', name: 'Agent one', number: '+919000000003', is_transferred_agent: 'No' },
          {
            id: '0502141810358',
            name: 'Agent two',
            number: 'Extension-0602141810347',
            is_transferred_agent: 'Yes',
          },
        ],
        missed_agent: '',
        call_flow: [
          { time: '1728556244', type: 'init', value: '1728556244.450' },
          { id: '59726', name: 'Main menu', time: 1728556245, type: 'IVR', uid: 1728556245 },
          {
            dsid: '15532',
            dstype: 'department',
            input: '1',
            iuid: 1728556245,
            optsts: 'Valid',
            time: 1728556253,
            type: 'DTMF',
          },
          {
            id: '0502141810357',
            name: 'Agent one',
            num: '+919000000003',
            dialst: 'Answered',
            time: 1728556259.983,
            type: 'Agent',
          },
          {
            id: '0502141810358',
            name: 'Agent two',
            num: 'Extension-0602141810347',
            dialst: 'Answered',
            time: 1728556330.008,
            type: 'Transfer',
          },
          { time: 1728556450, type: 'hangup' },
        ],
        recording_url: 'https://recordings.example.com/rec?callId=1728556244.450',
        ref_id: '',
      },
    ],
  ],
})

const inboundMissed = play({
  name: 'inbound missed',
  call_id: '1783784632.231961',
  call_type: 'inbound',
  number: '9000007179',
  common: {
    uuid: '6a5264b8dc05b',
    call_to_number: '9000007179',
    caller_id_number: '9000300002',
    start_stamp: '2026-07-11 21:13:52',
    call_id: '1783784632.231961',
    customer_number_with_prefix: '+919000300002',
  },
  events: [
    ['call_received_on_server', {}],
    ['call_answered_on_ivr', { ivr_id: 59726, ivr_name: 'Main menu' }],
    ['dtmf_option', { date: '2026-07-11 21:13:57', digit_pressed: '3' }],
    [
      'call_hangup_missed_or_answered',
      {
        answer_stamp: '2026-07-11 21:13:53',
        end_stamp: '2026-07-11 21:14:10',
        answered_agent: '',
        answered_agent_name: '',
        answered_agent_number: '',
        missed_agent: '',
        billsec: '16',
        duration: '17',
        call_connected: '0',
        call_status: 'missed',
        did_number: '9000007179',
        direction: 'inbound',
        hangup_cause: 'NormalClearing',
        call_flow: [
          { time: '1783784632', type: 'init', value: '1783784632.231961' },
          { id: '59726', name: 'Main menu', time: 1783784633, type: 'IVR', uid: 1783784633 },
          {
            dsid: '62735',
            dstype: 'auto_attendant',
            input: '3',
            optsts: 'Valid',
            time: 1783784637,
            type: 'DTMF',
          },
          { id: '62735', name: 'Reception', time: 1783784637, type: 'Auto+Attendant' },
          { time: 1783784650, type: 'hangup' },
        ],
        recording_url: 'https://recordings.example.com/rec?callId=1783784632.231961',
        ref_id: '',
      },
    ],
  ],
})

const outOfHours = play({
  name: 'out of hours',
  call_id: '1783784634.231962',
  call_type: 'inbound',
  number: '9000008105',
  common: {
    uuid: '6a5264ba76285',
    call_to_number: '9000008105',
    caller_id_number: '9000300003',
    start_stamp: '2026-07-11 21:13:54',
    call_id: '1783784634.231962',
    customer_number_with_prefix: '+919000300003',
  },
  events: [
    ['call_received_on_server', {}],
    [
      'call_hangup_missed_or_answered',
      {
        answer_stamp: '',
        end_stamp: '2026-07-11 21:13:55',
        answered_agent: '',
        missed_agent: '',
        billsec: '0',
        duration: '1',
        call_connected: '0',
        call_status: 'missed',
        did_number: '9000008105',
        direction: 'inbound',
        hangup_cause: 'destination_hangup',
        call_flow: [
          { time: '1783784634', type: 'init', value: '1783784634.231962' },
          {
            dsid: '1',
            dstype: 'hangup',
            id: '99798',
            name: 'Office hours',
            tgst: 'Failed',
            time: 1783784635,
            type: 'TimeGroup',
          },
          { time: 1783784635, type: 'hangup' },
        ],
        ref_id: '',
      },
    ],
  ],
})

const clickToCallAnswered = play({
  name: 'click-to-call answered',
  call_id: '1775967644.594011',
  call_type: 'outbound',
  outbound_type: 'click_to_call',
  common: {
    uuid: '69db1da04ac43',
    call_to_number: '919000000003',
    caller_id_number: '9000000004',
    start_stamp: '2026-04-12 09:50:48',
    call_id: '1775967644.594011',
    billing_circle: { operator: 'Reliance Mobile GSM', circle: 'Delhi' },
    'customer_no_with_prefix ': '919000000003',
    ref_id: '02b6990a-84d0-4c05-bb69-23d6ce0af2c6',
  },
  events: [
    [
      'call_answered_by_agent',
      { answer_agent_number: '+919000000003', call_status: 'Answered by agent', direction: 'click_to_call' },
    ],
    [
      'call_answered_by_customer_click_to_call',
      {
        answered_agent_number: { follow_me_number: '+919000000003', id: '0507297260059', name: 'Agent' },
        call_status: 'Answered by customer',
        customer_ring_time: '4',
        direction: 'click_to_call',
      },
    ],
    [
      'call_hangup_answered_updated',
      {
        answer_stamp: '2026-04-12 09:50:48',
        end_stamp: '2026-04-12 09:50:59',
        billsec: '11',
        digits_dialed: '',
        direction: 'clicktocall',
        duration: '11',
        answered_agent: {
          id: '0507297260059',
          name: 'Agent-Extension',
          dialst: 'Dialed',
          number: '0607297260058',
          agent_number: '+919000000003',
        },
        answered_agent_name: 'Agent-Extension',
        answered_agent_number: '0607297260058',
        missed_agent: '',
        call_flow: [
          { type: 'init', value: '1775967644.594011', time: '1775967648' },
          {
            type: 'Agent',
            id: '0507297260059',
            num: '+919000000003',
            subtype: 'softphone',
            dialst: 'Dialed',
            time: 1775967648,
          },
          { type: 'ClickToCall', name: 'PJSIP%2F%2B09000000003%40TRUNK-00910000000000', time: 1775967648 },
          {
            type: 'Agent',
            id: '0507297260059',
            number: '+919000000003',
            dialst: 'Answered',
            time: 1775967652,
          },
          { anstime: 1775967652, time: 1775967659 },
          { type: 'hangup', time: 1775967659 },
        ],
        recording_url:
          'https://recordings.example.com/rec?callId=1775967644.594011&type=rec&token=TOKEN%3D%3D',
        call_status: 'answered',
        call_connected: '1',
        agent_ring_time: '4',
        customer_ring_time: '4',
        outbound_sec: '7',
        reason_key: 'Call Disconnected By Callee',
        hangup_cause_description: 'Normal call clearing',
        hangup_cause_code: '16',
        hangup_cause_key: 'NORMAL_CLEARING',
        custom_identifier: 'a0hc619uq1',
        recording_name: '$recording_name',
        campaign_name: '$campaign_name',
        campaign_id: '$campaign_id',
      },
    ],
  ],
})

const clickToCallMissed = play({
  name: 'click-to-call missed',
  call_id: '1775719461.306731',
  call_type: 'outbound',
  outbound_type: 'click_to_call',
  common: {
    uuid: '69d75426f0a9f',
    call_to_number: '919000000003',
    caller_id_number: '+919000000004',
    start_stamp: '2026-04-09 12:54:21',
    call_id: '1775719461.306731',
    billing_circle: { operator: 'Reliance Mobile GSM', circle: 'Delhi' },
    'customer_no_with_prefix ': '919000000003',
    ref_id: '',
  },
  events: [
    [
      'call_answered_by_agent',
      { answer_agent_number: '+919000000003', call_status: 'Answered by agent', direction: 'click_to_call' },
    ],
    [
      'call_missed_by_customer_click_to_call',
      {
        caller_id_number: '9000000004',
        start_stamp: '2026-04-09 12:54:22',
        answer_stamp: '2026-04-09 12:54:23',
        end_stamp: '2026-04-09 12:54:53',
        billsec: '30',
        digits_dialed: '',
        direction: 'clicktocall',
        duration: '30',
        answered_agent: {
          id: '0507297260059',
          name: 'Agent-Extension',
          dialst: 'Dialed',
          number: '0607297260058',
          agent_number: '+919000000003',
        },
        missed_agent: '',
        call_flow: [
          { type: 'init', value: '1775719461.306731', time: '1775719462' },
          {
            type: 'Agent',
            id: '0507297260059',
            num: '+919000000003',
            subtype: 'softphone',
            dialst: 'Dialed',
            time: 1775719463,
          },
          { type: 'ClickToCall', name: 'PJSIP%2F%2B09000000003%40TRUNK-00910000000000', time: 1775719463 },
          { type: 'hangup', time: 1775719493 },
        ],
        recording_url:
          'https://recordings.example.com/rec?callId=1775719461.306731&type=rec&token=TOKEN%3D%3D',
        call_status: 'missed',
        customer_ring_time: '30',
        reason_key: 'noanswer',
        hangup_cause_description: 'Unspecified. No other cause codes applicable.',
        hangup_cause_code: '0',
        hangup_cause_key: 'UNSPECIFIED',
        campaign_name: '$campaign_name',
        campaign_id: '$campaign_id',
      },
    ],
  ],
})

const dialerAnswered = play({
  name: 'dialer answered',
  call_id: '1783784576.231947',
  call_type: 'inbound',
  number: '+919000007179',
  common: {
    uuid: '96ccf76037169',
    call_to_number: '+919000007179',
    caller_id_number: '+919000300001',
    start_stamp: '7/11/2026, 9:12:56 PM',
    call_id: '1783784576.231947',
    direction: 'Dialer (inbound)',
    ref_id: '',
  },
  events: [
    ['call_received_on_server', {}],
    ['dtmf_option', { date: '7/11/2026, 9:13:26 PM', digit_pressed: '1' }],
    [
      'call_connected_to_agent_dialer',
      {
        campaign_name: 'Renewals',
        campaign_id: '104342',
        agent: '0502141810358',
        agent_name: 'Rep',
        agent_number: 'Extension-0602141810347',
        lead_fields: '{"email":"lead@example.com"}',
      },
    ],
    [
      'call_hangup_missed_or_answered',
      {
        answer_stamp: '7/11/2026, 9:13:28 PM',
        end_stamp: '7/11/2026, 9:14:45 PM',
        answered_agent: [
          {
            email: 'rep@example.com',
            id: '0502141810358',
            is_transferred_agent: 'No',
            name: 'Rep',
            number: 'Extension-0000000000000',
          },
        ],
        answered_agent_name: 'Rep',
        answered_agent_number: 'Extension-0602141810347',
        missed_agent: '',
        billsec: '',
        duration: '80',
        call_connected: '1',
        call_status: 'answered',
        did_number: '+919000007179',
        hangup_cause: 'disconnected_by_caller',
        call_flow: [
          { time: '1783784576', type: 'init', value: '1783784576.231947' },
          { id: '59726', name: 'Main menu', time: 1783784577, type: 'IVR', uid: 1783784577 },
          {
            dsid: '15621',
            dstype: 'inbound_queue',
            input: '1',
            optsts: 'Valid',
            time: 1783784606,
            type: 'DTMF',
          },
          {
            id: '15621',
            name: 'Renewals',
            dept_dialst: 'Answered',
            ringst: 1,
            time: 1783784606.075,
            type: 'Inbound Queue',
          },
          { id: '0502141810358', name: 'Rep', dialst: 'Answered', time: 1783784608.008, type: 'Agent' },
          { id: '0502141810358', name: 'Rep', time: 1783784685.469, type: 'Agent-Hangup' },
        ],
        recording_url: 'https://recordings.example.com/rec?callId=1783784576.231947',
      },
    ],
    [
      'disposition_status_updated_dialer',
      {
        campaign_name: 'Renewals',
        campaign_id: '104342',
        agent: '0502141810358',
        agent_name: 'Rep',
        agent_number: 'Extension-0602141810347',
        end_stamp: '7/11/2026, 9:14:45 PM',
        duration: '80',
        disposition: 'Interested',
        sub_dispositon: 'Call back',
      },
    ],
  ],
})

const outOfOrder = play({
  name: 'posted out of order',
  call_id: '1783783986.231817',
  call_type: 'inbound',
  number: '+919000007179',
  common: {
    uuid: '92c029f979ab8',
    call_to_number: '+919000007179',
    caller_id_number: '+919000300001',
    start_stamp: '7/11/2026, 9:03:06 PM',
    call_id: '1783783986.231817',
    direction: 'Dialer (inbound)',
  },
  events: [
    ['call_received_on_server', {}],
    ['call_answered_on_ivr', { ivr_id: 59726, ivr_name: 'Main menu' }],
    ['dtmf_option', { date: '7/11/2026, 9:03:31 PM', digit_pressed: '2' }],
    [
      'call_hangup_missed_or_answered',
      {
        answer_stamp: '',
        end_stamp: '7/11/2026, 9:11:53 PM',
        answered_agent: '',
        missed_agent: '',
        billsec: '',
        duration: '502',
        call_connected: '0',
        call_status: 'missed',
        did_number: '+919000007179',
        hangup_cause: 'hangup_as_per_destination',
        call_flow: [
          { time: '1783783986', type: 'init', value: '1783783986.231817' },
          { id: '59726', name: 'Main menu', time: 1783783986, type: 'IVR', uid: 1783783986 },
          {
            dsid: '15532',
            dstype: 'inbound_queue',
            input: '2',
            optsts: 'Valid',
            time: 1783784011,
            type: 'DTMF',
          },
          {
            id: '15532',
            name: 'Renewals',
            dept_dialst: 'Answered',
            ringst: 3,
            time: 1783784011.235,
            type: 'Inbound Queue',
          },
          { time: 1783784513.199, type: 'Hangup' },
        ],
        recording_url: '',
        ref_id: '',
      },
    ],
  ],
  posted: [4, 2, 1, 3],
})

/** The call whose timeline is read back: it has retries, held deliveries and a disposition. */
export const READ_BACK = dialerAnswered

export const CALLS: readonly DemoCall[] = [
  inboundAnswered,
  inboundMissed,
  outOfHours,
  clickToCallAnswered,
  clickToCallMissed,
  dialerAnswered,
  outOfOrder,
]
