/** What a start refuses, and what it makes of what an earlier one has left. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

const ROOT = resolve(import.meta.dirname, '../..')

interface Outcome {
  code: number | null
  output: string
}

/** `npm start` that is expected to end by itself. */
function refused(statePath: string, settings: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((ended) => {
    const env = { ...process.env, PORT: '0', STATE_DIR: statePath, ADMIN_KEY, ...settings }
    const child = execFile('npm', ['start', '--silent'], { cwd: ROOT, env }, (_error, stdout, stderr) =>
      ended({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}

/** The processes of a relay, by the names of their programs. */
async function pidsOf(relay: RelayProcess): Promise<Record<string, number>> {
  const pids: Record<string, number> = {}
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // After the name in brackets: state, parent, process group.
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
    if (group !== relay.pid) continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    pids[command.includes('workerd\0serve') ? 'workerd' : command.includes('start.ts') ? 'node' : 'npm'] =
      Number(pid)
  }
  return pids
}

function isGroup(pgid: number): boolean {
  try {
    process.kill(-pgid, 0)
    return true
  } catch {
    return false
  }
}

/** Every file below a folder, with what it holds. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const)),
  )
}

test('a second start on a STATE_DIR in use is refused, names the first, and leaves it alone', async () => {
  await using state = await stateDir(ROOT)
  const given = relative(ROOT, state.path)
  const first = await RelayProcess.start(given)
  const { node } = await pidsOf(first)
  expect(await refused(given)).toEqual({ code: 1, output: `STATE_DIR ${given} is in use by pid ${node}\n` })
  expect((await fetch(`${first.url}/health`)).status).toBe(200)
  expect(await first.stop()).toBe(0)

  const second = await RelayProcess.start(given)
  expect(await second.stop(), 'a stop lets go of it').toBe(0)
})

test('of several starts at the same time on a STATE_DIR one runs', async () => {
  await using state = await stateDir()
  const starts = await Promise.allSettled([1, 2, 3, 4].map(() => RelayProcess.start(state.path)))
  const running = starts.filter((start) => start.status === 'fulfilled').map((start) => start.value)
  expect(running).toHaveLength(1)
  const pids = await Promise.all(running.map(pidsOf))
  for (const start of starts)
    if (start.status === 'rejected')
      expect(String(start.reason)).toContain(`STATE_DIR ${state.path} is in use by pid ${pids[0]?.['node']}`)
  expect((await fetch(`${running[0]?.url}/health`)).status).toBe(200)
  await running[0]?.stop()
})

test('what a SIGKILL leaves is no obstacle, several times in a row', async () => {
  await using state = await stateDir()
  for (let kill = 1; kill <= 3; kill += 1) {
    const relay = await RelayProcess.start(state.path)
    await relay.kill()
  }
  const relay = await RelayProcess.start(state.path)
  expect(await relay.stop()).toBe(0)
})

test('a stop while it is starting ends everything, and is no obstacle', async () => {
  await using state = await stateDir()
  const env = { ...process.env, PORT: '0', STATE_DIR: state.path, ADMIN_KEY }
  const starting = spawn('npm', ['start', '--silent'], { cwd: ROOT, env, detached: true, stdio: 'ignore' })
  const exited = once(starting, 'exit')
  await until('it has the folder', async () =>
    (await readdir(state.path)).some((name) => name.startsWith('lock.')),
  )
  starting.kill('SIGTERM')
  expect((await exited)[0]).toBe(0)
  await until('nothing is left', () => !isGroup(starting.pid ?? 0))
  const next = await RelayProcess.start(state.path)
  expect(await next.stop()).toBe(0)
})

test('the pid of a lock that another process has by now is no obstacle', async () => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path)
  await relay.kill()
  const lock = (await readdir(state.path)).find((name) => name.startsWith('lock.')) ?? ''
  const file = join(state.path, lock)
  const left = await readFile(file, 'utf8')
  await writeFile(file, left.replaceAll(/"pid":\d+/g, `"pid":${process.pid}`))
  const next = await RelayProcess.start(state.path)
  expect(await next.stop()).toBe(0)
})

test.runIf(process.platform === 'linux')(
  'a STATE_DIR is in use by workerd where only Node was killed, until that is gone too',
  async () => {
    await using state = await stateDir()
    const relay = await RelayProcess.start(state.path)
    const { node = 0, workerd = 0 } = await pidsOf(relay)
    process.kill(node, 'SIGKILL')
    await until('Node is gone', async () => (await pidsOf(relay))['node'] === undefined)
    expect(await refused(state.path)).toEqual({
      code: 1,
      output: `STATE_DIR ${state.path} is in use by pid ${workerd}\n`,
    })
    process.kill(workerd, 'SIGKILL')
    const next = await RelayProcess.start(state.path)
    expect(await next.stop()).toBe(0)
  },
)

test.runIf(process.platform === 'linux')(
  'workerd that ends by itself is started again on its port',
  async () => {
    await using state = await stateDir()
    const relay = await RelayProcess.start(state.path)
    const admin = client(relay.url, ADMIN_KEY)
    const { id } = (await admin<{ id: string }>('POST', '/v1/accounts', { name: 'Kept' })).body
    // One that ends at once is not started again.
    await new Promise((next) => setTimeout(next, 10_000))
    const { workerd = 0 } = await pidsOf(relay)
    process.kill(workerd, 'SIGKILL')
    await until(
      'it answers again',
      async () => (await fetch(`${relay.url}/health`).catch(() => null))?.status === 200,
    )
    expect((await admin('GET', `/v1/accounts/${id}`)).body).toMatchObject({ name: 'Kept' })
    expect(await relay.stop()).toBe(0)
  },
)

test.each([
  ['an older version', '1', { d1: null, do: null, 'admin-key': 'a-key-of-another-version\n' }],
  ['a newer version', '3', { version: '3\n', d1: null }],
])('a STATE_DIR of %s is refused and stays as it is', async (_which, version, files) => {
  await using state = await stateDir()
  for (const [name, content] of Object.entries(files)) {
    const file = join(state.path, name)
    await (content === null ? mkdir(file) : writeFile(file, content))
  }
  const before = await contents(state.path)
  const names = (await readdir(state.path)).sort()
  const { code, output } = await refused(state.path)
  expect(code).toBe(1)
  expect(output).toContain(`STATE_DIR ${state.path} was written by another version of the relay`)
  expect(output).toContain(`(state version ${version}, this one reads 2)`)
  expect(output).toContain('set STATE_DIR')
  expect(await contents(state.path)).toEqual(before)
  expect((await readdir(state.path)).sort()).toEqual(names)
})

test('a start on a port in use says so, and makes no state', async () => {
  await using state = await stateDir()
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  try {
    const outcome = await refused(join(state.path, 'new'), { PORT: String(port), ADMIN_KEY: '' })
    expect(outcome).toEqual({ code: 1, output: `Port ${port} is in use: set PORT\n` })
    expect(await readdir(state.path)).toEqual([])
  } finally {
    server.close()
  }
})

test('a start that a setting ends leaves no admin key that nobody has seen', async () => {
  await using state = await stateDir()
  const { code, output } = await refused(state.path, { RETRY_SCHEDULE: '1,soon', ADMIN_KEY: '' })
  expect(code).toBe(1)
  expect(output).toMatch(/RETRY_SCHEDULE.*soon/)
  expect(await readdir(state.path)).not.toContain('admin-key')
})
