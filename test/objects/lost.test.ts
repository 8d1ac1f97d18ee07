import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GONE_REASON, LOST_REASON } from '../../src/shard/core.ts'
import { d1Around, Fault, rebind } from '../support/bindings.ts'
import {
  change,
  crash,
  fail,
  tripBreaker,
  readWebhook,
  rewriteHealth,
  runAlarm,
  shardOfAccount,
} from '../support/outage.ts'
import { api, deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'
import { configurationOf } from '../support/shards.ts'

let receivers: Receivers
let status: number
beforeEach(() => {
  receivers = new Receivers()
  status = 500
})
afterEach(() => {
  vi.restoreAllMocks()
})

const DAY_MS = 24 * 60 * 60 * 1000

async function failing(name: string): Promise<{ account: string; url: string; webhook: string }> {
  const account = await newAccount()
  const url = receivers.add(name, () => new Response(null, { status }))
  const webhook = await newWebhook(account, url)
  await fail(account, webhook)
  return { account, url, webhook }
}

describe('a webhook that has failed for five days', () => {
  test('is disabled, and says why; what waits is discarded', async () => {
    const { account, url, webhook } = await failing('five-days')
    await rewriteHealth(account, webhook, () => ({ sinceMs: Date.now() - 5 * DAY_MS }))
    await post(account, 'call-3')
    await until('it is disabled', async () => (await readWebhook(account, webhook)).status === 'disabled')
    expect((await readWebhook(account, webhook)).status_reason).toBe(LOST_REASON)
    await until('nothing waits', async () => {
      const listed = await deliveries(account, webhook)
      return listed.every((each) => each.status === 'failed' || each.status === 'discarded')
    })
    const before = receivers.got(url).length
    await post(account, 'call-4')
    await scheduler.wait(300)
    expect(receivers.got(url)).toHaveLength(before)
  })

  test('is disabled while its breaker is open, too: the probes say so', async () => {
    const account = await newAccount()
    const url = receivers.add('five-days-open', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    await post(account, 'call-3')
    await until(
      'it is held',
      async () => (await deliveries(account, webhook, '&call_id=call-3')).length === 1,
    )
    await rewriteHealth(account, webhook, () => ({ sinceMs: Date.now() - 5 * DAY_MS }))
    await runAlarm(account)
    await until(
      'it is disabled',
      async () => (await readWebhook(account, webhook)).status === 'disabled',
      20_000,
    )
    // D1 says so before the shard has been told.
    await until(
      'what was held is discarded',
      async () => (await deliveries(account, webhook, '&call_id=call-3'))[0]?.status === 'discarded',
    )
  }, 40_000)

  test('but for a single success is not', async () => {
    const { account, webhook } = await failing('one-success')
    const days = Date.now() + 1_500
    await rewriteHealth(account, webhook, () => ({ sinceMs: days - 5 * DAY_MS }))
    status = 200
    await post(account, 'call-3')
    await until('it is healthy', async () => (await readWebhook(account, webhook)).health === 'healthy')
    status = 500
    await until('the five days are over', () => Date.now() > days)
    await post(account, 'call-4')
    await post(account, 'call-5')
    await until('it is failing again', async () => (await readWebhook(account, webhook)).health === 'failing')
    expect((await readWebhook(account, webhook)).status).toBe('active')
  })

  test('less a minute is not, and enabled again it starts anew', async () => {
    const { account, webhook } = await failing('nearly')
    await rewriteHealth(account, webhook, () => ({ sinceMs: Date.now() - 5 * DAY_MS + 60_000 }))
    await post(account, 'call-3')
    await until('it has failed', async () => {
      return (await deliveries(account, webhook, '&call_id=call-3&status=failed')).length === 1
    })
    expect((await readWebhook(account, webhook)).status).toBe('active')
    await rewriteHealth(account, webhook, () => ({ sinceMs: Date.now() - 5 * DAY_MS }))
    await post(account, 'call-4')
    await until('it is disabled', async () => (await readWebhook(account, webhook)).status === 'disabled')
    const enabled = await change(account, webhook, 'enable')
    expect(enabled.body).toMatchObject({ status: 'active', status_reason: null, health: 'healthy' })
    await post(account, 'call-5')
    await until('it has failed', async () => {
      return (await deliveries(account, webhook, '&call_id=call-5&status=failed')).length === 1
    })
    expect((await readWebhook(account, webhook)).status).toBe('active')
  })
})

const isStatusChange = (sql: string): boolean => /update "webhooks" set .*"status" = /is.test(sql)

/** A webhook whose receiver answers 410, and D1 as the shard finds it when it is to disable the webhook. */
async function gone(name: string, happens?: (next: () => Promise<unknown>) => Promise<unknown>) {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const account = await newAccount()
  const url = receivers.add(name, () => new Response(null, { status }))
  const webhook = await newWebhook(account, url)
  const fault = new Fault(isStatusChange, happens).on()
  await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
  status = 410
  await post(account, 'call-1')
  const isDisabled = async () => (await readWebhook(account, webhook)).status === 'disabled'
  return { account, url, webhook, fault, isDisabled }
}

describe('410', () => {
  test('disables the webhook although D1 does not take that at first', async () => {
    const { account, webhook, fault, isDisabled } = await gone('gone')
    await until('D1 has refused it twice', () => fault.met === 2)
    fault.off()
    await until('it is disabled', isDisabled)
    expect((await readWebhook(account, webhook)).status_reason).toBe(GONE_REASON)
  })

  test('disables the webhook although the shard dies before D1 has it', async () => {
    const { account, fault, isDisabled } = await gone('gone-dies', () => new Promise(() => {}))
    await until('D1 is being told', () => fault.met === 1)
    fault.off()
    await crash(account)
    await runAlarm(account)
    await until('it is disabled', isDisabled)
  })

  test('disables the webhook once, although the answer of D1 is lost', async () => {
    const { account, webhook, fault, isDisabled } = await gone('gone-lost', async (next) => {
      await next()
      fault.off()
      throw new Error('Network connection lost.')
    })
    await until('it is disabled', isDisabled)
    const isTold = async () => (await configurationOf(account)).webhooks[webhook]?.status === 'disabled'
    await until('the shard has seen that', isTold)
    await post(account, 'call-2')
    const { body } = await api<{ data: { action: string }[] }>('GET', `/v1/audit?object_id=${webhook}`)
    expect(body.data.map((each) => each.action)).toEqual(['webhook.disabled', 'webhook.created'])
    expect(await deliveries(account, webhook, '&call_id=call-2')).toEqual([])
  })

  test('does not undo an enable that came after it, however late D1 is told', async () => {
    let late = (): void => {}
    const released = new Promise<void>((resolve) => {
      late = resolve
    })
    const { account, webhook, url, fault } = await gone('gone-enabled', async (next) => {
      fault.off()
      await released
      return next()
    })
    await until('it is on its way to D1', () => fault.met === 1)
    status = 200
    expect((await change(account, webhook, 'pause')).body.status).toBe('paused')
    expect((await change(account, webhook, 'enable')).body.status).toBe('active')
    late()
    await post(account, 'call-2')
    await until('the next is delivered', () => receivers.got(url).length === 2)
    await scheduler.wait(3_000)
    expect((await readWebhook(account, webhook)).status).toBe('active')
  })
})

describe('a delivery with a greatest age', () => {
  test('expires while the breaker is open, on time, and the next of its call is not held back by it', async () => {
    const account = await newAccount()
    const url = receivers.add('expires-open', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url)
    await tripBreaker(account, webhook)
    // Only now: what trips the breaker has to fail, and would expire on a busy machine.
    expect((await api('PATCH', `/v1/webhooks/${webhook}`, { max_age_seconds: 2 })).status).toBe(200)
    // The probes are far off, so that none of them takes part in this.
    await rewriteHealth(account, webhook, () => ({ nextProbeMs: Date.now() + 600_000 }))
    await post(account, 'call-9')
    await post(account, 'call-9')
    const of = async (more: string) => (await deliveries(account, webhook, `&call_id=call-9${more}`)).length
    await until('both are held', async () => (await of('&status=held')) === 2)
    await until('both have expired', async () => (await of('&status=expired')) === 2, 6_000)
    expect(receivers.got(url).filter((request) => request.callId === 'call-9')).toEqual([])
  }, 30_000)

  test('is tried until then, and no longer', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'expires-waiting',
      () => new Response(null, { status: 503, headers: { 'retry-after': '5' } }),
    )
    const webhook = await newWebhook(account, url, { max_age_seconds: 1 })
    await post(account, 'call-1')
    const isExpired = async () => (await deliveries(account, webhook, '&status=expired')).length === 1
    await until('it has expired', isExpired, 4_000)
    expect(receivers.got(url)).toHaveLength(1)
    expect((await deliveries(account, webhook))[0]).toMatchObject({ attempt_count: 1, next_attempt_at: null })
  })
})
