import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { shardOfCall } from '../../src/order/placement.ts'
import { audit } from '../support/audit.ts'
import { newKey, raw } from '../support/control.ts'
import { ask, withShards } from '../support/fake-shards.ts'
import { change } from '../support/outage.ts'
import { api, deliveries, env, event, newAccount, newWebhook, Receivers, until } from '../support/relay.ts'
import { setShards } from '../support/shards.ts'

interface Retry {
  count: number
  webhooks: { webhook_id: string; name: string; count: number; replay_id: string | null }[]
  left_out: { webhook_id: string; name: string; why: string }[]
  dry_run: boolean
  code?: string
}

const ALL = { status: 'failed', since: '2020-01-01T00:00:00Z' }

let receivers: Receivers
let account: string
/** 429 has a delivery fail after its retries, and opens no breaker. */
let answer: number
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
  answer = 429
})
afterEach(() => vi.restoreAllMocks())

const addReceiver = (name: string) => receivers.add(name, () => new Response(null, { status: answer }))

async function retry(body: object, key?: string) {
  return api<Retry>(
    'POST',
    `/v1/deliveries/retry${key === undefined ? `?account_id=${account}` : ''}`,
    body,
    key,
  )
}

/** Has two events of each of these calls fail at each of these webhooks. */
async function failAt(webhooks: readonly string[], calls: readonly string[]): Promise<void> {
  const events = calls.flatMap((call) => [event(account, call), event(account, call)])
  await api('POST', '/v1/events/batch', { events })
  for (const webhook of webhooks) {
    const isFailed = async () =>
      (await deliveries(account, webhook, '&status=failed')).length === events.length
    await until('all have failed', isFailed)
  }
}

const statuses = async (webhook: string) =>
  new Set((await deliveries(account, webhook)).map(({ status }) => status))

describe('a retry over webhooks', () => {
  test('says first how many it is of, in all and for each webhook, and makes nothing', async () => {
    await setShards(account, 2)
    const [one, two, none] = await Promise.all(
      ['one', 'two', 'none'].map(async (name) => {
        const more = { name, ...(name === 'none' ? { triggers: ['dtmf_option'] } : {}) }
        return newWebhook(account, addReceiver(name), more)
      }),
    )
    const calls = ['call-1', 'call-2', 'call-3']
    expect(new Set(calls.map((call) => shardOfCall(call, 2))).size).toBe(2)
    await failAt([one ?? '', two ?? ''], calls)
    const disabled = await newWebhook(account, addReceiver('disabled'), { name: 'disabled' })
    await change(account, disabled, 'disable')
    const { status, body } = await retry({ ...ALL, dry_run: true })
    expect(status).toBe(202)
    expect(body).toMatchObject({
      count: 12,
      left_out: [{ webhook_id: disabled, name: 'disabled', why: 'disabled' }],
      dry_run: true,
    })
    expect(new Set(body.webhooks)).toEqual(
      new Set([
        { webhook_id: one, name: 'one', count: 6, replay_id: null },
        { webhook_id: two, name: 'two', count: 6, replay_id: null },
      ]),
    )
    expect((await retry({ ...ALL, dry_run: true, webhook_id: one })).body).toMatchObject({
      count: 6,
      left_out: [],
    })
    expect((await retry({ ...ALL, dry_run: true, webhook_id: none })).body).toMatchObject({
      count: 0,
      webhooks: [],
    })
    const minuteAgo = new Date(Date.now() - 60_000).toISOString()
    expect((await retry({ ...ALL, dry_run: true, until: minuteAgo })).body.count).toBe(0)
    expect((await retry({ ...ALL, dry_run: true, status: 'expired' })).body.count).toBe(0)
    expect(await audit(`&account_id=${account}&action=deliveries.retried`)).toEqual([])
    expect(await statuses(one ?? '')).toEqual(new Set(['failed']))
  })

  test('is a replay of each webhook, in the order of each call, at a paused one once it is enabled', async () => {
    const urls = ['one', 'two'].map(addReceiver)
    const [one = '', two = ''] = await Promise.all(urls.map(async (url) => newWebhook(account, url)))
    const calls = ['call-1', 'call-2']
    await failAt([one, two], calls)
    await change(account, two, 'pause')
    answer = 200
    const sent = urls.map((url) => receivers.got(url).length)
    const { body } = await retry(ALL)
    expect(body).toMatchObject({ count: 8, left_out: [], dry_run: false })
    expect(new Map(body.webhooks.map(({ webhook_id, count }) => [webhook_id, count]))).toEqual(
      new Map([
        [one, 4],
        [two, 4],
      ]),
    )
    await until('the first has them', async () => [...(await statuses(one))].join() === 'succeeded')
    await until('the second holds them', async () => [...(await statuses(two))].join() === 'held')
    await change(account, two, 'enable')
    await until('the second has them', async () => [...(await statuses(two))].join() === 'succeeded')
    for (const [index, url] of urls.entries()) {
      const again = receivers.got(url).slice(sent[index])
      for (const call of calls) {
        expect(again.filter(({ callId }) => callId === call).map(({ position }) => position)).toEqual([1, 2])
      }
    }
    for (const { webhook_id, replay_id } of body.webhooks) {
      const path = `/v1/webhooks/${webhook_id}/replays/${replay_id}?account_id=${account}`
      await until(
        'its replay is done',
        async () => (await api<{ status: string }>('GET', path)).body.status === 'done',
      )
    }
    const [entry] = await audit(`&account_id=${account}&action=deliveries.retried`)
    expect(entry).toMatchObject({
      actor: { type: 'admin' },
      object_id: account,
      before: null,
      after: { webhook_id: null, statuses: ['failed'], since: '2020-01-01T00:00:00.000Z' },
    })
    expect((await retry(ALL)).body, 'once more').toMatchObject({ count: 0, webhooks: [] })
  })

  test('leaves out, and names, a webhook with as many replays under way in a shard as there may be', async () => {
    await setShards(account, 2)
    const [busy = '', free = ''] = await Promise.all(
      ['busy', 'free'].map(async (name) => newWebhook(account, addReceiver(name), { name })),
    )
    const dropped: string[] = []
    const bindings = withShards((name) => ({
      startReplays: async (replays, filter) =>
        replays.map(({ id, webhook_id }) => {
          if (webhook_id === busy && name.endsWith('/1')) return 'busy'
          const count = name.endsWith('/1') ? 3 : 2
          return {
            id,
            webhook_id,
            ...filter,
            count,
            replayed: 0,
            skipped: 0,
            created_at: 1,
            completed_at: null,
          }
        }),
      dropReplay: async (webhook) => {
        dropped.push(`${webhook} ${name}`)
      },
    }))
    const path = `/v1/deliveries/retry?account_id=${account}`
    expect((await ask<Retry>(bindings, 'POST', path, ALL)).body).toMatchObject({
      count: 5,
      webhooks: [{ webhook_id: free, count: 5 }],
      left_out: [{ webhook_id: busy, name: 'busy', why: 'busy' }],
    })
    expect(dropped.sort()).toEqual([`${busy} ${account}/0`, `${busy} ${account}/1`])
    expect((await ask(bindings, 'POST', path, { ...ALL, webhook_id: busy })).status, 'named').toBe(409)
  })

  test('that a shard does not answer is 503, and is begun in none', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await setShards(account, 2)
    const webhook = await newWebhook(account, addReceiver('one'))
    const dropped: string[] = []
    const bindings = withShards((name) => ({
      startReplays: async () => {
        if (name.endsWith('/1')) throw new Error('Network connection lost.')
        return ['nothing']
      },
      dropReplay: async (id) => {
        dropped.push(`${id} ${name}`)
      },
    }))
    const answered = await ask(bindings, 'POST', `/v1/deliveries/retry?account_id=${account}`, ALL)
    expect(answered.status).toBe(503)
    expect(dropped.sort()).toEqual([`${webhook} ${account}/0`, `${webhook} ${account}/1`])
  })

  test('of a webhook that is disabled, of another account or of nobody is none', async () => {
    const webhook = await newWebhook(account, addReceiver('mine'))
    const manage = (await newKey(account, 'manage')).key
    const other = (await newKey(await newAccount(), 'manage')).key
    expect((await retry({ ...ALL, webhook_id: webhook }, manage)).status).toBe(202)
    for (const dry_run of [true, false]) {
      expect((await retry({ ...ALL, webhook_id: webhook, dry_run }, other)).status).toBe(404)
      expect((await retry({ ...ALL, webhook_id: 'wh_none', dry_run }, manage)).status).toBe(404)
      expect((await retry({ ...ALL, dry_run }, other)).body).toMatchObject({
        count: 0,
        webhooks: [],
        left_out: [],
      })
    }
    await change(account, webhook, 'disable')
    expect((await retry({ ...ALL, webhook_id: webhook }, manage)).status).toBe(409)
    const later = { until: '2019-01-01T00:00:00Z' }
    for (const body of [
      { status: 'failed' },
      { ...ALL, status: 'pending' },
      { ...ALL, ...later },
      { ...ALL, statuses: [] },
    ]) {
      expect((await retry(body, manage)).status).toBe(422)
    }
  })

  test('that was cut off is the same when it comes again with its Idempotency-Key, whatever was made by then', async () => {
    const webhook = await newWebhook(account, addReceiver('cut'))
    await failAt([webhook], ['call-1'])
    const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }
    const send = async (): Promise<unknown> =>
      (
        await raw('POST', `/v1/deliveries/retry?account_id=${account}`, {
          headers,
          body: JSON.stringify(ALL),
        })
      ).json()
    answer = 200
    const first = await send()
    expect(first).toMatchObject({ count: 2 })
    await until('they are made', async () => [...(await statuses(webhook))].join() === 'succeeded')
    // As a Worker leaves it that dies before the answer is kept.
    await env.DB.prepare('UPDATE idempotent_requests SET answer = NULL, claimed_at = 0').run()
    expect(await send()).toEqual(first)
  })
})
