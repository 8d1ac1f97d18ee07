import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { Receiver, type Received } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

let state: Awaited<ReturnType<typeof stateDir>>
let relay: RelayProcess
let account: string
let api: ReturnType<typeof client>
const receivers: Receiver[] = []

beforeAll(async () => {
  state = await stateDir()
  relay = await RelayProcess.start(state.path, { RETRY_SCHEDULE: '0.1', DELIVERY_TIMEOUT_SECONDS: '0.5' })
  api = client(relay.url, ADMIN_KEY)
  account = (await api<{ id: string }>('POST', '/v1/accounts', { name: 'Delivery' })).body.id
})
afterAll(async () => {
  await Promise.all(receivers.map((receiver) => receiver.stop()))
  await relay.stop()
  await state[Symbol.asyncDispose]()
})

async function receive(answer?: Parameters<typeof Receiver.start>[0]): Promise<Receiver> {
  const receiver = await Receiver.start(answer)
  receivers.push(receiver)
  return receiver
}

interface Delivery {
  id: string
  status: string
  last_error: string | null
  attempt_count: number
}

/** Makes a webhook, posts an event that only it wants, and says what became of the delivery. */
async function deliver(
  url: string,
  more: object = {},
  digit = '3',
): Promise<{ webhook: string; delivery: Delivery }> {
  const config = { name: 'Test', triggers: ['dtmf_option'], url, ...more }
  const webhook = (await api<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, config)).body.id
  const event = {
    account_id: account,
    trigger: 'dtmf_option',
    call_id: webhook,
    call_type: 'inbound',
    variables: { digit_pressed: digit },
  }
  expect((await api('POST', '/v1/events', event)).status).toBe(202)
  let delivery: Delivery | undefined
  await until(`the delivery to ${url} ends`, async () => {
    delivery = (await api<{ data: Delivery[] }>('GET', `/v1/webhooks/${webhook}/deliveries`)).body.data[0]
    return delivery !== undefined && delivery.status !== 'pending'
  })
  await api('DELETE', `/v1/webhooks/${webhook}`)
  if (delivery === undefined) throw new Error('no delivery')
  return { webhook, delivery }
}

describe('a receiver', () => {
  test.each([
    ['POST JSON', { method: 'POST' }, (got: Received) => got.body],
    [
      'POST form',
      { method: 'POST', content_type: 'application/x-www-form-urlencoded' },
      (got: Received) => got.body,
    ],
    ['GET', { method: 'GET' }, (got: Received) => got.query],
  ] as const)(
    'can verify the signature of %s with the standardwebhooks library',
    async (_shape, more, signed) => {
      const receiver = await receive()
      const config = {
        name: 'Signed',
        triggers: ['dtmf_option'],
        url: `${receiver.url}/signed?token=a%2Fb`,
        ...more,
      }
      const webhook = (await api<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, config)).body
        .id
      const { secret } = (await api<{ secret: string }>('GET', `/v1/webhooks/${webhook}/secret`)).body
      const event = {
        account_id: account,
        trigger: 'dtmf_option',
        call_id: webhook,
        call_type: 'inbound',
        variables: {},
      }
      await api('POST', '/v1/events', event)
      await until('it is delivered', () => receiver.received.length === 1)
      const [got] = receiver.received
      if (got === undefined) throw new Error('nothing received')
      expect(got.query.startsWith('token=a%2Fb')).toBe(true)
      const verifier = new Webhook(secret)
      // The library parses the payload as JSON once it has verified it; a form or a query is no JSON.
      const verify = (content: string) => {
        try {
          verifier.verify(content, got.headers)
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error
        }
      }
      verify(signed(got))
      expect(() => verify(`${signed(got)}&more=1`)).toThrow(/signature/i)
      await api('DELETE', `/v1/webhooks/${webhook}`)
    },
  )

  test('that redirects is not followed, and that is a failure', async () => {
    const receiver = await receive(
      (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
    )
    const { delivery } = await deliver(`${receiver.url}/here`)
    expect(delivery).toMatchObject({ status: 'failed', last_error: 'redirect', attempt_count: 2 })
    expect(receiver.at('/elsewhere')).toEqual([])
  })

  test('that does not answer in time is timed out', async () => {
    const receiver = await receive(() => {})
    expect((await deliver(receiver.url)).delivery).toMatchObject({ status: 'failed', last_error: 'timeout' })
  })

  test('that nobody listens for is a connection error', async () => {
    const receiver = await Receiver.start()
    const { url } = receiver
    await receiver.stop()
    expect((await deliver(url)).delivery).toMatchObject({ status: 'failed', last_error: 'connection' })
  })

  // workerd gives one error for all of these: see docs/receivers.md.
  test('whose name or TLS is wrong is a connection error, and no word of it is in the log of the relay', async () => {
    const pem = await readFile(join(import.meta.dirname, 'fixtures', 'self-signed.pem'))
    const selfSigned = createServer({ key: pem, cert: pem }, (_request, response) => response.end('ok'))
    selfSigned.listen(0, '127.0.0.1')
    await once(selfSigned, 'listening')
    const { port } = selfSigned.address() as AddressInfo // safe: it listens on TCP
    const plain = await receive()
    const urls = [
      `https://127.0.0.1:${port}/`,
      `https://localhost:${port}/`,
      plain.url.replace('http:', 'https:'),
      'http://nobody.invalid/',
      'https://nobody.invalid/',
      `http://${'a'.repeat(70)}.invalid/`,
    ]
    for (const url of urls) {
      const { delivery } = await deliver(url)
      expect([url, delivery]).toMatchObject([
        url,
        { status: 'failed', last_error: 'connection', attempt_count: 2 },
      ])
    }
    selfSigned.close()
    expect(relay.lines.slice(1)).toEqual([`relay ready on ${relay.url}`])
  })

  test('gets the longest URL that workerd sends, and a longer one has failed at once', async () => {
    const receiver = await receive()
    const base = `${receiver.url}/?v=`
    const ofLength = (length: number) => {
      const digits = Math.floor((length - base.length) / 2)
      const value = `$digit_pressed$digit_pressed${'x'.repeat((length - base.length) % 2)}`
      const more = { method: 'GET', body: 'parameters', parameters: [{ key: 'v', value }] }
      return deliver(receiver.url, more, '3'.repeat(digits))
    }
    const longest = await ofLength(65_534)
    expect(longest.delivery).toMatchObject({ status: 'succeeded', attempt_count: 1 })
    expect(`${base}${receiver.received[0]?.query.slice(2)}`).toHaveLength(65_534)
    const longer = await ofLength(65_535)
    expect(longer.delivery).toMatchObject({
      status: 'failed',
      last_error: 'invalid_request',
      attempt_count: 1,
    })
    expect(receiver.received).toHaveLength(1)
    expect(relay.lines.slice(1)).toEqual([`relay ready on ${relay.url}`])
  })

  test('whose answer does not end is read to 16 KiB and no further', async () => {
    let sent = 0
    let closed = false
    const receiver = await receive((_request, response) => {
      response.writeHead(200)
      response.on('close', () => (closed = true))
      const more = (): void => {
        if (closed || sent > 64 * 1024 * 1024) return
        sent += 64 * 1024
        response.write('x'.repeat(64 * 1024), () => setImmediate(more))
      }
      more()
    })
    const { delivery } = await deliver(receiver.url)
    expect(delivery.status).toBe('succeeded')
    const { attempts } = (
      await api<{ attempts: { response_body: string }[] }>('GET', `/v1/deliveries/${delivery.id}`)
    ).body
    expect(attempts[0]?.response_body.length).toBe(16 * 1024)
    await until('the connection is closed', () => closed)
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('whose answer stalls after a 2xx has succeeded all the same, within the timeout', async () => {
    const receiver = await receive((_request, response) => {
      response.writeHead(200)
      response.write('begun')
    })
    expect((await deliver(receiver.url)).delivery).toMatchObject({ status: 'succeeded', attempt_count: 1 })
  })
})

test('the metrics are of the Worker and its shards together, since they are one isolate on one machine', async () => {
  const receiver = await receive()
  await deliver(receiver.url)
  const answer = await fetch(`${relay.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  const text = await answer.text()
  for (const figure of [
    'relay_ack_seconds_count',
    'relay_group_changes_count',
    'relay_receiver_seconds_count',
  ]) {
    expect(Number(new RegExp(`^${figure} (\\d+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0)
  }
})
