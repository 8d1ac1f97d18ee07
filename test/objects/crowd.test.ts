import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, deliveries, event, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

const CALLS = 80

test('of a flood to one webhook fifty attempts are out by themselves, the others take turns by the queue', async () => {
  const [account, other] = [await newAccount(), await newAccount()]
  let open = (): void => {}
  const gate = new Promise<void>((opens) => {
    open = opens
  })
  const flooded = receivers.add('flooded', async () => {
    await gate
    return new Response()
  })
  const webhook = await newWebhook(account, flooded)
  const beside = receivers.add('beside')
  await newWebhook(other, beside)
  // A read of the account, so that the first fifty start at once.
  await post(account, 'first')
  const events = Array.from({ length: CALLS - 1 }, (_, n) => event(account, `call-${n}`))
  await api('POST', '/v1/events/batch', { events })
  await until('some are out', () => receivers.got(flooded).length >= 50)
  await post(other, 'call')
  await until('another webhook gets its own meanwhile', () => receivers.got(beside).length === 1)
  open()
  await until(
    'all are delivered',
    async () => (await deliveries(account, webhook, '&status=succeeded&limit=250')).length === CALLS,
    20_000,
  )
  const via = await Promise.all(
    (await deliveries(account, webhook, '&limit=250')).map(async ({ id }) => {
      const path = `/v1/deliveries/${id}?account_id=${account}`
      return (await api<{ attempts: { via: string }[] }>('GET', path)).body.attempts[0]?.via
    }),
  )
  expect(via.filter((each) => each === 'inline').length).toBeLessThanOrEqual(50)
  expect(via.filter((each) => each === 'queue').length).toBeGreaterThan(0)
})
