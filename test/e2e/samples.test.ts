/**
 * The receivers that docs/receivers.md shows, each as it stands there but for the port, against requests as the relay
 * signs them. A language that this machine does not have is skipped, and said to be.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'
import { fileOf, freePort, need, ROOT, sampleOf, type Needs } from './samples.ts'

const PAGE = 'docs/receivers.md'
/** What the samples listen on. */
const PORT = '9000'
/** Older than this (s) a request is refused. */
const OLDEST_S = 300

interface Language extends Needs {
  /** As its block in the page is marked. */
  mark: string
  /** @param source of the sample, listening on `port` if it says where @returns the command that runs it, in `folder` */
  run: (source: string, folder: string, port: string) => [command: string, ...args: string[]]
}

const LANGUAGES: Language[] = [
  {
    mark: 'js',
    needs: 'node',
    from: 'https://nodejs.org',
    // From the folder of the project, which has the package that it imports.
    run: (source) => ['node', '--input-type=module', '--eval', source],
  },
  {
    mark: 'python',
    needs: 'python3',
    from: 'apt-get install python3',
    run: (source, folder) => ['python3', fileOf(folder, 'receiver.py', source)],
  },
  {
    mark: 'go',
    needs: 'go',
    from: 'apt-get install golang-go',
    run: (source, folder) => {
      const built = join(folder, 'receiver')
      execFileSync('go', ['build', '-o', built, fileOf(folder, 'receiver.go', source)])
      return [built]
    },
  },
  {
    mark: 'php',
    needs: 'php',
    from: 'apt-get install php-cli',
    // The page is one for a web server; PHP's own hands it every request.
    run: (source, folder, port) => ['php', '-S', `127.0.0.1:${port}`, fileOf(folder, 'receiver.php', source)],
  },
]

function isListening(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** A request as preview has it: what the relay would send. */
interface Signed {
  method: string
  url: string
  headers: { key: string; value: string }[]
  body: string | null
}

function withHeaders(request: Signed, changes: Record<string, string | null>): Signed {
  const headers = request.headers
    .map(({ key, value }) => ({ key, value: key in changes ? (changes[key] ?? null) : value }))
    .flatMap(({ key, value }) => (value === null ? [] : [{ key, value }]))
  return { ...request, headers }
}

function header(request: Signed, name: string): string {
  return request.headers.find(({ key }) => key === name)?.value ?? ''
}

/** The same request as it would have been sent at another time (s from its own), or with another secret. */
function signedAnew(request: Signed, secret: string, secondsLater: number): Signed {
  const timestamp = String(Number(header(request, 'webhook-timestamp')) + secondsLater)
  const signed = request.method === 'GET' ? new URL(request.url).search.slice(1) : request.body
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const content = `${header(request, 'webhook-id')}.${timestamp}.${signed}`
  const signature = `v1,${createHmac('sha256', key).update(content).digest('base64')}`
  return withHeaders(request, { 'webhook-timestamp': timestamp, 'webhook-signature': signature })
}

async function statusOf({ method, url, headers, body }: Signed): Promise<number> {
  const answer = await fetch(url, { method, headers: headers.map(({ key, value }) => [key, value]), body })
  await answer.text()
  return answer.status
}

let state: Awaited<ReturnType<typeof stateDir>>
let relay: RelayProcess
let api: ReturnType<typeof client>
let account: string
const samples: ChildProcess[] = []

beforeAll(async () => {
  state = await stateDir()
  relay = await RelayProcess.start(state.path)
  api = client(relay.url, ADMIN_KEY)
  account = (await api<{ id: string }>('POST', '/v1/accounts', { name: 'Samples' })).body.id
})
afterAll(async () => {
  for (const sample of samples) sample.kill('SIGKILL')
  await relay.stop()
  await state[Symbol.asyncDispose]()
})

/** Starts a sample, and makes a webhook that it receives. */
async function start(language: Language): Promise<{ webhook: string; secret: string }> {
  const port = await freePort()
  const config = {
    name: language.mark,
    triggers: ['dtmf_option'],
    url: `http://127.0.0.1:${port}/hook?token=a%20b`,
  }
  const webhook = (await api<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, config)).body.id
  const { secret } = (await api<{ secret: string }>('GET', `/v1/webhooks/${webhook}/secret`)).body
  const folder = join(state.path, language.mark)
  mkdirSync(folder)
  const source = sampleOf(PAGE, language.mark)
  // PHP leaves it to the server.
  expect(source.split(PORT)).toHaveLength(language.mark === 'php' ? 1 : 2)
  const [command, ...args] = language.run(source.replace(PORT, String(port)), folder, String(port))
  const env = { ...process.env, WEBHOOK_SECRET: secret }
  const sample = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'pipe'] })
  samples.push(sample)
  const complaints: string[] = []
  sample.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))
  const ended = once(sample, 'exit').then(() => {
    throw new Error(`the sample has ended: ${complaints.join('')}`)
  })
  ended.catch(() => {})
  await Promise.race([until(`${language.mark} listens`, async () => isListening(port)), ended])
  return { webhook, secret }
}

describe.each(LANGUAGES)('the receiver in $mark', (language) => {
  // A first build in Go takes a minute and more.
  test(
    'takes what the relay signs, by POST and GET, and refuses all else',
    { timeout: 300_000 },
    async (context) => {
      need(language, PAGE, context)
      const { webhook, secret } = await start(language)
      const sent = { account_id: account, call_id: webhook, trigger: 'dtmf_option', call_type: 'inbound' }
      await api('POST', '/v1/events', { ...sent, variables: { uuid: 'Zoë' } })
      await until('it is delivered', async () => {
        const path = `/v1/webhooks/${webhook}/deliveries`
        const [delivery] = (await api<{ data: { last_status_code: number }[] }>('GET', path)).body.data
        return delivery?.last_status_code === 204
      })

      // More than ASCII, and what a form and a query have to encode.
      const event = { variables: { uuid: 'a b+c', caller_name: 'Zoë “मीरा” & 100 %' } }
      const preview = async () => (await api<Signed>('POST', '/v1/webhooks/preview', { webhook, event })).body
      for (const shape of [
        { method: 'POST' },
        { content_type: 'application/x-www-form-urlencoded' },
        { method: 'GET' },
      ]) {
        await api('PATCH', `/v1/webhooks/${webhook}`, shape)
        const genuine = await preview()
        const say = JSON.stringify(shape)
        expect(await statusOf(genuine), say).toBe(204)
        expect(await statusOf(signedAnew(genuine, secret, 60 - OLDEST_S)), `${say}: some minutes old`).toBe(
          204,
        )
        const isGet = genuine.method === 'GET'
        const forged: Record<string, Signed> = {
          'a changed body': isGet
            ? { ...genuine, url: genuine.url.replace('a%20b', 'a%20c') }
            : { ...genuine, body: `${genuine.body} ` },
          'another delivery': withHeaders(genuine, { 'webhook-id': `${header(genuine, 'webhook-id')}0` }),
          'another time': withHeaders(genuine, {
            'webhook-timestamp': String(Number(header(genuine, 'webhook-timestamp')) + 1),
          }),
          'no signature': withHeaders(genuine, { 'webhook-signature': null }),
          'an empty signature': withHeaders(genuine, { 'webhook-signature': 'v1,' }),
          'no time': withHeaders(genuine, { 'webhook-timestamp': null }),
          'another secret': signedAnew(genuine, `whsec_${Buffer.alloc(32, 1).toString('base64')}`, 0),
          'an old request': signedAnew(genuine, secret, -OLDEST_S - 60),
          'a request of the future': signedAnew(genuine, secret, OLDEST_S + 60),
        }
        for (const [what, request] of Object.entries(forged)) {
          expect(await statusOf(request), `${say}: ${what}`).toBe(401)
        }
      }

      // While a secret is rotated both sign, and a receiver may still have the old one.
      await api('POST', `/v1/webhooks/${webhook}/secret/rotate`)
      const both = await preview()
      expect(header(both, 'webhook-signature').split(' ')).toHaveLength(2)
      expect(await statusOf(both)).toBe(204)
    },
  )
})
