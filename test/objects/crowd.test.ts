import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, deliveries, event, newAccount, newWebhook, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

const CALLS = 120
const ANSWER_MS = 700

test('of a flood to one webhook some attempts begin at once and the others in turn, and it holds up no other webhook', async () => {
  const account = await newAccount()
  const begun: number[] = []
  let answered = 0
  const flooded = receivers.add('flooded', async () => {
    begun.push(performance.now())
    await scheduler.wait(ANSWER_MS)
    answered += 1
    return new Response()
  })
  const webhook = await newWebhook(account, flooded, { triggers: ['call_answered_by_agent'] })
  const beside = receivers.add('beside')
  await newWebhook(account, beside, { triggers: ['call_hangup_missed_or_answered'] })
  const events = Array.from({ length: CALLS }, (_, n) => event(account, `call-${n}`))
  const posted = api('POST', '/v1/events/batch', { events })
  await until('some are out', () => begun.length >= 20)
  const other = { trigger: 'call_hangup_missed_or_answered' }
  // Of the same call as one that waits, for one.
  for (const call of ['call-0', `call-${CALLS - 1}`, 'another']) {
    await api('POST', '/v1/events', event(account, call, other))
  }
  await until('the webhook beside it gets its own', () => receivers.got(beside).length === 3)
  expect(answered, 'meanwhile').toBeLessThan(CALLS)
  expect((await posted).status).toBe(202)
  await until(
    'all are delivered',
    async () => (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === CALLS,
    20_000,
  )
  expect(begun, 'each once').toHaveLength(CALLS)
  // A place is left after half a second, answered or not; 300 ms less, for what a busy machine is late by.
  const most = Math.max(...begun.map((at) => begun.filter((each) => each <= at && each > at - 200).length))
  expect(most).toBeLessThanOrEqual(32)
})
