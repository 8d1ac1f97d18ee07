import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ADMIN_KEY, api, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

interface Problem {
  code: string
  errors?: { path: string; message: string }[]
}
interface Item {
  status: number
  id?: string
  position?: number
  duplicate?: boolean
  error?: Problem
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

async function key(scope: string, ofAccount: string | null = account): Promise<string> {
  const path = ofAccount === null ? '/v1/keys' : `/v1/accounts/${ofAccount}/keys`
  return (await api<{ key: string }>('POST', path, { name: scope, scope })).body.key
}

/** The call has no event: what was refused changed nothing. */
async function expectNoCall(callId: string): Promise<void> {
  expect((await api('GET', `/v1/calls/${callId}?account_id=${account}`)).status).toBe(404)
}

describe('an event', () => {
  const FAULTY: [string, object, string[]][] = [
    ['an unknown trigger', { trigger: 'call_exploded' }, ['trigger']],
    [
      'a trigger that cannot fire for its call type',
      { trigger: 'call_answered_by_customer_click_to_call' },
      ['trigger'],
    ],
    [
      'a trigger that cannot fire for its outbound type',
      { trigger: 'call_answered_by_customer_click_to_call', call_type: 'outbound', outbound_type: 'dialer' },
      ['trigger'],
    ],
    ['no outbound type for an outbound call', { call_type: 'outbound' }, ['outbound_type']],
    ['an outbound type for an inbound call', { outbound_type: 'dialer' }, ['outbound_type']],
    ['an unknown field', { colour: 'red' }, ['colour']],
    ['a sequence of zero', { sequence: 0 }, ['sequence']],
    ['a sequence that is not whole', { sequence: 1.5 }, ['sequence']],
    ['a time that is not RFC 3339', { occurred_at: 'yesterday' }, ['occurred_at']],
    ['a time of a day that does not exist', { occurred_at: '2021-02-30T00:00:00Z' }, ['occurred_at']],
    ['a time with a space for its T', { occurred_at: '2021-08-09 12:28:44Z' }, ['occurred_at']],
    ['a time that is a number', { occurred_at: 1628512124 }, ['occurred_at']],
    ['variables that are not an object', { variables: [] }, ['variables']],
    ['a control character in its id', { id: 'a\nb' }, ['id']],
    [
      'several faults at once',
      { trigger: 'x', call_type: 'sideways', sequence: -1, colour: 1 },
      ['trigger', 'call_type', 'sequence', 'colour'],
    ],
  ]
  test.each(FAULTY)('with %s is 422, names it, and changes nothing', async (_what, more, paths) => {
    const answer = await api<Problem>('POST', '/v1/events', event(account, 'call-bad', more))
    expect(answer.status).toBe(422)
    expect(answer.body.errors?.map((fault) => fault.path).sort()).toEqual([...paths].sort())
    await expectNoCall('call-bad')
  })

  test('without its required fields names each of them', async () => {
    const answer = await api<Problem>('POST', '/v1/events', { account_id: account })
    expect(answer.status).toBe(422)
    expect(answer.body.errors?.map((fault) => fault.path).sort()).toEqual(['call_id', 'call_type', 'trigger'])
    for (const fault of answer.body.errors ?? []) expect(fault.message).toBe('is required')
  })

  test('of 65 KiB is 413, of just under 64 KiB is taken', async () => {
    const big = { variables: { text: 'x'.repeat(65 * 1024) } }
    expect((await post(account, 'call-big', big)).status).toBe(413)
    await expectNoCall('call-big')
    const size = JSON.stringify(event(account, 'call-fits', { variables: { text: '' } })).length
    expect(
      (await post(account, 'call-fits', { variables: { text: 'x'.repeat(64 * 1024 - size) } })).status,
    ).toBe(202)
  })

  test.each([
    ['2021-08-09T17:58:44.1200+05:30', '2021-08-09T12:28:44.1200Z'],
    ['2021-08-09t12:28:44z', '2021-08-09T12:28:44Z'],
    ['2021-08-09T12:28:44Z', '2021-08-09T12:28:44Z'],
  ])('that occurred at %s is said to have occurred at %s', async (occurred_at, utc) => {
    expect((await post(account, 'call-time', { id: 'one', occurred_at })).status).toBe(202)
    const { body } = await api<{ events: object[] }>('GET', `/v1/calls/call-time?account_id=${account}`)
    expect(body.events).toMatchObject([{ occurred_at: utc }])
    // The same time with another offset is the same event again.
    const again = await api(
      'POST',
      '/v1/events',
      event(account, 'call-time', { id: 'one', occurred_at: utc }),
    )
    expect(again).toMatchObject({ status: 202, body: { duplicate: true } })
  })

  test('nested deeper than anyone’s call data is 422', async () => {
    let deep: object = {}
    for (let level = 0; level < 40; level += 1) deep = { deep }
    expect((await post(account, 'call-deep', { variables: deep })).status).toBe(422)
  })

  test('takes its id from Idempotency-Key, which has to agree with an id of its own', async () => {
    const { exports } = await import('cloudflare:workers')
    // Safe: the default export is a Worker with a fetch handler.
    const worker = (exports as unknown as { default: Fetcher }).default
    const send = async (more: object) => {
      const headers = {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': 'application/json',
        'idempotency-key': 'core-9',
      }
      const body = JSON.stringify(event(account, 'call-key', more))
      const response = await worker.fetch('https://relay.test/v1/events', { method: 'POST', headers, body })
      return { status: response.status, body: await response.json() }
    }
    expect(await send({})).toMatchObject({ status: 202, body: { id: 'core-9', duplicate: false } })
    expect(await send({})).toMatchObject({ status: 202, body: { id: 'core-9', duplicate: true } })
    expect((await send({ id: 'core-10' })).status).toBe(422)
  })

  test('keeps the digits of its numbers all the way to the receiver', async () => {
    const url = receivers.add('digits')
    await newWebhook(account, url, { triggers: ['dtmf_option'] })
    const variables = '{"custom":12345678901234567890,"call_flow":[{"time":1783784606.075,"cost":1.50}]}'
    const { exports } = await import('cloudflare:workers')
    const worker = (exports as unknown as { default: Fetcher }).default // safe: as above
    const body = `{"account_id":"${account}","trigger":"dtmf_option","call_id":"call-digits","call_type":"inbound","variables":${variables}}`
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
    expect(
      (await worker.fetch('https://relay.test/v1/events', { method: 'POST', headers, body })).status,
    ).toBe(202)
    await until('it is delivered', () => receivers.got(url).length === 1)
    expect(receivers.got(url)[0]?.body).toContain('"custom":12345678901234567890')
    expect(receivers.got(url)[0]?.body).toContain('{"time":1783784606.075,"cost":1.50}')
  })
})

describe('who may post', () => {
  test('an ingest key of the account need not name it, and no other account', async () => {
    const ingest = await key('ingest')
    const { account_id: _own, ...rest } = event(account, 'call-1') as { account_id: string }
    expect((await api('POST', '/v1/events', rest, ingest)).status).toBe(202)
    const other = await newAccount('Other')
    expect((await api('POST', '/v1/events', event(other, 'call-1'), ingest)).status).toBe(404)
    expect((await api('GET', `/v1/calls/call-1?account_id=${other}`)).status).toBe(404)
  })

  test('an ingest key of every account names one, and one that there is', async () => {
    const ingest = await key('ingest', null)
    expect((await api('POST', '/v1/events', event(account, 'call-2'), ingest)).status).toBe(202)
    const { account_id: _own, ...rest } = event(account, 'call-2') as { account_id: string }
    expect((await api<Problem>('POST', '/v1/events', rest, ingest)).body.errors?.[0]?.path).toBe('account_id')
    expect((await api('POST', '/v1/events', event('acc_nobody', 'call-2'), ingest)).status).toBe(404)
  })

  test.each(['manage', 'read'])('a %s key may not', async (scope) => {
    expect((await api('POST', '/v1/events', event(account, 'call-3'), await key(scope))).status).toBe(403)
    await expectNoCall('call-3')
  })
})

describe('a batch', () => {
  const batch = (events: unknown) => api<{ data: Item[] } & Problem>('POST', '/v1/events/batch', { events })

  test('has an answer for each event in its order, and one bad event spoils no other', async () => {
    const url = receivers.add('batch')
    await newWebhook(account, url)
    const answer = await batch([
      event(account, 'call-a', { id: 'a-1' }),
      event(account, 'call-a', { trigger: 'nonsense' }),
      event(account, 'call-b', { id: 'b-1' }),
      event('acc_nobody', 'call-c'),
      event(account, 'call-a', { id: 'a-2' }),
      event(account, 'call-a', { id: 'a-1' }),
      event(account, 'call-a', { id: 'a-2', variables: { other: true } }),
      event(account, 'call-d', { variables: { text: 'x'.repeat(65 * 1024) } }),
      7,
    ])
    expect(answer.status).toBe(202)
    expect(answer.body.data.map(({ status, position, duplicate }) => [status, position, duplicate])).toEqual([
      [202, 1, false],
      [422, undefined, undefined],
      [202, 1, false],
      [404, undefined, undefined],
      [202, 2, false],
      [202, 1, true],
      [409, undefined, undefined],
      [413, undefined, undefined],
      [422, undefined, undefined],
    ])
    await until('the good ones are delivered', () => receivers.got(url).length === 3)
    const ofA = receivers.got(url).filter((request) => request.callId === 'call-a')
    expect(ofA.map((request) => request.position)).toEqual([1, 2])
  })

  test('of 501 events, or none, or no list, is 422 and changes nothing', async () => {
    const many = Array.from({ length: 501 }, () => event(account, 'call-many'))
    for (const events of [many, [], undefined, 'events']) {
      const answer = await batch(events)
      expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([422, 'events'])
    }
    await expectNoCall('call-many')
    expect((await batch(many.slice(1))).body.data).toHaveLength(500)
  })
})
