/** `replay`. */
import type { EndedStatus } from '../../src/contracts/deliveries.ts'
import { target } from './arguments.ts'
import { Misuse } from './failure.ts'
import { endedStatuses, since, until } from './options.ts'
import { count, cut, WIDTH } from './plain.ts'
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
    .option('--failed', 'the same as --status failed')
    .addOption(endedStatuses.conflicts('failed'))
    .option('--dry-run', 'count, and make nothing')
    .action(async (what, _own, command) => {
      const options = command.optsWithGlobals()
      const { since: from, until: before, dryRun } = options
      const statuses: EndedStatus[] | undefined = options.failed === true ? ['failed'] : options.status
      const session = new Session(options)
      if (what?.kind === 'delivery') {
        if (from !== undefined || before !== undefined || statuses !== undefined || dryRun === true) {
          throw new Misuse('a delivery is made again by its id alone, without other flags')
        }
        await replayOne(session, what.id)
        return
      }
      if (from === undefined) throw new Misuse('say of which events: --since 1h')
      const filter = { since: from, ...(before && { until: before }), dry_run: dryRun === true }
      if (what === undefined) await replayAll(session, statuses, filter)
      else await replayWebhook(session, what.id, { ...filter, ...(statuses && { statuses }) })
    })
}

async function replayOne(session: Session, id: string): Promise<void> {
  const { relay } = session
  const answer = await relay.ask(relay.client.v1.deliveries[':id'].retry.$post({ param: { id } }))
  session.show(answer, () => ['It will be made again. What comes of it:', `  npm run relay -- call ${id}`])
}

interface Filter {
  since: string
  until?: string
  dry_run: boolean
}

async function replayWebhook(
  session: Session,
  webhook_id: string,
  json: Filter & { statuses?: EndedStatus[] },
): Promise<void> {
  const { relay } = session
  const answer = await relay.ask(
    relay.client.v1.webhooks[':webhook_id'].replay.$post({ param: { webhook_id }, json }),
  )
  session.show(answer, ({ count: found }) => told(found, json.dry_run))
}

async function replayAll(
  session: Session,
  statuses: EndedStatus[] | undefined,
  filter: Filter,
): Promise<void> {
  const [status, ...others] = statuses ?? []
  if (status === undefined || others.length > 0) {
    throw new Misuse('over all webhooks, say in which one way they ended: --failed')
  }
  const { relay, account } = session
  // The route reads whose it is from the query, which its type leaves out.
  const whose = { query: account }
  const answer = await relay.ask(
    relay.client.v1.deliveries.retry.$post({ json: { ...filter, status }, ...whose }),
  )
  session.show(answer, ({ count: found, webhooks, left_out }) => [
    ...told(found, filter.dry_run),
    ...webhooks.map(({ name, count: own }) => cut(`  ${own} of ${name}`, WIDTH)),
    ...left_out.map(({ name, why }) => cut(`  none of ${name}: ${WHY_LEFT_OUT[why]}`, WIDTH)),
  ])
}

const WHY_LEFT_OUT = {
  disabled: 'it is disabled',
  busy: 'its replays under way have to be done first',
} as const

function told(found: number, isDryRun: boolean): string[] {
  const deliveries = count(found, 'delivery', 'deliveries')
  return [
    isDryRun
      ? `${deliveries} would be made again.`
      : `${deliveries} will be made again, in the order of each call.`,
  ]
}
