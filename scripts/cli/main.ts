/**
 * `npm run relay -- …`: a command line over the API. Ends with 0, with 1 if the relay refuses or is not there, and with
 * 2 if the command is not given as it has to be.
 */
import { CommanderError } from '@commander-js/extra-typings'
import { addAccounts } from './accounts.ts'
import { addCalls } from './calls.ts'
import { addDeliveries } from './deliveries.ts'
import { Failure, Misuse } from './failure.ts'
import { newProgram } from './program.ts'
import { addReplay } from './replay.ts'
import { addSeed } from './seed.ts'
import { addWebhooks } from './webhooks.ts'

// Whoever reads may stop before the end, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const program = newProgram()
addAccounts(program)
addWebhooks(program)
addCalls(program)
addDeliveries(program)
addReplay(program)
addSeed(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // It has been said already.
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (error instanceof Misuse) {
    console.error(`error: ${error.message}`)
    process.exitCode = 2
  } else if (error instanceof Failure) {
    console.error(error.message)
    process.exitCode = 1
  } else {
    console.error(`unexpected: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
