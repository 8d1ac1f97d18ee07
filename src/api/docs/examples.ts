/**
 * Examples for the document's fields, and of the commonest what they mean, by their names: a field means the same wherever
 * it is. A schema that has an example of its own, or a default, keeps it, and so it is with what it says of itself.
 */
import type { ApiDocument } from './operations.ts'

type Node = Record<string, unknown>

const EVENT = '01KX93K6F00000000000R4W8QT'
const WEBHOOK = '01KX8ZJ6M2C5D8F1G4H7J0K3M6'
const IDS = {
  account: 'acc_01KX8ZA1B2C3D4E5F6G7H8J9KA',
  attempt: 'atm_01KX93K6FZT1V2W3X4Y5Z6A7B8',
  audit: 'aud_01KX8ZJ6M4N5P6Q7R8S9T0V1W2',
  delivery: `dlv_${EVENT}${WEBHOOK}`,
  event: 'core-7731',
  key: 'key_01KX8ZB4C5D6E7F8G9H0J1K2M3',
  link: 'lnk_01KX8ZQ9R0S1T2V3W4X5Y6Z7A8',
  replay: 'rpl_01KX9R2C3D4E5F6G7H8J9K0M1N',
  session: 'ses_01KX8ZR1S2T3V4W5X6Y7Z8A9B0',
  webhook: `wh_${WEBHOOK}`,
}

/** What an object is, told by a field that it has, and what is said of it then. The first that is there decides. */
const BESIDE: readonly (readonly [field: string, said: Readonly<Record<string, unknown>>])[] = [
  ['attempt_count', { id: IDS.delivery }],
  ['via', { id: IDS.attempt }],
  ['position', { id: IDS.event }],
  ['triggers', { id: IDS.webhook }],
  ['events', { id: IDS.webhook }],
  ['hint', { id: IDS.key, name: 'Telephony core', key: 'rk_Qm9uZXMgYW5kIHN0b25lcyBhcmUgbm90', hint: 'bm90' }],
  ['webhooks_enabled', { id: IDS.account, name: 'Acme' }],
  ['replayed', { id: IDS.replay }],
  ['dry_run', { id: IDS.replay }],
  ['action', { id: IDS.audit }],
  ['actor', { id: IDS.audit }],
  ['link_id', { id: IDS.session, path: '/webhooks' }],
  ['embed_origin', { path: '/webhooks' }],
]

/** What the `{id}` of a path is of, by what stands before it. */
const ID_IN_PATH: Readonly<Record<string, string>> = {
  accounts: IDS.account,
  deliveries: IDS.delivery,
  events: IDS.event,
  keys: IDS.key,
  replays: IDS.replay,
  sessions: IDS.session,
  webhooks: IDS.webhook,
}

/** By the name of the field; of several values the first that its schema takes. */
const BY_NAME: Readonly<Record<string, readonly unknown[]>> = {
  'Idempotency-Key': ['import-2026-07-11-0042'],
  account_id: [IDS.account],
  actor: [{ type: 'key', id: IDS.key }],
  after: [{ status: 'paused' }],
  before: [{ status: 'active' }],
  action: ['webhook.updated'],
  attempt_count: [1],
  body: ['all', '{"uuid":"61111f5e708c5","call_to_number":"918069010148"}'],
  call_id: ['1628364922.6274679'],
  call_type: ['all', 'inbound'],
  cleaned_headers: [[]],
  completed_at: ['2026-07-11T15:49:46Z'],
  count: [1204],
  country: ['IN'],
  created_at: ['2026-07-11T15:49:45Z'],
  cursor: ['WyJ3ZWJob29rcyIsIjAxS1giXQ'],
  deprecated: [false],
  description: ['Calls of the sales team'],
  destination: [['+918069010148']],
  detail: ['is required'],
  due_at: ['2026-07-11T15:49:45Z'],
  duplicate: [false],
  duration_ms: [87],
  embed_origin: ['https://panel.example.com'],
  error: [null],
  errors: [{ timeout: 2, status: 1 }],
  etag: ['"7"'],
  event_id: [IDS.event],
  expires_at: ['2027-01-01T00:00:00Z'],
  headers: [[{ key: 'X-Api-Key', value: '••••' }]],
  health: ['healthy'],
  key_id: [IDS.key],
  label: ['Main line'],
  last_error: [null],
  last_status_code: [200],
  late: [false],
  link_id: [IDS.link],
  message: ['is required'],
  max_age_seconds: [null],
  method: ['POST'],
  name: ['CRM sync'],
  next_attempt_at: [null],
  next_cursor: [null],
  number: ['+918069010148', 1],
  numbers: [['+918069010148']],
  numbers_missing: [[]],
  object_id: [IDS.webhook],
  occurred_at: ['2026-07-11T15:49:44Z'],
  openapi: ['3.1.0'],
  outbound_type: [null],
  outbound_types: [[]],
  parameters: [[{ key: 'source', value: 'telephony' }]],
  path: ['url'],
  position: [3],
  q: ['crm'],
  rate_limit: [null],
  received_at: ['2026-07-11T15:49:45Z'],
  released_at: ['2026-07-11T15:49:45Z'],
  replay_id: [IDS.replay],
  replayed: [800],
  resealed: [120],
  remaining: [0],
  response_body: ['{"ok":true}'],
  secret: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  sequence: [3],
  sequence_reused: [false],
  session_id: [IDS.session],
  shards: [1],
  since: ['2026-07-11T00:00:00Z'],
  skipped: [4],
  started_at: ['2026-07-11T15:49:45Z'],
  status: ['succeeded', 'active'],
  status_changed_at: ['2026-07-11T15:49:45Z'],
  status_code: [200],
  status_reason: [null],
  test: [false],
  time_zone: ['IST'],
  title: ['The request has faults'],
  trigger: ['call_answered_by_agent'],
  triggers: [['call_answered_by_agent', 'call_hangup_missed_or_answered']],
  unreadable: [0],
  until: ['2026-07-12T00:00:00Z'],
  updated_at: ['2026-07-11T15:49:45Z'],
  url: ['https://example.com/hooks/calls'],
  user: [{ id: '42', name: 'Asha Rao' }],
  version: ['0.1.0'],
  via: ['inline'],
  warnings: [[]],
  webhook_id: [IDS.webhook],
  webhook_name: ['CRM sync'],
  webhooks_enabled: [true],
}

const MEANINGS: Readonly<Record<string, string>> = {
  account_id: 'Whose it is.',
  attempt_count: 'How many attempts have been made.',
  call_id: 'The call.',
  completed_at: 'When it ended; null while it has not.',
  created_at: 'When it was made.',
  duration_ms: 'How long the receiver took to answer, or how long it was waited for.',
  event_id: 'The event that is delivered.',
  last_error: 'Why the last attempt was no success; null if it was one.',
  last_status_code: 'What the receiver answered last; null if it did not.',
  late: 'Whether the event came too late for its place in the call.',
  next_attempt_at: 'When the next attempt is due; null if none is.',
  position: "The event's place in its call.",
  received_at: 'When the relay took it.',
  started_at: 'When it began.',
  status_code: 'What the receiver answered; null if it did not.',
  trigger: 'What happened.',
  updated_at: 'When it was last changed.',
  via: 'Who made the attempt.',
  webhook_id: 'The webhook.',
}

/** The document, with an example in each field whose name says what it holds. */
export function withExamples(document: ApiDocument): ApiDocument {
  visit(document.components.schemas, document)
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item)) {
      visit(operation, document)
      const { parameters } = node(operation)
      if (Array.isArray(parameters)) for (const each of parameters) fillParameter(node(each), path, document)
    }
  }
  return document
}

function visit(value: unknown, document: ApiDocument): void {
  if (typeof value !== 'object' || value === null) return
  const properties = node(node(value).properties)
  for (const [name, property] of Object.entries(properties)) {
    const [, said = {}] = BESIDE.find(([field]) => field in properties) ?? []
    if (!isDescribed(node(property), document) && MEANINGS[name] !== undefined)
      node(property).description = MEANINGS[name]
    fill(node(property), [...(name in said ? [said[name]] : []), ...(BY_NAME[name] ?? [])], document)
  }
  for (const each of Object.values(value)) visit(each, document)
}

function isDescribed(schema: Node, document: ApiDocument): boolean {
  if (typeof schema.$ref !== 'string') return 'description' in schema
  return 'description' in node(document.components.schemas?.[schema.$ref.split('/').at(-1) ?? ''])
}

function fillParameter(parameter: Node, path: string, document: ApiDocument): void {
  const name = String(parameter.name)
  const [, collection = ''] = new RegExp(`/([a-z]+)/\\{${name}\\}`).exec(path) ?? []
  const id = ID_IN_PATH[collection]
  fill(node(parameter.schema), name === 'id' && id !== undefined ? [id] : (BY_NAME[name] ?? []), document)
}

function fill(schema: Node, values: readonly unknown[], document: ApiDocument): void {
  if ('examples' in schema || 'default' in schema || 'const' in schema || '$ref' in schema) return
  const value = values.find((each) => takes(schema, each, document))
  if (value !== undefined) schema.examples = [value]
}

/** Whether a schema takes a value, as far as types and enumerations go. */
function takes(schema: Node, value: unknown, document: ApiDocument): boolean {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? ''
    return takes(node(document.components.schemas?.[name]), value, document)
  }
  const alternatives = schema.anyOf ?? schema.oneOf
  if (Array.isArray(alternatives)) return alternatives.some((each) => takes(node(each), value, document))
  if (Array.isArray(schema.enum)) return schema.enum.includes(value)
  const types = Array.isArray(schema.type) ? schema.type : [schema.type]
  if (!types.includes(typeOf(value)) && !(types.includes('integer') && typeOf(value) === 'number'))
    return false
  return !Array.isArray(value) || value.every((each) => takes(node(schema.items), each, document))
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function node(value: unknown): Node {
  // Safe: any object may be read by string keys, each value unknown.
  return typeof value === 'object' && value !== null ? (value as Node) : {}
}
