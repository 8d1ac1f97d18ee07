/**
 * The build: the Worker as `wrangler deploy` would upload it, in the configuration that workerd needs for it and for
 * the stores it is bound to. In a process of its own, for wrangler and Miniflare take hundreds of megabytes.
 *
 * The stores are Miniflare's. It has no function that answers with its configuration, but writes the one that it
 * starts workerd with where MINIFLARE_WORKERD_CONFIG_DEBUG says, as JSON. Its version is pinned, and the black-box
 * tests run on the outcome. What it has for development stays out: a Worker in front, a door to every object, a
 * store of mails, and a server in Node that the stores log to. So workerd runs by itself.
 */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { convertV4MiniflareOptions, Miniflare, type Config, type Service, type Worker } from 'miniflare'
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from 'wrangler'
import { MIGRATE, RELAY, type Built, type Migration } from './config.ts'
import { BUILT, ROOT, WRANGLER } from './paths.ts'

/** The embedded database's, and so its file's name: one that an account has at Cloudflare must not change it. */
const DATABASE = '00000000-0000-0000-0000-000000000000'
/** Of the Workers that are added here. */
const COMPATIBILITY_DATE = '2026-10-20'

async function build(): Promise<void> {
  // Built aside and moved in one step: another start may be reading, or building, at the same time.
  const aside = join(ROOT, '.wrangler', `build-${process.pid}`)
  const begun = new Date()
  await mkdir(aside, { recursive: true })
  try {
    await promisify(execFile)(process.execPath, [WRANGLER, 'deploy', '--dry-run', '--outdir', aside], {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    })
    const built: Built = { ...(await template(aside)), migrations: migrations() }
    await writeFile(join(aside, 'relay.json'), JSON.stringify(built))
    // As old as its inputs are known to be: what changes meanwhile is newer.
    await utimes(join(aside, 'relay.json'), begun, begun)
    await mkdir(dirname(BUILT), { recursive: true })
    await rename(join(aside, 'relay.json'), BUILT)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** Miniflare's configuration, made into one for workerd alone. */
async function template(aside: string): Promise<Pick<Built, 'services' | 'extensions'>> {
  const stateDir = join(aside, 'state')
  const { services = [], extensions = [] } = await configOfMiniflare(aside, stateDir)
  const all = services.map((service) =>
    service.name === 'loopback' ? own('loopback', ['scripts/relay/workers/log.ts']) : service,
  )
  for (const service of all) {
    if ('disk' in service && service.disk?.path !== undefined)
      service.disk.path = relative(stateDir, service.disk.path)
  }
  const relay = all.find((service) => service.name === RELAY)
  if (relay === undefined || !('worker' in relay) || relay.worker === undefined)
    throw new Error(`Miniflare's configuration has no Worker ${RELAY}`)
  // Straight to the network: on the way Miniflare would add headers.
  relay.worker.globalOutbound = { name: 'internet' }
  const db = relay.worker.bindings?.filter((binding) => binding.name === 'DB') ?? []
  return {
    services: [...all, own(MIGRATE, ['scripts/relay/workers/migrate.ts', 'src/store/vault.ts'], db)],
    extensions,
  }
}

async function configOfMiniflare(aside: string, stateDir: string): Promise<Config> {
  const file = join(aside, 'workerd.json')
  process.env['MINIFLARE_WORKERD_CONFIG_DEBUG'] = file
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(ROOT, 'wrangler.toml'))
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      ...workerOptions,
      name: 'relay',
      rootPath: aside,
      modules: [{ type: 'ESModule', path: join(aside, 'index.js') }],
      bindings: {},
      d1Databases: { DB: DATABASE },
      cache: false,
      cf: false,
    }),
    resourcePersistencePath: stateDir,
  })
  await miniflare.ready
  await miniflare.dispose()
  // Safe: written by Miniflare as its `Config`, but for what JSON has no word for.
  return JSON.parse(await readFile(file, 'utf8')) as Config
}

/** A Worker of these files, the first of which is the one that runs, as a service. Paths are the names of modules. */
function own(
  name: string,
  files: readonly string[],
  bindings: NonNullable<Worker['bindings']> = [],
): Service {
  const modules = files.map((file) => {
    return { name: file, esModule: stripTypeScriptTypes(readFileSync(join(ROOT, file), 'utf8')) }
  })
  return { name, worker: { modules, compatibilityDate: COMPATIBILITY_DATE, bindings } }
}

function migrations(): Migration[] {
  const folder = join(ROOT, 'migrations')
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return files.sort().map((name) => {
    const statements = unstable_splitSqlQuery(readFileSync(join(folder, name), 'utf8'))
    return { name, statements }
  })
}

await build()
