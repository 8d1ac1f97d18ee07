import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Api, created, newKey } from '../../scripts/demo/api.ts'
import { LIFE } from './calls.ts'

/** What is measured, and what it is measured by. */
export const SYSTEMS = ['floor', 'relay'] as const
export type SystemName = (typeof SYSTEMS)[number]

const ROOT = resolve(import.meta.dirname, '../..')
const ADMIN_KEY = 'bench-admin-key-0123456789'
const READY = /^\w+ ready on (http:\S+)$/
const COMMANDS: Record<SystemName, [string, ...string[]]> = {
  // Node says that taking the types out of the Worker is experimental: no news to whoever runs a benchmark.
  floor: ['node', '--disable-warning=ExperimentalWarning', 'bench/floor/start.ts'],
  relay: ['npm', 'start', '--silent'],
}
/** Processes that are asked to end have so long (ms). */
const END_MS = 10_000

/** A system that runs in a process group of its own, on a state folder of its own. */
export interface System {
  name: SystemName
  url: string
  /** The group's id. */
  groupId: number
  /** Ends its processes and removes its state. */
  stop: () => Promise<void>
}

/** Starts one under TMPDIR, and returns when it says that it is ready. */
export async function startSystem(name: SystemName, receivers: readonly string[]): Promise<System> {
  const stateDir = await mkdtemp(join(tmpdir(), `bench-speed-${name}-`))
  const [command, ...args] = COMMANDS[name]
  const env = { ...process.env, PORT: '0', STATE_DIR: stateDir, ADMIN_KEY, RECEIVERS: receivers.join() }
  const child = spawn(command, args, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'inherit'], env })
  const kill = (): void => endGroup(child, 'SIGKILL')
  const clear = (): void => rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 })
  // If the benchmark itself is ended: nothing else knows of the group and its state.
  const abandon = (): void => {
    kill()
    clear()
  }
  process.once('exit', abandon)
  const url = await new Promise<string>((ready, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = READY.exec(line)?.[1]
      if (match !== undefined) ready(match)
    })
    child.once('exit', (code) => fail(new Error(`the ${name} ended with ${code}`)))
  })
  const stop = async (): Promise<void> => {
    const exited = once(child, 'exit')
    endGroup(child, 'SIGTERM')
    const late = setTimeout(kill, END_MS)
    await exited
    clearTimeout(late)
    kill() // Whatever of the group is left.
    clear()
    process.off('exit', abandon)
  }
  return { name, url, groupId: child.pid ?? 0, stop }
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-(child.pid ?? 0), signal)
  } catch {
    // It has ended.
  }
}

/** Gives the relay an account with a webhook for each receiver, and returns the key that posts its events. */
export async function configureRelay(url: string, receivers: readonly string[]): Promise<string> {
  const admin = new Api(url, ADMIN_KEY)
  const { id } = await admin.post('/v1/accounts', { name: 'Speed' }, created)
  const keyOf = async (scope: string): Promise<string> =>
    (await admin.post(`/v1/accounts/${id}/keys`, { name: scope, scope }, newKey)).key
  const manage = new Api(url, await keyOf('manage'))
  for (const receiver of receivers) {
    await manage.post('/v1/webhooks', { name: 'Speed', url: receiver, triggers: LIFE }, created)
  }
  return keyOf('ingest')
}
