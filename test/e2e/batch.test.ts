import { afterAll, expect, test } from 'vitest'
import { Receiver } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

const receivers: Receiver[] = []
afterAll(() => Promise.all(receivers.map((receiver) => receiver.stop())))

test('while a batch of 500 new calls is taken, the event of another account is taken and delivered', async () => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path)
  const admin = client(relay.url, ADMIN_KEY)
  const newAccount = async (name: string): Promise<{ account: string; receiver: Receiver }> => {
    const receiver = await Receiver.start()
    receivers.push(receiver)
    const account = (await admin<{ id: string }>('POST', '/v1/accounts', { name })).body.id
    const made = await admin('POST', `/v1/webhooks?account_id=${account}`, {
      name,
      triggers: ['call_answered_by_agent'],
      url: `${receiver.url}/hook`,
    })
    expect(made.status).toBe(201)
    return { account, receiver }
  }
  const event = (account: string, call: string): object => ({
    account_id: account,
    trigger: 'call_answered_by_agent',
    call_id: call,
    call_type: 'inbound',
    variables: {},
  })
  const large = await newAccount('Large')
  const other = await newAccount('Other')

  const events = Array.from({ length: 500 }, (_, n) => event(large.account, `call-${n}`))
  let isTaken = false
  const batch = admin('POST', '/v1/events/batch', { events }).then((answer) => {
    isTaken = true
    return answer
  })
  await until('the first of the batch is delivered', () => large.receiver.received.length > 0)
  expect((await admin('POST', '/v1/events', event(other.account, 'call-1'))).status).toBe(202)
  await until("the other's is delivered", () => other.receiver.received.length === 1)
  expect(isTaken, 'the batch is taken before the other has its turn').toBe(false)

  expect((await batch).status).toBe(202)
  await until('all of the batch is delivered', () => large.receiver.received.length === 500)
  expect(await relay.stop()).toBe(0)
})
