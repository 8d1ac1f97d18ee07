/** `accounts list`. */
import { paint } from '../terminal.ts'
import { cursor, limit } from './options.ts'
import type { Program } from './program.ts'
import { Session } from './session.ts'
import { ACCOUNTS_HEAD, accountLine } from './tables.ts'

export function addAccounts(program: Program): void {
  program
    .command('accounts')
    .description('list accounts, for their ids; needs an admin key')
    .command('list')
    .description('all accounts, newest first')
    .addOption(limit)
    .addOption(cursor)
    .action(async (_own, command) => {
      const { limit: most, cursor: from, ...global } = command.optsWithGlobals()
      const session = new Session(global)
      const { relay } = session
      await session.list(
        { limit: most, cursor: from },
        (query) => relay.ask(relay.client.v1.accounts.$get({ query })),
        async (items) => [ACCOUNTS_HEAD, ...items.map((item) => accountLine(item, paint))],
        'There is no account.',
      )
    })
}
