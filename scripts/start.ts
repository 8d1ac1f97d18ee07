/** `npm start`: the relay in the foreground, until SIGINT or SIGTERM. */
import { resolve } from 'node:path'
import { readSettings, startRelay } from './relay.ts'

const settings = readSettings()
const port = Number(settings['PORT'] || 8787)
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`PORT has to be a port number, not '${settings['PORT']}'`)
  process.exit(1)
}

try {
  const relay = await startRelay({ port, stateDir: resolve(settings['STATE_DIR'] ?? '.state'), settings })
  if (relay.adminKeyIsNew)
    console.log(`admin key, made for this STATE_DIR and shown this once: ${relay.adminKey}`)
  console.log(`relay ready on ${relay.url}`)

  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    await relay.stop()
    process.exit(0)
  }
  process.on('SIGINT', () => void stop())
  process.on('SIGTERM', () => void stop())
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
