/** What the image promises those who run it. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { byDocker, byInstructions, isDockerThere } from './container.ts'
import { stagesOf } from './dockerfile.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SETTINGS = { ADMIN_KEY: 'container-admin-key-0123456789' }
const docker = await isDockerThere()

test('the image has the Node that the project pins', async () => {
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const stages = stagesOf(await readFile(join(ROOT, 'Dockerfile'), 'utf8'))
  expect(stages.map(({ from }) => from)).toEqual(Array(2).fill(`node:${devDependencies.node}-slim`))
})

test.skipIf(!docker && process.getuid?.() !== 0)(
  `a container, ${docker ? 'by Docker' : 'by its instructions, for no Docker daemon answers'}`,
  async () => {
    await using container = await (docker ? byDocker() : byInstructions())
    expect(await container.has('/relay/node_modules/miniflare')).toBe(true)
    // What only builds or tests stays out.
    for (const name of ['wrangler', 'vitest', 'oxlint', 'node'])
      expect(await container.has(`/relay/node_modules/${name}`)).toBe(false)

    const first = await container.run(SETTINGS)
    expect(await first.isHealthy()).toBe(true)
    const headers = { authorization: `Bearer ${SETTINGS.ADMIN_KEY}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'Acme' })
    const made = await fetch(`${first.url}/v1/accounts`, { method: 'POST', headers, body })
    expect(made.status).toBe(201)
    expect(await first.end()).toBe(0)

    // The state is the volume's, and the next one goes on with it.
    const second = await container.run(SETTINGS)
    const accounts = await (await fetch(`${second.url}/v1/accounts`, { headers })).json()
    expect(accounts).toMatchObject({ data: [{ name: 'Acme' }] })
    expect(await second.end()).toBe(0)
  },
)
