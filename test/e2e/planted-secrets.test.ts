import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tracesIn, utf8 } from '../support/traces.ts'
import { Receiver } from './receiver.ts'
import { client, RelayProcess, stateDir, until } from './relay-process.ts'

const ADMIN_KEY = 'planted/admin+key "é" 0123456789'.replaceAll(/[ "é]/g, '_')
const ENCRYPTION_KEY = 'planted/encryption+key-"é"-0123456789'
const SETTINGS = {
  ADMIN_KEY,
  ENCRYPTION_KEY,
  RETRY_SCHEDULE: '0.1',
  DELIVERY_TIMEOUT_SECONDS: '0.5',
  REORDER_WINDOW_SECONDS: '0.2',
}
/** What a customer puts into headers: with and without variables, and characters that are spelled in many ways. */
const HEADER_SECRETS = {
  plain: 'planted-header-9f1c/+"&é',
  // What is beyond ASCII may come back in another encoding.
  'the ASCII of plain': 'planted-header-9f1c',
  'with a variable': 'planted-prefix-77aa/',
  'as credentials': 'planted-bearer-51d0',
  'the first part of credentials': 'planted-bearer-',
  'put in by a change': 'planted-change-3e2b',
  'of a draft': 'planted-draft-8c44',
}
/** Not a secret: it has to be found, or the scan looks in the wrong place. */
const PUBLIC = 'not-a-secret-6b21'

const receivers: Receiver[] = []
afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())))

async function receive(answer: Parameters<typeof Receiver.start>[0]): Promise<Receiver> {
  const receiver = await Receiver.start(answer)
  receivers.push(receiver)
  return receiver
}

/** Every file under the folder, by its path, its bytes as characters. */
async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const)),
  )
}

test('no stored byte and no line of the log holds a secret, whatever the relay was used for', async () => {
  await using state = await stateDir()
  let relay = await RelayProcess.start(state.path, SETTINGS)
  let admin = client(relay.url, ADMIN_KEY)
  const secrets: Record<string, string> = { ADMIN_KEY, ENCRYPTION_KEY, ...HEADER_SECRETS }
  const lines: string[] = []

  // Receivers that hand back what they got, in whatever way there is.
  const echo = await receive((got, response) => void response.writeHead(200).end(JSON.stringify(got.headers)))
  const refuse = await receive(
    (got, response) => void response.writeHead(500).end(new URLSearchParams(got.headers).toString()),
  )
  const redirect = await receive(
    (got, response) =>
      void response.writeHead(302, { location: `/?${got.headers['x-plain']}` }).end(got.headers['x-bearer']),
  )
  const hang = await receive(() => {})
  const long = await receive((got, response) => {
    // Its first 16 KiB end in the middle of the credentials.
    const credentials = got.headers['x-bearer']?.replace('Bearer ', '') ?? ''
    response.writeHead(200).end('x'.repeat(16 * 1024 - 'planted-bearer-'.length) + credentials)
  })

  const account = (await admin<{ id: string }>('POST', '/v1/accounts', { name: PUBLIC })).body.id
  for (const scope of ['manage', 'read', 'ingest', 'admin', 'portal']) {
    const made = await admin<{ key: string }>('POST', `/v1/accounts/${account}/keys`, { name: scope, scope })
    secrets[`${scope} key`] = made.body.key
  }
  const core = await admin<{ id: string; key: string }>('POST', '/v1/keys', { name: 'core', scope: 'ingest' })
  secrets['key for every account'] = core.body.key
  const manage = client(relay.url, secrets['manage key'] ?? '')
  for (const key of [ADMIN_KEY, secrets['manage key']]) {
    const answer = await fetch(`${relay.url}/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    })
    const token = /^relay=(rs_[^;]{43});/.exec(answer.headers.get('set-cookie') ?? '')?.[1]
    expect(token).toBeDefined()
    secrets[`token of the session of ${key === ADMIN_KEY ? 'ADMIN_KEY' : 'the manage key'}`] = token ?? ''
  }
  const portal = client(relay.url, secrets['portal key'] ?? '')
  const link = await portal<{ url: string }>('POST', `/v1/accounts/${account}/portal-links`, {
    scope: 'read',
  })
  secrets['token of a portal link'] = new URL(link.body.url).hash.replace('#portal_link=', '')
  expect(secrets['token of a portal link']).toMatch(/^rl_/)

  const noteSecrets = async (name: string, id: string): Promise<void> => {
    const { secret } = (await manage<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`)).body
    secrets[`signing secret ${name}`] = secret
  }
  const headers = [
    { key: 'X-Plain', value: HEADER_SECRETS.plain },
    { key: 'X-Mixed', value: `${HEADER_SECRETS['with a variable']}$uuid` },
    { key: 'X-Bearer', value: `Bearer ${HEADER_SECRETS['as credentials']}` },
  ]
  const webhooks: Record<string, string> = {}
  for (const [name, receiver] of Object.entries({ echo, refuse, redirect, hang, long })) {
    for (const method of ['POST', 'GET']) {
      const config = {
        name: `${name} ${method}`,
        triggers: ['dtmf_option'],
        url: `${receiver.url}/${name}`,
        method,
        headers,
      }
      const created = await manage<{ id: string }>('POST', '/v1/webhooks', config)
      expect(created.status).toBe(201)
      webhooks[`${name} ${method}`] = created.body.id
      await noteSecrets(`of ${name} ${method}`, created.body.id)
    }
  }
  const operational = await manage<{ id: string }>('PUT', '/v1/operational-webhook', {
    url: `${echo.url}/operations`,
    headers,
  })
  await noteSecrets('of the operational webhook', operational.body.id)
  const ids = Object.values(webhooks)
  const echoing = webhooks['echo POST'] ?? ''

  const post = async (callId: string): Promise<void> => {
    const body = {
      trigger: 'dtmf_option',
      call_id: callId,
      call_type: 'inbound',
      variables: { uuid: PUBLIC },
    }
    const answer = await client(relay.url, secrets['ingest key'] ?? '')('POST', '/v1/events', body)
    expect(answer.status).toBe(202)
  }
  interface Delivery {
    id: string
    status: string
  }
  const ended = async (count: number): Promise<Delivery[]> => {
    const all: Delivery[] = []
    for (const id of ids) {
      await until(`${count} deliveries of ${id} have ended`, async () => {
        const { data } = (await admin<{ data: Delivery[] }>('GET', `/v1/webhooks/${id}/deliveries`)).body
        const done = data.filter((each) => !['pending', 'held'].includes(each.status))
        if (done.length < count) return false
        all.push(...done)
        return true
      })
    }
    return all
  }

  // Delivered, failed, timed out, redirected; then by hand, as a test, as a preview.
  await post('call-1')
  const deliveries = await ended(1)
  for (const { id } of deliveries)
    expect((await manage('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202)
  for (const id of ids) {
    await manage('POST', `/v1/webhooks/${id}/test`, {})
    expect((await manage('POST', '/v1/webhooks/preview', { webhook: id })).status).toBe(200)
  }
  const draft = {
    name: 'Draft',
    triggers: ['dtmf_option'],
    url: echo.url,
    headers: [{ key: 'X-Draft', value: HEADER_SECRETS['of a draft'] }],
  }
  expect((await manage('POST', '/v1/webhooks/preview', { webhook: draft })).status).toBe(200)

  // Changed, rotated, held and let go.
  const changed = [
    { key: 'X-Changed', value: HEADER_SECRETS['put in by a change'] },
    { key: 'X-Plain', value: '••••' },
  ]
  expect((await manage('PATCH', `/v1/webhooks/${echoing}`, { headers: changed })).status).toBe(200)
  for (const grace_seconds of [3600, 0]) {
    const rotated = await manage('POST', `/v1/webhooks/${echoing}/secret/rotate`, { grace_seconds })
    expect(rotated.status).toBe(200)
    await noteSecrets(`rotated in with ${grace_seconds}`, echoing)
  }
  await manage('POST', `/v1/webhooks/${echoing}/pause`)
  await post('call-2')
  await manage('POST', `/v1/webhooks/${echoing}/enable`)
  await manage('POST', `/v1/webhooks/${echoing}/disable`)
  await manage('POST', `/v1/webhooks/${echoing}/enable`)

  // Requests that hold secrets where none belong.
  const [secret] = Object.values(HEADER_SECRETS)
  const misplaced: [method: string, path: string, body?: unknown][] = [
    ['GET', `/v1/webhooks/${encodeURIComponent(ADMIN_KEY)}`],
    [
      'GET',
      `/v1/webhooks?cursor=${encodeURIComponent(ADMIN_KEY)}&account_id=${encodeURIComponent(ADMIN_KEY)}`,
    ],
    [
      'POST',
      '/v1/webhooks',
      { ...draft, name: '', url: `https://u:${secret}@h/`, time_zone: secret, method: secret },
    ],
    [
      'POST',
      '/v1/webhooks',
      { ...draft, headers: [{ key: secret, value: `${secret}\n` }], triggers: [secret] },
    ],
    ['PATCH', `/v1/webhooks/${echoing}`, { headers: [{ key: 'X', value: `${secret}\u0000` }] }],
    ['POST', `/v1/accounts/${account}/keys`, { name: secret, scope: secret }],
    ['POST', '/v1/events', { trigger: secret, call_id: `${secret}\n`, call_type: secret }],
    ['POST', '/v1/events/batch', { events: [{ trigger: secret }, secret] }],
  ]
  for (const [method, path, body] of misplaced) {
    for (const key of [secrets['manage key'], ADMIN_KEY, secrets['key for every account']]) {
      const answer = await client(relay.url, key ?? '')(method, path, body)
      expect(answer.status === 202 || answer.status >= 400).toBe(true)
      expect(answer.status).toBeLessThan(500)
      expect([method, path, tracesIn(utf8(JSON.stringify(answer.body)), secrets)]).toEqual([method, path, []])
    }
  }
  for (const authorization of [`Bearer ${secrets['as credentials']}`, `Basic ${btoa(`u:${ADMIN_KEY}`)}`]) {
    expect((await fetch(`${relay.url}/v1/webhooks`, { headers: { authorization } })).status).toBe(401)
  }
  const malformed = await fetch(`${relay.url}/v1/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secrets['manage key']}`, 'content-type': 'application/json' },
    body: `{"headers": [{"value": "${HEADER_SECRETS.plain}`,
  })
  expect([malformed.status, tracesIn(utf8(await malformed.text()), secrets)]).toEqual([400, []])

  const settled = await ended(2)
  // What a read key sees of it all.
  const read = client(relay.url, secrets['read key'] ?? '')
  for (const path of [
    '/v1/webhooks',
    ...ids.flatMap((id) => [`/v1/webhooks/${id}`, `/v1/webhooks/${id}/deliveries`]),
    ...settled.map(({ id }) => `/v1/deliveries/${id}`),
    '/v1/calls/call-1',
    '/v1/calls/call-2',
    '/v1/calls/call-1?bodies=true',
    '/v1/calls/call-2?bodies=true',
    '/v1/numbers',
    `/v1/accounts/${account}`,
  ]) {
    const answer = await read('GET', path)
    expect([path, answer.status, tracesIn(utf8(JSON.stringify(answer.body)), secrets)]).toEqual([
      path,
      200,
      [],
    ])
  }
  await admin('DELETE', `/v1/keys/${core.body.id}`)
  await manage('DELETE', `/v1/webhooks/${webhooks['refuse GET']}`)

  // Once as a kill leaves it, with what has not been checkpointed yet, and once as a clean end does.
  for (const end of ['kill', 'stop'] as const) {
    await relay[end]()
    lines.push(...relay.lines)
    const files = await filesIn(state.path)
    expect(
      [...files.values()].some((bytes) => bytes.includes(PUBLIC)),
      'the scan sees what is stored',
    ).toBe(true)
    for (const [file, bytes] of files) expect([end, file, tracesIn(bytes, secrets)]).toEqual([end, file, []])
    if (end === 'stop') break
    relay = await RelayProcess.start(state.path, SETTINGS)
    admin = client(relay.url, ADMIN_KEY)
    await post('call-3')
    await until('the webhook that is left echoing has the next call', async () =>
      echo.received.some((got) => got.headers['webhook-call-id'] === 'call-3'),
    )
  }
  expect(tracesIn(utf8(lines.join('\n')), secrets)).toEqual([])
  for (const [name, receiver] of Object.entries({ echo, refuse, redirect, hang, long })) {
    const got = JSON.stringify(receiver.received)
    expect([name, got.includes(HEADER_SECRETS['as credentials'])]).toEqual([name, true])
  }
})
