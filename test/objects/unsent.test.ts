import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readWebhook, tripBreaker } from '../support/outage.ts'
import { api, deliveries, env, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Percent-encoded, 9 bytes of a URL for each character. */
const TOO_LONG = { uuid: 'आ'.repeat(8_000) }
const GET = { method: 'GET', body: 'parameters', parameters: [{ key: 'uuid', value: '$uuid' }] }
const HANGUP = { trigger: 'call_hangup_missed_or_answered' }

interface Attempt {
  number: number
  error: string | null
  status_code: number | null
  response_body: string | null
  cleaned_headers: string[]
}

async function attemptsOf(id: string): Promise<Attempt[]> {
  return (await api<{ attempts: Attempt[] }>('GET', `/v1/deliveries/${id}`)).body.attempts
}

const ended = async (account: string, webhook: string, count: number) => {
  await until('all have ended', async () => {
    const all = await deliveries(account, webhook, '&limit=250')
    return all.length === count && all.every(({ status }) => !['pending', 'held'].includes(status))
  })
  return deliveries(account, webhook, '&limit=250')
}

describe('a request that the platform cannot send', () => {
  test('fails at once and says why, and the call goes on', async () => {
    const account = await newAccount()
    const url = receivers.add('too-long')
    const webhook = await newWebhook(account, url, GET)
    await post(account, 'call-1', { variables: TOO_LONG })
    await post(account, 'call-1', HANGUP)
    const [hangup, first] = await ended(account, webhook, 2)
    expect(first).toMatchObject({ status: 'failed', attempt_count: 1, last_error: 'invalid_request' })
    expect(hangup).toMatchObject({ status: 'succeeded', attempt_count: 1 })
    expect(receivers.got(url).map(({ position }) => position)).toEqual([2])
    expect(await attemptsOf(first?.id ?? '')).toMatchObject([
      {
        error: 'invalid_request',
        status_code: null,
        response_body: expect.stringMatching(/^url is 720\d\d bytes long with its query, and at most 65534 /),
      },
    ])
  })

  test('counts for no receiver’s health, however many there are', async () => {
    const account = await newAccount()
    const webhook = await newWebhook(account, receivers.add('many-too-long'), GET)
    for (let n = 0; n < 8; n += 1) await post(account, `call-${n}`, { variables: TOO_LONG })
    await ended(account, webhook, 8)
    expect((await readWebhook(account, webhook)).health).toBe('healthy')
  })

  test('is also one that would come to many times its event: it says so, and costs the receiver nothing', async () => {
    const account = await newAccount()
    const url = receivers.add('expanded')
    const parameters = [{ key: 'p', value: '$uuid'.repeat(800) }]
    const webhook = await newWebhook(account, url, { parameters })
    for (let n = 0; n < 8; n += 1)
      await post(account, `call-${n}`, { variables: { uuid: 'a'.repeat(60_000) } })
    const [last] = await ended(account, webhook, 8)
    expect(last).toMatchObject({ status: 'failed', attempt_count: 1, last_error: 'invalid_request' })
    expect(await attemptsOf(last?.id ?? '')).toMatchObject([
      { response_body: expect.stringMatching(/^parameters would hold more than 1048576 characters/) },
    ])
    expect((await readWebhook(account, webhook)).health).toBe('healthy')
    expect(receivers.got(url)).toEqual([])
  })

  test('is also one to a target that is not allowed any more', async () => {
    const account = await newAccount()
    const webhook = await newWebhook(account, 'https://blocked.receiver.test/hook')
    await env.DB.prepare('UPDATE webhooks SET url = ? WHERE id = ?')
      .bind('https://169.254.169.254/', webhook)
      .run()
    await api('PATCH', `/v1/accounts/${account}`, {})
    for (let n = 0; n < 8; n += 1) await post(account, `call-${n}`)
    const [last] = await ended(account, webhook, 8)
    expect(last).toMatchObject({ status: 'failed', attempt_count: 1, last_error: 'blocked_target' })
    expect((await readWebhook(account, webhook)).health).toBe('healthy')
  })

  test('is no probe of a receiver that is down: the next one goes at once, and finds it back', async () => {
    const account = await newAccount()
    let status = 500
    const url = receivers.add('probed', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url, GET)
    await tripBreaker(account, webhook)
    for (const call of ['a-1', 'a-2', 'a-3']) await post(account, call, { variables: TOO_LONG })
    await post(account, 'b-1')
    status = 200
    const isBack = async () => (await readWebhook(account, webhook)).health === 'healthy'
    await until('it is back', isBack, 15_000)
    const all = await ended(account, webhook, 7)
    expect(all.filter(({ last_error }) => last_error === 'invalid_request')).toHaveLength(3)
  }, 30_000)
})

describe('a header value that a variable breaks', () => {
  test('goes out without what no header can carry, and the log says which header that was', async () => {
    const account = await newAccount()
    const url = receivers.add('cleaned')
    const headers = [
      { key: 'X-Name', value: 'by $uuid' },
      { key: 'X-Kept', value: 'kept' },
    ]
    const webhook = await newWebhook(account, url, { headers })
    await post(account, 'call-1', { variables: { uuid: 'Asha\r\nwebhook-id: evil\u0000' } })
    await post(account, 'call-1', HANGUP)
    const [hangup, first] = await ended(account, webhook, 2)
    expect(receivers.got(url).map((request) => request.headers['x-name'])).toEqual([
      'by Ashawebhook-id: evil',
      'by call-1',
    ])
    expect(receivers.got(url)[0]?.id).toBe(first?.id)
    expect(await attemptsOf(first?.id ?? '')).toMatchObject([{ error: null, cleaned_headers: ['X-Name'] }])
    expect(await attemptsOf(hangup?.id ?? '')).toMatchObject([{ error: null, cleaned_headers: [] }])
  })
})
