/** The commands and their flags. */
import { Command } from '@commander-js/extra-typings'

export type Program = ReturnType<typeof newProgram>

/** The root, with the flags that every command takes. */
export function newProgram() {
  return new Command('relay')
    .description('Looks after a running relay. Its API key is taken from RELAY_KEY.')
    .option('--url <url>', 'where the relay is (default: RELAY_URL, else http://127.0.0.1:8787)')
    .option('--account <id>', 'whose, with a key of every account (acc_…)')
    .option('--json', "the API's JSON as it comes")
    .configureHelp({ showGlobalOptions: true, helpWidth: 80 })
    .configureOutput({
      // Whatever was given to a flag that there is not may be a key.
      outputError: (text, write) => write(text.replace(/(unknown option '[^'=]*)=[^']*'/, "$1'")),
    })
    .showHelpAfterError('(--help says what there is)')
    .exitOverride()
}
