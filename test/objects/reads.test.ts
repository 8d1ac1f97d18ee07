import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { IncomingEvent } from '../../src/contracts/events.ts'
import { shardOf } from '../../src/contracts/stub.ts'
import { d1Around, rebind } from '../support/bindings.ts'
import { crash, shardOfAccount } from '../support/outage.ts'
import {
  deliveries,
  env,
  event,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
  api,
} from '../support/relay.ts'

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Counts what the Worker and its objects ask of D1 until the test has ended; each query takes so long. */
async function countQueries(slowMs: number): Promise<() => number> {
  let queries = 0
  await rebind(shardOfAccount(account), ({ DB }) => ({
    DB: d1Around(DB, async (_sql, next) => {
      queries += 1
      await scheduler.wait(slowMs)
      return next()
    }),
  }))
  return () => queries
}

const INCOMING: Omit<IncomingEvent, 'call_id'> = {
  id: null,
  trigger: 'call_answered_by_agent',
  call_type: 'inbound',
  outbound_type: null,
  number: null,
  sequence: null,
  occurred_at: null,
  variables: '{}',
}

test('events, their attempts and their retries ask D1 for nothing, after a restart either', async () => {
  let failures = 20
  const url = receivers.add('unread', () => new Response(null, { status: failures-- > 0 ? 500 : 200 }))
  const webhook = await newWebhook(account, url)
  const queries = await countQueries(0)
  const events = Array.from({ length: 50 }, (_, n) => event(account, `call-${n}`))
  await api('POST', '/v1/events/batch', { events })
  await until('all are delivered', () => receivers.got(url).length === 70)
  await crash(account)
  await post(account, 'call-1')
  await until('it is delivered', () => receivers.got(url).length === 71)
  expect(queries()).toBe(0)
  expect((await deliveries(account, webhook, '&limit=250')).length).toBe(51)
})

test('many calls that reach a shard which was never told of its account ask a slow D1 a few times and not once each', async () => {
  const url = receivers.add('untold')
  await newWebhook(account, url)
  const queries = await countQueries(250)
  // The account has one shard by D1; a second one has heard of nothing.
  const untold = shardOf(env, account, 1)
  const calls = Array.from({ length: 100 }, (_, n) => `call-${n}`)
  const answers = await Promise.all(
    calls.map(async (call_id) => untold.accept(account, 1, [{ ...INCOMING, call_id }], false)),
  )
  expect(answers.every((answer) => answer.kind === 'taken')).toBe(true)
  await until('all are delivered', () => receivers.got(url).length === calls.length)
  expect(queries()).toBeLessThan(10)
})
