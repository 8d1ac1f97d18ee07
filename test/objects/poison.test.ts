import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { shardOfAccount } from '../support/outage.ts'
import { consume, interceptQueue, slow } from '../support/queue.ts'
import { deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Bodies that no version of the relay has put on its queue. */
const MALFORMED: unknown[] = [
  null,
  undefined,
  'text',
  7,
  [],
  {},
  { account_id: 'acc_1' },
  { account_id: 'acc_1', shard: 0, call_id: 'call-1', webhook_id: 'wh_1' },
  { account_id: 'acc_1', call_id: 'call-1', webhook_id: 'wh_1', token: 1 },
  { account_id: 'acc_1', shard: '0', call_id: 'call-1', webhook_id: 'wh_1', token: 1 },
  { account_id: 'acc_1', shard: 0, call_id: 'call-1', webhook_id: 'wh_1', token: '1' },
  { account_id: {}, shard: 0, call_id: [], webhook_id: null, token: 1 },
]

/** How many rows a shard has of the account, events and calls. */
async function rowsOf(account: string): Promise<number> {
  return runInDurableObject(shardOfAccount(account), (_object, { storage: { sql } }) => {
    const tables = sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND (name = 'account' OR name GLOB '*_[0-9]*')",
      )
      .toArray()
    return tables.reduce(
      (sum, { name }) =>
        sum + sql.exec<{ count: number }>(`SELECT COUNT(*) AS count FROM "${name}"`).one().count,
      0,
    )
  })
}

for (const queue of ['deliveries', 'deliveries-dead']) {
  test(`a malformed message on ${queue} is dropped at once, with a word in the log, and makes no object`, async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const result = await consume(queue, MALFORMED)
    expect(result.retryMessages).toEqual([])
    expect(result.explicitAcks).toHaveLength(MALFORMED.length)
    expect(log).toHaveBeenCalledTimes(MALFORMED.length)
    expect(JSON.stringify(log.mock.calls), 'never a body').not.toContain('call-1')
  })

  test(`a message on ${queue} of a call, a webhook or a claim that is not there is dropped, and stores nothing`, async () => {
    const account = await newAccount()
    const webhook = await newWebhook(account, receivers.add(`unknown-${queue}`))
    await post(account, 'call-1')
    const isDelivered = async () => (await deliveries(account, webhook))[0]?.status === 'succeeded'
    await until('it is delivered', isDelivered)
    const before = await rowsOf(account)
    const message = { account_id: account, shard: 0, call_id: 'call-1', webhook_id: webhook, token: 1 }
    const result = await consume(queue, [
      { ...message, call_id: 'no such call' },
      { ...message, account_id: 'acc_of nobody' },
      { ...message, webhook_id: 'wh_of nobody' },
      { ...message, shard: 7 },
      { ...message, token: 99 },
      { ...message, token: -1 },
      message,
    ])
    expect(result.retryMessages).toEqual([])
    expect(result.explicitAcks).toHaveLength(7)
    expect(await rowsOf('acc_of nobody')).toBe(0)
    expect(await rowsOf(account)).toBe(before)
    expect((await deliveries(account, webhook)).map((each) => each.status)).toEqual(['succeeded'])
  })
}

test('a good message is not held up by bad ones in its batch', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const account = await newAccount()
  const url = receivers.add('among-bad')
  const webhook = await newWebhook(account, url)
  const sent = await interceptQueue(account)
  slow(webhook)
  await post(account, 'call-1')
  await until('a message is sent', () => sent.length === 1)
  const result = await consume('deliveries', [...MALFORMED, ...sent, ...MALFORMED])
  expect(result.retryMessages).toEqual([])
  await until('it is delivered', () => receivers.got(url).length === 1)
})
