import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { crash, runAlarm } from '../support/outage.ts'
import { setShards } from '../support/shards.ts'
import { api, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

interface Listed {
  call_id: string
  numbers: string[]
  first_event: { id: string; trigger: string }
  last_event: { id: string; trigger: string }
  event_count: number
  delivery_count: number
  deliveries: Record<string, number>
}

interface Page {
  data: Listed[]
  next_cursor: string | null
}

const HANGUP = { trigger: 'call_hangup_missed_or_answered' }

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function page(filters: Record<string, string> = {}): Promise<Page> {
  const query = new URLSearchParams({ account_id: account, ...filters }).toString()
  const { status, body } = await api<Page>('GET', `/v1/calls?${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

/** The calls of all pages. */
async function calls(filters: Record<string, string> = {}): Promise<Listed[]> {
  const all: Listed[] = []
  let cursor: string | null = null
  do {
    const next: Page = await page({ ...filters, ...(cursor === null ? {} : { cursor }) })
    all.push(...next.data)
    cursor = next.next_cursor
  } while (cursor !== null)
  return all
}

async function ids(filters: Record<string, string> = {}): Promise<string[]> {
  return (await calls(filters)).map((each) => each.call_id)
}

/** The relay some days later. */
async function daysLater(days: number): Promise<void> {
  const thenMs = Date.now() + days * 24 * 60 * 60 * 1000
  vi.spyOn(Date, 'now').mockImplementation(() => thenMs)
  await runAlarm(account)
}

const CALL = {
  number: '+918069010148',
  variables: { caller_id_number: '9000000003', call_to_number: '918069010148', customer_number: '' },
}

describe('a call is found', () => {
  test('by any spelling of the customer’s, an agent’s or its own number, and by the last digits of each', async () => {
    await post(account, 'one', CALL)
    await post(account, 'other', { variables: { caller_id_number: '+919000000004' } })
    await post(account, 'one', {
      ...HANGUP,
      variables: { answered_agent: { agent_number: '+91 98181 12345' } },
    })
    for (const number of [
      '9000000003',
      '09000000003',
      '+91 90000 00003',
      '00919000000003',
      '919000000003',
      'sip:9000000003@10.0.0.1',
      '000003',
      '0000003',
      '+918069010148',
      '080 6901 0148',
      '010148',
      '98181-12345',
      '112345',
    ]) {
      expect(await ids({ number }), number).toEqual(['one'])
    }
    for (const number of ['9000000005', '+18069010148', '100003', '9000000', '8181123']) {
      expect(await ids({ number }), number).toEqual([])
    }
    for (const number of ['00003', '', '+', 'none', 'sip:101@10.0.0.1']) {
      const path = `/v1/calls?account_id=${account}&number=${encodeURIComponent(number)}`
      expect((await api('GET', path)).status, number).toBe(422)
    }
  })

  test('by a number of the account’s own country, as it is written there', async () => {
    await api('PATCH', `/v1/accounts/${account}`, { country: 'GB' })
    await post(account, 'one', { variables: { caller_id_number: '020 7946 0958' } })
    for (const number of ['+442079460958', '02079460958', '00442079460958', '79460958']) {
      expect(await ids({ number }), number).toEqual(['one'])
    }
  })

  test('while it lives, after a restart, at rest, and for as long as it is kept', async () => {
    await newWebhook(account, receivers.add('kept'))
    await post(account, 'one', CALL)
    const found = async () => [
      await ids({ number: '9000000003' }),
      await ids({ number: '010148' }),
      await ids(),
    ]
    const everywhere = [['one'], ['one'], ['one']]
    expect(await found()).toEqual(everywhere)
    await crash(account)
    expect(await found()).toEqual(everywhere)
    await post(account, 'one', HANGUP)
    expect(await found()).toEqual(everywhere)
    await daysLater(0.01)
    expect(await found(), 'at rest').toEqual(everywhere)
    await daysLater(6.9)
    expect(await found(), 'its day is kept').toEqual(everywhere)
    await daysLater(1.2)
    expect(await found(), 'its day has gone').toEqual([[], [], []])
  })

  test('by the numbers of a day that has gone, if it has gone on since', async () => {
    await post(account, 'over', CALL)
    await post(account, 'one', CALL)
    await daysLater(3)
    await post(account, 'one', HANGUP)
    await daysLater(5.5)
    expect(await ids({ number: '9000000003' })).toEqual(['one'])
    expect(await ids()).toEqual(['one'])
    expect(await calls()).toMatchObject([
      { event_count: 2, first_event: { trigger: 'call_answered_by_agent' } },
    ])
    await daysLater(8)
    await runAlarm(account)
    expect([await ids({ number: '9000000003' }), await ids()]).toEqual([[], []])
  })

  test('by nobody else', async () => {
    await post(account, 'one', CALL)
    const other = await newAccount('Other')
    const keyed = await api<{ key: string }>('POST', `/v1/accounts/${other}/keys`, {
      name: 'r',
      scope: 'read',
    })
    const asked = async (query: string) => api<Page>('GET', `/v1/calls?${query}`, undefined, keyed.body.key)
    expect((await asked('number=9000000003')).body.data).toEqual([])
    expect((await asked(`account_id=${account}`)).status).toBe(404)
    expect((await api('GET', '/v1/calls')).status).toBe(422)
  })
})

describe('a list of calls', () => {
  test('tells of each its numbers, its first and last event, and how its deliveries stand', async () => {
    await newWebhook(account, receivers.add('good'))
    const failing = () => new Response(null, { status: 503, headers: { 'retry-after': '60' } })
    await newWebhook(account, receivers.add('bad', failing))
    await post(account, 'one', { ...CALL, id: 'first' })
    await post(account, 'one', { ...HANGUP, id: 'second' })
    await post(account, 'one', { trigger: 'call_missed_by_customer_click_to_call', ...OUTBOUND, id: 'third' })
    const stands = async () => (await calls())[0]?.deliveries
    await until('the good ones are made', async () => (await stands())?.['succeeded'] === 2)
    await until('the bad one waits', async () => (await ids({ status: 'pending' })).length === 1)
    // The second of the receiver that fails waits for its turn.
    expect(await calls()).toEqual([
      {
        call_id: 'one',
        call_type: 'inbound',
        numbers: ['+918069010148', '+919000000003'],
        first_event: expect.objectContaining({ id: 'first', trigger: 'call_answered_by_agent', position: 1 }),
        last_event: expect.objectContaining({ id: 'third', position: 3 }),
        event_count: 3,
        delivery_count: 4,
        deliveries: { pending: 2, held: 0, succeeded: 2, failed: 0, expired: 0, discarded: 0 },
      },
    ])
  })

  test('is of those with such deliveries, events of such a trigger, and of a time, in any combination', async () => {
    let status = 500
    const webhook = await newWebhook(
      account,
      receivers.add('fails', () => new Response(null, { status })),
    )
    await post(account, 'failed', CALL)
    const failed = async () => (await ids({ status: 'failed' })).join()
    await until('it has failed', async () => (await failed()) === 'failed')
    status = 200
    await post(account, 'good', CALL)
    await post(account, 'failed', HANGUP)
    await until('all are made', async () => (await ids({ status: 'succeeded' })).length === 2)
    await api('POST', `/v1/webhooks/${webhook}/pause`)
    await post(account, 'held', HANGUP)
    await until('it is held', async () => (await ids({ status: 'held' })).length === 1)

    const { trigger } = HANGUP
    const answered = 'call_answered_by_agent'
    const number = '9000000003'
    expect(await ids({ trigger })).toEqual(['held', 'failed'])
    expect(await ids({ trigger: answered })).toEqual(['good', 'failed'])
    expect(await ids({ status: 'unsucceeded' })).toEqual(['held', 'failed'])
    expect(await ids({ status: 'unsucceeded', number })).toEqual(['failed'])
    expect(await ids({ status: 'succeeded', number })).toEqual(['good', 'failed'])
    expect(await ids({ status: 'failed', trigger: answered })).toEqual(['failed'])
    expect(await ids({ status: 'failed', trigger })).toEqual([])
    expect(await ids({ status: 'failed', trigger, number })).toEqual([])
    expect(await ids({ status: 'held', until: '2100-01-01T00:00:00Z' })).toEqual(['held'])
    for (const filters of [{}, { number }, { status: 'failed' }]) {
      expect(await ids({ ...filters, since: '2100-01-01T00:00:00Z' })).toEqual([])
      expect(await ids({ ...filters, until: '2020-01-01T00:00:00Z' })).toEqual([])
    }
  })

  test('has no tests, and nothing that the relay tells of itself', async () => {
    const failing = receivers.add('fails', () => new Response(null, { status: 500 }))
    const webhook = await newWebhook(account, failing)
    await api('PUT', `/v1/operational-webhook?account_id=${account}`, { url: receivers.add('operations') })
    await api('POST', `/v1/webhooks/${webhook}/test`, {})
    await post(account, 'one')
    await until('it has failed', async () => (await ids({ status: 'failed' })).length > 0)
    for (const filters of [{}, { status: 'failed' }, { status: 'unsucceeded' }]) {
      expect(await ids(filters)).toEqual(['one'])
    }
  })

  test('comes page by page, from all shards of the account, without gaps or repeats', async () => {
    await setShards(account, 3)
    const failing = () => new Response(null, { status: 503, headers: { 'retry-after': '60' } })
    await newWebhook(account, receivers.add('waits', failing))
    const posted = Array.from({ length: 13 }, (_, n) => `call-${n}`)
    for (const call of posted) {
      await post(account, call, CALL)
      await post(account, call, HANGUP)
    }
    await until('all wait', async () => (await ids({ status: 'pending' })).length === posted.length)
    const newestFirst = posted.toReversed()
    for (const limit of ['1', '5', '12', '13', '250']) {
      expect(await ids({ limit }), limit).toEqual(newestFirst)
      expect(await ids({ limit, number: '9000000003' }), limit).toEqual(newestFirst)
      expect(await ids({ limit, status: 'unsucceeded' }), limit).toEqual(newestFirst)
    }
    const { next_cursor: cursor } = await page({ limit: '5' })
    const path = `/v1/calls?account_id=${account}&status=failed&cursor=${cursor}`
    expect((await api('GET', path)).status).toBe(422)
  })
})

const OUTBOUND = { call_type: 'outbound', outbound_type: 'click_to_call' }
