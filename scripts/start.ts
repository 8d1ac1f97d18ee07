/** `npm start`: the relay in the foreground, until SIGINT or SIGTERM. */
import { flushCompileCache } from 'node:module'
import { readSettings, startRelay, type Relay } from './relay.ts'

const settings = readSettings()
const port = Number(settings['PORT'] || 8787)
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`PORT has to be a port number, not '${settings['PORT']}'`)
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
  relay = await startRelay({ port, stateDir: settings['STATE_DIR'] || '.state', settings })
  if (relay.adminKeyIsNew)
    console.log(`admin key, made for this STATE_DIR and shown this once: ${relay.adminKey}`)
  console.log(`relay ready on ${relay.url}`)
  // So that the next start has it, however this one ends: without the compiler for TypeScript, which takes 16 MB.
  flushCompileCache()
  throw await relay.failed
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
