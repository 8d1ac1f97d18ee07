import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, crash, runAlarm } from '../support/outage.ts'
import { slow } from '../support/queue.ts'
import {
  api,
  deliveries,
  env,
  event,
  newAccount,
  newWebhook,
  post,
  Receivers,
  until,
} from '../support/relay.ts'
import { setShards } from '../support/shards.ts'

let receivers: Receivers
let times: number[]
beforeEach(() => {
  receivers = new Receivers()
  times = []
})
afterEach(() => {
  vi.restoreAllMocks()
})

function receiver(name: string): string {
  return receivers.add(name, () => {
    times.push(Date.now())
    return new Response('ok')
  })
}

/** The most requests that came within any second. */
function most(): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length))
}

async function postTo(account: string, calls: readonly string[], each: number): Promise<void> {
  const events = calls.flatMap((call) => Array.from({ length: each }, () => event(account, call)))
  expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
}

function inOrder(url: string, calls: readonly string[], each: number): void {
  for (const call of calls) {
    const got = receivers.got(url).filter((request) => request.callId === call)
    expect(
      got.map((request) => request.position),
      call,
    ).toEqual(Array.from({ length: each }, (_, n) => n + 1))
  }
}

/**
 * What may come within a second of a limit of 20. Attempts are let go 50 ms apart; on a busy machine one takes up to
 * a third of a second longer than another from there to the receiver.
 */
const MOST = 28

const fifty = Array.from({ length: 50 }, (_, n) => `call-${n}`)

/** Who makes the attempts. */
const WAYS = env.ATTEMPTS_BY === 'object' ? ['object'] : ['invocation', 'queue']

describe('a rate limit', () => {
  for (const way of WAYS) {
    test(`holds when fifty calls come at once, each in its order: ${way}`, async () => {
      const account = await newAccount()
      const url = receiver(`fifty-${way}`)
      const webhook = await newWebhook(account, url, { rate_limit: 20 })
      if (way === 'queue') slow(webhook)
      await postTo(account, fifty, 2)
      await until('all are delivered', () => times.length === 100, 30_000)
      expect(most(), 'in any second').toBeLessThanOrEqual(MOST)
      expect((times.at(-1) ?? 0) - (times[0] ?? 0), 'the limit is used').toBeLessThan(9_000)
      inOrder(url, fifty, 2)
    }, 60_000)
  }

  test('holds for all shards of an account together', async () => {
    const account = await newAccount()
    await setShards(account, 4)
    const url = receiver('four-shards')
    await newWebhook(account, url, { rate_limit: 20 })
    for (const call of fifty) await post(account, call)
    await until('all are delivered', () => times.length === 50, 30_000)
    // Each shard may begin one at once.
    expect(most(), 'in any second').toBeLessThanOrEqual(MOST + 4)
  }, 60_000)

  test('holds when the shard dies in the middle', async () => {
    const account = await newAccount()
    const url = receiver('dies')
    const webhook = await newWebhook(account, url, { rate_limit: 20 })
    await postTo(account, fifty, 1)
    await until('some are delivered', () => times.length >= 10)
    await crash(account)
    await runAlarm(account)
    await until(
      'all are delivered',
      async () => {
        return (await deliveries(account, webhook, '&status=succeeded')).length === 50
      },
      30_000,
    )
    expect(most(), 'in any second').toBeLessThanOrEqual(MOST)
    for (const call of fifty)
      expect(
        receivers.got(url).some(({ callId }) => callId === call),
        call,
      ).toBe(true)
  }, 60_000)

  test('holds for what was held, however much of it is let go at once', async () => {
    const account = await newAccount()
    const url = receiver('released')
    const webhook = await newWebhook(account, url, { rate_limit: 20 })
    await change(account, webhook, 'pause')
    await postTo(account, fifty, 2)
    await change(account, webhook, 'enable')
    await until('all are delivered', () => times.length === 100, 30_000)
    expect(most(), 'in any second').toBeLessThanOrEqual(MOST)
    inOrder(url, fifty, 2)
  }, 60_000)

  test('does not use up attempts, and makes none that is not let go', async () => {
    const account = await newAccount()
    const url = receiver('attempts')
    const webhook = await newWebhook(account, url, { rate_limit: 5 })
    await postTo(account, fifty.slice(0, 15), 1)
    await until('all are on record', async () => {
      return (await deliveries(account, webhook, '&status=succeeded')).length === 15
    })
    const listed = await deliveries(account, webhook)
    expect(listed.map((each) => each.attempt_count)).toEqual(Array.from({ length: 15 }, () => 1))
    expect(times).toHaveLength(15)
  })

  test('is of one webhook: another of the same account does not wait for it', async () => {
    const account = await newAccount()
    const limited = receiver('limited')
    await newWebhook(account, limited, { rate_limit: 1 })
    const free = receivers.add('free')
    await newWebhook(account, free)
    await postTo(account, fifty.slice(0, 10), 1)
    await until('the other has all', () => receivers.got(free).length === 10, 3_000)
    expect(times.length).toBeLessThan(8)
  })

  test.each([
    ['raised', 100],
    ['taken away', null],
  ])(
    'that is %s is felt at once, by what was given a turn and by what was not',
    async (_how, raised) => {
      const account = await newAccount()
      const url = receiver(`felt-${raised}`)
      // A line of more than a minute: the last have no turn.
      const webhook = await newWebhook(account, url, { rate_limit: 0.5 })
      await postTo(account, fifty, 1)
      await until('the first is delivered', () => times.length >= 1)
      const changedMs = Date.now()
      await api('PATCH', `/v1/webhooks/${webhook}`, { rate_limit: raised })
      await until('all are delivered', () => times.length === 50, 15_000)
      const mostMs = raised === null ? 3_000 : 5_000
      expect((times.at(-1) ?? 0) - changedMs, 'by the old limit: 100 s').toBeLessThan(mostMs)
      inOrder(url, fifty, 1)
    },
    40_000,
  )

  test('that is changed holds from then on, for what waits as well', async () => {
    const account = await newAccount()
    const url = receiver('changed')
    const webhook = await newWebhook(account, url, { rate_limit: 2 })
    await postTo(account, fifty.slice(0, 30), 1)
    await until('some are delivered', () => times.length >= 2)
    await api('PATCH', `/v1/webhooks/${webhook}`, { rate_limit: 20 })
    await postTo(account, fifty.slice(30), 1)
    await until('all are delivered', () => times.length === 50, 20_000)
    expect(most(), 'in any second').toBeLessThanOrEqual(MOST)
  }, 40_000)
})
