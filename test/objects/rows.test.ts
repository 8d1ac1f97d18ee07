import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, expect, test, vi } from 'vitest'
import { shardOfAccount } from '../support/outage.ts'
import { deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

/*
 * Rows written are what a delivery costs most of: a dollar a million. What is counted is what the bill counts: rows of
 * tables and of indexes, rows deleted, and each move of the alarm.
 */

const HOUR_MS = 60 * 60 * 1000
const CALLS = 200
const EVENTS = 6
const WEBHOOKS = 3

afterEach(() => {
  vi.restoreAllMocks()
})

/** What an event brings: the customer and one of the account's numbers, and an agent from the third event on. */
function numbersOf(call: number, n: number): object {
  const customer = `98${String(call).padStart(8, '0')}`
  const agent = { id: '10001', name: 'Asha', number: `+9197000000${call % 20}`.padEnd(13, '0') }
  return {
    number: '+918069010148',
    variables: {
      call_to_number: '918069010148',
      caller_id_number: customer,
      customer_no_with_prefix: `+91${customer}`,
      ...(n < 2 ? {} : { answered_agent: agent, answered_agent_number: agent.number }),
    },
  }
}

class Count {
  readonly #cursors: { query: string; cursor: SqlStorageCursor<Record<string, SqlStorageValue>> }[] = []
  #alarms = 0

  async watch(account: string): Promise<void> {
    await runInDurableObject(shardOfAccount(account), (_object, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql)
      vi.spyOn(storage.sql, 'exec').mockImplementation((query, ...values) => {
        const cursor = exec(query, ...values)
        this.#cursors.push({ query, cursor })
        return cursor
      })
      const setAlarm = storage.setAlarm.bind(storage)
      vi.spyOn(storage, 'setAlarm').mockImplementation(async (...all) => {
        this.#alarms += 1
        return setAlarm(...all)
      })
    })
  }

  /** The rows written so far, by what they were written for. */
  get rows(): Record<string, number> {
    const rows: Record<string, number> = { alarm: this.#alarms }
    for (const { query, cursor } of this.#cursors) {
      const { rowsWritten } = cursor
      if (rowsWritten === 0) continue
      const what =
        /^\s*(\w+).*?(?:INTO|UPDATE|FROM|TABLE IF NOT EXISTS|INDEX IF NOT EXISTS|TABLE) (\w+)/s.exec(query)
      const name = `${what?.[1] ?? ''} ${what?.[2]?.replace(/_\d+$/, '') ?? query}`
      rows[name] = (rows[name] ?? 0) + rowsWritten
    }
    return rows
  }

  get sum(): number {
    return Object.values(this.rows).reduce((sum, rows) => sum + rows, 0)
  }
}

/** Runs the shard's alarm as often as it is due by the clock as it is set. */
async function runDueAlarm(account: string): Promise<void> {
  const shard = shardOfAccount(account)
  const atMs = async () => runInDurableObject(shard, (_object, { storage }) => storage.getAlarm())
  for (let due = await atMs(); due !== null && due <= Date.now(); due = await atMs()) {
    await runDurableObjectAlarm(shard)
  }
}

test('at most 1.58 rows are written for a delivery, all that follows until it is forgotten included', async () => {
  // A machine that is never late: one that is writes a row more for what it could not begin in time.
  const startMs = Date.now()
  let aheadMs = 0
  vi.spyOn(Date, 'now').mockImplementation(() => startMs + aheadMs)
  const receivers = new Receivers()
  const account = await newAccount()
  const urls = Array.from({ length: WEBHOOKS }, (_, n) => receivers.add(`rows-${n}`))
  const webhooks: string[] = []
  for (const url of urls) webhooks.push(await newWebhook(account, url))
  const count = new Count()
  await count.watch(account)

  const calls = Array.from({ length: CALLS }, (_, n) => `call-${n}`)
  for (let n = 0; n < EVENTS; n += 1) {
    for (let first = 0; first < CALLS; first += 20) {
      const some = calls
        .slice(first, first + 20)
        .map(async (call, index) => (await post(account, call, numbersOf(first + index, n))).status)
      expect(new Set(await Promise.all(some))).toEqual(new Set([202]))
      aheadMs += 100
    }
  }
  const made = (): number => urls.reduce((sum, url) => sum + receivers.got(url).length, 0)
  await until('all are made', () => made() === CALLS * EVENTS * WEBHOOKS, 20_000)
  const [webhook = ''] = webhooks
  const isOnRecord = async (call: string): Promise<boolean> =>
    (await deliveries(account, webhook, `&call_id=${call}&status=succeeded`)).length === EVENTS
  for (const call of calls) await until('all are on record', async () => isOnRecord(call))

  // The calls come to rest: the next one finds them so.
  aheadMs += 4 * 60_000
  await post(account, 'later')
  await until('it is made', () => made() === CALLS * EVENTS * WEBHOOKS + WEBHOOKS)
  await runDueAlarm(account)
  await until('the calls rest', async () => (count.rows['INSERT call'] ?? 0) >= CALLS)

  for (const hours of [0.1, 24, 8 * 24, 8 * 24 + 2, 8 * 24 + 4]) {
    aheadMs = hours * HOUR_MS
    await runDueAlarm(account)
  }
  await until('all are forgotten', async () => (await deliveries(account, webhook)).length === 0)
  const perDelivery = count.sum / made()
  console.log(`${perDelivery.toFixed(3)} rows for a delivery: ${JSON.stringify(count.rows)}`)
  expect(perDelivery).toBeLessThanOrEqual(1.58)
}, 60_000)
