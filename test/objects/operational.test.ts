import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { deleteOperational, putOperational } from '../support/operational.ts'
import { crash } from '../support/outage.ts'
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

/** An account whose operational webhook is at a receiver, and a webhook of it whose every delivery fails. */
async function account(answer?: (request: Received) => Response, more: object = {}) {
  const id = await newAccount()
  const name = id.toLowerCase().replace('_', '-')
  const url = receivers.add(`ops-${name}`, answer)
  const webhook = (await putOperational(id, { url, ...more })).body.id
  const failing = await newWebhook(
    id,
    receivers.add(`fails-${name}`, () => new Response('', { status: 500 })),
  )
  return { id, url, webhook, failing, got: receivers.got(url) }
}

interface Told {
  type: string
  timestamp: string
  data: { webhook_id: string; call_id?: string; event_id?: string }
}
const toldOf = (got: readonly Received[]): Told[] => got.map(({ body }) => JSON.parse(body) as Told)
const failedOf = (got: readonly Received[]): Told[] =>
  toldOf(got).filter(({ type }) => type === 'delivery.failed')

async function ended(accountId: string, webhook: string, count: number): Promise<void> {
  await until(
    `${count} have succeeded`,
    async () => (await deliveries(accountId, webhook, '&status=succeeded')).length === count,
  )
}

describe('an operational event', () => {
  test('reaches the operational webhook as a signed POST of its type, time and data', async () => {
    const { id, webhook, failing, got } = await account(undefined, {
      headers: [{ key: 'X-Token', value: 'ops $trigger' }],
    })
    await post(id, 'call-1', { id: 'core-1' })
    await ended(id, webhook, 1)
    const [request] = got
    if (request === undefined) throw new Error('nothing received')
    const { secret } = (await api<{ secret: string }>('GET', `/v1/webhooks/${webhook}/secret`)).body
    expect(new Verifier(secret).verify(request.body, request.headers)).toMatchObject({
      type: 'delivery.failed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: { account_id: id, webhook_id: failing, call_id: 'call-1', event_id: 'core-1', attempt_count: 4 },
    })
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-trigger': 'delivery.failed',
      'webhook-attempt': '1',
      'webhook-position': '1',
      'x-token': 'ops delivery.failed',
    })
    const [delivery] = await deliveries(id, webhook, '&trigger=delivery.failed')
    expect(delivery).toMatchObject({ id: request.id, status: 'succeeded' })
    const past = await api<{ request: { body: string } }>('GET', `/v1/deliveries/${request.id}`)
    expect(past.body.request.body).toBe(request.body)
  })

  test('is told once, although its shard dies as it has been told', async () => {
    const { id, webhook, got } = await account()
    await post(id, 'call-1')
    await ended(id, webhook, 1)
    await crash(id)
    await post(id, 'call-2')
    await ended(id, webhook, 2)
    expect(failedOf(got).map(({ data }) => data.call_id)).toEqual(['call-1', 'call-2'])
  })

  test('of one call comes in order and is tried again, while those of others go on', async () => {
    let failures = 2
    const { id, webhook, got } = await account((request) => {
      const { data } = JSON.parse(request.body) as Told
      if (data.call_id !== 'call-1' || failures === 0) return new Response('ok')
      failures -= 1
      return new Response(null, { status: 500 })
    })
    await post(id, 'call-1', { id: 'first' })
    await post(id, 'call-1', { id: 'second' })
    await post(id, 'call-2', { id: 'other' })
    await until('all are delivered', async () => {
      return (await deliveries(id, webhook, '&trigger=delivery.failed&status=succeeded')).length === 3
    })
    const ofCall = failedOf(got).filter(({ data }) => data.call_id === 'call-1')
    expect(ofCall.map(({ data }) => data.event_id)).toEqual(['first', 'first', 'first', 'second'])
  })

  test('that the webhook did not ask for is not sent', async () => {
    const { id, webhook, got } = await account(undefined, { events: ['delivery.failed'] })
    for (const call of ['call-1', 'call-2']) await post(id, call)
    await ended(id, webhook, 2)
    expect(toldOf(got).map(({ type }) => type)).toEqual(['delivery.failed', 'delivery.failed'])
  })

  test('goes nowhere and stores nothing if nobody wants it', async () => {
    const disabled = await account()
    await api('POST', `/v1/webhooks/${disabled.webhook}/disable`)
    const gone = await account()
    expect((await deleteOperational(gone.id)).status).toBe(204)
    for (const { id, failing, webhook, got } of [disabled, gone]) {
      await post(id, 'call-1')
      await until('it has failed', async () => (await deliveries(id, failing, '&status=failed')).length === 1)
      expect(got).toEqual([])
      const listed = await api<{ data?: object[] }>('GET', `/v1/webhooks/${webhook}/deliveries`)
      expect(listed.body.data ?? []).toEqual([])
    }
  })

  test('of the operational webhook itself is not told: it would fail in turn, and so on', async () => {
    const { id, webhook, got } = await account(() => new Response('', { status: 500 }))
    await post(id, 'call-1')
    await until('it has failed', async () => (await deliveries(id, webhook, '&status=failed')).length === 1)
    expect(new Set(toldOf(got).map(({ data }) => data.webhook_id)).has(webhook)).toBe(false)
    expect(await deliveries(id, webhook)).toHaveLength(1)
  })

  test('is held while the webhook is paused, and delivered once it is enabled', async () => {
    const { id, webhook, got } = await account()
    await api('POST', `/v1/webhooks/${webhook}/pause`)
    await post(id, 'call-1')
    await until('it is held', async () => (await deliveries(id, webhook, '&status=held')).length === 1)
    expect(got).toEqual([])
    const enabled = await api('POST', `/v1/webhooks/${webhook}/enable`)
    expect(enabled.body).toMatchObject({ id: webhook, status: 'active', events: expect.any(Array) })
    await ended(id, webhook, 1)
    const again = await api('POST', `/v1/deliveries/${(await deliveries(id, webhook))[0]?.id ?? ''}/retry`)
    expect(again.status).toBe(202)
    await until('it came again', () => got.length === 2)
  })
})

describe('a call of the core', () => {
  test('never meets operational events, whatever its id', async () => {
    const { id, webhook, failing, got } = await account()
    await post(id, 'call-1')
    await ended(id, webhook, 1)
    const callId = (await deliveries(id, webhook))[0]?.call_id ?? ''
    expect(callId).toContain(failing)
    expect((await post(id, callId)).status).toBe(422)
    const path = `/v1/calls/${encodeURIComponent(callId)}?account_id=${id}`
    expect((await api('GET', path)).status).toBe(404)
    expect(got).toHaveLength(1)
    // As near as an id can come that is taken.
    expect((await post(id, callId.replaceAll('\t', '/'))).status).toBe(202)
  })

  test('cannot be given an operational event', async () => {
    const id = await newAccount()
    const refused = await post(id, 'call-1', { trigger: 'webhook.failing' })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'trigger' }] } })
  })
})
