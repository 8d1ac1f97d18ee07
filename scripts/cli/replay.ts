/** `replay`. */
import { target } from './arguments.ts'
import type { RetryByFilter } from './contract.ts'
import { Misuse } from './failure.ts'
import { endedStatuses, since, until } from './options.ts'
import { count } from './plain.ts'
import type { Program } from './program.ts'
import { Session } from './session.ts'

export function addReplay(program: Program): void {
  program
    .command('replay')
    .description('makes deliveries again that have ended: one, those of a webhook, or those of an account')
    .argument(
      '[what]',
      'a delivery (dlv_…) or a webhook (wh_…); all webhooks of the account if left out',
      target,
    )
    .addOption(since)
    .addOption(until)
    .addOption(endedStatuses)
    .option('--dry-run', 'count, and make nothing')
    .action(async (what, _own, command) => {
      const { since: from, until: before, status, dryRun, ...global } = command.optsWithGlobals()
      const session = new Session(global)
      const { relay } = session
      if (what?.kind === 'delivery') {
        if (from !== undefined || before !== undefined || status !== undefined || dryRun === true) {
          throw new Misuse('a delivery is made again by its id alone, without other flags')
        }
        const { id } = what
        const answer = await relay.ask(relay.client.v1.deliveries[':id'].retry.$post({ param: { id } }))
        session.show(answer, ({ call_id }) => [
          `It is made again. What comes of it: call ${id}`,
          `  of call ${call_id}`,
        ])
        return
      }
      if (from === undefined) throw new Misuse('say of which events: --since 1h')
      const filter = { since: from, ...(before && { until: before }), dry_run: dryRun === true }
      const lines = (answer: { count: number; id?: string | null }): string[] =>
        dryRun === true
          ? [`${count(answer.count, 'delivery', 'deliveries')} would be made again.`]
          : [
              `${count(answer.count, 'delivery', 'deliveries')} will be made again, in the order of each call.`,
            ]
      if (what !== undefined) {
        const json = { ...filter, ...(status && { statuses: status }) }
        const param = { webhook_id: what.id }
        session.show(
          await relay.ask(relay.client.v1.webhooks[':webhook_id'].replay.$post({ param, json })),
          lines,
        )
        return
      }
      const [stood, ...others] = status ?? []
      if (stood === undefined || others.length > 0) {
        throw new Misuse('over all webhooks, say how they ended: --status failed')
      }
      // MERGE: by `relay.client.v1.deliveries.retry.$post`.
      const body: RetryByFilter = { ...filter, status: stood }
      session.show(
        await relay.send<{ count: number }>('POST', '/v1/deliveries/retry', session.account, body),
        lines,
      )
    })
}
