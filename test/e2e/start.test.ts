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
