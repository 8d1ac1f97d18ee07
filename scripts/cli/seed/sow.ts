/** Makes what the plan says in a running relay. */
import { setTimeout as passMs } from 'node:timers/promises'
import * as z from 'zod'
import { DEFAULTS } from '../../../src/api/webhooks/schema.ts'
import type { DemoCall, DemoEvent } from '../../demo/calls/call.ts'
import type { Connection } from '../connection.ts'
import { Failure } from '../failure.ts'
import { BUSY_CALLS, LATE_CALL, ownNumbers, QUIET_CALLS, type SeedWebhook } from './plan.ts'
import type { SeedReceiver } from './receiver.ts'

/** The relay has this long to bring what it can, and is not waited for any longer. */
const PATIENCE_MS = 8_000
/** So long without a request, and what is to come soon has come: one receiver asks for a second. */
const QUIET_MS = 1_300

/** What a webhook is by default. The type of the route asks for all of it, and for lists that may be written to. */
const defaults = { ...DEFAULTS, outbound_types: [], numbers: [], headers: [], parameters: [] }

export interface SownAccount {
  id: string
  name: string
  webhooks: { id: string; name: string; story: string }[]
  calls: number
}

/** Makes two new accounts, and touches nothing else: so it may be done again. */
export async function sow(
  relay: Connection,
  receiver: SeedReceiver,
  webhooks: readonly SeedWebhook[],
): Promise<SownAccount[]> {
  const busy = await openAccount(relay, 'Sample: a busy one', receiver, webhooks, [...BUSY_CALLS, LATE_CALL])
  const quiet = await openAccount(
    relay,
    'Sample: a quiet one',
    receiver,
    webhooks.filter(({ name }) => name === 'crm'),
    QUIET_CALLS,
  )
  const [first, second, third, ...rest] = LATE_CALL.events
  if (first === undefined || second === undefined || third === undefined) throw new Error('too short a call')
  const deadlineMs = Date.now() + PATIENCE_MS
  const all = [...BUSY_CALLS, ...QUIET_CALLS].reduce((sum, call) => sum + call.events.length, 0)
  await post(relay, busy.id, [...posted(BUSY_CALLS), first, third])
  await post(relay, quiet.id, posted(QUIET_CALLS))
  // Its second event is late once the third has not waited for it any longer.
  await until(() => receiver.received('/crm') >= all + 2, deadlineMs)
  await post(relay, busy.id, [second, ...rest])
  await until(
    () =>
      receiver.received('/crm') >= all + LATE_CALL.events.length && Date.now() - receiver.lastMs() > QUIET_MS,
    deadlineMs,
  )
  const { client } = relay
  for (const { name, after } of webhooks) {
    const made = busy.webhooks.find((each) => each.name === name)
    if (after === undefined || made === undefined) continue
    await relay.ask(client.v1.webhooks[':webhook_id'][after].$post({ param: { webhook_id: made.id } }))
  }
  return [busy, quiet]
}

async function openAccount(
  relay: Connection,
  name: string,
  receiver: SeedReceiver,
  webhooks: readonly SeedWebhook[],
  calls: readonly DemoCall[],
): Promise<SownAccount> {
  const { client } = relay
  const { id } = (await relay.ask(client.v1.accounts.$post({ json: { name } }))).value
  const numbers = ownNumbers(calls)
  await relay.ask(
    client.v1.accounts[':account_id'].numbers.$put({ param: { account_id: id }, json: { numbers } }),
  )
  const made: SownAccount['webhooks'] = []
  // One after the other, so that the list has them in this order.
  for (const { name: called, story, config, behaviour, before } of webhooks) {
    const url = behaviour === null ? receiver.nobodyUrl : receiver.url + pathOf(called)
    const json = { ...defaults, name: called, description: story, url, ...config }
    // The route reads whose it is from the query, which its type leaves out.
    const whose = { query: { account_id: id } }
    const webhook = (await relay.ask(client.v1.webhooks.$post({ json, ...whose }))).value
    if (before !== undefined) {
      await relay.ask(client.v1.webhooks[':webhook_id'][before].$post({ param: { webhook_id: webhook.id } }))
    }
    made.push({ id: webhook.id, name: called, story })
  }
  return { id, name, webhooks: made, calls: calls.length }
}

export function pathOf(name: string): string {
  return `/${name.replaceAll(' ', '-')}`
}

function posted(calls: readonly DemoCall[]): DemoEvent[] {
  return calls.flatMap((call) => call.posted)
}

const batchAnswer = z.object({ data: z.array(z.object({ status: z.int() })) })

async function post(relay: Connection, accountId: string, events: readonly DemoEvent[]): Promise<void> {
  const occurred_at = new Date().toISOString()
  const json = { events: events.map((event) => ({ ...event, account_id: accountId, occurred_at })) }
  // The route checks events by hand, and its type does not say what it takes.
  const input = { json }
  const { value } = await relay.ask(relay.client.v1.events.batch.$post(input))
  const refused = batchAnswer.parse(value).data.filter(({ status }) => status !== 202)
  if (refused.length > 0) throw new Failure(`${refused.length} of ${events.length} events were not taken`)
}

async function until(holds: () => boolean, deadlineMs: number): Promise<void> {
  while (!holds() && Date.now() < deadlineMs) await passMs(20)
}
