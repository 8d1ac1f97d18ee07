import { Webhook as Verifier } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { tellOperational } from '../../src/webhooks/operational.ts'
import { deleteOperational, deliveryEvent, putOperational, webhookEvent } from '../support/operational.ts'
import {
  api,
  deliveries,
  env,
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

describe('an operational event', () => {
  test('reaches the operational webhook as a signed POST of its type, time and data', async () => {
    const { id, webhook, got } = await account(undefined, {
      headers: [{ key: 'X-Token', value: 'ops $trigger $event_id' }],
    })
    const event = webhookEvent(id, SUBJECT, 'failing-1')
    await tellOperational(env, id, [event])
    await ended(id, webhook, 1)
    const [request] = got
    if (request === undefined) throw new Error('nothing received')
    const { secret } = (await api<{ secret: string }>('GET', `/v1/webhooks/${webhook}/secret`)).body
    expect(new Verifier(secret).verify(request.body, request.headers)).toEqual({
      type: 'webhook.failing',
      timestamp: '2026-11-20T10:00:00.500Z',
      data: event.data,
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
    await tellOperational(env, id, events)
    await tellOperational(env, id, [...events, webhookEvent(id, SUBJECT, 'c', 'webhook.recovered')])
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
    await tellOperational(env, id, [
      webhookEvent(id, SUBJECT, 'a', 'webhook.failing'),
      webhookEvent(id, SUBJECT, 'b', 'webhook.recovered'),
    ])
    await tellOperational(env, id, [
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

  test('that the webhook did not ask for is not sent', async () => {
    const { id, webhook, got } = await account(undefined, { events: ['delivery.failed'] })
    await tellOperational(env, id, [
      webhookEvent(id, SUBJECT, 'a'),
      deliveryEvent(id, SUBJECT, 'call-1', 'b'),
    ])
    await ended(id, webhook, 1)
    expect(typesOf(got)).toEqual(['delivery.failed'])
  })

  test('goes nowhere and stores nothing where nobody wants it', async () => {
    const calls = vi.spyOn(env.CALLS, 'getByName')
    const tell = (id: string, webhook = SUBJECT) => tellOperational(env, id, [webhookEvent(id, webhook, 'a')])
    const none = await newAccount()
    await tell(none)
    const disabled = await account()
    await api('POST', `/v1/webhooks/${disabled.webhook}/disable`)
    await tell(disabled.id)
    const gone = await account()
    expect((await deleteOperational(gone.id)).status).toBe(204)
    await tell(gone.id)
    const off = await account()
    await api('PATCH', `/v1/accounts/${off.id}`, { webhooks_enabled: false })
    await tell(off.id)
    // Its own failure told to itself would fail in turn, and so on.
    const itself = await account()
    await tell(itself.id, itself.webhook)
    expect(calls).not.toHaveBeenCalled()
  })

  test('is held while the webhook is paused, and delivered once it is enabled', async () => {
    const { id, webhook, got } = await account()
    await api('POST', `/v1/webhooks/${webhook}/pause`)
    await tellOperational(env, id, [webhookEvent(id, SUBJECT, 'a')])
    await until('it is held', async () => (await deliveries(id, webhook, '&status=held')).length === 1)
    expect(got).toEqual([])
    const enabled = await api('POST', `/v1/webhooks/${webhook}/enable`)
    expect(enabled.body).toMatchObject({ id: webhook, status: 'active', events: expect.any(Array) })
    await ended(id, webhook, 1)
    const again = await api('POST', `/v1/deliveries/${(await deliveries(id, webhook))[0]?.id ?? ''}/retry`)
    expect(again.status).toBe(202)
    await until('it came again', () => got.length === 2)
  })

  test('that cannot be stored is thrown back, and can be told again', async () => {
    const { id, webhook, got } = await account()
    const events = ['1', '2', '3'].map((call) => deliveryEvent(id, SUBJECT, `call-${call}`, call))
    const getByName = env.CALLS.getByName.bind(env.CALLS)
    const fault = vi.spyOn(env.CALLS, 'getByName').mockImplementation((name, options) => {
      if (name.endsWith('call-2')) throw new Error('out of reach')
      return getByName(name, options)
    })
    await expect(tellOperational(env, id, events)).rejects.toThrow('out of reach')
    fault.mockRestore()
    await tellOperational(env, id, events)
    await ended(id, webhook, 3)
    expect(got).toHaveLength(3)
  })
})

describe('a call of the core', () => {
  test('never meets operational events, whatever its id', async () => {
    const { id, webhook, got } = await account()
    const url = receivers.add('ordinary')
    const ordinary = await newWebhook(id, url)
    await tellOperational(env, id, [webhookEvent(id, SUBJECT, 'a')])
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
