import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Webhook as Verifier } from 'standardwebhooks'
import { ask, withShards } from '../support/fake-shards.ts'
import { api, post, Receivers, until } from '../support/relay.ts'
import { createWebhook, newTenant, PLAIN, raw, type Page, type ProblemBody } from '../support/control.ts'

interface Request {
  method: string
  url: string
  headers: { key: string; value: string }[]
  body: string | null
  warnings: { path: string; message: string }[]
}

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

const headersOf = (request: Request) =>
  Object.fromEntries(request.headers.map(({ key, value }) => [key.toLowerCase(), value]))

describe('preview', () => {
  test('of a saved webhook is the request that would go out, signed with its secret, and sends nothing', async () => {
    const { manage } = await newTenant()
    const url = receivers.add('preview')
    const { id } = await createWebhook(manage, {
      url,
      headers: [{ key: 'X-Key', value: 'k-$uuid' }],
      parameters: [{ key: 'caller', value: 'from $caller_id_number' }],
    })
    const event = { variables: { uuid: 'u-1', caller_id_number: '701' } }
    const { secret } = (await api<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`, undefined, manage))
      .body
    for (const webhook of [id, { id }]) {
      const preview = await api<Request>('POST', '/v1/webhooks/preview', { webhook, event }, manage)
      expect(preview.status).toBe(200)
      expect(preview.body).toMatchObject({ method: 'POST', url })
      const headers = headersOf(preview.body)
      expect(headers['x-key']).toBe('k-u-1')
      expect(headers['webhook-trigger']).toBe('call_answered_by_agent')
      const body = preview.body.body ?? ''
      expect(JSON.parse(body)).toMatchObject({ uuid: 'u-1', caller: 'from 701' })
      expect(() => new Verifier(secret).verify(body, headers)).not.toThrow()
    }
    expect(receivers.got(url)).toEqual([])
  })

  test('of a draft needs no saved webhook, and keeps the digits of numbers', async () => {
    const { manage } = await newTenant()
    const body = `{"webhook": ${JSON.stringify({ ...PLAIN, rate_limit: 1 })}, "trigger": "dtmf_option",
      "event": {"variables": {"big": 12345678901234567890, "exact": 1.50}}}`
    const answer = await raw('POST', '/v1/webhooks/preview', {
      key: manage,
      body: body.replace('"rate_limit":1', '"rate_limit":1.0'),
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(200)
    const preview = await answer.json<Request>()
    expect(preview.body).toContain('12345678901234567890')
    expect(preview.body).toContain('1.50')
    expect(headersOf(preview)['webhook-trigger']).toBe('dtmf_option')
    expect(headersOf(preview)['webhook-signature']).toMatch(/^v1,/)
  })

  test('has the warnings that the webhook would have, so that they are seen before it is saved', async () => {
    const { manage } = await newTenant()
    const webhook = {
      ...PLAIN,
      triggers: ['call_hangup_missed'],
      headers: [{ key: 'X-A', value: '$agnt_name' }],
    }
    const { body } = await api<Request>('POST', '/v1/webhooks/preview', { webhook }, manage)
    expect(body.warnings.map(({ path }) => path)).toEqual(['triggers.0', 'headers.0.value'])
    const { id } = await createWebhook(manage, webhook)
    const saved = await api<Request>('POST', '/v1/webhooks/preview', { webhook: id }, manage)
    expect(saved.body.warnings).toEqual(body.warnings)
  })

  test('has the URL as it will be sent, for POST as for GET', async () => {
    const { manage } = await newTenant()
    const draft = { ...PLAIN, body: 'parameters' }
    for (const [url, sent] of [
      ['https://x.receiver.test/a b/ü#top', 'https://x.receiver.test/a%20b/%C3%BC'],
      ['https://x.receiver.test\\a\\..\\b?q=ü', 'https://x.receiver.test/b?q=%C3%BC'],
    ]) {
      for (const method of ['POST', 'GET']) {
        const preview = await api<Request>(
          'POST',
          '/v1/webhooks/preview',
          { webhook: { ...draft, url, method } },
          manage,
        )
        expect([method, preview.body]).toMatchObject([method, { method, url: sent }])
      }
    }
  })

  test('of a request that cannot be sent says so, and why', async () => {
    const { manage } = await newTenant()
    const webhook = { ...PLAIN, method: 'GET' }
    const event = { variables: { uuid: 'आ'.repeat(8_000) } }
    const long = await api<ProblemBody>('POST', '/v1/webhooks/preview', { webhook, event }, manage)
    expect(long.status).toBe(422)
    expect(long.body.errors).toEqual([
      {
        path: 'webhook.url',
        message: expect.stringMatching(
          /^is 7\d{4} bytes long with its query, and at most 65534 can be sent$/,
        ),
      },
    ])
    const parameters = [{ key: 'p', value: '$uuid'.repeat(800) }]
    const expanded = await api<ProblemBody>(
      'POST',
      '/v1/webhooks/preview',
      { webhook: { ...PLAIN, parameters }, event: { variables: { uuid: 'a'.repeat(60_000) } } },
      manage,
    )
    expect([expanded.status, expanded.body.errors.map(({ path }) => path)]).toEqual([
      422,
      ['webhook.parameters'],
    ])
    const host = { ...PLAIN, url: 'https://a!b.receiver.test/' }
    const unsendable = await api<ProblemBody>('POST', '/v1/webhooks/preview', { webhook: host }, manage)
    expect(unsendable.body.errors).toEqual([
      { path: 'webhook.url', message: 'must be a host name of letters, digits, hyphens and underscores' },
    ])
  })

  test('by an admin key says whose draft it is, and not whose saved webhook', async () => {
    const { account, manage } = await newTenant()
    const { id } = await createWebhook(manage)
    expect((await api('POST', '/v1/webhooks/preview', { webhook: id })).status).toBe(200)
    expect((await api('POST', '/v1/webhooks/preview', { webhook: PLAIN })).status).toBe(422)
    expect((await api('POST', `/v1/webhooks/preview?account_id=${account}`, { webhook: PLAIN })).status).toBe(
      200,
    )
  })

  test('names the faults of the draft, the trigger and the event together', async () => {
    const { manage } = await newTenant()
    const bad = await api<ProblemBody>(
      'POST',
      '/v1/webhooks/preview',
      {
        webhook: { ...PLAIN, url: 'nowhere', extra: 1 },
        trigger: 'dtmf_option',
        event: { call_type: 'sideways' },
        now: 1,
      },
      manage,
    )
    expect(bad.status).toBe(422)
    const paths = bad.body.errors.map((each) => each.path).sort()
    expect(paths).toEqual(['event.call_type', 'now', 'webhook.extra', 'webhook.url'])
    const unknown = await api<ProblemBody>(
      'POST',
      '/v1/webhooks/preview',
      { webhook: PLAIN, trigger: 'ring' },
      manage,
    )
    expect(unknown.body.errors.map((each) => each.path)).toEqual(['trigger'])
    const none = await api<ProblemBody>('POST', '/v1/webhooks/preview', {}, manage)
    expect(none.body.errors).toContainEqual({ path: 'webhook', message: 'is required' })
    expect((await api('POST', '/v1/webhooks/preview', { webhook: 'wh_none' }, manage)).status).toBe(404)
  })
})

describe('test', () => {
  test('sends a sample event now, whatever the status, and answers with the attempt', async () => {
    const { manage } = await newTenant()
    const url = receivers.add('test', () => new Response('thanks', { status: 201 }))
    const { id } = await createWebhook(manage, { url, triggers: ['call_answered_by_agent', 'dtmf_option'] })
    await api('POST', `/v1/webhooks/${id}/pause`, undefined, manage)
    const answer = await api('POST', `/v1/webhooks/${id}/test`, { trigger: 'dtmf_option' }, manage)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      number: 1,
      via: 'test',
      status_code: 201,
      error: null,
      response_body: 'thanks',
    })
    expect(receivers.got(url)).toHaveLength(1)
    await api('POST', `/v1/webhooks/${id}/test`, undefined, manage)
    expect(receivers.got(url)).toHaveLength(2)
  })

  test('says that it is one, and is of a call of its own, in its headers and in its body', async () => {
    const { account, manage } = await newTenant()
    const url = receivers.add('marked')
    const fields = { url, parameters: [{ key: 'event', value: '$event_id' }] }
    const { id } = await createWebhook(manage, { ...fields, triggers: ['dtmf_option'] })
    for (let n = 0; n < 2; n += 1) await api('POST', `/v1/webhooks/${id}/test`, undefined, manage)
    const [first, second] = receivers.got(url)
    const callOf = (request: typeof first) => request?.callId ?? ''
    for (const request of [first, second]) {
      expect(request?.headers['webhook-test']).toBe('true')
      expect(callOf(request)).toMatch(/^test-[0-9A-Z]{26}$/)
      expect(JSON.parse(request?.body ?? '')).toMatchObject({
        call_id: callOf(request),
        event: expect.stringMatching(/^evt_/) as string,
      })
    }
    expect(callOf(first)).not.toBe(callOf(second))
    // What is no test does not say so.
    await post(account, 'real', { trigger: 'dtmf_option' })
    await until('it has arrived', () => receivers.got(url).length === 3)
    expect(receivers.got(url)[2]?.headers['webhook-test']).toBeUndefined()
  })

  test.each([
    ['succeeded', () => new Response('thanks', { status: 201 }), 201],
    ['failed', () => new Response('no', { status: 410 }), 410],
    ['failed', () => new Response('later', { status: 503, headers: { 'retry-after': '1' } }), 503],
  ])('is in the log, marked, and ends there as %s', async (status, handle, code) => {
    const { account, manage, read } = await newTenant()
    const url = receivers.add(`logged-${code}`, handle)
    const { id } = await createWebhook(manage, { url, triggers: ['dtmf_option'] })
    const attempt = (await api<{ id: string }>('POST', `/v1/webhooks/${id}/test`, undefined, manage)).body
    const [sent] = receivers.got(url)
    const headers = sent?.headers ?? {}

    const list = await api<Page<{ id: string }>>('GET', `/v1/webhooks/${id}/deliveries`, undefined, read)
    expect(list.body.data).toEqual([
      expect.objectContaining({
        id: headers['webhook-id'],
        call_id: headers['webhook-call-id'],
        trigger: 'dtmf_option',
        status,
        attempt_count: 1,
        last_status_code: code,
        next_attempt_at: null,
        test: true,
      }),
    ])
    const path = `/v1/deliveries/${headers['webhook-id']}`
    const { body: delivery } = await api<{ request: Request; attempts: unknown[] }>(
      'GET',
      path,
      undefined,
      read,
    )
    expect(delivery).toMatchObject({ test: true, status, attempts: [attempt] })
    expect(delivery.request.body).toBe(sent?.body)
    expect(headersOf(delivery.request)).toMatchObject({
      'webhook-test': 'true',
      'webhook-call-id': headers['webhook-call-id'],
    })
    const call = await api('GET', `/v1/calls/${headers['webhook-call-id']}?bodies=true`, undefined, read)
    expect(call.body).toMatchObject({
      events: [{ position: 1, deliveries: [{ test: true, attempts: [attempt] }] }],
    })

    // Nothing follows from it: no retry, no replay, no disable, and by hand it is not made again.
    expect((await api('POST', `${path}/retry`, undefined, manage)).status).toBe(409)
    const replay = { since: '2020-01-01T00:00:00Z', statuses: ['failed', 'succeeded'] }
    for (const dry_run of [true, false]) {
      const answer = await api('POST', `/v1/webhooks/${id}/replay`, { ...replay, dry_run }, manage)
      expect(answer).toMatchObject({ status: 202, body: { count: 0 } })
    }
    expect((await api('GET', `/v1/webhooks/${id}`, undefined, read)).body).toMatchObject({
      status: 'active',
      health: 'healthy',
    })
    // A real one beside it is not marked, and is replayed.
    await post(account, 'real', { trigger: 'dtmf_option' })
    await until('it has arrived', () => receivers.got(url).length === 2)
    const of = `/v1/webhooks/${id}/deliveries?call_id=real`
    await until('it is listed', async () => {
      const real = (await api<Page<{ test: boolean }>>('GET', of, undefined, read)).body.data
      return real.length === 1 && real[0]?.test === false
    })
  })

  test('waits for no call of its webhook, and is listed while its receiver has not answered', async () => {
    const { manage } = await newTenant()
    const receiver = { isAnswering: false }
    const url = receivers.add('slow', async () => {
      while (!receiver.isAnswering) await scheduler.wait(10)
      return new Response('done')
    })
    const { id } = await createWebhook(manage, { url })
    const sent = api('POST', `/v1/webhooks/${id}/test`, undefined, manage)
    await until('it has arrived', () => receivers.got(url).length === 1)
    const list = () => api<Page<object>>('GET', `/v1/webhooks/${id}/deliveries`, undefined, manage)
    expect((await list()).body.data).toEqual([
      expect.objectContaining({ status: 'pending', attempt_count: 1, test: true, completed_at: null }),
    ])
    // Disabled meanwhile, it still says what came of it.
    await api('POST', `/v1/webhooks/${id}/disable`, undefined, manage)
    receiver.isAnswering = true
    expect((await sent).body).toMatchObject({ status_code: 200 })
    expect((await list()).body.data).toEqual([expect.objectContaining({ status: 'succeeded', test: true })])
  })

  test('is sent only once it is on record: else it is 503', async () => {
    const { manage } = await newTenant()
    const url = receivers.add('unrecorded')
    const { id } = await createWebhook(manage, { url })
    const bindings = withShards(() => ({ beginTest: async () => null }))
    const answer = await ask<ProblemBody>(bindings, 'POST', `/v1/webhooks/${id}/test`, {}, manage)
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '1',
    ])
    expect(receivers.got(url)).toEqual([])
  })

  test('says how it failed where the receiver does not answer', async () => {
    const { manage } = await newTenant()
    const { id } = await createWebhook(manage, { url: 'https://nobody.receiver.test/hook' })
    const answer = await api('POST', `/v1/webhooks/${id}/test`, {}, manage)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ status_code: null, error: 'connection' })
  })
})

test('the catalogue has all 19 triggers with their variables', async () => {
  const { read } = await newTenant()
  const answer = await api<{ data: { slug: string; deprecated: boolean; variables: unknown[] }[] }>(
    'GET',
    '/v1/triggers',
    undefined,
    read,
  )
  expect(answer.body.data).toHaveLength(19)
  expect(answer.body.data.every((trigger) => trigger.variables.length > 0)).toBe(true)
  expect(answer.body.data.filter((trigger) => trigger.deprecated).map((trigger) => trigger.slug)).toEqual([
    'call_hangup_missed',
    'call_hangup_answered',
  ])
})
