import { runInDurableObject } from 'cloudflare:test'
// @ts-expect-error -- the types of the tests are those of a Worker, which has this of Node's
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { shardOfAccount } from '../support/outage.ts'
import { slow } from '../support/queue.ts'
import { api, deliveries, event, newAccount, newWebhook, Receivers, until } from '../support/relay.ts'

/*
 * The machines that a shard, an invocation and a consumer run on have clocks of their own. Here all share one, so that
 * of the shards is moved for all that follows from a request to one, and for their alarms.
 */

const skew = new AsyncLocalStorage<number>()
let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + (skew.getStore() ?? 0))
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Moves the clock of all shards. */
async function moveClock(account: string, ms: number): Promise<void> {
  const proto = await runInDurableObject(shardOfAccount(account), (object) => {
    return Object.getPrototypeOf(object) as Record<string, (...all: unknown[]) => unknown> // safe: it has methods alone
  })
  for (const name of Object.getOwnPropertyNames(proto)) {
    const method = proto[name]
    if (name === 'constructor' || method === undefined) continue
    vi.spyOn(proto, name).mockImplementation(function (this: unknown, ...all) {
      return skew.run(ms, () => method.apply(this, all))
    })
  }
}

for (const ms of [30_000, -30_000]) {
  describe(`with shards whose clock is ${ms / 1000} s off`, () => {
    for (const way of ['inline', 'queue'] as const) {
      test(`each delivery is made once, and again if it fails, in order: ${way}`, async () => {
        const account = await newAccount()
        let now = 0
        let most = 0
        const url = receivers.add(`skew-${way}`, async ({ attempt, position }) => {
          now += 1
          most = Math.max(most, now)
          await scheduler.wait(100)
          now -= 1
          return new Response(null, { status: attempt === 1 && position === 2 ? 500 : 200 })
        })
        const webhook = await newWebhook(account, url)
        if (way === 'queue') slow(webhook)
        await moveClock(account, ms)
        const events = Array.from({ length: 3 }, () => event(account, 'call-1'))
        await api('POST', '/v1/events/batch', { events })
        await until('all are delivered', async () => {
          return (await deliveries(account, webhook, '&status=succeeded')).length === 3
        })
        const got = receivers.got(url).map((request) => [request.position, request.attempt])
        expect(got).toEqual([
          [1, 1],
          [2, 1],
          [2, 2],
          [3, 1],
        ])
        expect(most, 'one at a time').toBe(1)
      })
    }

    test('a rate limit holds, and everyone has a turn', async () => {
      const account = await newAccount()
      const times: number[] = []
      const url = receivers.add('skew-rate', () => {
        times.push(performance.now())
        return new Response('ok')
      })
      await newWebhook(account, url, { rate_limit: 10 })
      await moveClock(account, ms)
      const events = Array.from({ length: 30 }, (_, n) => event(account, `call-${n}`))
      await api('POST', '/v1/events/batch', { events })
      await until(
        'all are delivered, and none waits for what the clocks differ by',
        () => times.length === 30,
        15_000,
      )
      const most = Math.max(
        ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length),
      )
      expect(most).toBeLessThanOrEqual(13)
    }, 30_000)
  })
}
