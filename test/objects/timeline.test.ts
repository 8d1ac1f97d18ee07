import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { change, crash, tripBreaker } from '../support/outage.ts'
import { Journal } from '../../src/shard/journal.ts'
import { ATTEMPT, inStorage, webhookId } from '../support/shard-tables.ts'
import { api, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

interface Delivery {
  webhook_name: string | null
  status: string
  due_at: string | null
  completed_at: string | null
  waits: { why: string; from: string; until: string | null }[]
  attempts: { started_at: string; response_body?: string | null }[]
}
interface Timeline {
  events: { position: number; received_at: string; released_at: string | null; deliveries: Delivery[] }[]
  next_cursor: string | null
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

async function timeline(call: string, more = ''): Promise<Timeline> {
  return (await api<Timeline>('GET', `/v1/calls/${call}?account_id=${account}${more}`)).body
}

/** The deliveries of a call to its one webhook, once all of them have ended. */
async function ended(call: string): Promise<Delivery[]> {
  let found: Delivery[] = []
  await until(`all of ${call} has ended`, async () => {
    found = (await timeline(call)).events.flatMap(({ deliveries }) => deliveries)
    return found.length > 0 && found.every(({ completed_at }) => completed_at !== null)
  })
  return found
}

/** The events of a call, from pages of so many. */
async function paged(call: string, limit: number): Promise<Timeline['events']> {
  const pages: Timeline['events'] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Timeline = await timeline(call, `&limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`)
    expect(page.events.length).toBeLessThanOrEqual(limit)
    pages.push(...page.events)
    cursor = page.next_cursor
  }
  return pages
}

const whys = (delivery: Delivery | undefined): string[] | undefined => delivery?.waits.map(({ why }) => why)
const tookMs = (delivery: Delivery | undefined, at: number): number => {
  const wait = delivery?.waits[at]
  return wait?.until == null ? NaN : Date.parse(wait.until) - Date.parse(wait.from)
}

test('a delivery that went at once waited for nothing, and its turn came with its event', async () => {
  await newWebhook(account, receivers.add('at-once'), { name: 'CRM' })
  await post(account, 'call-1')
  const [delivery] = await ended('call-1')
  const [first] = (await timeline('call-1')).events
  expect(delivery).toMatchObject({ webhook_name: 'CRM', waits: [], due_at: first?.received_at })
  expect(first?.released_at).toBe(first?.received_at)
})

test('the answers are there if they are asked for', async () => {
  await newWebhook(
    account,
    receivers.add('answers', () => new Response('thanks')),
  )
  await post(account, 'call-1')
  const [plain] = await ended('call-1')
  expect(plain?.attempts[0]).not.toHaveProperty('response_body')
  const { events } = await timeline('call-1', '&bodies=true')
  expect(events[0]?.deliveries[0]?.attempts[0]?.response_body).toBe('thanks')
})

test('an event that waits for a gap is released when its window ends, and its delivery waited for that', async () => {
  await newWebhook(account, receivers.add('gap'))
  await post(account, 'call-1', { sequence: 2 })
  const [waiting] = (await timeline('call-1')).events
  expect(waiting).toMatchObject({ released_at: null })
  expect(waiting?.deliveries[0]).toMatchObject({ due_at: null, waits: [{ why: 'gap', until: null }] })
  const [delivery] = await ended('call-1')
  expect(whys(delivery)).toEqual(['gap'])
  expect(tookMs(delivery, 0)).toBeGreaterThanOrEqual(490)
})

test('a delivery waits for its turn behind the one before it, and no longer', async () => {
  const url = receivers.add('turn', async () => {
    await scheduler.wait(200)
    return new Response('ok')
  })
  await newWebhook(account, url)
  await post(account, 'call-1')
  await post(account, 'call-1')
  const [first, second] = await ended('call-1')
  expect([whys(first), whys(second)]).toEqual([[], ['turn']])
  expect(second?.due_at).toBe(first?.completed_at)
  expect(second?.waits[0]?.until).toBe(first?.completed_at)
})

test('a delivery waits for its retries, and for a time that its receiver asks for', async () => {
  const url = receivers.add('retries', ({ attempt }) => {
    if (attempt === 1) return new Response(null, { status: 503, headers: { 'retry-after': '1' } })
    return new Response(null, { status: attempt < 3 ? 500 : 200 })
  })
  await newWebhook(account, url)
  await post(account, 'call-1')
  const [delivery] = await ended('call-1')
  expect(whys(delivery)).toEqual(['asked', 'backoff'])
  expect(tookMs(delivery, 0)).toBeGreaterThanOrEqual(950)
  expect(Date.parse(delivery?.waits[0]?.until ?? '')).toBeLessThanOrEqual(
    Date.parse(delivery?.attempts[1]?.started_at ?? ''),
  )
})

test('a delivery waits for the end of a pause, and the second of a call then for its turn; a restart forgets none of it', async () => {
  const url = receivers.add('held', async () => {
    await scheduler.wait(100)
    return new Response('ok')
  })
  const webhook = await newWebhook(account, url)
  await change(account, webhook, 'pause')
  await post(account, 'call-1')
  await post(account, 'call-1')
  await until('both are held', async () => {
    const { events } = await timeline('call-1')
    return events.every(({ deliveries: [delivery] }) => delivery?.waits.some(({ why }) => why === 'held'))
  })
  await crash(account)
  const { events } = await timeline('call-1')
  expect(events.map(({ deliveries: [delivery] }) => delivery?.waits.at(-1))).toMatchObject([
    { why: 'held', until: null },
    { why: 'held', until: null },
  ])
  await change(account, webhook, 'enable')
  const [first, second] = await ended('call-1')
  expect([whys(first), whys(second)]).toEqual([['held'], ['held', 'turn']])
  expect(second?.waits[0]?.until).toBe(first?.waits[0]?.until)
  expect(second?.waits[1]?.until).toBe(first?.completed_at)
})

test('a delivery waits for the end of an outage', async () => {
  let status = 500
  const url = receivers.add('outage', () => new Response(null, { status }))
  const webhook = await newWebhook(account, url)
  await tripBreaker(account, webhook)
  await post(account, 'call-1')
  await until('it is held', async () => {
    const [first] = (await timeline('call-1')).events
    return first?.deliveries[0]?.waits[0]?.why === 'breaker'
  })
  status = 200
  const [delivery] = await ended('call-1')
  expect(whys(delivery)).toContain('breaker')
  expect(delivery?.waits.every(({ until: over }) => over !== null)).toBe(true)
})

test('a delivery waits for a slot at the rate limit', async () => {
  await newWebhook(account, receivers.add('rate'), { rate_limit: 1 })
  const events = [1, 2].map((n) => event(account, `call-${n}`))
  expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
  const all = [...(await ended('call-1')), ...(await ended('call-2'))]
  expect(all.flatMap((each) => whys(each) ?? [])).toEqual(['rate'])
})

test('a timeline of many events goes on by its cursor, and knows what its first delivery waited for', async () => {
  const url = receivers.add('many', async () => {
    await scheduler.wait(30)
    return new Response('ok')
  })
  await newWebhook(account, url)
  const events = Array.from({ length: 5 }, () => event(account, 'call-1'))
  expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
  await ended('call-1')
  const whole = await timeline('call-1')
  const pages = await paged('call-1', 2)
  expect(pages).toEqual(whole.events)
  expect(pages.map(({ deliveries: [delivery] }) => whys(delivery))).toEqual([
    [],
    ...Array.from({ length: 4 }, () => ['turn']),
  ])
})

test('pages say the same of a long hold as the whole does: over when that of the first of the call is', async () => {
  const url = receivers.add('held-pages', async () => {
    await scheduler.wait(50)
    return new Response('ok')
  })
  const webhook = await newWebhook(account, url)
  await change(account, webhook, 'pause')
  const events = Array.from({ length: 6 }, () => event(account, 'call-1'))
  expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
  await until('all are held', async () => {
    const found = (await timeline('call-1')).events
    return found.every(({ deliveries: [delivery] }) => delivery?.waits.some(({ why }) => why === 'held'))
  })
  await change(account, webhook, 'enable')
  await ended('call-1')
  const whole = await timeline('call-1')
  expect(await paged('call-1', 2)).toEqual(whole.events)
  expect(whole.events.slice(2).map(({ deliveries: [delivery] }) => whys(delivery))).toEqual(
    Array.from({ length: 4 }, () => ['held', 'turn']),
  )
})

test('what is behind one that is retried after a pause was held until the end of the pause, on each page, and no longer', async () => {
  const url = receivers.add('held-retried', ({ position, attempt }) =>
    position === 1 && attempt === 1
      ? new Response(null, { status: 503, headers: { 'retry-after': '1' } })
      : new Response('ok'),
  )
  const webhook = await newWebhook(account, url)
  await change(account, webhook, 'pause')
  const events = Array.from({ length: 2 }, () => event(account, 'call-1'))
  expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
  await until('both are held', async () => {
    const found = (await timeline('call-1')).events
    return found.every(({ deliveries: [delivery] }) => delivery?.waits.some(({ why }) => why === 'held'))
  })
  await change(account, webhook, 'enable')
  let during: Delivery[] = []
  await until('the first waits again', async () => {
    during = (await timeline('call-1')).events.flatMap(({ deliveries }) => deliveries)
    return whys(during[0])?.includes('asked') === true
  })
  expect(during.map(whys)).toEqual([
    ['held', 'asked'],
    ['held', 'turn'],
  ])
  const [first, second] = await ended('call-1')
  expect(second?.waits).toEqual([
    { why: 'held', from: expect.any(String), until: first?.waits[0]?.until },
    { why: 'turn', from: first?.waits[0]?.until, until: first?.completed_at },
  ])
  expect(await paged('call-1', 1)).toEqual((await timeline('call-1')).events)
})

test('what waits for a slot at the rate limit is held for as long as a pause, and then waits for its slot again', async () => {
  const webhook = await newWebhook(account, receivers.add('rate-paused'), { rate_limit: 1 })
  const events = [1, 2, 3].map((n) => event(account, `call-${n}`))
  expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
  const last = async () => (await timeline('call-3')).events[0]?.deliveries[0]
  await until('it waits', async () => (await last())?.waits[0]?.why === 'rate')
  await change(account, webhook, 'pause')
  await until('it is held', async () => (await last())?.status === 'held')
  await change(account, webhook, 'enable')
  await until('it is held no longer', async () => (await last())?.status === 'pending')
  expect((await last())?.waits.slice(-2)).toMatchObject([{ why: 'held' }, { why: 'rate', until: null }])
})

test('pages have each event once, if one that waited for a gap is released between them', async () => {
  await newWebhook(account, receivers.add('gap-pages'), { ordering: 'none' })
  await post(account, 'call-1', { sequence: 1 })
  for (const sequence of [4, 5, 6]) await post(account, 'call-1', { sequence })
  const first = await timeline('call-1', '&limit=2')
  await post(account, 'call-1', { sequence: 2 })
  await post(account, 'call-1', { sequence: 3 })
  await ended('call-1')
  const second = await timeline('call-1', `&limit=1&cursor=${first.next_cursor}`)
  const third = await timeline('call-1', `&limit=1&cursor=${second.next_cursor}`)
  const pages = [first, second, third]
  const positions = pages.map(({ events }) => events.map(({ position }) => position))
  expect(positions).toEqual([[1, 4], [5], [6]])
  expect(third.next_cursor).toBeNull()
})

test('what a disable has discarded in its row alone, and is made again by hand later, was held until then and no longer', async () => {
  await inStorage((tables) => {
    const id = webhookId(1)
    const seq = tables.event(1_000, 'call-1', { webhooks: [id] })
    const journal = new Journal(tables.sql, tables.days)
    const [stored] = journal.events([seq])
    if (stored === undefined) throw new Error('no event')
    const row = { webhookId: id, event: stored, attempts: 0, nextAttemptMs: null, attempt: null, error: null }
    journal.saveDelivery({ ...row, status: 'held', open: null, isNew: true }, true, false, 2_000)
    journal.discardWaiting(id, seq, [], 3_000)
    journal.saveDelivery({ ...row, status: 'pending', open: null, isNew: false }, false, false, 9_000)
    const attempt = { ...ATTEMPT, started_at: 9_001, status_code: 200, error: null }
    const over = { ...row, status: 'succeeded', open: null, attempts: 1, attempt } as const
    journal.saveDelivery({ ...over, isNew: false }, false, false, 9_100)
    expect(journal.delivery(seq, id)?.state).toMatchObject({
      first_completed_at: 3_000,
      completed_at: 9_100,
      waits: [{ why: 'held', from: 2_000, until: 3_000 }],
    })
  })
})
