/** A call's page: what stands on it, by pointer, by keyboard, on a desk and a phone. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Page } from 'playwright-core'
import { Receiver } from '../../e2e/receiver.ts'
import { Dashboard, PHONE, sweepTest } from './harness.ts'

const CALL = '1628364922.6274679'
const PATH = `/calls/${CALL}`

let dashboard: Dashboard
let receiver: Receiver

/** A webhook that retried, one that failed for good, one that is paused; and an event that came late. */
beforeAll(async () => {
  dashboard = await Dashboard.start({ RETRY_SCHEDULE: '0,0.2', REORDER_WINDOW_SECONDS: '0.3' })
  receiver = await Receiver.start(({ path, headers }, response) => {
    const isWell = path === '/crm' || (path === '/helpdesk' && headers['webhook-attempt'] === '3')
    response.writeHead(isWell ? 200 : 502).end(isWell ? 'ok' : 'Bad gateway')
  })
  const api = dashboard.api(dashboard.keys.manage)
  for (const name of ['crm', 'helpdesk', 'billing', 'warehouse']) {
    const { body } = await api<{ id: string }>('POST', '/v1/webhooks', {
      name,
      url: `${receiver.url}/${name}`,
      triggers: name === 'billing' ? ['dtmf_option'] : ['call_received_on_server', 'dtmf_option'],
    })
    if (name === 'warehouse') await api('POST', `/v1/webhooks/${body.id}/pause`)
  }
  for (const sequence of [1, 3, 2]) {
    const { status } = await dashboard.api()('POST', '/v1/events', {
      account_id: dashboard.account,
      trigger: sequence === 1 ? 'call_received_on_server' : 'dtmf_option',
      call_id: CALL,
      call_type: 'inbound',
      number: '+918069010148',
      sequence,
      variables: { call_to_number: '918069010148' },
    })
    expect(status).toBe(202)
    // Past the reorder window, so that the second comes late.
    if (sequence === 3) await until(async () => (await eventOf(3))?.released_at != null)
  }
  await until(async () => {
    const deliveries = (await timeline()).events.flatMap((event) => event.deliveries)
    return deliveries.length === 11 && deliveries.every(({ status }) => status !== 'pending')
  })
})
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]()
  await receiver.stop()
})

interface Answer {
  events: { position: number; released_at: string | null; deliveries: { status: string }[] }[]
}
async function timeline(): Promise<Answer> {
  return (await dashboard.api(dashboard.keys.manage)<Answer>('GET', `/v1/calls/${CALL}`)).body
}
async function eventOf(position: number) {
  return (await timeline()).events.find((event) => event.position === position)
}
async function until(isSo: () => Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await isSo()).toBe(true), { timeout: 20_000, interval: 100 })
}

const picture = (page: Page) => page.getByRole('application')
const ready = async (page: Page) => page.getByText('helpdesk', { exact: true }).last().waitFor()

async function opened(path = PATH) {
  const open = await dashboard.openAs(path)
  await ready(open.page)
  return open
}

sweepTest('the page is accessible, fits, and loads nothing that its policy forbids', async () => {
  await dashboard.sweep(PATH, ready)
})

test('the sentence says how the call stands', async () => {
  const { page } = await opened()
  const sentence = page.getByRole('status').filter({ hasText: '3 events' })
  expect(await sentence.textContent()).toMatch(
    /^▲ 3 events, 4 webhooks, 2 failed for good \(billing\), 3 held \(warehouse\), 6 of 11 delivered; #2 came late; helpdesk retried 6 times and billing 4 times; slowest /,
  )
  await page.context().close()
})

test('by keys alone one comes to a failure, hears what it is, opens it and comes back', async () => {
  const { page, complaints } = await opened()
  await picture(page).focus()
  await page.keyboard.press('.')
  const spoken = page.getByRole('status').filter({ hasText: 'attempt 1: 502' })
  await spoken.waitFor({ state: 'attached' })
  await page.keyboard.press('+')
  await page.keyboard.press('0')
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog')
  await drawer.getByText('Bad gateway').first().waitFor()
  expect(await drawer.textContent()).toContain('webhook-call-id')
  expect(new URL(page.url()).searchParams.get('delivery')).toMatch(/^dlv_/)
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'hidden' })
  expect(await picture(page).evaluate((element) => element === element.ownerDocument.activeElement)).toBe(
    true,
  )
  expect(complaints).toEqual([])
  await page.context().close()
})

test('only what went wrong is shown if one asks for it, and the URL says so', async () => {
  const { page } = await opened()
  await page.getByRole('switch', { name: 'Only what did not go well' }).click()
  await page.getByRole('button', { name: 'Open the delivery of #1 to crm' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Open the delivery of #1 to helpdesk' }).waitFor()
  expect(new URL(page.url()).searchParams.get('only')).toBe('failures')
  await page.context().close()
})

test('a delivery that ended is sent once more from beside the picture', async () => {
  const { page } = await opened()
  const before = receiver.at('/crm').length
  await page.getByRole('button', { name: 'Open the delivery of #3 to crm' }).click()
  await page.getByRole('button', { name: 'Send once more' }).click()
  await until(async () => receiver.at('/crm').length === before + 1)
  await page.getByRole('dialog').getByText('2 by hand: 200').waitFor()
  await page.context().close()
})

test('a phone and a printer get the table in the place of the picture', async () => {
  const phone = await dashboard.openAs(PATH, dashboard.keys.manage, { viewport: PHONE })
  await phone.page.getByRole('button', { name: 'Open the delivery of #3 to billing' }).waitFor()
  expect(await picture(phone.page).isVisible()).toBe(false)
  await phone.page.context().close()

  const { page } = await opened()
  expect(await picture(page).isVisible()).toBe(true)
  await page.emulateMedia({ media: 'print' })
  expect(await picture(page).isVisible()).toBe(false)
  expect(await page.getByRole('button', { name: 'Open the delivery of #3 to billing' }).isVisible()).toBe(
    true,
  )
  await page.context().close()
})
