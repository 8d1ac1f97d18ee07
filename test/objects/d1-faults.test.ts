import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { d1Around, Fault, objectsAround, rebind } from '../support/bindings.ts'
import { newKey } from '../support/control.ts'
import { change, crash, readWebhook, runAlarm, shardOfAccount } from '../support/outage.ts'
import {
  ADMIN_KEY,
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
import { configurationOf } from '../support/shards.ts'

let receivers: Receivers
let account: string
beforeEach(async () => {
  receivers = new Receivers()
  account = await newAccount()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A D1 of which every query that it is for meets the fault. */
async function d1Fault(
  isMine: (sql: string) => boolean = () => true,
  happens?: (next: () => Promise<unknown>) => Promise<unknown>,
): Promise<Fault> {
  const fault = new Fault(isMine, happens)
  await rebind(shardOfAccount(account), ({ DB }) => ({ DB: d1Around(DB, fault.around) }))
  return fault
}

/** Asks the Worker with other bindings. */
async function ask(bindings: typeof env, method: string, path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  return app.request(path, { method, headers }, bindings)
}

const isStatusWrite = (sql: string): boolean => /update "webhooks" set .*"status"/is.test(sql)

describe('while D1 fails with every query', () => {
  test('events are taken with a key that has been seen, delivered and retried, in order', async () => {
    let failures = 3
    const url = receivers.add('d1-out', () => new Response(null, { status: failures-- > 0 ? 500 : 200 }))
    await newWebhook(account, url)
    const { key } = await newKey(account, 'ingest')
    // Seen once: from then on no event waits for D1.
    expect((await api('POST', '/v1/events', {}, key)).status).toBe(422)
    const fault = (await d1Fault()).on()
    for (let n = 0; n < 4; n += 1) {
      expect((await api('POST', '/v1/events', event(account, 'call-1'), key)).status).toBe(202)
    }
    await until('all are delivered', () => receivers.got(url).length === 7)
    expect(receivers.got(url).map(({ position }) => position)).toEqual([1, 1, 1, 1, 2, 3, 4])
    fault.off()
  })

  test('what is owed goes on after a crash, too', async () => {
    let isDown = true
    const url = receivers.add('d1-restart', () => new Response(null, { status: isDown ? 503 : 200 }))
    const webhook = await newWebhook(account, url)
    await post(account, 'call-1')
    await until('it is tried', () => receivers.got(url).length > 0)
    const fault = (await d1Fault()).on()
    await crash(account)
    isDown = false
    const before = receivers.got(url).length
    await until('it is delivered', () => receivers.got(url).length > before)
    fault.off()
    await until('it is settled', async () => {
      return (await deliveries(account, webhook))[0]?.status === 'succeeded'
    })
  })

  test('a change of configuration is 503 and changes nothing, then or later', async () => {
    const url = receivers.add('d1-change')
    const webhook = await newWebhook(account, url)
    const fault = (await d1Fault()).on()
    expect((await change(account, webhook, 'pause')).status).toBe(503)
    expect((await api('PATCH', `/v1/webhooks/${webhook}`, { name: 'Other' })).status).toBe(503)
    expect((await api('DELETE', `/v1/webhooks/${webhook}`)).status).toBe(503)
    fault.off()
    expect((await readWebhook(account, webhook)).status).toBe('active')
    // Longer than a marked shard waits until it asks D1 by itself.
    await scheduler.wait(2_500)
    await post(account, 'call-1')
    await until('it is delivered', () => receivers.got(url).length === 1)
    expect((await readWebhook(account, webhook)).status).toBe('active')
  })
})

describe('a change of status', () => {
  test('that D1 takes slowly holds from when it has returned, whatever came meanwhile', async () => {
    const url = receivers.add('slow-change')
    const webhook = await newWebhook(account, url)
    const fault = await d1Fault(isStatusWrite, async (next) => {
      await scheduler.wait(1_000)
      return next()
    })
    fault.on()
    const pausing = change(account, webhook, 'pause')
    const isPaused = async () =>
      Promise.race([pausing.then(() => true), scheduler.wait(100).then(() => false)])
    for (let n = 0; !(await isPaused()); n += 1) await post(account, `call-${n % 3}`)
    const before = receivers.got(url).length
    expect(before, 'attempts went on until it had returned').toBeGreaterThan(0)
    await post(account, 'call-1')
    await scheduler.wait(1_000)
    expect(receivers.got(url), 'none has started since').toHaveLength(before)
    fault.off()
    await change(account, webhook, 'enable')
    await until('all are delivered', async () => {
      const listed = await deliveries(account, webhook, '&limit=250')
      return listed.every((each) => each.status === 'succeeded')
    })
    for (const call of ['call-0', 'call-1', 'call-2']) {
      const got = receivers.got(url).filter((request) => request.callId === call)
      expect(got.map((request) => request.position)).toEqual(got.map((_, n) => n + 1))
    }
  })

  test('whose request dies after D1 has taken it is in force in the shard soon after, as D1 has it', async () => {
    const url = receivers.add('dies-after')
    const webhook = await newWebhook(account, url)
    // It is written, and whoever asked hears of nothing and does nothing more.
    const fault = await d1Fault(isStatusWrite, async (next) => {
      await next()
      throw new Error('Network connection lost.')
    })
    fault.on()
    expect((await change(account, webhook, 'pause')).status).toBe(503)
    fault.off()
    await until('the shard has asked D1', async () => {
      await post(account, `call-${crypto.randomUUID()}`)
      return (await deliveries(account, webhook, '&status=held')).length > 0
    })
    const before = receivers.got(url).length
    await post(account, 'call-last')
    await until('it is held', async () => {
      return (await deliveries(account, webhook, '&call_id=call-last'))[0]?.status === 'held'
    })
    expect(receivers.got(url)).toHaveLength(before)
  })

  test('whose request dies before D1 has taken it changes nothing, and the shard goes on', async () => {
    const url = receivers.add('dies-before')
    const webhook = await newWebhook(account, url)
    const fault = (await d1Fault(isStatusWrite)).on()
    expect((await change(account, webhook, 'disable')).status).toBe(503)
    fault.off()
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until('all are delivered', () => receivers.got(url).length === 3)
    // The mark stands until D1 has said what became of the change.
    await scheduler.wait(2_500)
    await post(account, 'call-1')
    await until('the next as well', () => receivers.got(url).length === 4)
  })

  test('that reaches the shard late does not overrun one that has returned since', async () => {
    const url = receivers.add('late-hand-over')
    const webhook = await newWebhook(account, url)
    let arrive = (): void => {}
    const released = new Promise<void>((resolve) => {
      arrive = resolve
    })
    // The first change's state is on its way to the shard for longer than it takes to make the second.
    const late = new Fault(
      (method) => method === 'configure',
      async (next) => {
        await released
        return next()
      },
    ).on()
    const bindings = { ...env, SHARDS: objectsAround(env.SHARDS, late.around) }
    const enabling = ask(bindings, 'POST', `/v1/webhooks/${webhook}/enable`)
    await until('it is on its way', () => late.met === 1)
    expect((await change(account, webhook, 'pause')).status).toBe(200)
    arrive()
    expect((await enabling).status).toBe(200)
    await post(account, 'call-1')
    const isHeld = async () => (await deliveries(account, webhook, '&status=held')).length === 1
    await until('what comes is held', isHeld)
    expect(receivers.got(url)).toEqual([])
  })

  test('that was returned is not overrun by what the shard itself read of D1 before', async () => {
    const url = receivers.add('slow-read')
    const webhook = await newWebhook(account, url)
    let answer = (): void => {}
    const released = new Promise<void>((resolve) => {
      answer = resolve
    })
    const isRead = (sql: string): boolean => /^select .*from "accounts".*;.*from "webhooks"/is.test(sql)
    const slow = await d1Fault(isRead, async (next) => {
      const read = await next()
      slow.off()
      await released
      return read
    })
    // The shard is told of a change of which nothing more comes, and asks.
    await shardOfAccount(account).announce(account, 0, (await configurationOf(account)).version)
    slow.on()
    await until('the shard is asking D1', () => slow.met === 1)
    expect((await change(account, webhook, 'pause')).status).toBe(200)
    answer()
    await post(account, 'call-1')
    const isHeld = async () => (await deliveries(account, webhook, '&status=held')).length === 1
    await until('what comes is held', isHeld)
    await scheduler.wait(300)
    expect(receivers.got(url)).toEqual([])
    expect((await configurationOf(account)).webhooks[webhook]?.status).toBe('paused')
  })

  for (const step of ['announce', 'configure'] as const) {
    test(`whose request and shard both die at "${step}" ends as D1 has it`, async () => {
      const url = receivers.add(`both-die-${step}`)
      const webhook = await newWebhook(account, url)
      await post(account, 'call-0')
      await until('it is delivered', () => receivers.got(url).length === 1)
      const death = new Fault(
        (method) => method === step,
        async (next) => {
          if (step === 'announce') await next()
          return new Promise(() => {})
        },
      ).on()
      void ask(
        { ...env, SHARDS: objectsAround(env.SHARDS, death.around) },
        'POST',
        `/v1/webhooks/${webhook}/pause`,
      )
      await until('the request is gone', () => death.met === 1)
      await crash(account)
      const status = step === 'announce' ? 'active' : 'paused'
      expect((await readWebhook(account, webhook)).status).toBe(status)
      await runAlarm(account)
      await until('the shard has it as D1', async () => {
        return (await configurationOf(account)).webhooks[webhook]?.status === status
      })
      const before = receivers.got(url).length
      await post(account, 'call-1')
      if (status === 'active')
        await until('the next is delivered', () => receivers.got(url).length === before + 1)
      else
        await until(
          'the next is held',
          async () => (await deliveries(account, webhook, '&status=held')).length === 1,
        )
    })
  }
})
