/** From an empty relay to the first delivery. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY } from '../../e2e/relay-process.ts'
import { Dashboard, DESK, PHONE, picture, sweepTest } from './harness.ts'

let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await Dashboard.start()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

const button = (page: Page, name: string) => page.getByRole('button', { name })

async function webhooks(): Promise<{ id: string; url: string; triggers: string[] }[]> {
  const { body } = await dashboard.api()<{ data: { id: string; url: string; triggers: string[] }[] }>(
    'GET',
    `/v1/webhooks?account_id=${dashboard.account}`,
  )
  return body.data
}

describe('the first steps', () => {
  sweepTest('are accessible, fit, and load nothing that the policy forbids', async () => {
    await dashboard.sweep('/start', async (page) => button(page, 'Use the test receiver').waitFor())
  })

  test('who may only read is told that others make the first webhook', async () => {
    const { page, complaints } = await dashboard.openAs('/start', dashboard.keys.read)
    await page.getByText('You may only read here').waitFor()
    expect(await page.getByRole('main').getByRole('button').count()).toBe(0)
    expect([await dashboard.faults(page), complaints]).toEqual([[], []])
    await page.context().close()
  })

  test('without a test receiver, as when it is deployed, a URL of the customer’s own is asked for', async () => {
    const { page } = await dashboard.openAs('/health')
    await page.route('**/start', async (route) => {
      const answer = await route.fetch()
      const html = (await answer.text()).replace('content="/test-receiver/"', 'content=""')
      await route.fulfill({ response: answer, body: html })
    })
    await page.goto(`${dashboard.url}/start`)
    await page.getByLabel('The URL that is to get the events').waitFor()
    expect(await button(page, 'Use the test receiver').count()).toBe(0)
    expect(await dashboard.faults(page)).toEqual([])
    await page.context().close()
  })

  test('an operator makes a webhook to the test receiver, plays a call, and sees it arrive in order', async () => {
    const { page, complaints } = await dashboard.openAs(`/webhooks?account=${dashboard.account}`, ADMIN_KEY)
    await page.getByRole('link', { name: 'Make the first webhook' }).click()
    await button(page, 'Use the test receiver').click()
    await page.getByText('Nothing has been sent yet').waitFor()
    // What is next has the focus.
    await page.locator(':focus', { hasText: 'Play a sample call' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('All 5 events of the call have arrived').waitFor()
    const rows = await page.getByRole('row').allInnerTexts()
    expect(rows.slice(1).map((row) => /#(\d)/.exec(row)?.[1])).toEqual(['1', '2', '3', '4', '5'])
    expect(rows.slice(1).every((row) => row.includes('200'))).toBe(true)
    expect(await dashboard.faults(page)).toEqual([])

    // How far one has come is there after a reload.
    await page.reload()
    await page.getByText('All 5 events of the call have arrived').waitFor()
    const call = new URL(page.url()).searchParams.get('call') ?? ''
    const timeline = page.getByRole('link', { name: 'Look at the call' })
    expect(await timeline.getAttribute('href')).toBe(`/calls/${call}?account=${dashboard.account}`)
    const { body } = await dashboard.api()<{ events: unknown[] }>(
      'GET',
      `/v1/calls/${call}?account_id=${dashboard.account}`,
    )
    expect(body.events).toHaveLength(5)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('the key that played the call is gone', async () => {
    const { body } = await dashboard.api()<{ data: { name: string }[] }>(
      'GET',
      `/v1/accounts/${dashboard.account}/keys`,
    )
    expect(body.data.map(({ name }) => name).sort()).toEqual(['manage', 'read'])
  })

  test('who may change and post no events sends tests in place of a call, and is told so', async () => {
    const [webhook] = await webhooks()
    const path = `/start?webhook=${webhook?.id}`
    const { page, complaints } = await dashboard.openAs(path)
    await page.getByText('They are tests').waitFor()
    expect(await button(page, 'Play').count()).toBe(0)
    await button(page, 'Send').click()
    await page.getByText('10 events have arrived').waitFor()
    expect(await page.getByRole('cell', { name: / Test$/ }).count()).toBe(5)
    expect(complaints).toEqual([])
    await page.context().close()
    await dashboard.sweep(path, async (swept) => swept.getByText('What comes next').waitFor())
  })

  test('a URL that may not be one is refused at its field, in the words of the API', async () => {
    const { page } = await dashboard.openAs('/start')
    const url = page.getByLabel('Or use a URL of your own')
    await url.fill('ftp://example.com')
    await button(page, 'Make the webhook').click()
    await page.getByText('must be an http or https URL').waitFor()
    expect(await url.getAttribute('aria-invalid')).toBe('true')
    await url.fill('https://hooks.example.com/calls')
    await button(page, 'Make the webhook').click()
    await page.getByText('sends to').waitFor()
    expect((await webhooks()).map((each) => each.url)).toContain('https://hooks.example.com/calls')
    await page.context().close()
  })

  test('a receiver that takes nothing is said at once, and no more tests are sent', async () => {
    const api = dashboard.api(dashboard.keys.manage)
    const { status, body } = await api<{ id: string }>('POST', '/v1/webhooks', {
      name: 'Nobody',
      url: 'http://127.0.0.1:65533/hook',
      triggers: ['dtmf_option', 'dialed_on_agent'],
    })
    expect(status).toBe(201)
    const { page } = await dashboard.openAs(`/start?webhook=${body.id}`)
    await button(page, 'Send').click()
    await page.getByText('Not all was taken').waitFor()
    await page.getByRole('cell', { name: 'no connection' }).waitFor()
    expect(await page.getByRole('row').count()).toBe(2)
    expect(await dashboard.faults(page)).toEqual([])
    await page.context().close()
  })

  test('a webhook that has been deleted meanwhile is said to be gone', async () => {
    const { page } = await dashboard.openAs('/start?webhook=wh_none')
    await page.getByText('is no longer there').waitFor()
    await button(page, 'Try again').click()
    await button(page, 'Use the test receiver').waitFor()
    await page.context().close()
  })

  test('are found again by who may change, once there are webhooks', async () => {
    for (const viewport of [DESK, PHONE]) {
      const { page } = await dashboard.open('/webhooks', { viewport })
      await dashboard.signIn(page)
      const menu = button(page, 'Menu')
      if (viewport === PHONE) await menu.click()
      await button(page, 'Asha Telecom').click()
      await page.getByRole('link', { name: 'Getting started' }).waitFor()
      await picture(page, `settings at ${viewport.width}`)
      expect(await dashboard.faults(page)).toEqual([])
      await page.getByRole('link', { name: 'Getting started' }).click()
      await button(page, 'Use the test receiver').waitFor()
      expect(await page.getByRole('link', { name: 'Documentation' }).count()).toBe(0)
      if (viewport === PHONE) expect(await menu.getAttribute('aria-expanded')).toBe('false')
      await page.context().close()
    }
    const { page } = await dashboard.open('/webhooks')
    await dashboard.signIn(page, dashboard.keys.read)
    await button(page, 'Asha Telecom').click()
    await page.getByRole('link', { name: 'Documentation' }).waitFor()
    expect(await page.getByRole('link', { name: 'Getting started' }).count()).toBe(0)
    await page.context().close()
  })
})

test('an operator without an account makes the first one, and goes on to its first webhook', async () => {
  await dashboard.api()('DELETE', `/v1/accounts/${dashboard.account}`)
  await dashboard.sweep('/', async (page) => page.getByText('Make your first account').waitFor(), ADMIN_KEY)
  const { page, complaints } = await dashboard.openAs('/', ADMIN_KEY)
  await page.getByText('Make your first account').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  await page.getByLabel('Name').fill('Ravi Traders')
  await button(page, 'Make the account').click()
  await button(page, 'Use the test receiver').waitFor()
  expect(await page.getByRole('combobox', { name: 'Account' }).inputValue()).toBe('Ravi Traders')
  expect(complaints).toEqual([])
  await page.context().close()
})
