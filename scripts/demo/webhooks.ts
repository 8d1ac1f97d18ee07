/** The webhooks of the demo: one for each shape of request that customers ask for, and what is wrong with one. */
import type { WebhookConfig } from '../../src/contracts/webhook.ts'
import type { DemoCall, DemoEvent } from './calls/call.ts'
import type { Received } from './receiver.ts'

export interface DemoWebhook {
  name: string
  /** What it shows, for the table. */
  shape: string
  /** The webhook as the API takes it, but for the receiver's address. */
  config: Partial<WebhookConfig> & Pick<WebhookConfig, 'triggers'>
  /** The receiver's path, and the query that is part of the URL. */
  path: string
  ownQuery: string
  /** Paused before the calls, and enabled when they have ended. */
  isPaused: boolean
  /** So many attempts of each delivery fail. */
  failFirst: number
  /** What is wrong with a request in this webhook's shape; empty where all is well. */
  faultsOf: (request: Received, event: DemoEvent) => string[]
}

/** In the URL and in a header of the customer's own, as secrets ride on live lines. */
const URL_QUERY = 'token=wb-3f9a&board=7'
const API_KEY = 'erp-secret-2b7d'

const plain = { ownQuery: '', isPaused: false, failFirst: 0 }

export function demoWebhooks(calls: readonly DemoCall[]): DemoWebhook[] {
  const everyTrigger = [...new Set(calls.flatMap((call) => call.events.map((event) => event.trigger)))]
  return [
    {
      ...plain,
      name: 'crm',
      shape: 'POST JSON, typed, ISO 8601 in UTC',
      path: '/crm',
      config: { triggers: everyTrigger, date_time_format: 'iso8601', time_zone: 'UTC' },
      faultsOf: crmFaults,
    },
    {
      ...plain,
      name: 'billing',
      shape: 'POST form, brackets',
      path: '/billing',
      config: {
        triggers: [
          'call_answered_by_agent_hangup',
          'call_hangup_answered_updated',
          'call_hangup_missed_or_answered',
          'call_missed_by_customer_click_to_call',
          'disposition_status_updated_dialer',
        ],
        content_type: 'application/x-www-form-urlencoded',
        nested_form: 'brackets',
      },
      faultsOf: billingFaults,
    },
    {
      ...plain,
      name: 'wallboard',
      shape: "GET, the URL's own query kept",
      path: '/wallboard',
      ownQuery: URL_QUERY,
      config: {
        triggers: ['call_received_on_server', 'dtmf_option'],
        method: 'GET',
        date_time_format: 'epoch',
        parameters: [{ key: 'event', value: '$trigger' }],
      },
      faultsOf: wallboardFaults,
    },
    {
      ...plain,
      name: 'erp',
      shape: 'POST JSON, strings, renamed, secret header',
      path: '/erp',
      config: {
        triggers: [
          'call_answered_by_agent',
          'call_answered_by_customer_click_to_call',
          'call_hangup_answered_updated',
          'call_missed_by_customer_click_to_call',
        ],
        call_type: 'outbound',
        outbound_types: ['click_to_call'],
        body: 'parameters',
        value_types: 'strings',
        parameters: [
          { key: 'Event', value: '$trigger_name' },
          { key: 'CallRef', value: '$call_id' },
          { key: 'From', value: '$caller_id_number' },
          { key: 'Customer', value: '+$customer_number_with_prefix' },
          { key: 'Circle', value: '$billing_circle' },
          { key: 'Campaign', value: '$campaign_name' },
        ],
        headers: [{ key: 'X-Api-Key', value: API_KEY }],
      },
      faultsOf: erpFaults,
    },
    {
      ...plain,
      name: 'warehouse',
      shape: 'POST JSON, paused and then enabled',
      path: '/warehouse',
      isPaused: true,
      config: {
        triggers: [
          'call_answered_by_agent',
          'call_answered_by_agent_hangup',
          'call_hangup_missed_or_answered',
        ],
        call_type: 'inbound',
      },
      faultsOf: jsonFaults,
    },
    {
      ...plain,
      name: 'helpdesk',
      shape: 'POST JSON, fails twice, then answers',
      path: '/helpdesk',
      failFirst: 2,
      config: {
        triggers: [
          'call_connected_to_agent_dialer',
          'disposition_status_updated_dialer',
          'call_answered_by_agent_hangup',
        ],
      },
      faultsOf: jsonFaults,
    },
  ]
}

/** Whether a webhook of the demo is to get an event: said here once more, so that the relay's answer is checked. */
export function isFor({ config }: DemoWebhook, event: DemoEvent): boolean {
  const callType = config.call_type ?? 'all'
  return config.triggers.includes(event.trigger) && (callType === 'all' || callType === event.call_type)
}

function jsonFaults(request: Received, event: DemoEvent): string[] {
  const body = parseObject(request.body)
  if (body === null) return ['the body is not a JSON object']
  const { uuid, call_flow } = event.variables
  return [
    ...unless(request.headers['content-type'] === 'application/json', 'it is not sent as JSON'),
    ...unless(body['uuid'] === uuid, 'uuid is not that of the event'),
    ...unless(
      call_flow === undefined || JSON.stringify(body['call_flow']) === JSON.stringify(call_flow),
      'call_flow is not as it was posted',
    ),
    ...literalFaults(Object.values(body)),
  ]
}

function crmFaults(request: Received, event: DemoEvent): string[] {
  const start = parseObject(request.body)?.['start_stamp']
  return [
    ...jsonFaults(request, event),
    ...unless(
      typeof start === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(start),
      'start_stamp is not ISO 8601 in UTC',
    ),
  ]
}

function billingFaults(request: Received, event: DemoEvent): string[] {
  const fields = new URLSearchParams(request.body)
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
  const isNested = !Array.isArray(event.variables['call_flow']) || fields.get('call_flow[0][type]') === 'init'
  return [
    ...unless(isForm, 'it is not sent as a form'),
    ...unless(fields.get('uuid') === event.variables['uuid'], 'uuid is not that of the event'),
    ...unless(isNested, 'call_flow is not in brackets'),
    ...literalFaults([...fields.values()]),
  ]
}

function wallboardFaults(request: Received, event: DemoEvent): string[] {
  const fields = new URLSearchParams(request.query)
  return [
    ...unless(request.method === 'GET' && request.body === '', 'it is not a GET without a body'),
    ...unless(request.query.startsWith(`${URL_QUERY}&`), "the URL's own query is not kept"),
    ...unless(fields.get('event') === event.trigger, 'the parameter event is not the trigger'),
    ...unless(fields.get('uuid') === event.variables['uuid'], 'uuid is not that of the event'),
    ...unless(/^\d+$/.test(fields.get('start_stamp') ?? ''), 'start_stamp is not epoch'),
    ...literalFaults([...fields.values()]),
  ]
}

function erpFaults(request: Received, event: DemoEvent): string[] {
  const body = parseObject(request.body)
  if (body === null) return ['the body is not a JSON object']
  const { billing_circle, caller_id_number } = event.variables
  return [
    ...unless(request.headers['x-api-key'] === API_KEY, 'the secret header did not arrive'),
    ...unless(
      Object.keys(body).join() === 'Event,CallRef,From,Customer,Circle,Campaign',
      'the keys are not those of the parameters',
    ),
    ...unless(
      Object.values(body).every((value) => typeof value === 'string'),
      'a value is not a string',
    ),
    ...unless(body['CallRef'] === event.call_id, 'CallRef is not the call'),
    ...unless(body['From'] === caller_id_number, 'From is not the caller'),
    ...unless(body['Customer'] === '+919000000003', 'Customer is not the number with its prefix'),
    ...unless(body['Circle'] === JSON.stringify(billing_circle), 'Circle is not JSON text'),
    ...unless(body['Campaign'] === '', 'Campaign is not blank'),
    ...literalFaults(Object.values(body)),
  ]
}

/** No receiver may ever see the name of a variable that was not filled in. */
function literalFaults(values: unknown[]): string[] {
  return values
    .filter((value) => typeof value === 'string' && value.startsWith('$'))
    .map((value) => `the literal text ${String(value)} arrived`)
}

function unless(isWell: boolean, fault: string): string[] {
  return isWell ? [] : [fault]
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    // Safe: an object that JSON.parse made has string keys, and nothing is claimed of its values.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
