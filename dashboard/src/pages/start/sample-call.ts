/** A call that nobody made, for a first webhook: an inbound one, through a menu to an agent. */

const NUMBER = '+918065251305'
const CUSTOMER = '919000000003'
const AGENT = { id: '0507297260059', name: 'Asha', number: '+919000000006' }
const BILLING_CIRCLE = { operator: 'Reliance Mobile GSM', circle: 'Delhi' }

/** What the sample call has happen, in its order: what a first webhook asks for. */
export const SAMPLE_TRIGGERS = [
  'call_received_on_server',
  'dtmf_option',
  'dialed_on_agent',
  'call_answered_by_agent',
  'call_hangup_missed_or_answered',
] as const
export type SampleTrigger = (typeof SAMPLE_TRIGGERS)[number]

/** How long after the start of the call each of them is, in seconds, as the variables tell it. */
const AFTER_S: Record<SampleTrigger, number> = {
  call_received_on_server: 0,
  dtmf_option: 11,
  dialed_on_agent: 12,
  call_answered_by_agent: 16,
  call_hangup_missed_or_answered: 93,
}

/** A stamp as the telephony core writes them. */
function stamp(ms: number): string {
  return new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'medium',
    timeZone: 'Asia/Kolkata',
  }).format(ms)
}

/**
 * The events of the call, in order, as `POST /v1/events` takes them. The call ends now.
 * @param callId another one each time, so that it is another call
 */
export function sampleCall(callId: string, nowMs: number) {
  const startMs = nowMs - AFTER_S.call_hangup_missed_or_answered * 1000
  const at = (trigger: SampleTrigger) => stamp(startMs + AFTER_S[trigger] * 1000)
  const common = {
    uuid: callId,
    call_id: callId,
    call_to_number: NUMBER,
    caller_id_number: CUSTOMER,
    customer_no_with_prefix: `+${CUSTOMER}`,
    billing_circle: BILLING_CIRCLE,
    start_stamp: stamp(startMs),
  }
  const agent = { agent_name: AGENT.name, agent_number: AGENT.number }
  const answered = { answered_agent_number: AGENT.number, call_status: 'answered', direction: 'inbound' }
  const variables: Record<SampleTrigger, object> = {
    call_received_on_server: {},
    dtmf_option: { date: at('dtmf_option'), digit_pressed: '1' },
    dialed_on_agent: { date: at('dialed_on_agent'), dept_name: ['Sales'], ivr_name: ['Main menu'], ...agent },
    call_answered_by_agent: answered,
    call_hangup_missed_or_answered: {
      ...answered,
      answered_agent: AGENT,
      answered_agent_name: AGENT.name,
      answer_stamp: at('call_answered_by_agent'),
      end_stamp: at('call_hangup_missed_or_answered'),
      billsec: '77',
      duration: '93',
      hangup_cause: 'disconnected_by_caller',
    },
  }
  return SAMPLE_TRIGGERS.map((trigger, index) => ({
    id: `${callId}-${index + 1}`,
    trigger,
    call_id: callId,
    call_type: 'inbound',
    number: NUMBER,
    sequence: index + 1,
    occurred_at: new Date(startMs + AFTER_S[trigger] * 1000).toISOString(),
    variables: { ...common, ...variables[trigger] },
  }))
}

/** An id that the log shows for what it is. @param random a number from 0 to 1 */
export function sampleCallId(nowMs: number, random: number): string {
  return `sample-${Math.floor(nowMs / 1000)}.${Math.floor(random * 1e6)}`
}

/** When a call of `sampleCallId` was played, in ms since epoch; null for another id. */
export function playedAtMs(callId: string): number | null {
  const [, seconds] = /^sample-(\d+)\.\d+$/.exec(callId) ?? []
  return seconds === undefined ? null : Number(seconds) * 1000
}
