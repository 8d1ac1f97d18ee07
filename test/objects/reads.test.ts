import { afterEach, expect, test, vi } from 'vitest'
import { callObject } from '../../src/calls/call-key.ts'
import { READ_VALID_MS } from '../../src/config/snapshot.ts'
import { d1Around, rebind, type Around } from '../support/bindings.ts'
import { env, newAccount, newWebhook, Receivers, until } from '../support/relay.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('many calls that need the webhooks at once ask a slow D1 a few times and not once each', async () => {
  const receivers = new Receivers()
  const account = await newAccount()
  const url = receivers.add('crowd')
  await newWebhook(account, url)
  let reads = 0
  const around: Around = async (sql, next) => {
    if (/from "webhooks" where "webhooks"."account_id"/.test(sql)) reads += 1
    // Longer than the patience that a call has with another's read.
    await scheduler.wait(250)
    return next()
  }
  const incoming = {
    id: null,
    trigger: 'call_answered_by_agent' as const,
    call_type: 'inbound' as const,
    outbound_type: null,
    number: null,
    sequence: null,
    occurred_at: null,
    variables: '{}',
  }
  const calls = Array.from({ length: 100 }, (_, n) => `call-${n}`)
  // As an account's own key would have it: nothing has read the webhooks on the way here.
  await rebind(callObject(env, account, 'call-0'), ({ DB }) => ({ DB: d1Around(DB, around) }))
  await scheduler.wait(READ_VALID_MS)
  await Promise.all(calls.map((call) => callObject(env, account, call).accept(account, call, [incoming])))
  await until('all are delivered', () => receivers.got(url).length === calls.length)
  expect(reads).toBeLessThan(calls.length / 4)
})
