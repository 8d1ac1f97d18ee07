import { expect, test } from 'vitest'
import { Receiver } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

const SETTINGS = { RETRY_SCHEDULE: '0,0.2,0.2', DELIVERY_TIMEOUT_SECONDS: '0.5' }
const ATTEMPTS = 4
/** Each life of the relay ends within this after it has begun to answer (ms). */
const LIFE_MS = 700
/** More lives than the schedule has attempts: it is used up by then. */
const MOST_LIVES = 12

interface Delivery {
  id: string
  call_id: string
  status: string
  attempt_count: number
}

test('a relay that dies within a second of each start uses up the schedule of what it cannot deliver, and loses nothing', async () => {
  await using state = await stateDir()
  const receiver = await Receiver.start(async (request, response) => {
    // One call's requests are never answered: whoever sent them is dead by then.
    if (request.headers['webhook-call-id'] === 'never') return
    response.writeHead(200).end()
  })
  let relay = await RelayProcess.start(state.path, SETTINGS)
  let ask = client(relay.url, ADMIN_KEY)
  const account = (await ask<{ id: string }>('POST', '/v1/accounts', { name: 'Kills' })).body.id
  const triggers = ['call_answered_by_agent', 'call_hangup_missed_or_answered']
  const webhook = { name: 'Kills', triggers, url: `${receiver.url}/hook` }
  const { id } = (await ask<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, webhook)).body
  const event = (callId: string, trigger: string) => ({
    account_id: account,
    trigger,
    call_id: callId,
    call_type: 'inbound',
    variables: {},
  })
  for (const trigger of triggers) {
    for (const callId of ['never', 'well']) {
      expect((await ask('POST', '/v1/events', event(callId, trigger))).status).toBe(202)
    }
  }
  const listed = async (): Promise<Delivery[]> => {
    const path = `/v1/webhooks/${id}/deliveries?account_id=${account}`
    return (await ask<{ data: Delivery[] }>('GET', path)).body.data
  }
  try {
    for (let lives = 0; lives < MOST_LIVES; lives += 1) {
      await new Promise((over) => setTimeout(over, LIFE_MS))
      await relay.kill()
      relay = await RelayProcess.start(state.path, SETTINGS)
      ask = client(relay.url, ADMIN_KEY)
      const [first] = (await listed()).filter(({ call_id }) => call_id === 'never').toReversed()
      if (first?.status === 'failed') break
    }
    await until('all has ended', async () => {
      const all = await listed()
      return all.length === 4 && all.every(({ status }) => status === 'succeeded' || status === 'failed')
    })
    const all = await listed()
    const of = (callId: string): string[] =>
      all.filter(({ call_id }) => call_id === callId).map(({ status }) => status)
    expect(of('well')).toEqual(['succeeded', 'succeeded'])
    expect(of('never')).toEqual(['failed', 'failed'])
    for (const { call_id, attempt_count } of all) {
      if (call_id === 'never') expect(attempt_count, 'no more than the schedule has').toBe(ATTEMPTS)
    }
    const requests = receiver.at('/hook').filter(({ headers }) => headers['webhook-call-id'] === 'never')
    for (const [delivery, own] of Map.groupBy(requests, ({ headers }) => headers['webhook-id'])) {
      const numbers = own.map(({ headers }) => Number(headers['webhook-attempt']))
      expect(new Set(numbers).size, `${delivery}: no number comes twice`).toBe(numbers.length)
    }
    const positions = requests.map(({ headers }) => Number(headers['webhook-position']))
    expect(positions, 'in the order of the call').toEqual(positions.toSorted((a, b) => a - b))
  } finally {
    await relay.kill()
    await receiver.stop()
  }
}, 180_000)
