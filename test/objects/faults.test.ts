import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change, crash, rests, shardOfAccount } from '../support/outage.ts'
import { configurationOf } from '../support/shards.ts'
import { api, deliveries, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Takes nothing for a minute. */
function busy(name: string): string {
  return receivers.add(name, () => new Response(null, { status: 503, headers: { 'retry-after': '60' } }))
}

async function waits(webhook: string): Promise<void> {
  await until('it waits', async () => (await deliveries(account, webhook))[0]?.last_error === 'status')
}

describe('a shard that only waits', () => {
  async function alarmIn(): Promise<number> {
    return runInDurableObject(shardOfAccount(account), async (_object, { storage }) => {
      return ((await storage.getAlarm()) ?? Infinity) - Date.now()
    })
  }

  test('for a retry is left alone until that is due', async () => {
    const webhook = await newWebhook(account, busy('waits'))
    await post(account, 'call-1')
    await waits(webhook)
    await rests(account)
    // The alarm of before may still be set.
    await runDurableObjectAlarm(shardOfAccount(account))
    expect(await alarmIn()).toBeGreaterThan(45_000)
  })

  test('for the end of a pause is left alone, past its retention too', async () => {
    const webhook = await newWebhook(account, receivers.add('held-long'))
    await change(account, webhook, 'pause')
    await post(account, 'call-1')
    await until('it is held', async () => (await deliveries(account, webhook, '&status=held')).length === 1)
    await runDurableObjectAlarm(shardOfAccount(account))
    expect(await alarmIn()).toBeGreaterThan(60 * 60_000)
    const now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => now + 9 * 24 * 60 * 60 * 1000)
    await until('what is past its retention has been looked after', async () => {
      await runDurableObjectAlarm(shardOfAccount(account))
      return (await alarmIn()) > 60_000
    })
    expect(await deliveries(account, webhook, '&status=held')).toHaveLength(1)
  })
})

describe('a long call', () => {
  test('whose webhook is disabled with a long backlog goes on', async () => {
    const webhook = await newWebhook(account, busy('long'))
    for (let n = 0; n < 14; n += 1) {
      const events = Array.from({ length: 500 }, () => event(account, 'call-1'))
      expect((await api('POST', '/v1/events/batch', { events })).status).toBe(202)
    }
    await change(account, webhook, 'disable')
    expect((await post(account, 'call-1')).body.position).toBe(7_001)
    await crash(account)
    expect((await post(account, 'call-1')).body.position).toBe(7_002)
    const path = `/v1/webhooks/${webhook}/replay?account_id=${account}`
    const asked = { since: '2020-01-01T00:00:00Z', statuses: ['discarded'], dry_run: true }
    await change(account, webhook, 'enable')
    const discarded = async () => (await api<{ count: number }>('POST', path, asked)).body.count
    await until('all are discarded', async () => (await discarded()) === 7_000)
    const longest = await runInDurableObject(shardOfAccount(account), (_object, { storage: { sql } }) => {
      const { day } = sql.exec<{ day: number }>('SELECT MAX(day) AS day FROM day').one()
      const of = (column: string, table: string): number =>
        sql.exec<{ most: number | null }>(`SELECT MAX(length(${column})) AS most FROM ${table}_${day}`).one()
          .most ?? 0
      return Math.max(of('facts', 'event'), of('state', 'delivery'), of('seqs', 'call'))
    })
    expect(longest, 'the platform refuses a row over 2 MB').toBeLessThan(100_000)
  }, 60_000)
})

describe('a retry by hand', () => {
  test('of a delivery that a disable discarded works once it is enabled', async () => {
    const webhook = await newWebhook(account, busy('again'))
    await post(account, 'call-1')
    await waits(webhook)
    await change(account, webhook, 'disable')
    await change(account, webhook, 'enable')
    const [one] = await deliveries(account, webhook)
    expect(one?.status).toBe('discarded')
    expect((await api('POST', `/v1/deliveries/${one?.id ?? ''}/retry`)).status).toBe(202)
  })
})

describe('a configuration that comes late', () => {
  test('from before a webhook was made does not decide on an event from after it', async () => {
    const first = receivers.add('first')
    await newWebhook(account, first)
    const { version, webhooks } = await configurationOf(account)
    const late = {
      account_id: account,
      version,
      exists: true,
      shards: 1,
      webhooks_enabled: true,
      country: 'IN',
      webhooks: Object.values(webhooks).filter((each) => each !== undefined),
    }
    const second = receivers.add('second')
    await newWebhook(account, second)
    await shardOfAccount(account).configure(late, 0)
    await post(account, 'call-1')
    await until('both get it', () => receivers.got(first).length === 1 && receivers.got(second).length === 1)
    await crash(account)
    await shardOfAccount(account).configure(late, 0)
    await post(account, 'call-1')
    await until('both get it', () => receivers.got(first).length === 2 && receivers.got(second).length === 2)
  })
})
