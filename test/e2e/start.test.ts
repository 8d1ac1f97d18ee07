import { expect, test } from 'vitest'
import { ADMIN_KEY, client, RelayProcess, stateDir } from './relay-process.ts'

test.each(['SIGTERM', 'SIGINT'] as const)('npm start ends everything it started on %s', async (signal) => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path)
  expect(await (await fetch(`${relay.url}/health`)).json()).toMatchObject({ status: 'ok' })
  expect(await relay.stop(signal)).toBe(0)
  expect(relay.isAlive, 'no process is left behind').toBe(false)
})

test('state is kept in STATE_DIR across starts, and the admin key that was made is shown once and goes on working', async () => {
  await using state = await stateDir()
  const first = await RelayProcess.start(state.path, { ADMIN_KEY: '' })
  const key =
    first.lines
      .map((line) => /shown this once: (\S+)$/.exec(line)?.[1])
      .find((found) => found !== undefined) ?? ''
  const created = (await client(first.url, key)<{ id: string }>('POST', '/v1/accounts', { name: 'Kept' }))
    .body
  await first.stop()

  const second = await RelayProcess.start(state.path, { ADMIN_KEY: '' })
  expect(second.lines.join('\n')).not.toContain('shown this once')
  expect((await client(second.url, key)('GET', `/v1/accounts/${created.id}`)).body).toMatchObject({
    name: 'Kept',
  })
  await second.stop()
})

test('a setting that is not valid is named, and nothing starts', async () => {
  await using state = await stateDir()
  await expect(RelayProcess.start(state.path, { RETRY_SCHEDULE: '1,soon', ADMIN_KEY })).rejects.toThrow(
    /RETRY_SCHEDULE.*soon/,
  )
})

test('ENCRYPTION_KEY is rotated over restarts, and what it had sealed is sealed anew', async () => {
  await using state = await stateDir()
  const [former, current] = ['a-former-encryption-key-0123', 'the-new-encryption-key-0123']
  const headers = [{ key: 'X-Key', value: 'value' }]
  const first = await RelayProcess.start(state.path, { ENCRYPTION_KEY: former })
  const before = client(first.url, ADMIN_KEY)
  const { id: account } = (await before<{ id: string }>('POST', '/v1/accounts', { name: 'Rotated' })).body
  const webhook = { name: 'CRM', triggers: ['dtmf_option'], url: 'https://example.com/hook', headers }
  const path = `/v1/webhooks?account_id=${account}`
  const { id } = (await before<{ id: string }>('POST', path, webhook)).body
  await first.stop()

  const second = await RelayProcess.start(state.path, {
    ENCRYPTION_KEY: current,
    ENCRYPTION_KEYS_OLD: former,
  })
  const resealed = await client(second.url, ADMIN_KEY)('POST', '/v1/encryption/reseal')
  expect(resealed.body).toEqual({ resealed: 3, remaining: 0, unreadable: 0 })
  await second.stop()

  const third = await RelayProcess.start(state.path, { ENCRYPTION_KEY: current })
  expect((await client(third.url, ADMIN_KEY)('GET', `/v1/webhooks/${id}`)).body).toMatchObject({ headers })
  await third.stop()
})

test('requests without a key are limited, and a flood of them costs a known key nothing', async () => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path)
  // A hundred in 10 s: of so many some are refused, even where a new period begins among them.
  const answers = await Promise.all(
    Array.from({ length: 250 }, async () => {
      const answer = await fetch(`${relay.url}/v1/triggers`)
      await answer.text()
      return answer
    }),
  )
  expect(new Set(answers.map((each) => each.status))).toEqual(new Set([401, 429]))
  expect(answers.find((each) => each.status === 429)?.headers.get('retry-after')).toBe('10')
  expect((await client(relay.url, ADMIN_KEY)('GET', '/v1/triggers')).status).toBe(200)
  await relay.stop()
})
