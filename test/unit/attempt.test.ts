import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StoredEvent } from '../../src/contracts/events.ts'
import { MASK, type WebhookConfig } from '../../src/contracts/webhook.ts'
import { attemptTerms, startAttempt, type Destination } from '../../src/delivery/attempt.ts'
import { contextOf } from '../../src/delivery/event.ts'
import { newSecret } from '../../src/delivery/sign.ts'
import { contextWith, eventWith, webhookWith } from '../support/sample-webhook.ts'

const SECRET = newSecret(new Uint8Array(32).fill(7))
const OLD = newSecret(new Uint8Array(32).fill(9))
const NOW_MS = 1_628_512_124_500
const settings = { deliveryTimeoutMs: 1_000, allowPrivateTargets: false, sourceTimeZone: 'Asia/Kolkata' }

type Fetch = (url: string, init: RequestInit) => Promise<Response>
const requests: { url: string; init: RequestInit }[] = []

/** A receiver that answers like this. */
function receiver(answer: Fetch): void {
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    requests.push({ url, init })
    return answer(url, init)
  })
}

/** A receiver that says nothing until its request is given up. */
const hangs: Fetch = async (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error))
  })

function destinationWith(config: Partial<WebhookConfig> = {}, more: Partial<Destination> = {}): Destination {
  return { config: webhookWith(config), version: 3, secrets: [SECRET], ...more }
}

const attempt = async (
  destination = destinationWith(),
  context = contextWith(eventWith()),
  terms = attemptTerms(settings, () => Date.now()),
) => startAttempt(destination, 'dlv_1', context, terms)

/** An answer as it comes off the wire: with its length, unlike a `Response` that is made here. */
const answerOf = (body: string | null, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(body, {
    status,
    headers: { 'content-length': String(Buffer.byteLength(body ?? '')), ...headers },
  })

/** The body of the last request. */
function sentBody(): string {
  const { body } = requests.at(-1)?.init ?? {}
  return typeof body === 'string' ? body : ''
}

/** The headers of the last request. */
function sent(): Record<string, string> {
  const { headers } = requests.at(-1)?.init ?? {}
  return headers as Record<string, string> // safe: that is what the test's destinations lead to
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS })
  requests.length = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('an attempt', () => {
  test('has called fetch by the time that it has been called, with a signed request', async () => {
    receiver(async () => answerOf('ok'))
    const made = attempt(destinationWith({ headers: [{ key: 'X-Key', value: 'k $uuid' }] }))
    expect(requests).toHaveLength(1)
    const { url, init } = requests[0] ?? { url: '', init: {} }
    expect(url).toBe('https://crm.example.com/hooks')
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(Object.keys(sent())).toEqual([
      'X-Key',
      'content-type',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
      'webhook-trigger',
      'webhook-call-id',
      'webhook-position',
      'webhook-attempt',
      'user-agent',
      'cache-control',
      'pragma',
    ])
    expect(() => new Webhook(SECRET).verify(sentBody(), sent())).not.toThrow()
    expect(await made).toEqual({
      started_at: NOW_MS,
      duration_ms: 0,
      status_code: 200,
      error: null,
      response_body: 'ok',
      retry_after_ms: null,
      version: 3,
    })
  })

  test('lets no cache answer: it says what no-store would say on POST, and leaves the rest to no-store', async () => {
    receiver(async () => answerOf('ok'))
    await attempt()
    expect(requests.at(-1)?.init.cache).toBeUndefined()
    expect(sent()).toMatchObject({ 'cache-control': 'no-cache', pragma: 'no-cache' })
    const own: Partial<WebhookConfig>[] = [
      { method: 'GET' },
      { headers: [{ key: 'Cache-Control', value: 'mine' }] },
      { headers: [{ key: 'PRAGMA', value: 'mine' }] },
    ]
    for (const config of own) {
      await attempt(destinationWith(config))
      expect(requests.at(-1)?.init.cache).toBe('no-store')
      expect(Object.keys(sent())).not.toContain('pragma')
    }
  })

  test.each([
    [204, null],
    [301, 'redirect'],
    [410, 'status'],
    [500, 'status'],
  ] as const)('that is answered with %i ends as %s', async (status, error) => {
    receiver(async () => new Response(null, { status }))
    expect(await attempt()).toMatchObject({ status_code: status, error, response_body: '' })
  })

  test('knows how long it was asked to wait, after 429 and 503 alone', async () => {
    for (const [status, retry_after_ms] of [
      [429, 7_000],
      [503, 7_000],
      [500, null],
    ] as const) {
      receiver(async () => answerOf('', status, { 'retry-after': '7' }))
      expect(await attempt()).toMatchObject({ status_code: status, retry_after_ms })
    }
  })

  test.each([
    'Network connection lost.',
    // What workerd makes of a name that does not resolve, and of a failed handshake. Its reference is of any letters.
    'internal error; reference = ft9qgohqrkm2tvfpqcejjqn2',
    'internal error; reference = dnsqgohqtlsm2tvfpsslcert',
  ])('that fails with %j ends as connection', async (message) => {
    receiver(async () => Promise.reject(new Error(message)))
    expect(await attempt()).toMatchObject({ status_code: null, error: 'connection', response_body: null })
  })

  test.each([
    [520, 'error code: 520', 'connection'],
    [521, 'error code: 521', 'connection'],
    [522, 'error code: 522', 'connection'],
    [523, 'error code: 523', 'connection'],
    [525, 'error code: 525', 'tls'],
    [526, 'error code: 526', 'tls'],
    [530, 'error code: 1016', 'dns'],
    [530, '<title>Origin DNS error</title> Error code: 1016 ', 'dns'],
    [530, 'error code: 1033', 'status'],
    [530, 'error code: 10160', 'status'],
    [500, 'error code: 1016', 'status'],
    [524, 'error code: 524', 'status'],
    [527, '', 'status'],
  ] as const)('that Cloudflare answers with %i %j ends as %s', async (status, body, error) => {
    receiver(async () => answerOf(body, status))
    expect(await attempt()).toMatchObject({ status_code: status, error, response_body: body })
  })

  test('that the platform refuses before it sends anything is no fault of the receiver, and says why', async () => {
    const headers = [{ key: 'X-Key', value: 'k-1234567' }]
    const refusal = 'Fetch API cannot load: https://crm.example.com/?key=k-1234567'
    receiver(async () => Promise.reject(new TypeError(refusal)))
    expect(await attempt(destinationWith({ headers }))).toMatchObject({
      status_code: null,
      error: 'invalid_request',
      response_body: `the platform does not send it: ${refusal.replace('k-1234567', MASK)}`,
    })
    receiver(async () => Promise.reject(new TypeError('x'.repeat(100_000))))
    expect((await attempt()).response_body?.length).toBeLessThan(400)
    receiver(() => {
      throw new TypeError('Invalid header value.')
    })
    expect(await attempt()).toMatchObject({ error: 'invalid_request' })
  })

  test('says which of its headers lost what no header can carry, whatever it leads to', async () => {
    const headers = [
      { key: 'X-Name', value: 'by $uuid' },
      { key: 'X-Key', value: 'k' },
    ]
    const broken = contextWith(eventWith({ variables: { uuid: 'Asha\r\nRao' } }))
    receiver(async () => answerOf('ok'))
    const taken = await attempt(destinationWith({ headers }), broken)
    expect(taken).toMatchObject({ error: null, cleaned_headers: ['X-Name'] })
    expect(sent()['X-Name']).toBe('by AshaRao')
    receiver(async () => Promise.reject(new Error('Network connection lost.')))
    const lost = await attempt(destinationWith({ headers }), broken)
    expect(lost).toMatchObject({ error: 'connection', cleaned_headers: ['X-Name'] })
    expect(await attempt(destinationWith({ headers }))).not.toHaveProperty('cleaned_headers')
  })

  test('at a target that may not be one is not made', async () => {
    receiver(async () => answerOf('ok'))
    const blocked = destinationWith({ url: 'https://127.0.0.1/' })
    expect(await attempt(blocked)).toMatchObject({ error: 'blocked_target', duration_ms: 0 })
    const terms = attemptTerms({ ...settings, allowPrivateTargets: true }, () => Date.now())
    expect(await attempt(blocked, contextWith(eventWith()), terms)).toMatchObject({ error: null })
    expect(requests).toHaveLength(1)
  })

  test('whose request is faulty, or cannot be made by a fault of ours, is not made', async () => {
    receiver(async () => answerOf('ok'))
    const headers = [{ key: 'X', value: '$uuid\r\n' }]
    expect(await attempt(destinationWith({ headers }))).toMatchObject({
      error: 'invalid_request',
      response_body: 'headers.0.value of X holds a control character',
    })
    const long = contextWith(eventWith({ variables: { uuid: 'a'.repeat(70_000) } }))
    const { error, response_body } = await attempt(destinationWith({ method: 'GET' }), long)
    expect(error).toBe('invalid_request')
    expect(response_body).toMatch(/^url is 7\d{4} bytes long with its query, and at most 65534 can be sent$/)
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await attempt(destinationWith({}, { secrets: ['whsec_%'] }))).toMatchObject({
      error: 'invalid_request',
    })
    expect(logged).toHaveBeenCalledOnce()
    logged.mockRestore()
    expect(requests).toHaveLength(0)
  })

  test('is signed by a former secret until that expires', async () => {
    receiver(async () => answerOf('ok'))
    const destination = destinationWith({}, { previous: [{ secret: OLD, expires_at: NOW_MS + 300 }] })
    await attempt(destination)
    expect(sent()['webhook-signature']?.split(' ')).toHaveLength(2)
    expect(() => new Webhook(OLD).verify(sentBody(), sent())).not.toThrow()
    vi.setSystemTime(NOW_MS + 300)
    await attempt(destination)
    expect(sent()['webhook-signature']?.split(' ')).toHaveLength(1)
  })

  test('sends headers whose names a record would move or lose', async () => {
    receiver(async () => answerOf('ok'))
    const headers = [
      { key: '__proto__', value: 'a' },
      { key: '7', value: 'b' },
    ]
    await attempt(destinationWith({ headers }))
    const pairs = requests[0]?.init.headers as [string, string][] // safe: that is what such names lead to
    expect(pairs.map(([key]) => key).slice(0, 4)).toEqual(['__proto__', '7', 'content-type', 'webhook-id'])
  })
})

describe('the answer', () => {
  test('is logged without the secrets of the webhook that stand in it', async () => {
    receiver(async (_url, init) => answerOf(JSON.stringify([init.headers, SECRET, 'Bearer s3cret-token'])))
    const headers = [{ key: 'Authorization', value: 'Bearer s3cret-token' }]
    const { response_body } = await attempt(destinationWith({ headers }))
    expect(response_body).not.toContain('s3cret-token')
    expect(response_body).not.toContain(SECRET)
    expect(response_body).toContain(MASK)
  })

  test('is masked by what its own request said, whatever an earlier one did', async () => {
    const destination = destinationWith({ headers: [{ key: 'X', value: 'ab-$token_finished' }] })
    receiver(async (_url, init) => answerOf(new Headers(init.headers).get('X')))
    const short = await attempt(destination, contextWith(eventWith({ variables: { token: 'T' } })))
    expect(short.response_body).toBe(`ab-T${MASK}`)
    // This event knows a longer name, so that less of the value is the webhook's own.
    const variables = { token_finished: 'T_finished' }
    const long = await attempt(destination, contextWith(eventWith({ variables })))
    expect(long.response_body).toBe('ab-T_finished')
  })

  test.each([
    ['says that it is long', { 'content-length': '20000' }],
    ['is encoded, and may be longer than it says', { 'content-length': '30', 'content-encoding': 'gzip' }],
  ])('that %s is read to 16 KiB and no further', async (_why, headers) => {
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(5_000).fill(97)),
      cancel: () => {
        cancelled = true
      },
    })
    receiver(async () => new Response(stream, { headers }))
    expect((await attempt()).response_body).toBe('a'.repeat(16_384))
    expect(cancelled).toBe(true)
  })

  test('ends where it breaks: the status has decided', async () => {
    const breaking = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => {
          controller.enqueue(new TextEncoder().encode('so far'))
          controller.error(new Error('lost'))
        },
      })
    receiver(async () => new Response(breaking(), { headers: { 'content-length': '100' } }))
    expect(await attempt()).toMatchObject({ status_code: 200, error: null, response_body: '' })
  })
})

describe('a receiver that hangs', () => {
  test('ends as a timeout when its time is over, and at most 100 ms after', async () => {
    receiver(hangs)
    const terms = attemptTerms(settings, () => Date.now())
    const ends: number[] = []
    const starts = [0, 10, 49, 50, 120, 999]
    for (const startMs of starts) {
      setTimeout(() => {
        void attempt(destinationWith(), contextWith(eventWith()), terms).then((result) => {
          expect(result).toMatchObject({ error: 'timeout', status_code: null, response_body: null })
          ends.push(result.duration_ms)
        })
      }, startMs)
    }
    await vi.advanceTimersByTimeAsync(2_200)
    expect(ends).toHaveLength(starts.length)
    for (const durationMs of ends) {
      expect(durationMs).toBeGreaterThanOrEqual(1_000)
      expect(durationMs).toBeLessThanOrEqual(1_100)
    }
    expect(vi.getTimerCount(), 'nothing is out any more').toBe(0)
  })

  test('leaves those that have answered alone, and no timer stays for them', async () => {
    receiver(async () => answerOf('ok'))
    const terms = attemptTerms(settings, () => Date.now())
    await attempt(destinationWith(), contextWith(eventWith()), terms)
    await attempt(destinationWith(), contextWith(eventWith()), terms)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(100)
    expect(vi.getTimerCount()).toBe(0)
    expect(requests.map(({ init }) => init.signal?.aborted)).toEqual([false, false])
  })
})

describe('an event as a shard keeps it', () => {
  const stored: StoredEvent = {
    ...eventWith(),
    seq: 1,
    n: 1,
    ulid: '01J4ZJ7B3E6F9H2J5K8M1N4Q7R',
    position: 4,
    late: true,
    received_at: NOW_MS,
    occurred_at: null,
    rank: 1,
    released_at: NOW_MS,
    webhooks: ['wh_1'],
  }
  const of = (variables: string, event = { ...stored }) =>
    contextOf({ account_id: 'acc_1', webhook_id: 'wh_1', attempt: 2, event, variables })

  test('is read once for its webhooks', () => {
    const event = { ...stored }
    const context = of('{"uuid":"u"}', event)
    expect(of('{"uuid":"u"}', event).event).toBe(context.event)
    expect(context).toMatchObject({ position: 4, late: true, attempt: 2, webhook_id: 'wh_1' })
    expect(context.event.occurred_at).toBe('2021-08-09T12:28:44.500Z')
  })

  test('is not kept for ever', () => {
    const event = { ...stored }
    const first = of('{"uuid":"u"}', event).event
    for (let n = 0; n < 1_100; n += 1) of('{}')
    expect(of('{"uuid":"u"}', event).event).not.toBe(first)
  })
})
