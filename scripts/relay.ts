/**
 * The relay on one machine: the Worker that `wrangler deploy` would upload, in workerd, on embedded D1, Queues and
 * Durable Objects that keep their state in a folder.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { settingsOf } from '../src/lib/settings.ts'
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from 'wrangler'

const ROOT = resolve(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const BUILT = join(DIST, 'index.js')
const HOST = '127.0.0.1'
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** The settings that the Worker knows, as docs/operations.md lists them. */
const WORKER_SETTINGS = [
  'ADMIN_KEY',
  'ENCRYPTION_KEY',
  'ENCRYPTION_KEYS_OLD',
  'ALLOW_PRIVATE_TARGETS',
  'RETRY_SCHEDULE',
  'DELIVERY_TIMEOUT_SECONDS',
  'REORDER_WINDOW_SECONDS',
  'SOURCE_TIME_ZONE',
  'RETENTION_DAYS',
] as const

type Settings = Record<string, string | undefined>

export interface Relay {
  url: string
  adminKey: string
  /** True where the admin key was made by this start, and has to be shown. */
  adminKeyIsNew: boolean
  stop: () => Promise<void>
}

/** The settings of the environment, with `.dev.vars` for those that it does not name. */
export function readSettings(): Settings {
  const file = join(ROOT, '.dev.vars')
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...process.env }
}

/** Builds the Worker as `wrangler deploy` would, unless what is built is newer than everything it is built from. */
export async function build(): Promise<void> {
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newestInputMs()) return
  const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  // Built aside and moved in one step: another start may be reading, or building, at the same time.
  const aside = join(ROOT, '.wrangler', `build-${process.pid}`)
  await promisify(execFile)(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', aside], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  })
  await mkdir(DIST, { recursive: true })
  await rename(join(aside, 'index.js'), BUILT)
  await rm(aside, { recursive: true, force: true })
}

function newestInputMs(): number {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join('src', name),
  )
  return Math.max(
    ...[...sources, 'wrangler.toml', 'package-lock.json'].map((name) => statSync(join(ROOT, name)).mtimeMs),
  )
}

/**
 * Starts a relay and returns once it answers.
 * @param port 0 for any free one
 * @throws where the port is taken or a setting is not valid
 */
export async function startRelay(options: {
  port: number
  stateDir: string
  settings: Settings
}): Promise<Relay> {
  await build()
  await mkdir(options.stateDir, { recursive: true })
  const { settings } = options
  const admin = await secret(settings['ADMIN_KEY'], join(options.stateDir, 'admin-key'))
  const encryption = await secret(settings['ENCRYPTION_KEY'], join(options.stateDir, 'encryption-key'))
  const bindings: Record<string, string> = { ALLOW_PRIVATE_TARGETS: 'true' }
  for (const name of WORKER_SETTINGS) {
    const value = settings[name]
    if (value !== undefined && value !== '') bindings[name] = value
  }
  bindings['ADMIN_KEY'] = admin.value
  bindings['ENCRYPTION_KEY'] = encryption.value

  // Checked here as well as in the Worker, so that a fault ends the start and names itself.
  settingsOf(bindings)

  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, 'wrangler.toml'))
  // Miniflare ends the process on a signal by itself, with the signal's exit code and not that of a clean end.
  const listeners = SIGNALS.map((signal) => ({ signal, own: process.listeners(signal) }))
  const relay = new Miniflare({
    ...convertV4MiniflareOptions({
      ...workerOptions,
      name: 'relay',
      rootPath: ROOT,
      modules: [{ type: 'ESModule', path: BUILT }],
      bindings,
      // Straight to the Worker: the development proxy in front of it costs several times what the Worker does.
      unsafeDirectSockets: [{ host: HOST, port: options.port }],
      host: HOST,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
    }),
    resourcePersistencePath: options.stateDir,
  })
  for (const { signal, own } of listeners) {
    for (const added of process.listeners(signal)) if (!own.includes(added)) process.off(signal, added)
  }
  try {
    await migrate(await relay.getD1Database('DB'))
    const url = (await relay.unsafeGetDirectURL()).origin
    const health = await fetch(`${url}/health`)
    if (!health.ok) throw new Error(`the relay does not answer: ${health.status} ${await health.text()}`)
    return { url, adminKey: admin.value, adminKeyIsNew: admin.isNew, stop: () => relay.dispose() }
  } catch (error) {
    await relay.dispose()
    throw error
  }
}

/** A secret as it is set, or as an earlier start made it, or made now. */
async function secret(given: string | undefined, file: string): Promise<{ value: string; isNew: boolean }> {
  if (given !== undefined && given !== '') return { value: given, isNew: false }
  if (existsSync(file)) return { value: (await readFile(file, 'utf8')).trim(), isNew: false }
  const value = randomBytes(24).toString('base64url')
  await writeFile(file, `${value}\n`, { mode: 0o600 })
  return { value, isNew: true }
}

type Database = Awaited<ReturnType<Miniflare['getD1Database']>>

/** Applies the migrations that are not in yet, in the table that `wrangler d1 migrations apply` keeps as well. */
async function migrate(db: Database): Promise<void> {
  await db.exec(
    'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
  )
  const applied = await db.prepare('SELECT name FROM d1_migrations').all()
  const done = new Set(applied.results.map((row) => row['name']))
  const folder = join(ROOT, 'migrations')
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  for (const name of files.sort()) {
    if (done.has(name)) continue
    const statements = unstable_splitSqlQuery(readFileSync(join(folder, name), 'utf8'))
    const record = db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
    await db.batch([...statements.map((statement) => db.prepare(statement)), record])
  }
}
