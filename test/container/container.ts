/** The container, built from the Dockerfile: by Docker if its daemon answers, else by running its instructions. */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { setTimeout as passMs } from 'node:timers/promises'
import { promisify } from 'node:util'
import { build, placeOf } from './dockerfile.ts'

const exec = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const PATIENCE_MS = 60_000

export interface Running {
  readonly url: string
  /** Whether the image's own health check is content. */
  isHealthy: () => Promise<boolean>
  /** Asks it to end, as a machine that shuts down does, and answers with its exit code. */
  end: () => Promise<number | null>
}

export interface Container extends AsyncDisposable {
  /** Starts it, each time on the same state. */
  run: (settings: Record<string, string>) => Promise<Running>
  /** Whether the image has a path. */
  has: (path: string) => Promise<boolean>
}

export async function isDockerThere(): Promise<boolean> {
  try {
    await exec('docker', ['version', '--format', '{{.Server.Version}}'])
    return true
  } catch {
    // No client, or no daemon: either way this machine builds no image.
    return false
  }
}

export async function byDocker(): Promise<Container> {
  const name = `relay-test-${randomBytes(4).toString('hex')}`
  const docker = async (...args: string[]) => (await exec('docker', args, { cwd: ROOT })).stdout.trim()
  await docker('build', '--quiet', '--tag', name, '.')
  return {
    run: async (settings) => {
      const env = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`])
      const limits = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL']
      const volume = ['--volume', `${name}:/state`]
      const id = await docker(
        'run',
        '--detach',
        '--publish',
        '127.0.0.1::8787',
        ...limits,
        ...volume,
        ...env,
        name,
      )
      const url = `http://${await docker('port', id, '8787/tcp')}`
      await untilAnswered(url)
      return {
        url,
        isHealthy: () =>
          until(
            async () => (await docker('inspect', '--format', '{{.State.Health.Status}}', id)) === 'healthy',
          ),
        end: async () => {
          await docker('stop', id)
          const code = await docker('inspect', '--format', '{{.State.ExitCode}}', id)
          await docker('rm', id)
          return Number(code)
        },
      }
    },
    has: async (path) =>
      docker('run', '--rm', '--entrypoint', 'ls', name, path).then(
        () => true,
        () => false,
      ),
    [Symbol.asyncDispose]: async () => {
      await docker('volume', 'rm', '--force', name)
      await docker('image', 'rm', '--force', name)
    },
  }
}

/** Has to be root, for the image's user to be another. */
export async function byInstructions(): Promise<Container> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-image-'))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'bin'))
  await cp(process.execPath, join(folder, 'bin', 'node'))
  const path = [join(folder, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter).filter(isOfSystem)].join(
    delimiter,
  )
  const image = await build(ROOT, folder, path)
  return {
    run: async (settings) => {
      const port = await freePort()
      const env = {
        ...image.env,
        PATH: path,
        PORT: String(port),
        STATE_DIR: placeOf(image, image.env['STATE_DIR'] ?? ''),
        ...settings,
      }
      const options = { cwd: placeOf(image, image.workdir), env, ...image.user }
      const [program = '', ...args] = image.command
      const child = spawn(program, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] })
      const ended = new Promise<number | null>((end) => child.once('exit', end))
      const url = `http://127.0.0.1:${port}`
      await untilAnswered(url)
      return {
        url,
        isHealthy: async () => {
          const [check = '', ...rest] = image.healthCheck
          return exec(check, rest, options).then(
            () => true,
            () => false,
          )
        },
        end: () => {
          child.kill('SIGTERM')
          return ended
        },
      }
    },
    has: async (each) => existsSync(placeOf(image, each)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** What npm and Vitest have put in front is not an image's. */
function isOfSystem(folder: string): boolean {
  return !folder.includes('node_modules') && dirname(folder) !== folder
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function untilAnswered(url: string): Promise<void> {
  const isThere = () =>
    fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    )
  if (!(await until(isThere))) throw new Error(`${url}/health is not answered`)
}

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  const deadlineMs = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > deadlineMs) return false
    await passMs(100)
  }
  return true
}
