/** The list of webhooks: finding, changing one, changing several. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../../e2e/relay-process.ts'
import { Dashboard, type Opened, sweepTest } from './harness.ts'

let dashboard: Dashboard
/** Somebody's who may change, for all tests. */
let shared: Opened
let ingestKey: string

beforeAll(async () => {
  dashboard = await Dashboard.start({ ALLOW_PRIVATE_TARGETS: 'true', RETRY_SCHEDULE: '0' })
  await dashboard.seed()
  const { body } = await dashboard.api()<{ key: string }>('POST', `/v1/accounts/${dashboard.account}/keys`, {
    name: 'core',
    scope: 'ingest',
  })
  ingestKey = body.key
  shared = await dashboard.openAs('/health')
})
afterEach(() => {
  // That a precondition failed, or the relay did not answer, is what was to happen, and the browser writes it down.
  expect(shared.complaints.splice(0).filter((text) => !/status of 412|net::ERR_FAILED/.test(text))).toEqual(
    [],
  )
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

const api = () => dashboard.api(dashboard.keys.manage)

async function opened(path: string): Promise<Page> {
  const { page } = shared
  await page.goto(dashboard.url + path)
  await page.getByRole('table', { name: 'Webhooks' }).waitFor()
  return page
}

async function webhook(name: string, more: object = {}): Promise<string> {
  const { status, body } = await api()<{ id: string }>('POST', '/v1/webhooks', {
    name,
    url: 'http://127.0.0.1:59999/nobody',
    triggers: ['call_received_on_server'],
    ...more,
  })
  expect(status).toBe(201)
  return body.id
}

const statusOf = async (id: string) =>
  (await api()<{ status: string }>('GET', `/v1/webhooks/${id}`)).body.status

/** An event that every webhook for `call_received_on_server` takes. */
async function event(): Promise<void> {
  const { status } = await dashboard.api(ingestKey)('POST', '/v1/events', {
    trigger: 'call_received_on_server',
    call_id: `call-${crypto.randomUUID()}`,
    call_type: 'inbound',
  })
  expect(status).toBe(202)
}

const row = (page: Page, name: string) => page.getByRole('row', { name: new RegExp(name) })

async function act(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action, exact: true }).click()
}

const focused = async (page: Page) =>
  page.evaluate<string | null>('document.activeElement.getAttribute("aria-label")')

sweepTest('the list, with figures and with something selected, is accessible and fits', async () => {
  await dashboard.sweep('/webhooks?sort=name', async (page) => {
    await page.getByText('No deliveries').first().waitFor()
    await page.getByRole('checkbox', { name: 'Select CRM timeline' }).check()
    await page.getByText('1 selected').waitFor()
  })
})

sweepTest('an empty account says what a webhook is, and leads to the first', async () => {
  const { body } = await dashboard.api()<{ id: string }>('POST', '/v1/accounts', { name: 'Empty' })
  const key = await dashboard.api()<{ key: string }>('POST', `/v1/accounts/${body.id}/keys`, {
    name: 'manage',
    scope: 'manage',
  })
  await dashboard.sweep(
    '/webhooks',
    async (page) => {
      await page.getByRole('heading', { name: 'No webhook yet' }).waitFor()
      expect(await page.getByRole('link', { name: 'Add webhook' }).last().getAttribute('href')).toBe(
        '/webhooks/new',
      )
    },
    key.body.key,
  )
})

test('filters by status, trigger and call type are in the URL, each beside the others', async () => {
  const page = await opened('/webhooks')
  await page.getByLabel('Trigger').selectOption({ label: 'DTMF Option' })
  await row(page, 'Helpdesk').waitFor({ state: 'detached' })
  await row(page, 'CRM timeline').waitFor()
  await page.getByLabel('Call type').selectOption('outbound')
  await page.getByText('No webhook matches').waitFor()
  expect(new URL(page.url()).search).toBe('?trigger=dtmf_option&call_type=outbound')
  await page.getByLabel('Trigger').selectOption('')
  await row(page, 'Dialer dispositions').waitFor()
  await page.getByText('Disabled', { exact: true }).first().click()
  await row(page, 'Dialer dispositions').waitFor()
  expect(new URL(page.url()).search).toBe('?call_type=outbound&status=disabled')
})

test('the page is put in the order of its names, by its header or by the choice of orders', async () => {
  const page = await opened('/webhooks')
  const names = async () => page.getByRole('row').getByRole('link').allTextContents()
  expect(await names()).toEqual(['Dialer dispositions', 'CRM timeline', 'Helpdesk: missed calls'])
  await page.getByRole('button', { name: 'Name' }).click()
  await page.waitForURL(/sort=name/)
  expect(await names()).toEqual(['CRM timeline', 'Dialer dispositions', 'Helpdesk: missed calls'])
  expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending')
  await page.getByLabel('Order', { exact: true }).selectOption('oldest')
  await page.waitForURL(/sort=oldest/)
  expect(await names()).toEqual(['Helpdesk: missed calls', 'CRM timeline', 'Dialer dispositions'])
})

test('disabling says how many deliveries wait, since when, and that they are discarded', async () => {
  const id = await webhook('Holder')
  await api()('POST', `/v1/webhooks/${id}/pause`)
  for (let sent = 0; sent < 3; sent++) await event()
  const page = await opened('/webhooks?q=holder')
  await row(page, 'Holder').getByText('3 held').waitFor()
  await act(page, 'Holder', 'Disable')
  const dialog = page.getByRole('dialog', { name: 'Disable Holder?' })
  await dialog.getByText(/^3 deliveries are waiting, the oldest since .* \S+\. Disabling discards/).waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })
  await until('the menu has the focus', async () => (await focused(page)) === 'Actions for Holder', 10_000)
  expect(await statusOf(id)).toBe('paused')
  await act(page, 'Holder', 'Disable')
  await dialog.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('status').getByText('Holder is disabled').waitFor()
  expect(await statusOf(id)).toBe('disabled')
})

test('deleting asks first, and then the row is gone and the focus is on the list', async () => {
  const id = await webhook('Passing')
  const page = await opened('/webhooks')
  await act(page, 'Passing', 'Delete')
  const dialog = page.getByRole('dialog', { name: 'Delete Passing?' })
  await dialog.getByText('No delivery is waiting.').waitFor()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await row(page, 'Passing').waitFor({ state: 'detached' })
  expect((await api()('GET', `/v1/webhooks/${id}`)).status).toBe(404)
  await until('the list has the focus', async () => (await focused(page)) === 'Webhooks', 10_000)
})

test('what somebody else has changed is shown, and nothing is done until that is seen', async () => {
  const id = await webhook('Shared')
  const page = await opened('/webhooks?q=shared')
  await row(page, 'Shared').waitFor()
  await page.route('**/v1/webhooks?*', async (route) => route.abort())
  await api()('PATCH', `/v1/webhooks/${id}`, { url: 'http://127.0.0.1:59999/elsewhere' })
  await page.unroute('**/v1/webhooks?*')
  await act(page, 'Shared', 'Delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog', { name: 'Shared has been changed' })
  await dialog.getByText('http://127.0.0.1:59999/elsewhere').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  expect(await statusOf(id)).toBe('active')
  await dialog.getByRole('button', { name: 'Delete all the same' }).click()
  await dialog.waitFor({ state: 'detached' })
  expect((await api()('GET', `/v1/webhooks/${id}`)).status).toBe(404)
})

test('an action that fails says so in the words of the API, and may be tried again', async () => {
  const id = await webhook('Stubborn')
  const page = await opened('/webhooks?q=stubborn')
  await page.route('**/pause', async (route) => route.abort())
  await act(page, 'Stubborn', 'Pause')
  const dialog = page.getByRole('dialog', { name: 'Stubborn was not paused' })
  await dialog.getByText('The relay does not answer').waitFor()
  await page.unroute('**/pause')
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('status').getByText('Stubborn is paused').waitFor()
  expect(await statusOf(id)).toBe('paused')
})

test('several are paused and enabled one after the other; one that fails is named', async () => {
  const names = ['Bulk one', 'Bulk two', 'Bulk three']
  const [one, two, three] = await Promise.all(names.map(async (name) => webhook(name)))
  if (one === undefined || two === undefined || three === undefined) throw new Error('three were made')
  const page = await opened('/webhooks?q=bulk')
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  await page.getByText('3 selected').waitFor()
  await api()('PATCH', `/v1/webhooks/${two}`, { description: 'Changed by another.' })
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Bulk three').waitFor()
  await dialog.getByRole('button', { name: 'Pause 3' }).click()
  await dialog.getByText('2 webhooks are paused').waitFor()
  await dialog.getByText('Bulk two: somebody else has changed it').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  expect(await Promise.all([one, two, three].map(statusOf))).toEqual(['paused', 'active', 'paused'])
  await dialog.getByRole('button', { name: 'Close' }).last().click()
  await page.getByRole('button', { name: 'Enable', exact: true }).click()
  await dialog.getByText('1 is active and stays as it is.').waitFor()
  await dialog.getByRole('button', { name: 'Enable 2' }).click()
  await page.getByRole('status').getByText('2 webhooks are active').waitFor()
  expect(await Promise.all([one, two, three].map(statusOf))).toEqual(['active', 'active', 'active'])
})

test('pages lead on and back, and which it is is in the URL', async () => {
  await shared.page.route('**/v1/webhooks?*', async (route) =>
    route.continue({ url: `${route.request().url()}&limit=2` }),
  )
  const page = await opened('/webhooks?sort=oldest')
  await page.getByText('This page alone is in this order').waitFor()
  const first = page.getByRole('row').getByRole('link').first()
  const name = await first.textContent()
  await page.getByRole('button', { name: 'Next page' }).click()
  await page.getByText('Page 2').waitFor()
  await until('another page', async () => (await first.textContent()) !== name)
  const second = await first.textContent()
  expect(page.url()).toContain('cursor=')
  await page.reload()
  await page.getByText('Page 2').waitFor()
  expect(await first.textContent()).toBe(second)
  await page.getByRole('button', { name: 'Previous page' }).click()
  await until('the page before', async () => (await first.textContent()) === name)
  await page.unroute('**/v1/webhooks?*')
})

test('who may only read sees all of it, and nothing to select or change', async () => {
  const { page } = await dashboard.openAs('/webhooks?q=crm', dashboard.keys.read)
  await row(page, 'CRM timeline').waitFor()
  expect(await page.getByRole('checkbox').count()).toBe(0)
  expect(await page.getByRole('link', { name: 'Add webhook' }).count()).toBe(0)
  expect(await page.getByRole('button', { name: /^Actions for/ }).count()).toBe(0)
  await page.context().close()
})
