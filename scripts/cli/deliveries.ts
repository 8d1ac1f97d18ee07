/** `deliveries` and `tail`. */
import { setTimeout as passMs } from 'node:timers/promises'
import { paint, say } from '../terminal.ts'
import type { DeliveryView } from '../../src/api/deliveries/view.ts'
import type { Answer } from './connection.ts'
import type { DeliveriesQuery, Page } from './contract.ts'
import type { AttemptError } from '../../src/contracts/deliveries.ts'
import { followingFrom, type Following } from './following.ts'
import {
  callId,
  cursor,
  errorClass,
  limit,
  since,
  status,
  statusCode,
  trigger,
  until,
  webhook,
} from './options.ts'
import type { Program } from './program.ts'
import { Names, Session } from './session.ts'
import { DELIVERIES_HEAD, deliveryLines, endLines } from './tables.ts'
import { follow } from './tail.ts'

/** Deliveries of events of the last hour are followed; `--since` goes back further. */
const FOLLOWED_MS = 60 * 60 * 1000

export function addDeliveries(program: Program): void {
  program
    .command('deliveries')
    .description('the deliveries of all webhooks of an account, newest first')
    .option('--failed', 'the same as --status failed')
    .addOption(status.conflicts('failed'))
    .addOption(since)
    .addOption(until)
    .addOption(webhook)
    .addOption(trigger)
    .addOption(errorClass)
    .addOption(statusCode)
    .addOption(callId)
    .addOption(limit)
    .addOption(cursor)
    .action(async (_own, command) => {
      const options = command.optsWithGlobals()
      const session = new Session(options)
      const names = new Names(session)
      await session.list(
        options,
        (where) => listed(session, { ...filtersOf(options), ...where }),
        async (items) => {
          await names.learn(items.map(({ webhook_id }) => webhook_id))
          return [DELIVERIES_HEAD, ...items.flatMap((item) => deliveryLines(item, names.of, paint))]
        },
        'There is no such delivery.',
      )
    })

  program
    .command('tail')
    .description('shows deliveries as they end, until Ctrl-C')
    .option('--failed', 'the same as --status failed')
    .addOption(status.conflicts('failed'))
    .addOption(since)
    .addOption(webhook)
    .addOption(trigger)
    .action(async (_own, command) => {
      const options = command.optsWithGlobals()
      const session = new Session(options)
      const names = new Names(session)
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
      const filters = filtersOf(options)
      await follow({
        following: followed(options.since, Date.now()),
        list: async (where) => (await listed(session, { ...filters, ...where, limit: '250' })).value,
        show: async (ends) => {
          if (!session.isJson) await names.learn(ends.map(({ webhook_id }) => webhook_id))
          for (const end of ends) {
            if (session.isJson) say(JSON.stringify(end))
            else for (const line of endLines(end, names.of, paint)) say(line)
          }
        },
        note: (text) => console.error(text),
        passMs: async (ms) => passMs(ms),
      })
    })
}

/** Of events of before it began, a tail tells what ends from now on: retries, what is made again, what was held. */
function followed(from: string | undefined, nowMs: number): Following {
  if (from !== undefined) return followingFrom(from)
  return followingFrom(new Date(nowMs - FOLLOWED_MS).toISOString(), new Date(nowMs).toISOString())
}

async function listed(session: Session, query: DeliveriesQuery): Promise<Answer<Page<DeliveryView>>> {
  const { relay, account } = session
  return relay.ask(relay.client.v1.deliveries.$get({ query: { ...account, ...query } }))
}

interface FilterOptions extends Pick<DeliveriesQuery, 'status' | 'since' | 'until' | 'trigger'> {
  failed?: true
  webhook?: string
  error?: AttemptError
  statusCode?: string
  call?: string
}

function filtersOf(options: FilterOptions): DeliveriesQuery {
  const { failed, status: stands, since: from, until: before, trigger: slug } = options
  const asked = failed === true ? 'failed' : stands
  return {
    ...(asked && { status: asked }),
    ...(from && { since: from }),
    ...(before && { until: before }),
    ...(slug && { trigger: slug }),
    ...(options.webhook && { webhook_id: options.webhook }),
    ...(options.error && { error: options.error }),
    ...(options.statusCode && { status_code: options.statusCode }),
    ...(options.call && { call_id: options.call }),
  }
}
