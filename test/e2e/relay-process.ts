import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = resolve(import.meta.dirname, '../..')
const READY = /^relay ready on (http:\/\/127\.0\.0\.1:\d+)$/
export const ADMIN_KEY = 'e2e-admin-key-0123456789'

/** `npm start` as a process group of its own, so that a SIGKILL to the group ends all of it at once. */
export class RelayProcess {
  readonly #child: ChildProcess
  readonly url: string
  readonly lines: readonly string[]

  private constructor(child: ChildProcess, url: string, lines: readonly string[]) {
    this.#child = child
    this.url = url
    this.lines = lines
  }

  /**
   * Starts one and returns when it says that it is ready.
   * @param root the folder of the project, or of a copy of it
   * @param flags what follows `npm start --`
   */
  static async start(
    statePath: string,
    settings: Record<string, string> = {},
    root = ROOT,
    flags: readonly string[] = [],
  ): Promise<RelayProcess> {
    const child = spawn('npm', ['start', '--silent', '--', ...flags], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PORT: '0', STATE_DIR: statePath, ADMIN_KEY, ...settings },
    })
    const lines: string[] = []
    child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
    const url = await new Promise<string>((ready, fail) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line)
        const match = READY.exec(line)
        if (match?.[1] !== undefined) ready(match[1])
      })
      child.once('exit', (code) => fail(new Error(`npm start ended with ${code}:\n${lines.join('\n')}`)))
    })
    return new RelayProcess(child, url, lines)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Ends everything at once, as a power cut would. */
  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit')
    process.kill(-this.pid, 'SIGKILL')
    await exited
  }

  /** Asks `npm start` to end, as Ctrl-C or a service manager would, and returns its exit code. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<number | null> {
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await exited
    return typeof code === 'number' ? code : null
  }

  /** Whether any process of the group is still there. */
  get isAlive(): boolean {
    try {
      process.kill(-this.pid, 0)
      return true
    } catch {
      return false
    }
  }
}

/** A folder for a relay's state, removed when the test is over. */
export async function stateDir(
  parent = tmpdir(),
): Promise<{ path: string; [Symbol.asyncDispose]: () => Promise<void> }> {
  const path = await mkdtemp(join(parent, 'relay-e2e-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A client of the relay's API; answers with the status and the parsed body. */
export function client(url: string, key: string) {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the body's type is the test's to say
  return async <T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    signal: AbortSignal | null = null,
  ): Promise<{ status: number; body: T }> => {
    const response = await fetch(url + path, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    // Safe enough for a test: whatever is not as expected fails where it is read.
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T }
  }
}

/** Waits until a condition holds, and says what it waited for when it does not. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`)
    await new Promise((next) => setTimeout(next, 20))
  }
}
