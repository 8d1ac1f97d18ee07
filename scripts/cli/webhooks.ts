/** `webhooks list|pause|enable|disable`. */
import { Option } from '@commander-js/extra-typings'
import { WEBHOOK_STATUSES } from '../../src/contracts/webhook.ts'
import { paint } from '../terminal.ts'
import { cursor, limit, trigger } from './options.ts'
import { webhookId } from './arguments.ts'
import type { Program } from './program.ts'
import { Session } from './session.ts'
import { WEBHOOKS_HEAD, webhookLines } from './tables.ts'

export function addWebhooks(program: Program): void {
  const webhooks = program.command('webhooks').description('list webhooks, and change their status')
  webhooks
    .command('list')
    .description('the webhooks of an account, newest first')
    .addOption(new Option('--status <status>', 'those that are so').choices(WEBHOOK_STATUSES))
    .addOption(trigger)
    .option('--q <text>', 'text in the name, the description or the URL')
    .addOption(limit)
    .addOption(cursor)
    .action(async (_own, command) => {
      const { status, trigger: slug, q, limit: most, cursor: from, ...global } = command.optsWithGlobals()
      const session = new Session(global)
      const { relay, account } = session
      const filters = { ...(status && { status }), ...(slug && { trigger: slug }), ...(q && { q }) }
      await session.list(
        { limit: most, cursor: from },
        (where) => relay.ask(relay.client.v1.webhooks.$get({ query: { ...account, ...filters, ...where } })),
        async (items) => [WEBHOOKS_HEAD, ...items.flatMap((item) => webhookLines(item, paint))],
        'There is no such webhook.',
      )
    })
  const changes = [
    ['pause', 'hold what matches until it is enabled'],
    ['enable', 'deliver what was held, in order, and what comes'],
    ['disable', 'take nothing any more, and discard what waits'],
  ] as const
  for (const [change, description] of changes) {
    webhooks
      .command(change)
      .description(description)
      .argument('<webhook>', 'its id, wh_…', webhookId)
      .action(async (id, _own, command) => {
        const session = new Session(command.optsWithGlobals())
        const { client } = session.relay
        const answer = await session.relay.ask(
          client.v1.webhooks[':webhook_id'][change].$post({ param: { webhook_id: id } }),
        )
        session.show(answer, (webhook) => [WEBHOOKS_HEAD, ...webhookLines(webhook, paint)])
      })
  }
}
