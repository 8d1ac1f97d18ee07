import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, crash, readWebhook as read, tripBreaker } from '../support/outage.ts'
import { api, deliveries, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('status', () => {
  test('paused holds what matches, enabling delivers it in order, and both may be said twice', async () => {
    const account = await newAccount()
    const url = receivers.add('paused')
    const webhook = await newWebhook(account, url)
    for (let n = 0; n < 2; n += 1)
      expect((await change(account, webhook, 'pause')).body.status).toBe('paused')
    for (const call of ['call-1', 'call-2', 'call-3'])
      for (let n = 0; n < 3; n += 1) await post(account, call)
    await until(
      'all are listed as held',
      async () => (await deliveries(account, webhook, '&status=held')).length === 9,
    )
    expect(receivers.got(url)).toEqual([])
    for (let n = 0; n < 2; n += 1)
      expect((await change(account, webhook, 'enable')).body.status).toBe('active')
    await until(
      'all are delivered',
      async () => (await deliveries(account, webhook, '&status=succeeded')).length === 9,
    )
    for (const call of ['call-1', 'call-2', 'call-3']) {
      const positions = receivers
        .got(url)
        .filter((request) => request.callId === call)
        .map((request) => request.position)
      expect(positions).toEqual([1, 2, 3])
    }
  })

  test('when pause has returned, no attempt starts; what was in flight ends, and the rest is held', async () => {
    const account = await newAccount()
    let answering = false
    const url = receivers.add('in-flight', async () => {
      await until('the receiver answers', () => answering)
      return new Response('ok')
    })
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await post(account, 'call-1')
    await until('the first is in flight', () => receivers.got(url).length === 1)
    await change(account, webhook, 'pause')
    answering = true
    await until(
      'the second is held',
      async () => (await deliveries(account, webhook, '&status=held')).length === 1,
    )
    expect(receivers.got(url)).toHaveLength(1)
    await change(account, webhook, 'enable')
    await until('the second goes', () => receivers.got(url).length === 2)
  })

  test('disabled takes nothing and discards what waits, and enabling does not bring it back', async () => {
    const account = await newAccount()
    const url = receivers.add('disabled')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    await change(account, webhook, 'disable')
    expect(await deliveries(account, webhook, '&status=discarded')).toHaveLength(1)
    await post(account, 'call-1')
    await change(account, webhook, 'enable')
    await post(account, 'call-1')
    await until('the third is delivered', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 1
    })
    expect(receivers.got(url).map((request) => request.position)).toEqual([3])
    const listed = await deliveries(account, webhook)
    expect(listed.map((each) => each.status)).toEqual(['succeeded', 'discarded'])
  })

  test('a delivery that waits for its retry is discarded by a disable, even if it is enabled again before', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'waiting',
      () => new Response(null, { status: 503, headers: { 'retry-after': '2' } }),
    )
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it waits', async () => (await deliveries(account, webhook, '&status=pending')).length === 1)
    await change(account, webhook, 'disable')
    await change(account, webhook, 'enable')
    expect(await deliveries(account, webhook, '&status=discarded')).toHaveLength(1)
    await post(account, 'call-1')
    await until('the next event goes past it', () => receivers.got(url).length === 2)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
  })

  test('410 disables the webhook and says why', async () => {
    const account = await newAccount()
    const url = receivers.add('gone', () => new Response(null, { status: 410 }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it is disabled', async () => (await read(account, webhook)).status === 'disabled')
    expect((await read(account, webhook)).status_reason).toContain('410')
    expect((await deliveries(account, webhook))[0]).toMatchObject({ status: 'failed', attempt_count: 1 })
  })

  test('a deleted webhook gets nothing more, and the timeline still tells what became of its deliveries', async () => {
    const account = await newAccount()
    const url = receivers.add('deleted')
    const webhook = await newWebhook(account, url)
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    expect((await api('DELETE', `/v1/webhooks/${webhook}?account_id=${account}`)).status).toBe(204)
    expect((await post(account, 'call-1')).status).toBe(202)
    const { body } = await api<{ events: { deliveries: { status: string }[] }[] }>(
      'GET',
      `/v1/calls/call-1?account_id=${account}`,
    )
    expect(body.events.map((each) => each.deliveries.map((delivery) => delivery.status))).toEqual([
      ['discarded'],
      [],
    ])
    expect(receivers.got(url)).toEqual([])
  })

  test('five failures in a row show as failing, and one success as healthy', async () => {
    const account = await newAccount()
    let status = 500
    const url = receivers.add('health', () => new Response(null, { status }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await post(account, 'call-2')
    await until('it is failing', async () => (await read(account, webhook)).health === 'failing')
    status = 200
    await post(account, 'call-3')
    await until('it is healthy', async () => (await read(account, webhook)).health === 'healthy')
  })

  test('while the account’s switch is off, events are accepted and match nothing', async () => {
    const account = await newAccount()
    const url = receivers.add('switch')
    await newWebhook(account, url)
    await api('PATCH', `/v1/accounts/${account}`, { webhooks_enabled: false })
    expect((await post(account, 'call-1')).status).toBe(202)
    await api('PATCH', `/v1/accounts/${account}`, { webhooks_enabled: true })
    await post(account, 'call-1')
    await until('the second is delivered', () => receivers.got(url).length === 1)
    expect(receivers.got(url)[0]?.position).toBe(2)
  })
})

/** When a request to a receiver went out, at the moment of the call and not of its arrival. */
function startsAt(url: string): number {
  return vi.mocked(globalThis.fetch).mock.calls.filter(([to]) => to === url).length
}

/** Work that keeps attempts of one kind starting, or about to. */
interface Work {
  account: string
  webhook: string
  url: string
}
interface Way {
  name: string
  config?: object
  answer: (attempt: number) => Response | Promise<Response>
  begin: (work: Work) => Promise<void>
  /** Goes on while the change is made, and after it. */
  during?: (work: Work) => Promise<unknown>
}

const ok = (): Response => new Response('ok')
const refused = (): Response => new Response(null, { status: 500 })

async function batch(account: string, calls: number, each: number, more: object = {}): Promise<void> {
  const events = Array.from({ length: calls * each }, (_, n) => event(account, `call-${n % calls}`, more))
  expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
}

const some = ({ url }: Work) => until('some have started', () => startsAt(url) > 0)

const WAYS: Way[] = [
  {
    name: 'first attempts of events that come all the while',
    answer: ok,
    begin: async (work) => {
      await batch(work.account, 4, 1)
      await some(work)
    },
    during: async ({ account }) => {
      const sinceMs = Date.now()
      while (Date.now() - sinceMs < 1_000) {
        await Promise.all([batch(account, 12, 2), batch(account, 5, 1)])
        // The test shares its thread with the relay, and nobody's timers fire as long as it has more to ask.
        await scheduler.wait(1)
      }
    },
  },
  {
    name: 'the next of a call, as soon as the one before it has ended',
    answer: async () => {
      await scheduler.wait(10)
      return ok()
    },
    begin: async (work) => {
      await batch(work.account, 4, 60)
      await some(work)
    },
  },
  {
    name: 'the next of a call, once a slow receiver has answered',
    answer: async () => {
      await scheduler.wait(300)
      return ok()
    },
    begin: async (work) => {
      await batch(work.account, 4, 5)
      await some(work)
    },
  },
  {
    name: 'those behind many that are under way',
    answer: async () => {
      await scheduler.wait(600)
      return ok()
    },
    begin: async (work) => {
      await batch(work.account, 240, 1)
      await some(work)
    },
  },
  {
    name: 'retries',
    answer: refused,
    begin: async ({ account, webhook }) => {
      // Three calls: not enough for the breaker to trip.
      await batch(account, 3, 1)
      await until(
        'they wait',
        async () => (await deliveries(account, webhook, '&status=pending')).length === 3,
      )
    },
  },
  {
    name: 'those that wait for their slot at a rate limit',
    config: { rate_limit: 20 },
    answer: ok,
    begin: async (work) => {
      await batch(work.account, 30, 1)
      await some(work)
    },
  },
  {
    name: 'events that wait for a gap',
    answer: ok,
    begin: async ({ account }) => batch(account, 10, 1, { sequence: 2 }),
  },
  {
    name: 'a backlog that was just released',
    answer: ok,
    begin: async (work) => {
      await change(work.account, work.webhook, 'pause')
      await batch(work.account, 100, 2)
      await change(work.account, work.webhook, 'enable')
    },
  },
  {
    name: 'probes of a tripped breaker',
    answer: refused,
    begin: async ({ account, webhook }) => {
      await tripBreaker(account, webhook)
      await batch(account, 5, 1)
    },
  },
  {
    name: 'deliveries that are made again by hand',
    answer: ok,
    begin: async ({ account, webhook }) => {
      await batch(account, 5, 4)
      await until('all are delivered', async () => {
        return (await deliveries(account, webhook, '&status=succeeded')).length === 20
      })
    },
    during: async ({ account, webhook }) => {
      const made = await deliveries(account, webhook)
      return Promise.all(made.map(async ({ id }) => api('POST', `/v1/deliveries/${id}/retry`)))
    },
  },
  {
    name: 'a replay',
    answer: ok,
    begin: async ({ account, webhook }) => {
      await batch(account, 30, 3)
      await until('all are delivered', async () => {
        return (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === 90
      })
      const all = { since: '2020-01-01T00:00:00Z', statuses: ['succeeded'] }
      const replay = await api('POST', `/v1/webhooks/${webhook}/replay?account_id=${account}`, all)
      expect(replay.status).toBe(202)
    },
  },
]

const CHANGES = {
  pause: (work: Work) => api('POST', `/v1/webhooks/${work.webhook}/pause`),
  disable: (work: Work) => api('POST', `/v1/webhooks/${work.webhook}/disable`),
  delete: (work: Work) => api('DELETE', `/v1/webhooks/${work.webhook}`),
}

for (const [name, make] of Object.entries(CHANGES)) {
  describe(`when ${name} has returned, none of these starts`, () => {
    for (const [index, way] of WAYS.entries()) {
      test(way.name, async () => {
        const account = await newAccount()
        const url = receivers.add(`${name}-${index}`, ({ attempt }) => way.answer(attempt))
        const work = { account, url, webhook: await newWebhook(account, url, way.config) }
        await way.begin(work)
        const during = way.during?.(work)
        expect((await make(work)).status).toBeLessThan(300)
        const before = startsAt(url)
        // Longer than any retry, slot, gap and probe takes.
        await scheduler.wait(1_400)
        await during
        await scheduler.wait(100)
        expect(startsAt(url)).toBe(before)
        if (name !== 'pause') return
        // It was pause that held them, and not that there was nothing to do.
        await change(account, work.webhook, 'enable')
        await until('it goes on', () => startsAt(url) > before, 5_000)
      })
    }
  })
}

test('a pause and a disable outlive the shard, whatever was about to start when it died', async () => {
  for (const to of ['pause', 'disable'] as const) {
    const account = await newAccount()
    const url = receivers.add(`restart-${to}`)
    const webhook = await newWebhook(account, url)
    await batch(account, 10, 20)
    await until('some have started', () => startsAt(url) > 0)
    await change(account, webhook, to)
    const before = startsAt(url)
    await crash(account)
    expect((await post(account, 'call-0')).status).toBe(202)
    await scheduler.wait(4_000)
    expect(startsAt(url)).toBe(before)
    const waiting = (await deliveries(account, webhook, '&status=pending&limit=250')).length
    expect(waiting, 'nothing is left pending').toBe(0)
  }
})

test('of changes that are made at the same time the last one holds, in the shard as in D1', async () => {
  const account = await newAccount()
  const url = receivers.add('at-once')
  const webhook = await newWebhook(account, url)
  const all = ['pause', 'enable', 'disable', 'enable', 'pause', 'enable', 'disable', 'pause'] as const
  await Promise.all(all.map(async (to) => change(account, webhook, to)))
  const { status } = await read(account, webhook)
  const before = startsAt(url)
  await batch(account, 5, 1)
  if (status === 'active') await until('they are delivered', () => startsAt(url) === before + 5)
  else {
    await scheduler.wait(500)
    expect(startsAt(url)).toBe(before)
    const held = await deliveries(account, webhook, '&status=held')
    expect(held).toHaveLength(status === 'paused' ? 5 : 0)
  }
})
