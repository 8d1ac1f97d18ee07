import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { api, deliveries, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

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

  test('events without a sequence use up none: the hangup with number 2 is not late, and places rise', async () => {
    const account = await newAccount()
    const url = receivers.add('mixed')
    await newWebhook(account, url)
    const places: number[] = []
    for (const sequence of [1, null, undefined, 2, null, 3]) {
      places.push((await post(account, 'call-1', { sequence })).body.position)
    }
    expect(places).toEqual([1, 2, 3, 4, 5, 6])
    await until('all are delivered', () => receivers.got(url).length === 6)
    const got = receivers.got(url)
    expect(got.map(({ position, late }) => [position, late])).toEqual(places.map((place) => [place, false]))
    // The gap of number 2 is waited for by what arrives behind it, too.
    for (const sequence of [1, 3, null, 2]) await post(account, 'call-2', { sequence })
    await until('all of the other are delivered', () => receivers.got(url).length === 10)
    const other = receivers.got(url).slice(6)
    expect(other.map(({ position, late }) => [position, late])).toEqual(
      [1, 2, 3, 4].map((place) => [place, false]),
    )
  })

  test('a sequence that another event has is none: the event goes by arrival, and the answer says so', async () => {
    const account = await newAccount()
    const url = receivers.add('reused')
    await newWebhook(account, url)
    const send = async (id: string, sequence: number | null) => {
      const { status, body } = await post(account, 'call-1', { id, sequence })
      return [status, body]
    }
    const taken = (id: string, position: number, more: object = {}) => [
      202,
      { id, call_id: 'call-1', position, duplicate: false, ...more },
    ]
    const reused = { sequence_reused: true }
    expect(await send('a', 1)).toEqual(taken('a', 1))
    expect(await send('b', 2)).toEqual(taken('b', 2))
    expect(await send('c', 1)).toEqual(taken('c', 3, reused))
    expect(await send('c', 1)).toEqual(taken('c', 3, { duplicate: true, ...reused }))
    expect(await send('a', 1)).toEqual(taken('a', 1, { duplicate: true }))
    // One of the two waits for a gap.
    expect(await send('d', 4)).toEqual(taken('d', 5))
    expect(await send('e', 4)).toEqual(taken('e', 6, reused))
    expect(await send('f', 3)).toEqual(taken('f', 4))
    await until('all are delivered', () => receivers.got(url).length === 6)
    expect(receivers.got(url).map(({ position, late }) => [position, late])).toEqual(
      [1, 2, 3, 4, 5, 6].map((place) => [place, false]),
    )
    const { body } = await api<{ events: { id: string; sequence: number; sequence_reused: boolean }[] }>(
      'GET',
      `/v1/calls/call-1?account_id=${account}`,
    )
    expect(body.events.map((each) => [each.id, each.sequence, each.sequence_reused])).toEqual([
      ['a', 1, false],
      ['b', 2, false],
      ['c', 1, true],
      ['f', 3, false],
      ['d', 4, false],
      ['e', 4, true],
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
