import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
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
  // It is where each start says that it is.
  for (const { lines } of [first, second]) {
    const file = lines.map((line) => /^admin key: kept in (\S+)$/.exec(line)?.[1]).find((path) => path)
    expect((await readFile(file ?? '', 'utf8')).trim()).toBe(key)
  }
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

test('a setting whose name is mistyped is named with the one that is meant, and a start says where ADMIN_KEY is set', async () => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path, { RETENTION_DAY: '1', retry_shedule: '1' })
  const said = relay.lines.join('\n')
  expect(said).toContain('RETENTION_DAY in the environment is not a setting: did you mean RETENTION_DAYS?')
  expect(said).toContain('retry_shedule in the environment is not a setting: did you mean RETRY_SCHEDULE?')
  expect(said).toContain('admin key: as ADMIN_KEY is set in the environment')
  expect(said).not.toContain(ADMIN_KEY)
  await relay.stop()
})

test('a start on a port that is taken on any address names it, and makes no key that nobody is shown', async () => {
  await using state = await stateDir()
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    const server = createServer()
    await new Promise<void>((listening) => server.listen(0, host, listening))
    const address = server.address()
    const port = String(typeof address === 'object' ? address?.port : 0)
    const start = RelayProcess.start(state.path, { PORT: port, ADMIN_KEY: '' })
    await expect(start, host).rejects.toThrow(`ended with 1:\nPort ${port} is in use: set PORT`)
    server.close()
  }
  const relay = await RelayProcess.start(state.path, { ADMIN_KEY: '' })
  expect(relay.lines.join('\n'), 'the first key that is made is shown').toContain('shown this once')
  await relay.stop()
})

test('an ENCRYPTION_KEY that does not open what is stored ends the start and says so', async () => {
  await using state = await stateDir()
  const [right, wrong] = ['the-right-encryption-key-0123', 'a-wrong-encryption-key-01234']
  const first = await RelayProcess.start(state.path, { ENCRYPTION_KEY: right })
  const admin = client(first.url, ADMIN_KEY)
  const { id: account } = (await admin<{ id: string }>('POST', '/v1/accounts', { name: 'Sealed' })).body
  const headers = [{ key: 'X-Key', value: 'value' }]
  const webhook = { name: 'CRM', triggers: ['dtmf_option'], url: 'https://example.com/hook', headers }
  const path = `/v1/webhooks?account_id=${account}`
  const { id } = (await admin<{ id: string }>('POST', path, webhook)).body
  await first.stop()

  // The secrets, and the header in the webhook and in its version.
  const refusal =
    `ENCRYPTION_KEY does not open what STATE_DIR ${state.path} holds: its 3 sealed values are of another key. ` +
    'Set ENCRYPTION_KEY to the key that sealed them, or add that key to ENCRYPTION_KEYS_OLD'
  for (const settings of [
    { ENCRYPTION_KEY: wrong },
    { ENCRYPTION_KEY: '' },
    { ENCRYPTION_KEY: wrong, ENCRYPTION_KEYS_OLD: 'another-wrong-key-0123' },
  ]) {
    const start = RelayProcess.start(state.path, settings)
    await expect(start).rejects.toThrow(`ended with 1:\n${refusal}`)
  }
  await expect(readFile(join(state.path, 'encryption-key')), 'no key is made for it').rejects.toThrow(
    'ENOENT',
  )

  const rightly = await RelayProcess.start(state.path, { ENCRYPTION_KEY: wrong, ENCRYPTION_KEYS_OLD: right })
  expect((await client(rightly.url, ADMIN_KEY)('GET', `/v1/webhooks/${id}`)).body).toMatchObject({ headers })
  await client(rightly.url, ADMIN_KEY)('POST', path, webhook)
  await rightly.stop()

  // Some of it opens: the key is right, and what is lost may have to go.
  const partly = await RelayProcess.start(state.path, { ENCRYPTION_KEY: wrong })
  expect(partly.lines.join('\n')).toContain('3 of the 6 sealed values')
  await partly.stop()

  const lost = ['--lost-encryption-key']
  const given = { ENCRYPTION_KEY: 'a-third-encryption-key-01234' }
  await expect(RelayProcess.start(state.path, given)).rejects.toThrow('its 6 sealed values')
  const last = await RelayProcess.start(state.path, given, undefined, lost)
  expect((await client(last.url, ADMIN_KEY)('DELETE', `/v1/webhooks/${id}`)).status).toBe(204)
  await last.stop()
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
