import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, crash, runAlarm, tripBreaker } from '../support/outage.ts'
import {
  api,
  deliveries,
  event,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
  type Received,
} from '../support/relay.ts'

interface Replay {
  status: string
  count: number
  replayed: number
  skipped: number
  statuses: string[]
  completed_at: string | null
}

const ALL = { since: '2020-01-01T00:00:00Z' }

let receivers: Receivers
let account: string
/** What the receiver answers with: 429 has a delivery fail after its retries, and opens no breaker. */
let status: number
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
  status = 429
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Has so many days pass, as every clock shows it. */
function pass(days: number): void {
  const thenMs = Date.now() + days * 24 * 60 * 60 * 1000
  const startMs = performance.now()
  vi.spyOn(Date, 'now').mockImplementation(() => Math.round(thenMs + performance.now() - startMs))
}

function receiver(name: string): string {
  return receivers.add(name, () => new Response(null, { status }))
}

async function ask(webhook: string, body: object) {
  const path = `/v1/webhooks/${webhook}/replay?account_id=${account}`
  return api<{ id: string; count: number; dry_run: boolean; errors: { path: string }[] }>('POST', path, body)
}

async function read(webhook: string, id: string): Promise<Replay> {
  return (await api<Replay>('GET', `/v1/webhooks/${webhook}/replays/${id}?account_id=${account}`)).body
}

async function isDone(webhook: string, id: string): Promise<boolean> {
  return (await read(webhook, id)).status === 'done'
}

async function count(webhook: string, filters: string): Promise<number> {
  return (await ask(webhook, { ...ALL, dry_run: true, statuses: [filters] })).body.count
}

/** Has the events of so many calls be discarded: accepted while the webhook is paused, which is then disabled. */
async function discard(webhook: string, calls: number, events: number): Promise<void> {
  await change(account, webhook, 'pause')
  const all = Array.from({ length: calls }, (_, call) =>
    Array.from({ length: events }, () => event(account, `call-${call}`)),
  ).flat()
  for (let first = 0; first < all.length; first += 500) {
    await api('POST', '/v1/events/batch', { events: all.slice(first, first + 500) })
  }
  const isHeld = async (): Promise<boolean> => {
    const path = `/v1/webhooks/${webhook}/deliveries?account_id=${account}&status=held&limit=250`
    let cursor: string | null = ''
    let held = 0
    while (cursor !== null) {
      const page: { data: object[]; next_cursor: string | null } = (
        await api<{ data: object[]; next_cursor: string | null }>(
          'GET',
          path + (cursor === '' ? '' : `&cursor=${cursor}`),
        )
      ).body
      held += page.data.length
      cursor = page.next_cursor
    }
    return held === all.length
  }
  await until('all are held', isHeld, 60_000)
  await change(account, webhook, 'disable')
  await change(account, webhook, 'enable')
  expect(await count(webhook, 'discarded')).toBe(all.length)
}

/** The positions of a call's events, in the order in which the receiver got them. */
function positions(got: readonly Received[], callId: string): number[] {
  return got.filter((request) => request.callId === callId).map((request) => request.position)
}

describe('a replay', () => {
  test('delivers again what has failed, of many calls, in the order of each, with the old ids', async () => {
    const url = receiver('failed')
    const webhook = await newWebhook(account, url)
    const calls = Array.from({ length: 12 }, (_, n) => `call-${n}`)
    for (const call of calls) {
      // The second comes first: the order of the call is not the order of arrival.
      for (const sequence of [2, 1, 3]) await post(account, call, { sequence })
    }
    await until('all have failed', async () => (await count(webhook, 'failed')) === 36)
    const ids = new Set(receivers.got(url).map((request) => request.id))
    const before = receivers.got(url).length
    status = 200
    const { status: answered, body } = await ask(webhook, ALL)
    expect([answered, body.count, body.dry_run]).toEqual([202, 36, false])
    expect(await read(webhook, body.id)).toMatchObject({ statuses: ['failed', 'expired', 'discarded'] })
    await until('it is done', async () => isDone(webhook, body.id))
    expect(await count(webhook, 'succeeded')).toBe(36)
    expect(await read(webhook, body.id)).toMatchObject({ count: 36, replayed: 36, skipped: 0 })
    const again = receivers.got(url).slice(before)
    expect(again).toHaveLength(36)
    for (const call of calls) expect(positions(again, call), call).toEqual([1, 2, 3])
    expect(new Set(again.map((request) => request.id))).toEqual(ids)
    expect(again.every((request) => request.attempt === 5)).toBe(true)

    const repeated = (await ask(webhook, ALL)).body
    expect(repeated.count, 'nothing is left that did not arrive').toBe(0)
    expect(await isDone(webhook, repeated.id)).toBe(true)
  })

  test('as a dry run counts, and sends nothing', async () => {
    const url = receiver('dry')
    const webhook = await newWebhook(account, url)
    for (const call of ['call-1', 'call-2']) await post(account, call)
    await until('both have failed', async () => (await count(webhook, 'failed')) === 2)
    const before = receivers.got(url).length
    const { status: answered, body } = await ask(webhook, { ...ALL, dry_run: true })
    expect([answered, body]).toEqual([202, { id: null, count: 2, dry_run: true }])
    await runAlarm(account)
    await scheduler.wait(700)
    expect(receivers.got(url)).toHaveLength(before)
    expect(await count(webhook, 'failed')).toBe(2)
  })

  test('is of the statuses and the time of arrival that were asked for', async () => {
    const url = receiver('filtered')
    const webhook = await newWebhook(account, url)
    status = 200
    await post(account, 'early')
    await until('one is delivered', async () => (await count(webhook, 'succeeded')) === 1)
    await scheduler.wait(5)
    const between = new Date().toISOString()
    await scheduler.wait(5)
    await post(account, 'late')
    status = 429
    await post(account, 'failed')
    await until('one has failed', async () => (await count(webhook, 'failed')) === 1)
    const dry = async (filter: object) =>
      (await ask(webhook, { ...ALL, ...filter, dry_run: true })).body.count
    expect(await dry({})).toBe(1)
    expect(await dry({ statuses: ['succeeded'] })).toBe(2)
    expect(await dry({ statuses: ['succeeded', 'failed'] })).toBe(3)
    expect(await dry({ statuses: ['succeeded'], since: between })).toBe(1)
    expect(await dry({ statuses: ['succeeded', 'failed'], until: between })).toBe(1)
    status = 200
    const before = receivers.got(url).length
    const { body } = await ask(webhook, { ...ALL, statuses: ['succeeded'], until: between })
    await until('it is done', async () => isDone(webhook, body.id))
    expect(receivers.got(url).slice(before)).toMatchObject([{ callId: 'early', position: 1 }])
  })

  test('of a paused webhook is held, and enabling delivers it in order', async () => {
    const url = receiver('paused')
    const webhook = await newWebhook(account, url)
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until('all have failed', async () => (await count(webhook, 'failed')) === 3)
    await change(account, webhook, 'pause')
    status = 200
    const before = receivers.got(url).length
    const { body } = await ask(webhook, ALL)
    const held = async () => (await deliveries(account, webhook, '&status=held')).length
    await until('all are held', async () => (await held()) === 3)
    await until('the replay has done its part', async () => isDone(webhook, body.id))
    expect(receivers.got(url)).toHaveLength(before)
    await change(account, webhook, 'enable')
    await until('all are delivered', async () => (await count(webhook, 'succeeded')) === 3)
    expect(positions(receivers.got(url).slice(before), 'call-1')).toEqual([1, 2, 3])
  })

  test('of a disabled webhook is refused, and a disable ends one that is under way', async () => {
    let answering = false
    const url = receivers.add('disabled', async () => {
      if (status !== 200) return new Response(null, { status })
      await until('the receiver answers', () => answering)
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    await discard(webhook, 250, 1)
    status = 200
    const { body } = await ask(webhook, ALL)
    await until('some are out', () => receivers.got(url).length > 0)
    await change(account, webhook, 'disable')
    const ended = await read(webhook, body.id)
    expect(ended).toMatchObject({ status: 'done', count: 250 })
    expect(ended.replayed + ended.skipped).toBe(250)
    expect(ended.skipped).toBeGreaterThanOrEqual(50)
    answering = true
    expect((await ask(webhook, ALL)).status).toBe(409)
    expect((await ask(webhook, { ...ALL, dry_run: true })).status).toBe(409)
    await change(account, webhook, 'enable')
    const before = receivers.got(url).length
    await runAlarm(account)
    await scheduler.wait(700)
    expect(receivers.got(url), 'enabling does not bring it back').toHaveLength(before)
  }, 60_000)

  test('that asks for nothing sensible is told every fault at once', async () => {
    const webhook = await newWebhook(account, receiver('faulty'))
    const paths = async (body: object) => {
      const answer = await ask(webhook, body)
      expect(answer.status).toBe(422)
      return answer.body.errors.map((each) => each.path)
    }
    expect(await paths({ statuses: ['held', 'lost'], until: 'soon', dry_run: 1, colour: 'red' })).toEqual(
      expect.arrayContaining(['since', 'until', 'statuses.0', 'statuses.1', 'dry_run']),
    )
    expect(await paths({ since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' })).toEqual(['until'])
    expect(await paths({ ...ALL, statuses: [] })).toEqual(['statuses'])
    const missing = `/v1/webhooks/${webhook}/replays/rpl_nothing?account_id=${account}`
    expect((await api('GET', missing)).status).toBe(404)
  })

  test('is nobody else’s to ask for or to read', async () => {
    const webhook = await newWebhook(account, receiver('owned'))
    const { body } = await ask(webhook, ALL)
    const other = await newAccount('Other')
    const key = (
      await api<{ key: string }>('POST', `/v1/accounts/${other}/keys`, { name: 'k', scope: 'manage' })
    ).body.key
    expect((await api('POST', `/v1/webhooks/${webhook}/replay`, ALL, key)).status).toBe(404)
    expect((await api('GET', `/v1/webhooks/${webhook}/replays/${body.id}`, undefined, key)).status).toBe(404)
    const mine = await newWebhook(other, receiver('mine'))
    expect((await api('GET', `/v1/webhooks/${mine}/replays/${body.id}`, undefined, key)).status).toBe(404)
  })

  test('skips what is past its retention, and what something else has delivered since', async () => {
    const url = receiver('skipped')
    const webhook = await newWebhook(account, url)
    await discard(webhook, 1, 1)
    pass(5)
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    await change(account, webhook, 'disable')
    await change(account, webhook, 'enable')
    // The replays wait for the breaker, and meanwhile the first of the two is past its retention.
    status = 500
    await tripBreaker(account, webhook)
    const asked = { ...ALL, statuses: ['discarded'] }
    const answers = [await ask(webhook, asked), await ask(webhook, asked)]
    expect(answers.map(({ body }) => body.count)).toEqual([2, 2])
    const [first, second] = answers.map(({ body }) => body.id)
    status = 200
    pass(3.1)
    await runAlarm(account)
    await until('both are done', async () => isDone(webhook, second ?? ''))
    expect(await read(webhook, first ?? '')).toMatchObject({ replayed: 1, skipped: 1 })
    expect(await read(webhook, second ?? '')).toMatchObject({ replayed: 0, skipped: 2 })
    const got = receivers.got(url).filter((request) => request.callId.startsWith('call-'))
    expect(got).toMatchObject([{ callId: 'call-1' }])
  })
})

describe('a long replay', () => {
  test('of 1,000 deliveries is done in a while, each once, in order in each call', async () => {
    const url = receiver('thousand')
    const webhook = await newWebhook(account, url)
    await discard(webhook, 200, 5)
    status = 200
    const startedMs = Date.now()
    const { body } = await ask(webhook, ALL)
    expect(body.count).toBe(1_000)
    await until('it is done', async () => isDone(webhook, body.id), 60_000)
    console.log(`1,000 deliveries were replayed in ${Date.now() - startedMs} ms`)
    expect(receivers.got(url)).toHaveLength(1_000)
    for (let n = 0; n < 200; n += 1) {
      expect(positions(receivers.got(url), `call-${n}`)).toEqual([1, 2, 3, 4, 5])
    }
  }, 120_000)

  test('of one long call goes in the order of the call, a portion at a time', async () => {
    const url = receiver('long-call')
    const webhook = await newWebhook(account, url)
    await discard(webhook, 1, 350)
    status = 200
    const { body } = await ask(webhook, ALL)
    await until('it is done', async () => isDone(webhook, body.id), 60_000)
    expect(positions(receivers.got(url), 'call-0')).toEqual(Array.from({ length: 350 }, (_, n) => n + 1))
  }, 120_000)

  test('has no more than some hundred deliveries under way, and goes on after its shard was thrown away', async () => {
    const url = receivers.add('bounded', async () => {
      await scheduler.wait(50)
      return new Response(null, { status })
    })
    const webhook = await newWebhook(account, url)
    await discard(webhook, 300, 1)
    status = 200
    const { body } = await ask(webhook, ALL)
    let most = 0
    const opened = async (): Promise<number> => {
      const open = (await deliveries(account, webhook, '&status=pending&limit=250')).length
      most = Math.max(most, open)
      return 300 - (await count(webhook, 'discarded'))
    }
    for (const least of [1, 201, 250]) {
      await until(`${least} have been opened`, async () => (await opened()) >= least, 30_000)
      await crash(account)
    }
    await until('it is done', async () => (await opened()) === 300 && isDone(webhook, body.id), 60_000)
    expect(most).toBeLessThanOrEqual(200)
    expect(await count(webhook, 'succeeded')).toBe(300)
    expect(await read(webhook, body.id)).toMatchObject({ replayed: 300, skipped: 0 })
    expect(new Set(receivers.got(url).map((request) => request.id)).size).toBe(300)
  }, 120_000)
})

test('a replay waits while the breaker is open, and goes on when it has closed', async () => {
  const url = receiver('breaker')
  const webhook = await newWebhook(account, url)
  await discard(webhook, 3, 2)
  status = 500
  await tripBreaker(account, webhook)
  const before = receivers.got(url).filter((request) => request.callId.startsWith('call-')).length
  const { body } = await ask(webhook, { ...ALL, statuses: ['discarded'] })
  await runAlarm(account)
  await scheduler.wait(700)
  expect(receivers.got(url).filter((request) => request.callId.startsWith('call-'))).toHaveLength(before)
  expect(await read(webhook, body.id)).toMatchObject({ status: 'running', replayed: 0 })
  status = 200
  await until('it is done', async () => isDone(webhook, body.id), 30_000)
  for (let n = 0; n < 3; n += 1) expect(positions(receivers.got(url), `call-${n}`)).toEqual([1, 2])
}, 60_000)

test('a call takes a hundred retries by hand at a time, and says of one more to come back', async () => {
  const url = receiver('retries')
  const webhook = await newWebhook(account, url)
  await discard(webhook, 1, 101)
  // Paused, so that none is made meanwhile.
  await change(account, webhook, 'pause')
  status = 200
  const answers: number[] = []
  for (const { id } of await deliveries(account, webhook, '&limit=250')) {
    answers.push((await api('POST', `/v1/deliveries/${id}/retry`)).status)
  }
  expect(answers).toEqual([...Array.from({ length: 100 }, () => 202), 503])
  await change(account, webhook, 'enable')
  await until('those are delivered', async () => (await count(webhook, 'succeeded')) === 100)
}, 60_000)
