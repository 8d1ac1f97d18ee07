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
async function deliver(url: string, more: object = {}): Promise<{ webhook: string; delivery: Delivery }> {
  const config = { name: 'Test', triggers: ['dtmf_option'], url, ...more }
  const webhook = (await api<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, config)).body.id
  const event = {
    account_id: account,
    trigger: 'dtmf_option',
    call_id: webhook,
    call_type: 'inbound',
    variables: { digit_pressed: '3' },
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
