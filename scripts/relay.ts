/**
 * The relay on one machine: the Worker that `wrangler deploy` would upload, in workerd, on embedded D1, Queues and
 * Durable Objects that keep their state in a folder.
 */
import { join, resolve } from 'node:path'
import { setTimeout as passMs } from 'node:timers/promises'
import { run } from './relay/child.ts'
import { holderOf, takeLock, type Lock } from './relay/lock.ts'
import type { Order } from './relay/order.ts'
import { hostAndPort, isFree, LOOPBACK, reachableBy } from './relay/port.ts'
import { WORKER_SETTINGS } from './relay/setting-names.ts'
import type { Settings } from './relay/settings.ts'
import { isStale } from './relay/stale.ts'
import { makeFolder, otherVersionOf, secretOf, STATE_VERSION, writeVersion } from './relay/state.ts'
import { get, startWorkerd, type Workerd } from './relay/workerd.ts'

/** One that ends sooner after its start than this would do so again. */
const LONG_ENOUGH_MS = 10_000
/** Within which two processes have got the same signal. */
const SIGNAL_MS = 200

export interface Relay {
  url: string
  adminKey: string
  /** True where the admin key was made by this start, and has to be shown. */
  adminKeyIsNew: boolean
  /** Where the admin key is kept; null where the settings give it. */
  adminKeyFile: string | null
  /** Ends it, and lets go of the state folder. */
  stop: () => Promise<void>
  /** Why the relay has ended by itself. Pending for as long as it runs, and after `stop`. */
  failed: Promise<Error>
}

/** Builds what a start needs, unless what is built is newer than everything it is built from. */
export async function build(): Promise<void> {
  if (isStale()) await run('build.ts', '')
}

/**
 * Starts a relay and returns once it answers.
 * @param port 0 for any free one
 * @param address to listen on; this machine alone if it is left out
 * @param stateDir made where there is none
 * @param isKeyLost it is known that what is stored is sealed with a key that is lost
 * @throws where the port is taken, the folder in use or of another version, a setting is not valid, or the encryption
 * key opens nothing of what is stored
 */
export async function startRelay(options: {
  port: number
  address?: string
  stateDir: string
  settings: Settings
  isKeyLost?: boolean
}): Promise<Relay> {
  const { port, address = LOOPBACK, stateDir, settings, isKeyLost = false } = options
  const folder = resolve(stateDir)
  // What refuses a start is looked for before anything is touched.
  const holder = await holderOf(folder)
  if (holder !== null) throw new Error(heldBy(stateDir, holder.pid))
  const version = otherVersionOf(folder)
  if (version !== null) throw new Error(writtenBy(stateDir, version))
  if (!(await isFree(port, address))) throw new Error(inUse(port))
  await build()

  makeFolder(folder)
  const lock = await takeLock(folder)
  if ('pid' in lock) throw new Error(heldBy(stateDir, lock.pid))
  try {
    return await startIn(folder, lock, port, address, settings, isKeyLost)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** In a folder whose lock is held. */
async function startIn(
  folder: string,
  lock: Lock,
  port: number,
  address: string,
  settings: Settings,
  isKeyLost: boolean,
): Promise<Relay> {
  writeVersion(folder)
  const admin = secretOf(settings['ADMIN_KEY'], join(folder, 'admin-key'))
  const encryption = secretOf(settings['ENCRYPTION_KEY'], join(folder, 'encryption-key'))
  const order: Order = {
    stateDir: folder,
    isKeyLost,
    settings: workerSettings({ ...settings, ADMIN_KEY: admin.value, ENCRYPTION_KEY: encryption.value }),
  }
  const boot = async (onPort: number): Promise<Workerd> => {
    const config = await run('prepare.ts', JSON.stringify(order), lock.add)
    encryption.keep?.()
    try {
      const workerd = await startWorkerd(config, onPort, lock.add, address)
      const health = await get(workerd.port, '/health', reachableBy(address))
      if (health.status === 200) return workerd
      await workerd.stop()
      throw new Error(`the relay does not answer: ${health.status} ${health.body}`)
    } catch (error) {
      throw (await isFree(onPort, address)) ? error : new Error(inUse(onPort))
    }
  }

  let workerd = await boot(port)
  // Not sooner: a key that no start has shown would be of no use.
  admin.keep?.()
  const failure = Promise.withResolvers<Error>()
  let isStopping = false
  /** Starts workerd again where it ends by itself. */
  const watch = async (): Promise<void> => {
    for (;;) {
      const startedMs = performance.now()
      const end = await workerd.ended
      // Ctrl-C reaches both processes, in either order.
      await passMs(SIGNAL_MS)
      if (isStopping) return
      const message = `workerd ended with ${end}`
      if (performance.now() - startedMs < LONG_ENOUGH_MS) return failure.resolve(new Error(message))
      console.error(`${message}, and is started again`)
      try {
        workerd = await boot(workerd.port)
      } catch (error) {
        return failure.resolve(error instanceof Error ? error : new Error(String(error)))
      }
      if (isStopping) return workerd.stop()
    }
  }
  const watching = watch()
  return {
    url: `http://${hostAndPort(reachableBy(address), workerd.port)}`,
    adminKey: admin.value,
    adminKeyIsNew: admin.keep !== null,
    adminKeyFile: admin.file,
    failed: failure.promise,
    stop: async () => {
      isStopping = true
      await workerd.stop()
      await watching
      lock.release()
    },
  }
}

/** Those that are set, as text. */
function workerSettings(settings: Settings): Record<string, string> {
  const known: Record<string, string> = {
    ALLOW_PRIVATE_TARGETS: 'true',
    ATTEMPTS_BY: 'object',
    TEST_RECEIVER: 'true',
  }
  for (const name of WORKER_SETTINGS) {
    const value = settings[name]
    if (value !== undefined && value !== '') known[name] = value
  }
  return known
}

function inUse(port: number): string {
  return `Port ${port} is in use: set PORT`
}

function heldBy(stateDir: string, pid: number): string {
  return `STATE_DIR ${stateDir} is in use by pid ${pid}`
}

function writtenBy(stateDir: string, version: string): string {
  return (
    `STATE_DIR ${stateDir} was written by another version of the relay ` +
    `(state version ${version}, this one reads ${STATE_VERSION}): start the version that wrote it, ` +
    'or set STATE_DIR to a new folder'
  )
}
