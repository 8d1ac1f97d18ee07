import { afterAll, expect, test } from 'vitest'
import { Receiver, type Received } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

const CALLS = 100
const EVENTS_PER_CALL = 5
const WEBHOOKS = 2
const TRIGGERS = [
  'call_received_on_server',
  'call_answered_on_ivr',
  'dtmf_option',
  'call_answered_by_agent',
  'call_hangup_missed_or_answered',
]

const receivers: Receiver[] = []
afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())))

test('a SIGKILL in the middle of a thousand deliveries loses none, and each call stays in order', async () => {
  await using state = await stateDir()
  const settings = { RETRY_SCHEDULE: '0.2,0.5,1,2', DELIVERY_TIMEOUT_SECONDS: '2' }
  let relay = await RelayProcess.start(state.path, settings)
  // Every tenth request is refused once, so that retries are under way when the kill comes.
  let requests = 0
  const receiver = await Receiver.start(async (_request, response) => {
    requests += 1
    const refuse = requests % 10 === 0
    await new Promise((answered) => setTimeout(answered, 2))
    response.writeHead(refuse ? 500 : 200).end()
  })
  receivers.push(receiver)

  const admin = client(relay.url, ADMIN_KEY)
  const account = (await admin<{ id: string }>('POST', '/v1/accounts', { name: 'Crash' })).body
  for (let n = 1; n <= WEBHOOKS; n += 1) {
    const webhook = { name: `Webhook ${n}`, triggers: TRIGGERS, url: `${receiver.url}/webhook-${n}` }
    expect((await admin('POST', `/v1/webhooks?account_id=${account.id}`, webhook)).status).toBe(201)
  }

  const calls = Array.from({ length: CALLS }, (_, index) => `call-${index + 1}`)
  const acknowledged: string[] = []
  const post = (url: string, callId: string): Promise<void> =>
    client(url, ADMIN_KEY)('POST', '/v1/events/batch', {
      events: TRIGGERS.map((trigger, index) => ({
        account_id: account.id,
        id: `${callId}-${index + 1}`,
        trigger,
        call_id: callId,
        call_type: 'inbound',
        sequence: index + 1,
        variables: { uuid: callId },
      })),
    }).then(({ status, body }) => {
      expect(status).toBe(202)
      const { data } = body as { data: { status: number; id: string }[] }
      for (const answer of data) if (answer.status === 202) acknowledged.push(answer.id)
    })

  await Promise.all(calls.slice(0, CALLS / 2).map((callId) => post(relay.url, callId)))
  const posting = calls.slice(CALLS / 2).map((callId) => post(relay.url, callId).catch(() => callId))
  await until(
    'a third of the deliveries are made',
    () => receiver.received.length >= (CALLS * EVENTS_PER_CALL * WEBHOOKS) / 3,
  )
  await relay.kill()
  // What was not acknowledged before the kill is posted again, as the core would.
  const unanswered = (await Promise.all(posting)).filter((callId) => typeof callId === 'string')
  const seenAtKill = receiver.received.length
  relay = await RelayProcess.start(state.path, settings)
  await Promise.all(unanswered.map((callId) => post(relay.url, callId)))
  expect(new Set(acknowledged).size).toBe(CALLS * EVENTS_PER_CALL)
  expect(seenAtKill, 'the kill came in the middle').toBeLessThan(CALLS * EVENTS_PER_CALL * WEBHOOKS)

  const succeeded = (): Map<string, Received> => {
    // The relay takes an attempt for made when it has the answer, and so the last request of a delivery counts.
    const last = new Map<string, Received>()
    for (const request of receiver.received) last.set(request.headers['webhook-id'] ?? '', request)
    return last
  }
  const statusesOf = async (callId: string): Promise<string[]> => {
    const { body } = await client(relay.url, ADMIN_KEY)('GET', `/v1/calls/${callId}?account_id=${account.id}`)
    const { events } = body as { events: { deliveries: { status: string }[] }[] }
    return events.flatMap((event) => event.deliveries.map((delivery) => delivery.status))
  }
  const expected = Array.from({ length: EVENTS_PER_CALL * WEBHOOKS }, () => 'succeeded')
  await until(
    'every delivery has been made',
    () => succeeded().size === CALLS * EVENTS_PER_CALL * WEBHOOKS,
    90_000,
  )
  for (const callId of calls) {
    await until(
      `every delivery of ${callId} is on record as succeeded`,
      async () => (await statusesOf(callId)).join() === expected.join(),
    )
  }

  for (let n = 1; n <= WEBHOOKS; n += 1) {
    for (const callId of calls) {
      const got = receiver
        .at(`/webhook-${n}`)
        .filter((request) => request.headers['webhook-call-id'] === callId)
      const positions = got.map((request) => Number(request.headers['webhook-position']))
      expect(positions, `${callId} to webhook ${n} in order`).toEqual([...positions].sort((a, b) => a - b))
      expect(new Set(positions).size).toBe(EVENTS_PER_CALL)
      got.slice(1).forEach((request, index) => {
        const before = got[index]
        expect(before?.endedMs ?? Infinity, `${callId} never overlaps`).toBeLessThanOrEqual(request.startedMs)
      })
    }
  }
  expect(await relay.stop()).toBe(0)
  expect(relay.isAlive, 'no process is left behind').toBe(false)
})
