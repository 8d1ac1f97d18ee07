import { afterAll, expect, test } from 'vitest'
import { Receiver } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

const CALLS = 150
const EVENTS_PER_CALL = 4
const ALL = CALLS * EVENTS_PER_CALL

const receivers: Receiver[] = []
afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())))

test('a SIGKILL in the middle of a replay loses none of it, and each call stays in order', async () => {
  await using state = await stateDir()
  // A replayed delivery has one attempt: a machine that is busy starting must not have it time out.
  const settings = { DELIVERY_TIMEOUT_SECONDS: '8' }
  let relay = await RelayProcess.start(state.path, settings)
  const receiver = await Receiver.start(async (_request, response) => {
    await new Promise((answered) => setTimeout(answered, 10))
    response.writeHead(200).end()
  })
  receivers.push(receiver)

  let admin = client(relay.url, ADMIN_KEY)
  const account = (await admin<{ id: string }>('POST', '/v1/accounts', { name: 'Replay' })).body.id
  const made = await admin<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, {
    name: 'Replayed',
    triggers: ['call_answered_by_agent'],
    url: `${receiver.url}/hook`,
  })
  const webhook = made.body.id
  const path = `/v1/webhooks/${webhook}`
  const query = `?account_id=${account}`
  const filter = { since: '2020-01-01T00:00:00Z', statuses: ['discarded'] }
  const discarded = async (): Promise<number> =>
    (await admin<{ count: number }>('POST', `${path}/replay${query}`, { ...filter, dry_run: true })).body
      .count

  // Held, and then discarded by a disable: deliveries that have ended and did not arrive.
  await admin('POST', `${path}/pause${query}`)
  for (let n = 0; n < CALLS; n += 1) {
    const events = Array.from({ length: EVENTS_PER_CALL }, () => ({
      account_id: account,
      trigger: 'call_answered_by_agent',
      call_id: `call-${n}`,
      call_type: 'inbound',
      variables: {},
    }))
    expect((await admin('POST', '/v1/events/batch', { events })).status).toBe(202)
  }
  await admin('POST', `${path}/disable${query}`)
  await admin('POST', `${path}/enable${query}`)
  await until('all are on record as discarded', async () => (await discarded()) === ALL)
  expect(receiver.received).toEqual([])

  const { status, body } = await admin<{ id: string; count: number }>(
    'POST',
    `${path}/replay${query}`,
    filter,
  )
  expect([status, body.count]).toEqual([202, ALL])
  await until('a quarter is delivered', () => receiver.received.length >= ALL / 4)
  await relay.kill()
  expect(receiver.received.length, 'the kill came in the middle').toBeLessThan(ALL)
  relay = await RelayProcess.start(state.path, settings)
  admin = client(relay.url, ADMIN_KEY)

  await until(
    'the replay is done',
    async () =>
      (await admin<{ status: string }>('GET', `${path}/replays/${body.id}${query}`)).body.status === 'done',
  )
  expect(await discarded()).toBe(0)
  for (let n = 0; n < CALLS; n += 1) {
    const got = receiver.received.filter((request) => request.headers['webhook-call-id'] === `call-${n}`)
    const positions = got.map((request) => Number(request.headers['webhook-position']))
    expect(positions, `call-${n} in order`).toEqual([...positions].sort((a, b) => a - b))
    expect(new Set(positions).size, `call-${n} whole`).toBe(EVENTS_PER_CALL)
  }
  expect(await relay.stop()).toBe(0)
})
