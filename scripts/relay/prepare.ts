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
import { complaintOf, type Sealed } from './sealed.ts'
import { get, startWorkerd } from './workerd.ts'

// An end that is asked for takes its workerd along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

try {
  // Safe: written by `startRelay`, and by the build.
  const { stateDir, isKeyLost, settings } = (await json(process.stdin)) as Order
  const built = JSON.parse(await readFile(BUILT, 'utf8')) as Built
  // Checked here as well as in the Worker, so that a fault ends the start and names itself.
  const { encryptionKeys } = settingsOf(settings)
  const workerd = await startWorkerd([migrateConfig(built, stateDir, encryptionKeys)], 0)
  const migrated = await get(workerd.port, '/')
  await workerd.stop()
  if (migrated.status !== 200) throw new Error(`the migrations cannot be applied: ${migrated.body}`)
  // Safe: written by the Worker that has migrated.
  const complaint = complaintOf(JSON.parse(migrated.body) as Sealed, stateDir)
  if (complaint?.ends === true && !isKeyLost) throw new Error(complaint.text)
  if (complaint !== null) console.error(complaint.text)
  process.stdout.write(relayConfig(built, stateDir, settings))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
