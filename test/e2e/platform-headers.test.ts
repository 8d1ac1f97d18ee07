import { afterAll, expect, test } from 'vitest'
import { Receiver } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir } from './relay-process.ts'

/** Names that look like the platform's and are the receiver's to ask for. */
const OWN = {
  'CF-Access-Client-Id': 'f00d.access',
  'CF-Access-Client-Secret': 's3cret-of-a-service-token',
  'CF-Access-Token': 'a.b.c',
  'X-Forwarded-For': '192.0.2.1',
  'X-Real-IP': '192.0.2.2',
}

let receiver: Receiver | undefined
afterAll(() => receiver?.stop())

test('a receiver behind Cloudflare Access gets the service token, as it was given', async () => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path, {})
  const admin = client(relay.url, ADMIN_KEY)
  receiver = await Receiver.start()
  const account = (await admin<{ id: string }>('POST', '/v1/accounts', { name: 'Access' })).body.id
  const headers = Object.entries(OWN).map(([key, value]) => ({ key, value }))
  const webhook = { name: 'Behind Access', triggers: ['dtmf_option'], url: receiver.url, headers }
  const created = await admin<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, webhook)
  const sent = await admin<{ status_code: number }>('POST', `/v1/webhooks/${created.body.id}/test`, {})
  expect(sent).toMatchObject({ status: 200, body: { status_code: 200 } })
  const [got] = receiver.received
  for (const [name, value] of Object.entries(OWN)) {
    expect([name, got?.headers[name.toLowerCase()]]).toEqual([name, value])
  }
  expect(await relay.stop()).toBe(0)
})
