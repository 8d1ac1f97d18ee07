import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runAlarm } from '../support/outage.ts'
import {
  api,
  deliveries,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
  type DeliveryView,
} from '../support/relay.ts'

interface Detail extends DeliveryView {
  request: { method: string; url: string; headers: { key: string; value: string }[]; body: string } | null
  attempts: {
    number: number
    via: string
    status_code: number | null
    error: string | null
    response_body: string | null
  }[]
}

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function detail(id: string): Promise<Detail> {
  return (await api<Detail>('GET', `/v1/deliveries/${id}`)).body
}

describe('the log', () => {
  test('shows each attempt, and the request as it was sent with its secrets masked, whatever was changed since', async () => {
    let status = 500
    const url = receivers.add('log', () => {
      const answer = new Response('what I say', { status })
      status = 200
      return answer
    })
    const headers = [{ key: 'X-Token', value: 'very-secret' }]
    const webhook = await newWebhook(account, url, {
      headers,
      parameters: [{ key: 'colour', value: 'red' }],
      body: 'parameters',
    })
    await post(account, 'call-1')
    await until(
      'it is delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
    )
    await api('PATCH', `/v1/webhooks/${webhook}`, { parameters: [{ key: 'colour', value: 'blue' }] })
    const [listed] = await deliveries(account, webhook)
    const shown = await detail(listed?.id ?? '')
    expect(shown.attempts).toMatchObject([
      { number: 1, via: 'inline', status_code: 500, error: 'status', response_body: 'what I say' },
      { number: 2, via: 'inline', status_code: 200, error: null },
    ])
    expect(shown.request).toMatchObject({ method: 'POST', url, body: '{"colour":"red"}' })
    expect(shown.request?.body).toBe(receivers.got(url)[1]?.body)
    expect(JSON.stringify(shown)).not.toContain('very-secret')
    expect(shown.request?.headers).toContainEqual({ key: 'X-Token', value: '••••' })
    expect(shown.request?.headers).toContainEqual({ key: 'webhook-attempt', value: '2' })
  })

  test('is listed newest first, page by page, by status, trigger, call and time', async () => {
    const url = receivers.add('list')
    const webhook = await newWebhook(account, url)
    for (const call of ['call-1', 'call-2', 'call-3']) await post(account, call)
    await post(account, 'call-3', { trigger: 'call_hangup_missed_or_answered' })
    await until('all are on record', async () => (await deliveries(account, webhook)).length === 4)
    const all = await deliveries(account, webhook)
    expect(all.map((each) => each.id)).toEqual(
      all
        .map((each) => each.id)
        .sort()
        .reverse(),
    )
    expect(await deliveries(account, webhook, '&call_id=call-3')).toHaveLength(2)
    expect(await deliveries(account, webhook, '&trigger=call_hangup_missed_or_answered')).toHaveLength(1)
    expect(await deliveries(account, webhook, '&status=failed')).toEqual([])
    expect(await deliveries(account, webhook, '&since=2100-01-01T00:00:00Z')).toEqual([])
    expect(await deliveries(account, webhook, '&until=2100-01-01T00:00:00Z')).toHaveLength(4)

    const path = `/v1/webhooks/${webhook}/deliveries?account_id=${account}&limit=3`
    const first = (await api<{ data: DeliveryView[]; next_cursor: string }>('GET', path)).body
    const second = (
      await api<{ data: DeliveryView[]; next_cursor: null }>('GET', `${path}&cursor=${first.next_cursor}`)
    ).body
    expect([...first.data, ...second.data].map((each) => each.id)).toEqual(all.map((each) => each.id))
    expect(second.next_cursor).toBeNull()
    expect((await api('GET', `${path}&status=failed&cursor=${first.next_cursor}`)).status).toBe(422)
    expect((await api('GET', `/v1/webhooks?account_id=${account}&cursor=${first.next_cursor}`)).status).toBe(
      422,
    )
    expect((await api('GET', `${path}&colour=red`)).status).toBe(422)
  })

  test('lists a delivery within two seconds of its first attempt, whether it has been answered or not', async () => {
    let answering = false
    const url = receivers.add('slow-to-list', async () => {
      await until('the receiver answers', () => answering)
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('the attempt is under way', () => receivers.got(url).length === 1)
    await until('it is listed', async () => (await deliveries(account, webhook)).length === 1, 2_000)
    expect((await deliveries(account, webhook))[0]).toMatchObject({ status: 'pending', attempt_count: 1 })
    answering = true
    await until(
      'it is delivered',
      async () => (await deliveries(account, webhook))[0]?.status === 'succeeded',
    )
  })

  test('is nobody else’s', async () => {
    const url = receivers.add('private')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it is on record', async () => (await deliveries(account, webhook)).length === 1)
    const id = (await deliveries(account, webhook))[0]?.id ?? ''
    const other = await newAccount('Other')
    const manage = (
      await api<{ key: string }>('POST', `/v1/accounts/${other}/keys`, { name: 'm', scope: 'manage' })
    ).body.key
    const reads = [
      ['GET', `/v1/deliveries/${id}`],
      ['POST', `/v1/deliveries/${id}/retry`],
      ['GET', `/v1/webhooks/${webhook}/deliveries`],
      ['GET', '/v1/calls/call-1'],
    ] as const
    for (const [method, path] of reads)
      expect((await api(method, path, undefined, manage)).status, path).toBe(404)
    expect((await api('GET', '/v1/deliveries/dlv_nonsense')).status).toBe(404)
  })
})

describe('a retry by hand', () => {
  test('makes an ended delivery once more, with its webhook-id and the next number', async () => {
    let status = 500
    const url = receivers.add('by-hand', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until(
      'it has failed',
      async () => (await deliveries(account, webhook, '&status=failed')).length === 1,
    )
    const id = (await deliveries(account, webhook))[0]?.id ?? ''
    status = 200
    const asked = await api<DeliveryView>('POST', `/v1/deliveries/${id}/retry`)
    expect([asked.status, asked.body.status]).toEqual([202, 'pending'])
    await until('it has succeeded', async () => (await detail(id)).status === 'succeeded')
    expect((await detail(id)).attempts.at(-1)).toMatchObject({ number: 5, via: 'manual' })
    expect(receivers.got(url).at(-1)).toMatchObject({ id, attempt: 5 })
  })

  test('of one that has not ended is 409, and so is one of a disabled webhook', async () => {
    const url = receivers.add(
      'too-early',
      () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
    const id = (await deliveries(account, webhook))[0]?.id ?? ''
    expect((await api('POST', `/v1/deliveries/${id}/retry`)).status).toBe(409)
    await api('POST', `/v1/webhooks/${webhook}/disable`)
    expect((await api('POST', `/v1/deliveries/${id}/retry`)).status).toBe(409)
  })
})

describe('a call', () => {
  test('has a timeline: its events in order, each with its deliveries and their attempts', async () => {
    const good = await newWebhook(account, receivers.add('good'))
    const slow = await newWebhook(
      account,
      receivers.add('bad', () => new Response(null, { status: 503, headers: { 'retry-after': '60' } })),
    )
    await post(account, 'call-1', { sequence: 2, id: 'second' })
    await post(account, 'call-1', { sequence: 1, id: 'first', occurred_at: '2026-07-11T15:44:45Z' })
    interface Timeline {
      events: {
        id: string
        position: number
        occurred_at: string | null
        deliveries: (DeliveryView & { webhook_id: string; attempts: object[] })[]
      }[]
    }
    const read = async () => (await api<Timeline>('GET', `/v1/calls/call-1?account_id=${account}`)).body
    await until('the good one has both', async () =>
      (await read()).events.every((each) =>
        each.deliveries.some((delivery) => delivery.webhook_id === good && delivery.status === 'succeeded'),
      ),
    )
    await until('the bad one waits', async () => (await deliveries(account, slow)).length === 1)
    const { events } = await read()
    expect(events.map(({ id, position, occurred_at }) => [id, position, occurred_at])).toEqual([
      ['first', 1, '2026-07-11T15:44:45Z'],
      ['second', 2, null],
    ])
    const bad = events.map((each) => each.deliveries.find((delivery) => delivery.webhook_id === slow))
    expect(
      bad.map((delivery) => [delivery?.status, delivery?.attempt_count, delivery?.attempts.length]),
    ).toEqual([
      ['pending', 1, 1],
      ['pending', 0, 0],
    ])
  })

  test('that is not there is 404', async () => {
    expect((await api('GET', `/v1/calls/nothing?account_id=${account}`)).status).toBe(404)
  })
})

describe('time', () => {
  test('a delivery that is not made by its max_age_seconds expires, held or waiting, and the next goes', async () => {
    let status = 503
    const url = receivers.add(
      'expires',
      () => new Response(null, { status, headers: { 'retry-after': '60' } }),
    )
    const webhook = await newWebhook(account, url, { max_age_seconds: 1 })
    await post(account, 'call-1')
    await until(
      'it has expired',
      async () => (await deliveries(account, webhook, '&status=expired')).length === 1,
    )
    status = 200
    await post(account, 'call-1')
    await until(
      'the next is delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
    )

    await api('POST', `/v1/webhooks/${webhook}/pause`)
    await post(account, 'call-2')
    await post(account, 'call-2')
    await until(
      'the held ones have expired',
      async () => (await deliveries(account, webhook, '&status=expired')).length === 3,
    )
  })

  test('a call and its log are forgotten once retention has passed, and not before', async () => {
    const url = receivers.add('retention')
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until(
      'it is delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 1,
    )
    const timeline = async () => (await api('GET', `/v1/calls/call-1?account_id=${account}`)).status
    const daysLater = async (days: number) => {
      const thenMs = Date.now() + days * 24 * 60 * 60 * 1000
      vi.spyOn(Date, 'now').mockImplementation(() => thenMs)
      await runAlarm(account)
    }
    await daysLater(6.9)
    expect([await deliveries(account, webhook), await timeline()]).toMatchObject([[{}], 200])
    await daysLater(1.1)
    await until('the log is forgotten', async () => (await deliveries(account, webhook)).length === 0)
    expect(await timeline()).toBe(404)
  })
})
