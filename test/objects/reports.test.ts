import { createExecutionContext } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { Fault, objectsAround } from '../support/bindings.ts'
import { readWebhook, shardOfAccount } from '../support/outage.ts'
import { consume, interceptQueue, slow } from '../support/queue.ts'
import {
  ADMIN_KEY,
  deliveries,
  env,
  event,
  newAccount,
  newWebhook,
  Receivers,
  until,
} from '../support/relay.ts'

/* The makers of attempts are outside of the shard here: the invocation that brought the event, or the queue's consumer. */

let receivers: Receivers
let status: number
beforeEach(() => {
  receivers = new Receivers()
  status = 200
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

for (const way of ['invocation', 'queue'] as const) {
  describe(`a report of the ${way}`, () => {
    /** A call whose attempts are made with a faulty way back to its shard. */
    async function start(
      name: string,
      happens: (next: () => Promise<unknown>) => Promise<unknown>,
      events = 2,
    ) {
      const account = await newAccount()
      let now = 0
      let most = 0
      const url = receivers.add(`${name}-${way}`, async () => {
        now += 1
        most = Math.max(most, now)
        await scheduler.wait(50)
        now -= 1
        return new Response(null, { status })
      })
      const webhook = await newWebhook(account, url)
      const fault = new Fault((method) => method === 'report', happens).on()
      const bindings = { ...env, SHARDS: objectsAround(env.SHARDS, fault.around) }
      if (way === 'queue') {
        slow(webhook)
        await interceptQueue(account, async (bodies) => {
          void consume('deliveries', bodies, bindings)
        })
      }
      for (let n = 0; n < events; n += 1) {
        const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
        const init = { method: 'POST', headers, body: JSON.stringify(event(account, 'call-1')) }
        const answer = await app.request('/v1/events', init, bindings, createExecutionContext())
        expect(answer.status).toBe(202)
      }
      const isDone = async () => (await deliveries(account, webhook, '&status=succeeded')).length === events
      return { account, webhook, url, fault, overlapped: () => most, isDone }
    }

    /** The attempts of the call's deliveries as the log has them, in order of position. */
    async function attemptsOf(account: string): Promise<number[][]> {
      const { events } = await shardOfAccount(account).timeline('call-1', {
        from: 0,
        limit: 250,
        withAnswers: false,
      })
      return events.map(({ deliveries: [delivery] }) => delivery?.attempts.map(({ number }) => number) ?? [])
    }

    test('that never comes has the attempt made again, once its claim has lapsed, and keeps the order', async () => {
      const { url, fault, overlapped, isDone } = await start('never', () =>
        Promise.reject(new Error('Network connection lost.')),
      )
      // It is told three times in all.
      await until('it was given up', () => fault.met === 3)
      fault.off()
      await until('both are delivered', isDone, 15_000)
      const got = receivers.got(url)
      expect(got.map((request) => [request.position, request.attempt])).toEqual([
        [1, 1],
        [1, 2],
        [2, 1],
      ])
      expect(got[0]?.id).toBe(got[1]?.id)
      expect(overlapped()).toBe(1)
    })

    test('that comes after its claim has lapsed is on record, and ends nothing', async () => {
      let late = (): void => {}
      const released = new Promise<void>((resolve) => {
        late = resolve
      })
      const { account, webhook, url, fault, isDone } = await start('too-late', async (next) => {
        fault.off()
        await released
        return next()
      })
      await until('both are delivered', isDone, 15_000)
      late()
      await until('the late one is on record', async () => (await attemptsOf(account))[0]?.length === 2)
      expect(await attemptsOf(account)).toEqual([[1, 2], [1]])
      expect(receivers.got(url).map((request) => request.position)).toEqual([1, 1, 2])
      const listed = await deliveries(account, webhook)
      expect(listed.map((each) => each.status)).toEqual(['succeeded', 'succeeded'])
    })

    test('that comes twice ends nothing twice', async () => {
      const { account, url, isDone } = await start('twice', async (next) => {
        const answer = await next()
        await next()
        return answer
      })
      await until('both are delivered', isDone)
      await scheduler.wait(300)
      expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
      expect(await attemptsOf(account)).toEqual([[1], [1]])
    })

    test('whose answer is lost is told again, and changes nothing: neither the log nor the health', async () => {
      status = 500
      const { account, webhook, fault } = await start(
        'answer-lost',
        async (next) => {
          await next()
          throw new Error('Network connection lost.')
        },
        1,
      )
      const hasFailed = async () => (await deliveries(account, webhook, '&status=failed')).length === 1
      await until('it has failed', hasFailed, 15_000)
      await scheduler.wait(1_500)
      expect(fault.met).toBeGreaterThan(1)
      // What a lost answer handed to the invocation was never made: such an attempt counts, and is not on record.
      const [made = []] = await attemptsOf(account)
      expect(made).toEqual([...new Set(made)])
      if (way === 'queue') expect(made).toEqual([1, 2, 3, 4])
      const { health } = await readWebhook(account, webhook)
      expect(health, 'four failures, and five are failing').toBe('healthy')
    })
  })
}
