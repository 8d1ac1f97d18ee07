/**
 * `npm start`: the relay in the foreground, until SIGINT or SIGTERM. `-- --lost-encryption-key` starts it although
 * nothing opens what is stored.
 */
import { flushCompileCache } from 'node:module'
import { isIP } from 'node:net'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { startRelay, type Relay } from './relay.ts'
import { LOOPBACK } from './relay/port.ts'
import { misnamedSettings, originOf, readSettings } from './relay/settings.ts'

for (const line of misnamedSettings()) console.error(line)
const settings = readSettings()
const port = Number(settings['PORT'] || 8787)
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`PORT has to be a port number, not '${settings['PORT']}'`)
  process.exit(1)
}
const address = settings['LISTEN_ADDRESS'] || LOOPBACK
if (isIP(address) === 0) {
  console.error(`LISTEN_ADDRESS has to be an IP address, not '${address}'`)
  process.exit(1)
}

let relay: Relay | undefined
let isStopping = false
/** While it is starting the end of this process ends what it has begun. */
async function stop(): Promise<void> {
  if (isStopping) return
  isStopping = true
  await relay?.stop()
  process.exit(0)
}
process.on('SIGINT', () => void stop())
process.on('SIGTERM', () => void stop())

try {
  const { values } = parseArgs({ options: { 'lost-encryption-key': { type: 'boolean' } } })
  relay = await startRelay({
    port,
    address,
    stateDir: settings['STATE_DIR'] || '.state',
    settings,
    isKeyLost: values['lost-encryption-key'] === true,
  })
  if (relay.adminKeyIsNew)
    console.log(`admin key, made for this STATE_DIR and shown this once: ${relay.adminKey}`)
  console.log(`admin key: ${whereKeyIs(relay)}`)
  console.log(`relay ready on ${relay.url}`)
  // So that the next start has it, however this one ends: without the compiler for TypeScript, which takes 16 MB.
  flushCompileCache()
  throw await relay.failed
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}

function whereKeyIs({ adminKeyFile }: Relay): string {
  if (adminKeyFile === null) return `as ADMIN_KEY is set in ${originOf('ADMIN_KEY')}`
  const path = relative('', adminKeyFile)
  return `kept in ${path.startsWith('..') ? adminKeyFile : path}`
}
