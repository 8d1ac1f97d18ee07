import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { change, crash, tripBreaker } from '../support/outage.ts'
import { api, deliveries, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeAll(() => {
  receivers = new Receivers()
})
afterAll(() => {
  vi.restoreAllMocks()
})

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

const some = ({ url }: Work) => until('some have started', () => receivers.starts(url) > 0)

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
  // Each waits to see that nothing comes: they wait at the same time.
  describe.concurrent(`when ${name} has returned, none of these starts`, () => {
    for (const [index, way] of WAYS.entries()) {
      test(way.name, async () => {
        const account = await newAccount()
        const url = receivers.add(`${name}-${index}`, ({ attempt }) => way.answer(attempt))
        const work = { account, url, webhook: await newWebhook(account, url, way.config) }
        await way.begin(work)
        const during = way.during?.(work)
        expect((await make(work)).status).toBeLessThan(300)
        const before = receivers.starts(url)
        // Longer than any retry, slot, gap and probe takes.
        await scheduler.wait(1_400)
        await during
        await scheduler.wait(100)
        expect(receivers.starts(url)).toBe(before)
        if (name !== 'pause') return
        // It was pause that held them, and not that there was nothing to do.
        await change(account, work.webhook, 'enable')
        await until('it goes on', () => receivers.starts(url) > before, 20_000)
      })
    }
  })
}

test('a pause and a disable outlive the shard, whatever was about to start when it died', async () => {
  const outlives = async (to: 'pause' | 'disable'): Promise<void> => {
    const account = await newAccount()
    const url = receivers.add(`restart-${to}`)
    const webhook = await newWebhook(account, url)
    await batch(account, 10, 20)
    await until('some have started', () => receivers.starts(url) > 0)
    await change(account, webhook, to)
    const before = receivers.starts(url)
    await crash(account)
    expect((await post(account, 'call-0')).status).toBe(202)
    await scheduler.wait(4_000)
    expect(receivers.starts(url)).toBe(before)
    const waiting = (await deliveries(account, webhook, '&status=pending&limit=250')).length
    expect(waiting, 'nothing is left pending').toBe(0)
  }
  await Promise.all([outlives('pause'), outlives('disable')])
})
