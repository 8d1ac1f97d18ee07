import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { crash, fail } from '../support/outage.ts'
import {
  countTold,
  deleteOperational,
  deliveryEvent,
  putOperational,
  tell,
  webhookEvent,
} from '../support/operational.ts'
import {
  api,
  deliveries,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
  type Received,
} from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

const SUBJECT = 'wh_01J4ZJ6M2C5D8F1G4H7J0K3M6P'

/** An account whose operational webhook is at a receiver. */
async function account(answer?: (request: Received) => Response, more: object = {}) {
  const id = await newAccount()
  const url = receivers.add(`ops-${id.toLowerCase().replace('_', '-')}`, answer)
  const webhook = (await putOperational(id, { url, ...more })).body.id
  return { id, url, webhook, got: receivers.got(url) }
}

const typesOf = (got: readonly Received[]): string[] =>
  got.map(({ body }) => (JSON.parse(body) as { type: string }).type)
const positionsOf = (got: readonly Received[]): number[] => got.map(({ position }) => position)

async function ended(accountId: string, webhook: string, count: number): Promise<void> {
  await until(
    `${count} have succeeded`,
    async () => (await deliveries(accountId, webhook, '&status=succeeded')).length === count,
  )
}

/** Has a webhook for calls of the account fail until it is shown as failing, and two deliveries for good. */
async function failing(accountId: string): Promise<void> {
  const url = receivers.add(
    `fails-${accountId.toLowerCase().replace('_', '-')}`,
    () => new Response(null, { status: 500 }),
  )
  await fail(accountId, await newWebhook(accountId, url))
}

describe('an operational event', () => {
  test('reaches the operational webhook as a signed POST of its type, time and data', async () => {
    const { id, webhook, got } = await account(undefined, {
      headers: [{ key: 'X-Token', value: 'ops $trigger $event_id' }],
    })
    const event = webhookEvent(id, SUBJECT, 'failing-1')
    await tell(id, [event])
    await ended(id, webhook, 1)
    const [request] = got
    if (request === undefined) throw new Error('nothing received')
    const { secret } = (await api<{ secret: string }>('GET', `/v1/webhooks/${webhook}/secret`)).body
    expect(new Verifier(secret).verify(request.body, request.headers)).toEqual({
      type: 'webhook.failing',
      timestamp: '2026-11-20T10:00:00.500Z',
      data: JSON.parse(event.variables) as unknown,
    })
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-trigger': 'webhook.failing',
      'webhook-attempt': '1',
      'webhook-position': '1',
      'x-token': 'ops webhook.failing failing-1',
    })
    const [delivery] = await deliveries(id, webhook, '&trigger=webhook.failing')
    expect(delivery).toMatchObject({ id: request.id, status: 'succeeded', event_id: 'failing-1' })
    const past = await api<{ request: { body: string } }>('GET', `/v1/deliveries/${request.id}`)
    expect(past.body.request.body).toBe(request.body)
  })

  test('told twice is delivered once', async () => {
    const { id, webhook, got } = await account()
    const events = [webhookEvent(id, SUBJECT, 'a'), deliveryEvent(id, SUBJECT, 'call-1', 'b')]
    await tell(id, events)
    await tell(id, [...events, webhookEvent(id, SUBJECT, 'c', 'webhook.recovered')])
    await ended(id, webhook, 3)
    expect(typesOf(got).sort()).toEqual(['delivery.failed', 'webhook.failing', 'webhook.recovered'])
  })

  test('of one webhook comes in order and is tried again, while those of others go on', async () => {
    let failures = 2
    const { id, webhook, got } = await account((request) => {
      const { type } = JSON.parse(request.body) as { type: string }
      if (type !== 'webhook.failing' || failures === 0) return new Response('ok')
      failures -= 1
      return new Response(null, { status: 500 })
    })
    const other = 'wh_01J4ZJ6M2C5D8F1G4H7J0K3M7Q'
    await tell(id, [
      webhookEvent(id, SUBJECT, 'a', 'webhook.failing'),
      webhookEvent(id, SUBJECT, 'b', 'webhook.recovered'),
    ])
    await tell(id, [
      webhookEvent(id, SUBJECT, 'c', 'webhook.disabled'),
      webhookEvent(id, other, 'd', 'webhook.recovered'),
      deliveryEvent(id, SUBJECT, 'call-1', 'e'),
    ])
    await ended(id, webhook, 5)
    const ofSubject = got.filter(({ callId }) => callId === got[0]?.callId)
    expect(typesOf(ofSubject)).toEqual([
      'webhook.failing',
      'webhook.failing',
      'webhook.failing',
      'webhook.recovered',
      'webhook.disabled',
    ])
    expect(positionsOf(ofSubject)).toEqual([1, 1, 1, 2, 3])
    expect(got).toHaveLength(7)
  })

  test('that the webhook did not ask for is not sent, nor stored', async () => {
    const { id, webhook, got } = await account(undefined, { events: ['delivery.failed'] })
    await failing(id)
    await ended(id, webhook, 2)
    expect(typesOf(got)).toEqual(['delivery.failed', 'delivery.failed'])
    expect(await countTold(id)).toBe(2)
  })

  test('goes nowhere and stores nothing if nobody wants it', async () => {
    const none = await newAccount()
    await failing(none)
    const disabled = await account()
    await api('POST', `/v1/webhooks/${disabled.webhook}/disable`)
    await failing(disabled.id)
    const gone = await account()
    expect((await deleteOperational(gone.id)).status).toBe(204)
    await failing(gone.id)
    // Its own failure told to itself would fail in turn, and so on.
    const itself = await account(() => new Response(null, { status: 500 }))
    await tell(itself.id, [
      webhookEvent(itself.id, SUBJECT, 'a'),
      deliveryEvent(itself.id, SUBJECT, 'call-1', 'b'),
    ])
    const hasFailed = async () => (await deliveries(itself.id, itself.webhook, '&status=failed')).length === 2
    await until('both have failed', hasFailed)
    for (const { id, count } of [
      { id: none, count: 0 },
      { id: disabled.id, count: 0 },
      { id: gone.id, count: 0 },
      { id: itself.id, count: 2 },
    ]) {
      expect(await countTold(id)).toBe(count)
    }
  })

  test('goes nowhere and stores nothing while the account’s switch is off', async () => {
    const { id, got } = await account()
    let answering = false
    const url = receivers.add('switched-off', async () => {
      await until('the receiver answers', () => answering)
      return new Response(null, { status: 410 })
    })
    const webhook = await newWebhook(id, url)
    await post(id, 'call-1')
    await until('it is under way', () => receivers.got(url).length === 1)
    await api('PATCH', `/v1/accounts/${id}`, { webhooks_enabled: false })
    answering = true
    await until('it has failed', async () => (await deliveries(id, webhook, '&status=failed')).length === 1)
    expect([await countTold(id), got]).toEqual([0, []])
  })

  test('is held while the webhook is paused, and delivered once it is enabled', async () => {
    const { id, webhook, got } = await account()
    await api('POST', `/v1/webhooks/${webhook}/pause`)
    await tell(id, [webhookEvent(id, SUBJECT, 'a')])
    await until('it is held', async () => (await deliveries(id, webhook, '&status=held')).length === 1)
    expect(got).toEqual([])
    const enabled = await api('POST', `/v1/webhooks/${webhook}/enable`)
    expect(enabled.body).toMatchObject({ id: webhook, status: 'active', events: expect.any(Array) })
    await ended(id, webhook, 1)
    const again = await api('POST', `/v1/deliveries/${(await deliveries(id, webhook))[0]?.id ?? ''}/retry`)
    expect(again.status).toBe(202)
    await until('it came again', () => got.length === 2)
  })

  test('is there with what it tells of, whenever the shard dies', async () => {
    const { id, webhook, got } = await account()
    const url = receivers.add(
      `dies-${id.toLowerCase().replace('_', '-')}`,
      () => new Response(null, { status: 500 }),
    )
    const subject = await newWebhook(id, url)
    for (let n = 0; n < 6; n += 1) await post(id, `call-${n}`)
    const failed = async () => (await deliveries(id, subject, '&status=failed')).length
    await until('some have failed', async () => (await failed()) > 0)
    await crash(id)
    await until('all have failed', async () => (await failed()) === 6, 15_000)
    const told = async () =>
      (await deliveries(id, webhook, '&status=succeeded&trigger=delivery.failed')).length
    await until('each is told', async () => (await told()) === 6, 15_000)
    const bodies = got.map(({ body }) => JSON.parse(body) as { type: string; data: { call_id: string } })
    const calls = bodies.filter(({ type }) => type === 'delivery.failed').map(({ data }) => data.call_id)
    expect([...new Set(calls)].toSorted()).toEqual(Array.from({ length: 6 }, (_, n) => `call-${n}`))
  }, 40_000)
})

describe('a call of the core', () => {
  test('never meets operational events, whatever its id', async () => {
    const { id, webhook, got } = await account()
    const url = receivers.add('ordinary')
    const ordinary = await newWebhook(id, url)
    await tell(id, [webhookEvent(id, SUBJECT, 'a')])
    await ended(id, webhook, 1)
    const callId = (await deliveries(id, webhook))[0]?.call_id ?? ''
    expect(callId).toContain(SUBJECT)
    expect((await post(id, callId)).status).toBe(422)
    const path = `/v1/calls/${encodeURIComponent(callId)}?account_id=${id}`
    expect((await api('GET', path)).status).toBe(404)
    // As near as an id can come that is taken.
    expect((await post(id, callId.replaceAll('\t', '/'))).status).toBe(202)
    await ended(id, ordinary, 1)
    expect([got.length, receivers.got(url).length]).toEqual([1, 1])
  })

  test('cannot be given an operational event', async () => {
    const id = await newAccount()
    const refused = await post(id, 'call-1', { trigger: 'webhook.failing' })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'trigger' }] } })
  })
})
