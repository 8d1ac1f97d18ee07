/**
 * The clients that docs/senders.md shows, each as it stands there, against a relay behind a proxy that fails as networks
 * do. A language that this machine does not have is skipped, and said to be.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, client, RelayProcess, stateDir } from './relay-process.ts'
import { fileOf, need, ROOT, sampleOf, type Needs } from './samples.ts'

const PAGE = 'docs/senders.md'

interface Language extends Needs {
  mark: string
  file: string
}

const LANGUAGES: Language[] = [
  { mark: 'ts', needs: 'node', from: 'https://nodejs.org', file: 'sender.ts' },
  { mark: 'python', needs: 'python3', from: 'apt-get install python3', file: 'sender.py' },
]

let state: Awaited<ReturnType<typeof stateDir>>
let relay: RelayProcess

beforeAll(async () => {
  state = await stateDir()
  relay = await RelayProcess.start(state.path)
})
afterAll(async () => {
  await relay.stop()
  await state[Symbol.asyncDispose]()
})

interface Came {
  id: string
  atMs: number
}

/** What becomes of a request: it is answered 503, or taken and not answered, or neither. */
type Fault = 'unavailable' | 'unanswered' | null

const RETRY_AFTER_S = 1

/** In front of the relay, and at fault: the first request has the first of the faults, and so on. */
async function proxy(faults: Fault[], came: Came[]): Promise<Server & { url: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      came.push({ id: String((JSON.parse(body) as { id: unknown }).id), atMs: performance.now() })
      const fault = faults.shift() ?? null
      if (fault === 'unavailable') {
        response.writeHead(503, { 'retry-after': String(RETRY_AFTER_S) }).end('{"code":"unavailable"}')
        return
      }
      const { method = '', url = '', headers } = request
      const { authorization = '' } = headers
      const answer = await fetch(relay.url + url, {
        method,
        body,
        headers: { authorization, 'content-type': headers['content-type'] ?? '' },
      })
      const answered = await answer.text()
      if (fault === 'unanswered') request.socket.destroy()
      else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answered)
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // Safe: a server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo
  return Object.assign(server, { url: `http://127.0.0.1:${port}` })
}

describe.concurrent.each(LANGUAGES)('the sender in $mark', (language) => {
  test('repeats what was not taken or not answered, waits as it is told, and goes on after a refusal', async (context) => {
    need(language, PAGE, context)
    const api = client(relay.url, ADMIN_KEY)
    const account = (await api<{ id: string }>('POST', '/v1/accounts', { name: language.mark })).body.id
    const keyed = await api<{ key: string }>('POST', `/v1/accounts/${account}/keys`, {
      name: 'core',
      scope: 'ingest',
    })
    const came: Came[] = []
    const server = await proxy(['unavailable', null, 'unanswered'], came)
    const folder = join(state.path, language.mark)
    mkdirSync(folder)
    const file = fileOf(folder, language.file, sampleOf(PAGE, language.mark))
    const sender = spawn(language.needs, [file], {
      cwd: ROOT,
      env: { ...process.env, RELAY: server.url, RELAY_KEY: keyed.body.key },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const event = { call_id: 'call-1', trigger: 'dtmf_option', call_type: 'inbound' }
    const events = [
      { ...event, id: 'later', sequence: 1, variables: { caller_name: 'Zoë “मीरा”' } },
      { ...event, id: 'lost', sequence: 2 },
      { ...event, id: 'bad', trigger: 'no_trigger' },
      { ...event, id: 'last', sequence: 3 },
    ]
    sender.stdin.end(events.map((each) => `${JSON.stringify(each)}\n`).join(''))
    const [said, complaints] = await Promise.all([text(sender.stdout), text(sender.stderr)])
    server.close()

    expect(complaints).not.toMatch(/error/i)
    const lines = said.trim().split('\n')
    const taken = (line = ''): unknown => JSON.parse(line.replace(/^taken /, ''))
    expect(taken(lines[0])).toMatchObject({ id: 'later', position: 1, duplicate: false })
    expect(taken(lines[1])).toMatchObject({ id: 'lost', position: 2, duplicate: true })
    expect(lines[2]).toMatch(/^refused .*"is not a trigger of the catalogue"/)
    expect(taken(lines[3])).toMatchObject({ id: 'last', position: 3, duplicate: false })
    expect(lines).toHaveLength(4)
    expect(came.map(({ id }) => id)).toEqual(['later', 'later', 'lost', 'lost', 'bad', 'last'])
    const [first, second] = came
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(RETRY_AFTER_S * 1_000 - 5)

    const { body } = await api<{ events: { id: string; variables: object }[] }>(
      'GET',
      `/v1/calls/call-1?account_id=${account}`,
    )
    expect(body.events.map(({ id }) => id)).toEqual(['later', 'lost', 'last'])
    expect(body.events[0]?.variables).toEqual({ caller_name: 'Zoë “मीरा”' })
  })
})
