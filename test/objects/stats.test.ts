import { evictDurableObject } from 'cloudflare:test'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { learnt } from '../../src/api/events/shard-counts.ts'
import type { StatsView } from '../../src/api/stats/view.ts'
import { shardOfCall } from '../../src/order/placement.ts'
import type { ProblemBody } from '../support/control.ts'
import { rests, shardOfAccount } from '../support/outage.ts'
import { api, deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'
import { setShards } from '../support/shards.ts'

/* As it is read over HTTP; what is counted and written is in test/unit/stats.test.ts. */

let receivers: Receivers
beforeAll(() => {
  receivers = new Receivers()
})
afterAll(() => vi.restoreAllMocks())

type Span = { window: string; since: string; bucket_seconds: number }

async function statsOf(account: string, webhook: string, window = '1h') {
  const path = `/v1/webhooks/${webhook}/stats?account_id=${account}&window=${window}`
  return (await api<Span & StatsView & { webhook_id: string }>('GET', path)).body
}

async function statsOfAll(account: string, query = '') {
  const path = `/v1/stats?account_id=${account}${query}`
  return (
    await api<Span & { account: StatsView | null; webhooks: (StatsView & { webhook_id: string })[] }>(
      'GET',
      path,
    )
  ).body
}

test('stats tell how deliveries ended, of webhooks by themselves and of the account, over all of its shards', async () => {
  const account = await newAccount()
  const good = await newWebhook(account, receivers.add('stats-good'))
  const bad = await newWebhook(
    account,
    receivers.add('stats-bad', () => new Response('no', { status: 500 })),
  )
  await setShards(account, 2)
  learnt(account, 2)
  const calls = [0, 1].map((shard) => {
    const found = Array.from({ length: 20 }, (_, n) => `call-${n}`).find((id) => shardOfCall(id, 2) === shard)
    return found ?? ''
  })
  for (const call of calls) await post(account, call)
  const isFailed = async () => (await deliveries(account, bad, '&status=failed')).length === 2
  await until('the failures are on record', isFailed)

  const one = await statsOf(account, good)
  expect(one).toMatchObject({
    webhook_id: good,
    window: '1h',
    bucket_seconds: 60,
    held: 0,
    oldest_waiting_at: null,
    total: {
      deliveries: { succeeded: 2, failed: 0, expired: 0, discarded: 0 },
      attempts: { total: 2, succeeded: 2, retries: 0, errors: {} },
      success_rate: 1,
    },
  })
  expect(one.buckets).toHaveLength(60)
  expect(one.total.done_ms?.p99).toBeGreaterThanOrEqual(one.total.receiver_ms?.p50 ?? 0)

  const named = await statsOfAll(account, `&webhook_id=${bad}&webhook_id=${good}&window=7d`)
  expect(named.account).toBeNull()
  expect(named.webhooks.map((each) => each.webhook_id)).toEqual([bad, good])
  expect(named.webhooks[0]?.total).toMatchObject({
    deliveries: { succeeded: 0, failed: 2 },
    attempts: { total: 8, succeeded: 0, retries: 6, errors: { status: 8 } },
    success_rate: 0,
  })
  expect(named.webhooks[0]?.buckets).toHaveLength(84)

  const { account: all, webhooks } = await statsOfAll(account)
  expect(webhooks).toEqual([])
  expect(all?.total).toMatchObject({
    deliveries: { succeeded: 2, failed: 2 },
    attempts: { total: 10, succeeded: 2, retries: 6, errors: { status: 8 } },
    success_rate: 0.5,
  })
  expect(all?.buckets).toHaveLength(96)
})

test('stats leave tests out, and are the same once the shard has left memory', async () => {
  const account = await newAccount()
  const webhook = await newWebhook(account, receivers.add('stats-tests'))
  await api('POST', `/v1/webhooks/${webhook}/test?account_id=${account}`, {})
  await post(account, 'call-1')
  const succeeded = async () => (await statsOf(account, webhook)).total.deliveries.succeeded
  await until('it is counted', async () => (await succeeded()) === 1)
  expect((await statsOf(account, webhook)).total.attempts.total).toBe(1)
  await rests(account)
  await evictDurableObject(shardOfAccount(account))
  expect(await succeeded()).toBe(1)
})

test('what is held, and since when the oldest waits, is as of now', async () => {
  const account = await newAccount()
  const webhook = await newWebhook(account, receivers.add('stats-held'))
  const path = `/v1/webhooks/${webhook}`
  await api('POST', `${path}/pause?account_id=${account}`)
  const beforeMs = Date.now()
  for (const call of ['call-1', 'call-2', 'call-2']) await post(account, call)
  const afterMs = Date.now()
  const { held, oldest_waiting_at } = await statsOf(account, webhook)
  expect(held).toBe(3)
  expect(Date.parse(oldest_waiting_at ?? '')).toBeGreaterThanOrEqual(beforeMs - 1)
  expect(Date.parse(oldest_waiting_at ?? '')).toBeLessThanOrEqual(afterMs)
  expect((await statsOfAll(account)).account).toMatchObject({ held: 3, oldest_waiting_at })
  await api('POST', `${path}/enable?account_id=${account}`)
  await until('nothing waits', async () => (await statsOf(account, webhook)).oldest_waiting_at === null)
  expect(await statsOf(account, webhook)).toMatchObject({ held: 0, total: { deliveries: { succeeded: 3 } } })
})

test('stats are of webhooks of the account alone, at most 100 at once', async () => {
  const account = await newAccount()
  const own = await newWebhook(account, receivers.add('stats-own'))
  const other = await newWebhook(await newAccount(), receivers.add('stats-other'))
  const ask = (query: string) => api<ProblemBody>('GET', `/v1/stats?account_id=${account}${query}`)
  expect((await ask(`&webhook_id=${own}&webhook_id=${other}`)).status).toBe(404)
  const many = Array.from({ length: 101 }, (_, n) => `&webhook_id=wh_${n}`).join('')
  expect((await ask(many)).body.errors.map(({ path }) => path)).toEqual(['webhook_id'])
  expect((await ask('&window=2h')).body.errors.map(({ path }) => path)).toEqual(['window'])
  expect((await ask(`&webhook_id=${own}&webhook_id=${own}`)).status).toBe(200)
})
