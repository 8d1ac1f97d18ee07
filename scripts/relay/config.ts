/** From what is built to the configurations that workerd is started with. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { kVoid, serializeConfig, type Extension, type Service, type Worker } from 'miniflare'
import type { EncryptionKeys } from '../../src/lib/settings.ts'
import { PUBLIC } from './paths.ts'

/** The Worker, and the one that migrates D1 before it runs, as services of workerd. */
export const RELAY = 'core:user:relay'
export const MIGRATE = 'migrate'
/** The folder of the files that the relay serves, which is no store: nothing writes to it. */
export const FILES = 'assets:storage:relay'

/**
 * Each isolate has two or three of these, which stay in memory once a burst has filled them. With V8's own limit of
 * 16 workerd keeps some 20 MB more, and takes no less of the CPU.
 */
const YOUNG_MB = 4

type Binding = NonNullable<Worker['bindings']>[number]

export interface Migration {
  readonly name: string
  readonly statements: readonly string[]
}

/** What a build leaves: all that a start needs of wrangler and Miniflare, and nothing of its settings. JSON. */
export interface Built {
  /** With the folders of the stores relative to the state folder. */
  readonly services: readonly Service[]
  readonly extensions: Extension[]
  readonly migrations: readonly Migration[]
}

/** For the Worker that migrates D1. It answers once that is done, with `Sealed`, or with 500 and why not. */
export function migrateConfig(built: Built, stateDir: string, encryptionKeys: EncryptionKeys): Buffer {
  return configOf(built, stateDir, MIGRATE, [
    { name: 'MIGRATIONS', json: JSON.stringify(built.migrations) },
    { name: 'ENCRYPTION_KEYS', json: JSON.stringify(encryptionKeys) },
  ])
}

/** For the relay. */
export function relayConfig(built: Built, stateDir: string, settings: Record<string, string>): Buffer {
  const bindings = Object.entries(settings).map(([name, text]) => ({ name, text }))
  return configOf(built, stateDir, RELAY, bindings)
}

function configOf(
  { services, extensions }: Built,
  stateDir: string,
  main: string,
  bindings: Binding[],
): Buffer {
  const configured = reached(services, main).map((service): Service => {
    if (service.name === FILES) return { name: FILES, disk: { path: PUBLIC, writable: false } }
    if ('disk' in service && service.disk?.path !== undefined) {
      const path = join(stateDir, service.disk.path)
      mkdirSync(path, { recursive: true })
      return { ...service, disk: { ...service.disk, path } }
    }
    if (!('worker' in service) || service.worker === undefined) return service
    const { worker } = service
    return {
      ...service,
      worker: {
        ...worker,
        bindings: [...(worker.bindings ?? []).map(withBytes), ...(service.name === main ? bindings : [])],
        ...(isInMemory(worker) ? { durableObjectStorage: { inMemory: kVoid } } : {}),
      },
    }
  })
  return serializeConfig({
    services: configured,
    extensions,
    v8Flags: [`--max-semi-space-size=${YOUNG_MB}`],
    sockets: [{ name: 'http', address: '127.0.0.1:0', service: { name: main }, http: {} }],
  })
}

/** JSON has kept bytes as an object with a member for each. */
function withBytes(binding: Binding): Binding {
  if (!('data' in binding) || binding.data === undefined) return binding
  return { ...binding, data: Uint8Array.from(Object.values(binding.data)) }
}

/** Of an object's storage JSON keeps that there is one, and drops that it is in memory: there is no word for it. */
function isInMemory({ durableObjectStorage }: Worker): boolean {
  return durableObjectStorage !== undefined && Object.keys(durableObjectStorage).length === 0
}

/** The services that a service leads to, itself among them. */
function reached(services: readonly Service[], from: string): Service[] {
  const byName = new Map(services.map((service) => [service.name, service]))
  const found = new Set<Service>()
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      // A name may also stand where it means something else: then there is one service too many, no more.
      const service = byName.get(value)
      if (service === undefined || found.has(service)) return
      found.add(service)
      visit(service)
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit)
  }
  visit(from)
  return [...found]
}
