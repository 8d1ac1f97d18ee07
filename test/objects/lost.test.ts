import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GONE_REASON, LOST_REASON } from '../../src/shard/work.ts'
import { d1Around, Fault, rebind } from '../support/bindings.ts'
import { change, openBreaker, readWebhook, rewriteHealth, shardOfAccount } from '../support/outage.ts'
import { deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

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
  await post(account, 'call-1')
  await post(account, 'call-2')
  await until('it is failing', async () => (await readWebhook(account, webhook)).health === 'failing')
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
    await openBreaker(account, webhook)
    await post(account, 'call-3')
    await until(
      'it is held',
      async () => (await deliveries(account, webhook, '&call_id=call-3')).length === 1,
    )
    await rewriteHealth(account, webhook, () => ({ sinceMs: Date.now() - 5 * DAY_MS, nextProbeMs: 0 }))
    // Whatever wakes the object: its alarm stands.
    await until(
      'it is disabled',
      async () => (await readWebhook(account, webhook)).status === 'disabled',
      20_000,
    )
    // D1 says so before its answer has reached the object, which then discards.
    await until(
      'what was held is discarded',
      async () => (await deliveries(account, webhook, '&call_id=call-3'))[0]?.status === 'discarded',
    )
  }, 40_000)

  test('but for a single success is not', async () => {
    const { account, webhook } = await failing('one-success')
    await rewriteHealth(account, webhook, () => ({ sinceMs: Date.now() - 5 * DAY_MS }))
    status = 200
    await post(account, 'call-3')
    await until('it is healthy', async () => (await readWebhook(account, webhook)).health === 'healthy')
    status = 500
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

describe('410', () => {
  test('disables the webhook although D1 does not take that at first', async () => {
    const account = await newAccount()
    const url = receivers.add('gone', () => new Response(null, { status: 410 }))
    const webhook = await newWebhook(account, url)
    const fault = new Fault((sql) => /update "webhooks" set .*"status" = /is.test(sql)).on()
    await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
    await post(account, 'call-1')
    await until('D1 has refused it twice', () => fault.met === 2)
    fault.off()
    await until('it is disabled', async () => (await readWebhook(account, webhook)).status === 'disabled')
    expect((await readWebhook(account, webhook)).status_reason).toBe(GONE_REASON)
  })
})

describe('a delivery with a greatest age', () => {
  test('expires while the breaker is open, on time, and the next of its call is not held back by it', async () => {
    const account = await newAccount()
    const url = receivers.add('expires-open', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url, { max_age_seconds: 2 })
    await openBreaker(account, webhook)
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
