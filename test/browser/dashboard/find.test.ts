/** Calls, deliveries, one delivery, replays, and the box that finds them. */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, until } from '../../e2e/relay-process.ts'
import { Dashboard, sweepTest } from './harness.ts'

const CALL = '1628364922.6274679'
const NUMBER = '+919876543210'
let dashboard: Dashboard
let receiver: Server
let received: string[] = []
/** What the receiver answers; tests change it. */
let answer = 500
let webhook: string
let failed: string

interface Listed {
  data: { id: string; status: string; webhook_id: string; trigger: string }[]
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    received.push(String(request.headers['webhook-id']))
    request
      .resume()
      .on('end', () => response.writeHead(answer).end('{"error":"no room","code":12345678901234567890}'))
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  dashboard = await Dashboard.start({ RETRY_SCHEDULE: '0.05' })
  await dashboard.seed()
  const api = dashboard.api(dashboard.keys.manage)
  const address = receiver.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const made = await api<{ id: string }>('POST', '/v1/webhooks', {
    name: 'Ledger',
    url: `http://127.0.0.1:${port}/ledger`,
    triggers: ['call_answered_by_agent', 'call_hangup_missed_or_answered'],
    headers: [{ key: 'X-Token', value: "it's secret" }],
  })
  webhook = made.body.id
  for (const [index, trigger] of ['call_answered_by_agent', 'call_hangup_missed_or_answered'].entries()) {
    const { status, body } = await dashboard.api()('POST', '/v1/events', {
      id: `find-${index}`,
      account_id: dashboard.account,
      call_id: CALL,
      trigger,
      call_type: 'inbound',
      variables: { caller_id_number: NUMBER, customer_number: '9876543210', call_id: CALL },
    })
    expect([status, body]).toEqual([202, expect.anything()])
  }
  await until(
    'both have failed',
    async () => (await listed('?status=failed&webhook_id=' + webhook)).length === 2,
  )
  failed = (await listed('?status=failed&webhook_id=' + webhook))[0]?.id ?? ''
})
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]()
  receiver.close()
})

async function listed(query: string): Promise<Listed['data']> {
  return (await dashboard.api(dashboard.keys.manage)<Listed>('GET', `/v1/deliveries${query}`)).body.data
}

async function signedIn(path: string, key = dashboard.keys.manage) {
  const opened = await dashboard.openAs(path, key)
  return opened
}

async function find(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Find a number' }).fill(text)
  await page.keyboard.press('Enter')
}

describe('every page', () => {
  sweepTest('calls are accessible, fit, and load nothing that their policy forbids', async () => {
    await dashboard.sweep('/calls', async (page) => page.getByText('2 failed').waitFor())
  })

  sweepTest('deliveries are', async () => {
    await dashboard.sweep('/deliveries', async (page) =>
      page.locator('td', { hasText: 'Failed' }).first().waitFor(),
    )
  })

  sweepTest('a delivery is', async () => {
    await dashboard.sweep(`/deliveries/${failed}`, async (page) =>
      page.getByText('for its next retry').waitFor(),
    )
  })

  sweepTest('replays are, and so is what is not there', async () => {
    await dashboard.sweep('/replays', async (page) => page.getByText('No replay').waitFor())
    await dashboard.sweep('/calls?number=0000000', async (page) =>
      page.getByText('Looked for “0000000”').waitFor(),
    )
  })
})

describe('the box', () => {
  test('is gone to by /, and finds a call by a number in any spelling and by its last digits', async () => {
    const { page, complaints } = await signedIn('/webhooks')
    await page.getByText('CRM timeline').waitFor()
    for (const number of ['098765 43210', '543210', NUMBER]) {
      await page.keyboard.press('/')
      await page.keyboard.type(number)
      await page.keyboard.press('Enter')
      await page.waitForURL((url) => url.searchParams.get('number') === number)
      await page.getByRole('link', { name: CALL }).waitFor()
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('goes to a call and to a delivery by their ids', async () => {
    const { page } = await signedIn('/webhooks')
    await find(page, ` ${failed.toLowerCase()} `)
    await page.waitForURL(`${dashboard.url}/deliveries/${failed}`)
    await find(page, CALL)
    await page.waitForURL(`${dashboard.url}/calls/${CALL}`)
    await page.context().close()
  })

  test('says what it looked for if there is nothing', async () => {
    const { page, complaints } = await signedIn('/calls')
    await page.getByRole('link', { name: CALL }).waitFor()
    await find(page, 'no-such-call')
    await page.getByText('There is no call with the id “no-such-call”').waitFor()
    await find(page, '7777777')
    await page.getByText('no call has a number that is or ends in “7777777”').waitFor()
    await find(page, failed.slice(0, -1) + (failed.endsWith('0') ? '1' : '0'))
    await page.getByText('There is no delivery dlv_').waitFor()
    expect(page.url()).toBe(`${dashboard.url}/calls`)
    // A 404 is what was asked for.
    expect(complaints.filter((text) => !/status of 404/.test(text))).toEqual([])
    await page.context().close()
  })
})

describe('lists', () => {
  test('have their filters in the URL, and go back by the browser', async () => {
    const { page } = await signedIn('/deliveries')
    await page.getByRole('cell', { name: 'Held' }).first().waitFor()
    await page.getByLabel('Status', { exact: true }).selectOption('failed')
    await page.getByRole('cell', { name: 'Held' }).first().waitFor({ state: 'detached' })
    await page.getByRole('combobox', { name: 'Webhook' }).fill('ledg')
    await page.getByRole('option', { name: 'Ledger' }).click()
    await page.waitForURL(
      ({ searchParams }) =>
        searchParams.get('webhook_id') === webhook && searchParams.get('status') === 'failed',
    )
    await page.getByLabel('Status code').fill('404')
    await page.getByText('No delivery matches').waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await page.getByRole('cell', { name: 'Held' }).first().waitFor()
    expect(page.url()).toBe(`${dashboard.url}/deliveries`)
    await page.getByRole('button', { name: /^When/ }).click()
    await page.getByRole('button', { name: 'Last hour' }).click()
    await page.waitForURL(/since=2\d{3}-/)
    await page.getByLabel('To, not included').fill('2020-01-01T00:00')
    await page.getByText('No delivery matches').waitFor()
    await page.context().close()
  })

  test('that end early go on by themselves, until they are stopped', async () => {
    const { page } = await signedIn('/webhooks')
    await page.getByText('CRM timeline').waitFor()
    let asked = 0
    let holdFrom = Infinity
    await page.route('**/v1/calls?*', async (route) => {
      asked += 1
      // Never to be answered: for as long as somebody needs to press the button.
      if (asked > holdFrom) return
      await route.fulfill({ json: { data: [], next_cursor: `c${asked}` } })
    })
    await page.goto(`${dashboard.url}/calls?number=543210`)
    await page.getByText('Looked 20 times and found 0').waitFor()
    expect(asked).toBe(20)
    holdFrom = 25
    await page.getByRole('button', { name: 'Look further' }).click()
    await page.getByText('Looked 25 times so far').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Look further' }).waitFor()
    await page.context().close()
  })

  test('are of the account that an admin has chosen, and stay so', async () => {
    const { page } = await signedIn(`/deliveries?account=${dashboard.account}&status=failed`, ADMIN_KEY)
    await page.getByRole('link', { name: /UTC/ }).first().click()
    await page.getByText('Request as it was sent').waitFor()
    expect(new URL(page.url()).searchParams.get('account')).toBe(dashboard.account)
    await page.context().close()
  })
})

describe('a delivery', () => {
  test('shows its request, its attempts with their answers, and a command that keeps secrets masked', async () => {
    const { page } = await signedIn(`/deliveries/${failed}`)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByLabel('the answer to attempt 2').getByText('12345678901234567890').waitFor()
    expect(await page.getByRole('listitem').filter({ hasText: '500' }).count()).toBe(2)
    await page.getByRole('row', { name: /X-Token ••••/i }).waitFor()
    const body = page.getByLabel('the body of the request').last()
    expect(await body.textContent()).toContain('\n  "')
    await page.getByText('Raw', { exact: true }).last().click()
    expect(await body.textContent()).not.toContain('\n  "')
    await page.getByRole('button', { name: 'Copy as curl' }).click()
    await page.getByRole('button', { name: /^Copied/ }).waitFor()
    const command = await page.evaluate('navigator.clipboard.readText()')
    expect(command).toMatch(/^curl --request POST 'http:\/\/127/)
    expect(command).toContain(`--header 'webhook-id: ${failed}'`)
    expect(command).not.toContain('secret')
    await page.context().close()
  })

  test('is retried by whoever may, and by nobody else', async () => {
    answer = 200
    const reader = await signedIn(`/deliveries/${failed}`, dashboard.keys.read)
    await reader.page.getByText('Request as it was sent').waitFor()
    expect(await reader.page.getByRole('button', { name: 'Retry' }).count()).toBe(0)
    await reader.page.context().close()
    const { page, complaints } = await signedIn(`/deliveries/${failed}`)
    await page.getByRole('button', { name: 'Retry', exact: true }).click()
    await page.getByText('Succeeded').waitFor()
    await page.getByText('retried by hand').waitFor()
    await page.getByRole('button', { name: 'Retry', exact: true }).click()
    await page.getByRole('dialog').getByText('has taken it already').waitFor()
    await page.getByRole('dialog').getByText('Cancel').click()
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('that is not there says so', async () => {
    const { page } = await signedIn('/deliveries/dlv_1')
    await page.getByText('There is no such delivery').waitFor()
    await page.getByText('Looked for dlv_1').waitFor()
    await page.context().close()
  })
})

test('all that match are made again, after their count, and their replay is listed', async () => {
  answer = 200
  received = []
  const { page, complaints } = await signedIn('/deliveries')
  const open = page.getByRole('button', { name: 'Retry all that match' })
  await open.click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('One status at a time').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  await dialog.getByLabel('Which of them').selectOption('Failed')
  await dialog.getByText(/of \d webhooks|of one webhook/).waitFor()
  await page.goto(`${dashboard.url}/deliveries?status=failed&webhook_id=${webhook}`)
  await open.click()
  await dialog.getByText(/of one webhook/).waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  const { length } = await listed(`?status=failed&webhook_id=${webhook}`)
  expect(received).toEqual([])
  await dialog.getByRole('button', { name: `Retry ${length} deliver` }).click()
  await dialog.getByText(`${length} of ${length} handed over`).waitFor()
  await until('all have arrived', () => received.length === length)
  await dialog.getByRole('link', { name: 'To the replays' }).click()
  const row = page.getByRole('row', { name: /Ledger/ })
  await row.getByText('Done').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  expect(complaints).toEqual([])
  await page.context().close()
})
