/**
 * What a start does before workerd runs the relay, in a process of its own: what it loads is not needed afterwards.
 * Reads an `Order` from stdin, writes workerd's configuration for the relay to stdout, and what is wrong to stderr.
 */
import { readFile } from 'node:fs/promises'
import { json } from 'node:stream/consumers'
import { settingsOf } from '../../src/lib/settings.ts'
import { migrateConfig, relayConfig, type Built } from './config.ts'
import type { Order } from './order.ts'
import { BUILT } from './paths.ts'
import { get, startWorkerd } from './workerd.ts'

// An end that is asked for takes its workerd along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

try {
  // Safe: written by `startRelay`, and by the build.
  const { stateDir, settings } = (await json(process.stdin)) as Order
  const built = JSON.parse(await readFile(BUILT, 'utf8')) as Built
  // Checked here as well as in the Worker, so that a fault ends the start and names itself.
  settingsOf(settings)
  const workerd = await startWorkerd([migrateConfig(built, stateDir)], 0)
  const migrated = await get(workerd.port, '/')
  await workerd.stop()
  if (migrated.status !== 200) throw new Error(`the migrations cannot be applied: ${migrated.body}`)
  process.stdout.write(relayConfig(built, stateDir, settings))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
