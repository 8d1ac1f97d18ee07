/** `seed`: fills a running relay with something to look at. */
import { paint, say } from '../terminal.ts'
import { Misuse } from './failure.ts'
import { count } from './plain.ts'
import type { Program } from './program.ts'
import { LATE_CALL, NUMBER, seedWebhooks } from './seed/plan.ts'
import { startReceiver } from './seed/receiver.ts'
import { pathOf, sow, type SownAccount } from './seed/sow.ts'
import { Session } from './session.ts'
import { cell } from './tables.ts'

export function addSeed(program: Program): void {
  program
    .command('seed')
    .description('makes two sample accounts with calls and failures, for a look around; needs an admin key')
    .option('--yes', 'even if the relay is not on this machine')
    .option('--stay', 'keeps its receiver until Ctrl-C, so that what is replayed or enabled arrives')
    .action(async (_own, command) => {
      const { yes, stay, ...global } = command.optsWithGlobals()
      const session = new Session(global)
      const { relay } = session
      if (!relay.isOnLoopback && yes !== true) {
        throw new Misuse('this relay is not on this machine, and may not be for samples: --yes if it is')
      }
      const webhooks = seedWebhooks()
      const behaviours = new Map(
        webhooks.flatMap(({ name, behaviour }) =>
          behaviour === null ? [] : [[pathOf(name), behaviour] as const],
        ),
      )
      const receiver = await startReceiver(behaviours)
      try {
        if (!session.isJson) say('Making accounts, webhooks and calls …')
        const accounts = await sow(relay, receiver, webhooks)
        if (session.isJson) say(JSON.stringify({ accounts, call_id: LATE_CALL.call_id, number: NUMBER }))
        else for (const line of told(accounts, stay === true)) say(line)
        if (stay === true) await untilSignal()
      } finally {
        await receiver.stop()
      }
    })
}

function told(accounts: readonly SownAccount[], stays: boolean): string[] {
  const [busy] = accounts
  if (busy === undefined) return []
  const held = busy.webhooks.find(({ name }) => name === 'warehouse')
  const command = (words: string): string => `  npm run relay -- ${words}`
  return [
    '',
    ...accounts.flatMap(({ id, name, webhooks, calls }) => [
      `${paint('bold', name)}  ${id}  ${count(calls, 'call')}`,
      ...webhooks.map((webhook) => `  ${paint('cyan', cell(webhook.name, 12))}${webhook.story}`),
    ]),
    '',
    paint('bold', 'Look at'),
    command(`webhooks list --account ${busy.id}`),
    command(`deliveries --failed --since 1h --account ${busy.id}`),
    command(`calls find ${NUMBER} --account ${busy.id}`),
    command(`call ${LATE_CALL.call_id} --account ${busy.id}`),
    command(`replay --status expired --since 1h --dry-run --account ${busy.id}`),
    ...(held === undefined ? [] : [command(`webhooks enable ${held.id}`)]),
    '',
    stays
      ? 'The receiver stays until Ctrl-C.'
      : 'The receiver has ended: what is tried again finds nobody. --stay keeps it.',
  ]
}

async function untilSignal(): Promise<void> {
  await new Promise<void>((ended) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended())
  })
}
