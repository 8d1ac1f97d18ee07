import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ENCRYPTION_KEY } from './fixtures/settings.ts'
import { Receiver } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

interface Listed<T> {
  data: T[]
}

/*
 * A state folder that an earlier build wrote (`fixtures/make.ts`): two calls of two events each, to a webhook whose
 * receiver answered 503, and to one that is paused. The next retry of that time is due by now: it goes at once, to a
 * receiver that is no longer there, until the test has told where the new one is. However long that takes on a busy
 * machine, there have to be retries left.
 */
const RETRY_SCHEDULE = Array.from({ length: 60 }, () => 1).join(',')

test('a relay goes on with what an earlier version has stored and owed: in order, and with its secrets', async () => {
  await using state = await stateDir()
  execFileSync('tar', ['-xzf', join(import.meta.dirname, 'fixtures/state-2.tar.gz'), '-C', state.path])
  const receiver = await Receiver.start()
  const relay = await RelayProcess.start(state.path, { ENCRYPTION_KEY, RETRY_SCHEDULE })
  const ask = client(relay.url, ADMIN_KEY)
  try {
    const [account] = (await ask<Listed<{ id: string }>>('GET', '/v1/accounts')).body.data
    const query = `account_id=${account?.id ?? ''}`
    const webhooks = (await ask<Listed<{ id: string; name: string }>>('GET', `/v1/webhooks?${query}`)).body
      .data
    const idOf = (name: string): string => webhooks.find((each) => each.name === name)?.id ?? ''
    for (const name of ['retried', 'paused']) {
      const url = `${receiver.url}/${name}`
      expect((await ask('PATCH', `/v1/webhooks/${idOf(name)}?${query}`, { url })).status).toBe(200)
      // Enabling it anew has what waits for its retry go at once.
      await ask('POST', `/v1/webhooks/${idOf(name)}/pause?${query}`)
      expect((await ask('POST', `/v1/webhooks/${idOf(name)}/enable?${query}`)).status).toBe(200)
    }
    for (const name of ['retried', 'paused']) {
      await until(`all is delivered to ${name}`, () => receiver.at(`/${name}`).length >= 4)
      for (const callId of ['call-1', 'call-2']) {
        const got = receiver.at(`/${name}`).filter(({ headers }) => headers['webhook-call-id'] === callId)
        expect(got.map(({ headers }) => headers['webhook-position'])).toEqual(['1', '2'])
        expect(got.map(({ headers }) => headers['x-secret'])).toEqual(['sealed', 'sealed'])
      }
    }
    const events = await ask<{ events: object[] }>('GET', `/v1/calls/call-1?${query}`)
    expect(events.body.events).toHaveLength(2)
    const calls = await ask<Listed<{ call_id: string; event_count: number }>>('GET', `/v1/calls?${query}`)
    expect(calls.body.data).toMatchObject([
      { call_id: 'call-2', event_count: 2 },
      { call_id: 'call-1', event_count: 2 },
    ])
    // What comes now is found by its numbers as well.
    const variables = { caller_id_number: '9000000003' }
    const event = { trigger: 'dtmf_option', call_type: 'inbound', account_id: account?.id, variables }
    expect((await ask('POST', '/v1/events', { ...event, call_id: 'call-1' })).status).toBe(202)
    const found = await ask<Listed<{ call_id: string }>>('GET', `/v1/calls?${query}&number=09000000003`)
    expect(found.body.data).toMatchObject([{ call_id: 'call-1' }])
  } finally {
    await relay.stop()
    await receiver.stop()
  }
})
