import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, readWebhook as read } from '../support/outage.ts'
import { api, deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('status', () => {
  test('paused holds what matches, enabling delivers it in order, and both may be said twice', async () => {
    const account = await newAccount()
    const url = receivers.add('paused')
    const webhook = await newWebhook(account, url)
    for (let n = 0; n < 2; n += 1)
      expect((await change(account, webhook, 'pause')).body.status).toBe('paused')
    for (const call of ['call-1', 'call-2', 'call-3'])
      for (let n = 0; n < 3; n += 1) await post(account, call)
    await until(
      'all are listed as held',
      async () => (await deliveries(account, webhook, '&status=held')).length === 9,
    )
    expect(receivers.got(url)).toEqual([])
    for (let n = 0; n < 2; n += 1)
      expect((await change(account, webhook, 'enable')).body.status).toBe('active')
    await until(
      'all are delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 9,
    )
    for (const call of ['call-1', 'call-2', 'call-3']) {
      const positions = receivers
        .got(url)
        .filter((request) => request.callId === call)
        .map((request) => request.position)
      expect(positions).toEqual([1, 2, 3])
    }
  })

  test('when pause has returned, no attempt starts; what was in flight ends, and the rest is held', async () => {
    const account = await newAccount()
    let answering = false
    const url = receivers.add('in-flight', async () => {
      await until('the receiver answers', () => answering)
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await post(account, 'call-1')
    await until('the first is in flight', () => receivers.got(url).length === 1)
    await change(account, webhook, 'pause')
    answering = true
    await until(
      'the second is held',
      async () => (await deliveries(account, webhook, '&status=held')).length === 1,
    )
    expect(receivers.got(url)).toHaveLength(1)
    await change(account, webhook, 'enable')
    await until('the second goes', () => receivers.got(url).length === 2)
  })

  test('disabled takes nothing and discards what waits, and enabling does not bring it back', async () => {
    const account = await newAccount()
    const url = receivers.add('disabled')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    await change(account, webhook, 'disable')
    expect(await deliveries(account, webhook, '&status=discarded')).toHaveLength(1)
    await post(account, 'call-1')
    await change(account, webhook, 'enable')
    await post(account, 'call-1')
    await until('the third is delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 1
    })
    expect(receivers.got(url).map((request) => request.position)).toEqual([3])
    const listed = await deliveries(account, webhook)
    expect(listed.map((each) => each.status)).toEqual(['succeeded', 'discarded'])
  })

  test('a delivery that waits for its retry is discarded by a disable, even if it is enabled again before', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'waiting',
      () => new Response(null, { status: 503, headers: { 'retry-after': '2' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
    await change(account, webhook, 'disable')
    await change(account, webhook, 'enable')
    expect(await deliveries(account, webhook, '&status=discarded')).toHaveLength(1)
    await post(account, 'call-1')
    await until('the next event goes past it', () => receivers.got(url).length === 2)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
  })

  test('410 disables the webhook and says why', async () => {
    const account = await newAccount()
    const url = receivers.add('gone', () => new Response(null, { status: 410 }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it is disabled', async () => (await read(account, webhook)).status === 'disabled')
    expect((await read(account, webhook)).status_reason).toContain('410')
    expect((await deliveries(account, webhook))[0]).toMatchObject({ status: 'failed', attempt_count: 1 })
  })

  test('a deleted webhook gets nothing more, and the timeline still tells what became of its deliveries', async () => {
    const account = await newAccount()
    const url = receivers.add('deleted')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    expect((await api('DELETE', `/v1/webhooks/${webhook}?account_id=${account}`)).status).toBe(204)
    expect((await post(account, 'call-1')).status).toBe(202)
    const { body } = await api<{ events: { deliveries: { status: string }[] }[] }>(
      'GET',
      `/v1/calls/call-1?account_id=${account}`,
    )
    expect(body.events.map((each) => each.deliveries.map((delivery) => delivery.status))).toEqual([
      ['discarded'],
      [],
    ])
    expect(receivers.got(url)).toEqual([])
  })

  test('five failures in a row show as failing, and one success as healthy', async () => {
    const account = await newAccount()
    let status = 500
    const url = receivers.add('health', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await post(account, 'call-2')
    await until('it is failing', async () => (await read(account, webhook)).health === 'failing')
    status = 200
    await post(account, 'call-3')
    await until('it is healthy', async () => (await read(account, webhook)).health === 'healthy')
  })

  test('while the account’s switch is off, events are accepted and match nothing', async () => {
    const account = await newAccount()
    const url = receivers.add('switch')
    await newWebhook(account, url)
    await api('PATCH', `/v1/accounts/${account}`, { webhooks_enabled: false })
    expect((await post(account, 'call-1')).status).toBe(202)
    await api('PATCH', `/v1/accounts/${account}`, { webhooks_enabled: true })
    await post(account, 'call-1')
    await until('the second is delivered', () => receivers.got(url).length === 1)
    expect(receivers.got(url)[0]?.position).toBe(2)
  })
})

test('of changes that are made at the same time the last one holds, in the shard as in D1', async () => {
  const account = await newAccount()
  const url = receivers.add('at-once')
  const webhook = await newWebhook(account, url)
  const all = ['pause', 'enable', 'disable', 'enable', 'pause', 'enable', 'disable', 'pause'] as const
  await Promise.all(all.map(async (to) => change(account, webhook, to)))
  const { status } = await read(account, webhook)
  const before = receivers.got(url).length
  for (let n = 0; n < 5; n += 1) expect((await post(account, `call-${n}`)).status).toBe(202)
  if (status === 'active') await until('they are delivered', () => receivers.got(url).length === before + 5)
  else {
    await scheduler.wait(500)
    expect(receivers.got(url).length).toBe(before)
    const held = await deliveries(account, webhook, '&status=held')
    expect(held).toHaveLength(status === 'paused' ? 5 : 0)
  }
})
