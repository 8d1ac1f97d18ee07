import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('order', () => {
  test('a delivery starts only after the one before it has ended, retries and all', async () => {
    const account = await newAccount()
    let failures = 2
    const url = receivers.add('retries', () => new Response(null, { status: failures-- > 0 ? 500 : 200 }))
    await newWebhook(account, url)
    for (let n = 0; n < 3; n += 1) await post(account, 'call-1')
    await until('all are delivered', () => receivers.got(url).length === 5)
    const tries = receivers.got(url).map(({ position, attempt }) => `${position}.${attempt}`)
    expect(tries).toEqual(['1.1', '1.2', '1.3', '2.1', '3.1'])
    const ids = receivers
      .got(url)
      .slice(0, 3)
      .map((request) => request.id)
    expect(new Set(ids).size, 'a retry has the webhook-id of the first attempt').toBe(1)
  })

  test('no call waits for another call, and no webhook for another webhook', async () => {
    const account = await newAccount()
    let answering = false
    const slow = receivers.add('hanging', async ({ callId }) => {
      if (callId === 'call-hangs') await until('the receiver answers', () => answering)
      return new Response('ok')
    })
    const fast = receivers.add('fast')
    await newWebhook(account, slow)
    await newWebhook(account, fast)
    await post(account, 'call-hangs')
    await post(account, 'call-hangs')
    await post(account, 'call-other')
    await until(
      'the others are delivered',
      () => receivers.got(fast).length === 3 && receivers.got(slow).length >= 2,
    )
    const hung = receivers.got(slow).filter((request) => request.callId === 'call-hangs')
    expect(hung.map((request) => request.position)).toEqual([1])
    answering = true
    await until('the second of the hanging call goes', () => receivers.got(slow).length === 3)
  })

  test('sequence and not arrival decides, and what comes after the window is marked late', async () => {
    const account = await newAccount()
    const url = receivers.add('sequence')
    await newWebhook(account, url)
    await post(account, 'call-1', { sequence: 2 })
    await post(account, 'call-1', { sequence: 1 })
    await post(account, 'call-1', { sequence: 5 })
    await until('the window of the fifth ends', () => receivers.got(url).length === 3)
    await post(account, 'call-1', { sequence: 4 })
    await until('the late one is delivered', () => receivers.got(url).length === 4)
    expect(receivers.got(url).map(({ position, late }) => ({ position, late }))).toEqual([
      { position: 1, late: false },
      { position: 2, late: false },
      { position: 5, late: false },
      { position: 4, late: true },
    ])
  })

  test('ordering none lets a later delivery go while an earlier one waits for its retry', async () => {
    const account = await newAccount()
    const url = receivers.add(
      'unordered',
      ({ position }) => new Response(null, { status: position === 1 ? 500 : 200 }),
    )
    const webhook = await newWebhook(account, url, { ordering: 'none' })
    await post(account, 'call-1')
    await post(account, 'call-1')
    await until('the first has failed for good', async () =>
      (await deliveries(account, webhook)).some((each) => each.status === 'failed'),
    )
    const second = receivers.got(url).findIndex((request) => request.position === 2)
    expect(second).toBeLessThan(receivers.got(url).length - 1)
    const failed = (await deliveries(account, webhook, '&status=failed'))[0]
    expect(failed).toMatchObject({ position: 1, attempt_count: 4, last_error: 'status' })
  })

  test('a repeat answers duplicate and delivers nothing again; another body under the id is a conflict', async () => {
    const account = await newAccount()
    const url = receivers.add('repeats')
    await newWebhook(account, url)
    const first = await post(account, 'call-1', { id: 'core-1', variables: { a: 1, b: 2 } })
    const again = await post(account, 'call-1', { id: 'core-1', variables: { b: 2, a: 1 } })
    const other = await post(account, 'call-1', { id: 'core-1', variables: { a: 2 } })
    expect([first.status, again.status, other.status]).toEqual([202, 202, 409])
    expect(first.body).toMatchObject({ id: 'core-1', position: 1, duplicate: false })
    expect(again.body).toMatchObject({ id: 'core-1', position: 1, duplicate: true })
    expect(other.body.code).toBe('id_reused')
    await post(account, 'call-1', { id: 'core-2' })
    await until('the second event is delivered', () => receivers.got(url).length === 2)
    expect(receivers.got(url).map((request) => request.position)).toEqual([1, 2])
  })
})
