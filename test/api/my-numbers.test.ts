import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createWebhook,
  newTenant,
  PLAIN,
  type Page,
  type ProblemBody,
  type Webhook,
} from '../support/control.ts'
import { api, env, newWebhook, post, Receivers, until } from '../support/relay.ts'

interface Replaced extends Page<{ number: string; label: string }> {
  webhooks: { webhook_id: string; name: string; numbers_missing: string[] }[]
}

const put = async (account: string, ...numbers: string[]) =>
  api<Replaced>('PUT', `/v1/accounts/${account}/numbers`, { numbers: numbers.map((number) => ({ number })) })
const patch = async (key: string, id: string, change: object) =>
  api<Webhook & ProblemBody>('PATCH', `/v1/webhooks/${id}`, change, key)
const faultsOf = (answer: { status: number; body: ProblemBody }) => [
  answer.status,
  answer.body.errors.map(({ path }) => path),
]

describe('My Numbers', () => {
  test('are kept in E.164 where valid and as given where not, by the country of the account', async () => {
    const { account, read } = await newTenant()
    const replaced = await put(
      account,
      '(080) 6901-0148',
      '101',
      'sip:08069010149@10.0.0.1',
      '+1 415 555 2671',
    )
    expect(replaced.body.data.map(({ number }) => number)).toEqual([
      '+14155552671',
      '+918069010148',
      '+918069010149',
      '101',
    ])
    const listed = await api<Page<object>>('GET', '/v1/numbers', undefined, read)
    expect(listed.body.data).toEqual(replaced.body.data)
    await api('PATCH', `/v1/accounts/${account}`, { country: 'US' })
    expect((await put(account, '415 555 2671')).body.data.map(({ number }) => number)).toEqual([
      '+14155552671',
    ])
  })

  test('name a line once, in whatever spelling it comes twice', async () => {
    const { account } = await newTenant()
    const answer = await api<ProblemBody>('PUT', `/v1/accounts/${account}/numbers`, {
      numbers: ['+918069010148', '101', '08069010148', '+18069010148', '1-0-1'].map((number) => ({ number })),
    })
    expect(faultsOf(answer)).toEqual([422, ['numbers.2.number', 'numbers.4.number']])
  })

  test('are read by a country that there is', async () => {
    for (const country of ['XX', 'in', 'India', '', 91]) {
      const answer = await api<ProblemBody>('POST', '/v1/accounts', { name: 'Acme', country })
      expect([country, answer.status, new Set(answer.body.errors.map(({ path }) => path))]).toEqual([
        country,
        422,
        new Set(['country']),
      ])
    }
  })
})

describe('a number that leaves the account', () => {
  test('stays listed and is shown as gone, and the webhook can be changed in all else', async () => {
    const { account, manage } = await newTenant()
    await put(account, '+918069010148', '+918069010149')
    const { id } = await createWebhook(manage, { numbers: ['08069010148', '8069010149'] })
    await put(account, '+918069010149')
    const shown = (await api<Webhook>('GET', `/v1/webhooks/${id}`, undefined, manage)).body
    expect(shown).toMatchObject({
      numbers: ['+918069010148', '+918069010149'],
      numbers_missing: ['+918069010148'],
      warnings: [{ path: 'numbers.0', message: expect.stringContaining('no longer') }],
    })
    const listed = await api<Page<Webhook>>('GET', '/v1/webhooks', undefined, manage)
    expect(listed.body.data).toEqual([shown])
    const renamed = await patch(manage, id, { name: 'Renamed' })
    expect([renamed.status, renamed.body.name, renamed.body['numbers_missing']]).toEqual([
      200,
      'Renamed',
      ['+918069010148'],
    ])
    // In any order and spelling, and with what the account has.
    expect((await patch(manage, id, { numbers: ['8069010149', '+91 80690 10148'] })).status).toBe(200)
    expect(faultsOf(await patch(manage, id, { numbers: ['8069010148', '8069010150'] }))).toEqual([
      422,
      ['numbers.1'],
    ])
    expect((await patch(manage, id, { numbers: ['8069010149'] })).body['numbers_missing']).toEqual([])
    // Once it is let go it is named anew.
    expect(faultsOf(await patch(manage, id, { numbers: ['8069010148'] }))).toEqual([422, ['numbers.0']])
    const fresh = await api<ProblemBody>(
      'POST',
      '/v1/webhooks',
      { ...PLAIN, numbers: ['8069010148'] },
      manage,
    )
    expect(faultsOf(fresh)).toEqual([422, ['numbers.0']])
  })

  test('is told of by the PUT that takes it, with the webhooks that filter by it', async () => {
    const { account, manage } = await newTenant()
    expect((await put(account, '+918069010148', '+918069010149')).body.webhooks).toEqual([])
    const first = await createWebhook(manage, { name: 'First', numbers: ['8069010148', '8069010149'] })
    const second = await createWebhook(manage, { name: 'Second', numbers: ['8069010149'] })
    await createWebhook(manage, { name: 'Every number' })
    const taken = await put(account, '+918069010148')
    const missing = [
      { webhook_id: second.id, name: 'Second', numbers_missing: ['+918069010149'] },
      { webhook_id: first.id, name: 'First', numbers_missing: ['+918069010149'] },
    ]
    expect(taken.body.webhooks).toEqual(missing)
    expect((await put(account, '+918069010148')).body.webhooks, 'asked again').toEqual(missing)
    expect((await put(account, '8069010148', '8069010149')).body.webhooks).toEqual([])
  })
})

describe('what else has gone since a webhook was made', () => {
  const stored = async (id: string, field: string, value: string) =>
    env.DB.prepare(`UPDATE webhooks SET ${field} = ? WHERE id = ?`).bind(value, id).run()

  test.each([
    ['a trigger', 'triggers', '["call_answered_by_agent", "call_of_old"]', { triggers: ['call_of_old'] }],
    ['a time zone', 'time_zone', 'Asia/Atlantis', { time_zone: 'Asia/Lemuria' }],
    ['a URL', 'url', 'https://169.254.169.254/x', { url: 'https://169.254.169.254/y' }],
  ])(
    '%s is no fault of a change of something else, and one of a change that names it',
    async (_, field, value, naming) => {
      const { manage } = await newTenant()
      const { id } = await createWebhook(manage)
      await stored(id, field, value)
      const renamed = await patch(manage, id, { name: 'Renamed', numbers: [] })
      expect([renamed.status, renamed.body.name]).toEqual([200, 'Renamed'])
      const faults = await patch(manage, id, naming)
      expect([faults.status, faults.body.errors[0]?.path.split('.')[0]]).toEqual([422, field])
    },
  )
})

describe('events', () => {
  let receivers: Receivers
  beforeEach(() => {
    receivers = new Receivers()
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test('come to a webhook of the number in every spelling, and of no other line', async () => {
    const { account } = await newTenant()
    await put(account, '+918069010148')
    const url = receivers.add('numbers')
    await newWebhook(account, url, { numbers: ['8069010148'], ordering: 'none' })
    const spellings = [
      '08069010148',
      '(080) 6901-0148',
      '+91 80690 10148',
      '918069010148',
      'sip:8069010148@10.0.0.1:5060',
    ]
    for (const number of ['+1 806 901 0148', '+918069010149', '69010148', ...spellings]) {
      await post(account, `call-${number}`, { number, variables: { number } })
    }
    await until('all are delivered', () => receivers.got(url).length >= spellings.length)
    const got = receivers.got(url).map(({ body }) => (JSON.parse(body) as { number: string }).number)
    expect(got.sort()).toEqual(spellings.sort())
  })

  test('are read by the country that the account has by then', async () => {
    const { account } = await newTenant()
    await put(account, '+918069010148', '+18069010148')
    const [india, america] = [receivers.add('india'), receivers.add('america')]
    await newWebhook(account, india, { numbers: ['+918069010148'] })
    await newWebhook(account, america, { numbers: ['+18069010148'] })
    await post(account, 'call-1', { number: '8069010148' })
    await api('PATCH', `/v1/accounts/${account}`, { country: 'US' })
    await post(account, 'call-2', { number: '8069010148' })
    await until('both are delivered', () => receivers.got(india).length + receivers.got(america).length >= 2)
    expect(receivers.got(india).map(({ callId }) => callId)).toEqual(['call-1'])
    expect(receivers.got(america).map(({ callId }) => callId)).toEqual(['call-2'])
  })
})
