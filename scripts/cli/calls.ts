/** `calls find` and `call`. */
import { paint } from '../terminal.ts'
import { isDeliveryId } from './arguments.ts'
import { callText } from './call-text.ts'
import type { CallsQuery } from './contract.ts'
import { cursor, limit, since, status, trigger, until } from './options.ts'
import type { Program } from './program.ts'
import { Names, Session } from './session.ts'
import { callLines, CALLS_HEAD } from './tables.ts'

export function addCalls(program: Program): void {
  const calls = program.command('calls').description('find calls')
  calls
    .command('find')
    .description('calls of a number, newest first')
    .argument('<number>', "a caller's, customer's or agent's, in any spelling, or its last 6 or more digits")
    .addOption(since)
    .addOption(until)
    .addOption(status)
    .addOption(trigger)
    .addOption(limit)
    .addOption(cursor)
    .action(async (number, _own, command) => {
      const { url, account: whose, json, limit: most, cursor: from, ...filters } = command.optsWithGlobals()
      const session = new Session({ url, account: whose, json })
      const { relay, account } = session
      const asked: CallsQuery = { number, ...filters }
      await session.list(
        { limit: most, cursor: from },
        (where) => relay.ask(relay.client.v1.calls.$get({ query: { ...account, ...asked, ...where } })),
        async (items) => [CALLS_HEAD, ...items.flatMap((item) => callLines(item, paint))],
        'There is no such call.',
      )
    })

  program
    .command('call')
    .description("a call's timeline: what came, to whom it went, and what they answered")
    .argument('<id>', 'the id of the call, or of one of its deliveries (dlv_…)')
    .option('--bodies', 'with what the receivers answered')
    .action(async (id, _own, command) => {
      const { bodies, ...global } = command.optsWithGlobals()
      const session = new Session(global)
      const { relay, account } = session
      const call_id = isDeliveryId(id) ? await callOfDelivery(session, id) : id
      const timelineFrom = async (where: { cursor?: string }) =>
        relay.ask(
          relay.client.v1.call.$get({
            query: { ...account, call_id, bodies: bodies === true ? 'true' : 'false', ...where },
          }),
        )
      const answer = await timelineFrom({})
      if (session.isJson) {
        session.show(answer, () => [])
        return
      }
      const timeline = answer.value
      for (let next = timeline.next_cursor; next !== null;) {
        const { value } = await timelineFrom({ cursor: next })
        timeline.events.push(...value.events)
        next = value.next_cursor
      }
      const names = new Names(session)
      await names.learn(
        timeline.events.flatMap(({ deliveries, skipped }) =>
          [...deliveries, ...skipped].map(({ webhook_id }) => webhook_id),
        ),
      )
      session.show(answer, () => callText(timeline, names.of, Date.now(), paint))
    })
}

async function callOfDelivery({ relay }: Session, id: string): Promise<string> {
  const { value } = await relay.ask(relay.client.v1.deliveries[':id'].$get({ param: { id } }))
  return value.call_id
}
