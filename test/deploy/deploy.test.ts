/** `npm run deploy` with the wrangler that is installed, against a stand-in of Cloudflare's API. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { FAILED, FORBIDDEN, LIMITED } from './answers.ts'
import { ACCOUNT, Platform } from './platform.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const WORKER = 'call-webhook-relay'
const SECRETS = {
  ADMIN_KEY: 'planted-admin-key-0123456789',
  ENCRYPTION_KEY: 'planted-encryption-key-0123456789',
}

interface Outcome {
  readonly code: number | null
  readonly output: string
  /** What wrangler left in its own log files. */
  readonly logs: string
}

/** What somebody types at a question. */
interface Typed {
  readonly at: string
  readonly line: string
}

/** The program `script` gives a command a terminal. */
const SCRIPT = '/usr/bin/script'

function inTerminal(args: readonly string[]): [string, ...string[]] {
  return [SCRIPT, '-qefc', [process.execPath, ...args].join(' '), '/dev/null']
}

async function answer(child: ChildProcess, typed: readonly Typed[]): Promise<void> {
  const open = [...typed]
  let shown = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    const next = open[0]
    if (next === undefined || !shown.includes(next.at)) return
    open.shift()
    shown = ''
    child.stdin?.write(`${next.line}\r`)
  })
}

/** wrangler.toml with the environment that docs/cloudflare.md shows; beside it, for its paths are relative. */
const STAGING = join(ROOT, '.wrangler-staging.toml')

async function writeStaging(): Promise<void> {
  const config = await readFile(join(ROOT, 'wrangler.toml'), 'utf8')
  const page = await readFile(join(ROOT, 'docs/cloudflare.md'), 'utf8')
  const staging = /```toml\n(\[env\.staging\][^`]*)```/.exec(page)?.[1] ?? ''
  await writeFile(STAGING, `${config}\n${staging}`)
}

/** A deploy from a machine that has never seen wrangler, without a terminal. */
async function deploy(
  platform: Platform,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
  typed: readonly Typed[] | null = null,
): Promise<Outcome> {
  const home = await mkdtemp(join(tmpdir(), 'deploy-home-'))
  try {
    const args = ['scripts/deploy.ts', '--url', platform.url, ...flags]
    const [program, ...rest] = typed === null ? [process.execPath, ...args] : inTerminal(args)
    const child = spawn(program, rest, {
      cwd: ROOT,
      stdio: [typed === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        TERM: 'dumb',
        CLOUDFLARE_API_BASE_URL: platform.apiUrl,
        CLOUDFLARE_API_TOKEN: 'token-0123456789',
        CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
        WRANGLER_SEND_METRICS: 'false',
        ...settings,
      },
    })
    const ended = new Promise<number | null>((end) => child.once('close', end))
    if (typed !== null) void answer(child, typed)
    const [stdout, stderr, code] = await Promise.all([
      child.stdout === null ? '' : text(child.stdout),
      child.stderr === null ? '' : text(child.stderr),
      ended,
    ])
    const files = await readdir(home, { recursive: true, withFileTypes: true })
    const logs = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'utf8'))
    return { code, output: stdout + stderr, logs: (await Promise.all(logs)).join('\n') }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** How often a step of a deploy was made. */
function made(platform: Platform, what: RegExp): number {
  return platform.changes.filter((change) => what.test(change)).length
}

const UPLOAD = /^PUT \/workers\/scripts\/call-webhook-relay$/

describe.concurrent('npm run deploy', () => {
  test('makes all that is missing on an empty account, and a second one makes nothing anew', async () => {
    await using platform = await Platform.start()
    const first = await deploy(platform, SECRETS)
    expect(first).toMatchObject({ code: 0 })
    expect(platform.unknown).toEqual([])
    expect(platform.databases.names).toEqual([WORKER])
    expect(platform.queue('deliveries')).toMatchObject({ producers: [WORKER], consumers: [WORKER] })
    expect(platform.queue('deliveries-dead')).toMatchObject({ consumers: [WORKER] })
    expect(platform.databases.tablesOf(WORKER)).toContain('webhooks')
    expect(platform.files.paths.get(WORKER)).toContain('/docs.html')
    const { brought } = platform.files
    expect(brought).toBeGreaterThan(0)
    expect(Object.fromEntries(platform.workers.get(WORKER)?.secrets ?? [])).toEqual(SECRETS)
    expect(first.output).toContain(`The relay answers on ${platform.url}, version 0.1.0.`)
    expect(first.output).toContain('What comes next')
    for (const secret of Object.values(SECRETS)) {
      expect(first.output).not.toContain(secret)
      expect(first.logs).not.toContain(secret)
    }

    const second = await deploy(platform)
    expect(second).toMatchObject({ code: 0 })
    expect(second.output).not.toContain('What comes next')
    expect(platform.workers.get(WORKER)?.deploys).toBe(2)
    expect(platform.files.brought).toBe(brought)
    expect(made(platform, /^POST \/(d1\/database|queues)$/)).toBe(3)
    expect(made(platform, /secrets-bulk$/)).toBe(1)
  })

  test('goes on after each failure half-way from where it stopped', async () => {
    await using platform = await Platform.start()
    platform.fail('POST', /^\/queues$/, FAILED)
    const queues = await deploy(platform, SECRETS)
    expect(queues).toMatchObject({ code: 1 })
    expect(queues.output).toContain('Stopped at: create the queue deliveries-dead')
    expect(queues.output).toContain('goes on from here')

    platform.mend()
    platform.fail('PATCH', /secrets-bulk$/, LIMITED)
    const secrets = await deploy(platform, SECRETS)
    expect(secrets).toMatchObject({ code: 1 })
    expect(secrets.output).toContain('Stopped at: set ADMIN_KEY and ENCRYPTION_KEY')
    expect(secrets.output).toContain('wait five minutes')

    platform.mend()
    expect(await deploy(platform, SECRETS)).toMatchObject({ code: 0 })
    expect(made(platform, /^POST \/(d1\/database|queues)$/)).toBe(3)
  })

  test('stops at a migration that fails, and deploys no code that needs it', async () => {
    await using platform = await Platform.start()
    // A database of this name that is of something else.
    platform.databases.add(WORKER, 'CREATE TABLE accounts (id INTEGER)')
    const { code, output } = await deploy(platform, SECRETS)
    expect(code).toBe(1)
    expect(output).toContain('Stopped at: apply the migrations of DB')
    expect(output).toContain('table `accounts` already exists')
    expect(made(platform, UPLOAD)).toBe(0)
  })

  test('goes on with a relay that was set up by hand, and leaves its secrets as they are', async () => {
    await using platform = await Platform.start()
    platform.databases.add(WORKER)
    platform.addQueue('deliveries', { producers: [WORKER], consumers: [WORKER] })
    platform.addQueue('deliveries-dead', { consumers: [WORKER] })
    platform.addWorker(WORKER, { ADMIN_KEY: 'of-before-0123456789', ENCRYPTION_KEY: 'of-before-0123456789' })
    expect(await deploy(platform, SECRETS)).toMatchObject({ code: 0 })
    expect(platform.workers.get(WORKER)?.secrets.get('ENCRYPTION_KEY')).toBe('of-before-0123456789')
    expect(platform.databases.tablesOf(WORKER)).toContain('webhooks')
    expect(made(platform, /^POST \/(d1\/database|queues)$/)).toBe(0)
  })

  test('under Workers Builds, where the Deploy button has asked for the secrets, goes on without them', async () => {
    await using platform = await Platform.start()
    const { code, output } = await deploy(platform, { WORKERS_CI: '1' })
    expect(code).toBe(0)
    expect(output).toContain('ADMIN_KEY and ENCRYPTION_KEY are not set')
    expect(made(platform, UPLOAD)).toBe(1)
    expect(made(platform, /secrets-bulk$/)).toBe(0)
  })

  test('changes nothing, and says why, if a queue is another Worker’s, a secret is missing or the token may not', async () => {
    await using platform = await Platform.start()
    const lacking = await deploy(platform, { ADMIN_KEY: SECRETS.ADMIN_KEY })
    expect(lacking).toMatchObject({ code: 1 })
    expect(lacking.output).toContain('ENCRYPTION_KEY is not set')
    expect(await deploy(platform, {}, ['--plan'])).toMatchObject({ code: 0 })

    platform.addQueue('deliveries', { consumers: ['shop'] })
    const taken = await deploy(platform, SECRETS)
    expect(taken).toMatchObject({ code: 1 })
    expect(taken.output).toContain('The queue deliveries of this account is used by shop.')

    platform.fail('GET', /^\/workers\/scripts/, FORBIDDEN)
    const forbidden = await deploy(platform, SECRETS)
    expect(forbidden).toMatchObject({ code: 1 })
    expect(forbidden.output).toContain('Does the token have every permission?')
    expect(platform.changes).toEqual([])
  })

  test.skipIf(!existsSync(SCRIPT))(
    'in a terminal asks for secrets unseen, makes those that are left empty, and deploys an environment of its own',
    async () => {
      await using platform = await Platform.start()
      await writeStaging()
      try {
        const typed = [
          { at: 'ADMIN_KEY (at least', line: 'short' },
          { at: 'ADMIN_KEY (at least', line: SECRETS.ADMIN_KEY },
          { at: 'ENCRYPTION_KEY (at least', line: '' },
        ]
        const flags = ['--env', 'staging', '--config', STAGING]
        const { code, output } = await deploy(platform, {}, flags, typed)
        expect({ code, output }).toMatchObject({ code: 0 })
        const secrets = platform.workers.get(`${WORKER}-staging`)?.secrets
        expect(secrets?.get('ADMIN_KEY')).toBe(SECRETS.ADMIN_KEY)
        expect(output).not.toContain(SECRETS.ADMIN_KEY)
        const shown = /ENCRYPTION_KEY, shown this once.*: (\S{43})\r?\n/.exec(output)?.[1]
        expect(secrets?.get('ENCRYPTION_KEY')).toBe(shown)
        expect(platform.databases.names).toEqual([`${WORKER}-staging`])
        expect(platform.queues.map(({ name }) => name).sort()).toEqual([
          'deliveries-dead-staging',
          'deliveries-staging',
        ])
      } finally {
        await rm(STAGING)
      }
    },
  )
})
