/** The audit log: who changed what, when, and how it was before. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_KEY } from '../../e2e/relay-process.ts'
import { Dashboard, sweepTest } from './harness.ts'

let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await Dashboard.start()
  await dashboard.seed()
  const api = dashboard.api(dashboard.keys.manage)
  const { body } = await api<{ data: { id: string; name: string }[] }>('GET', '/v1/webhooks?q=helpdesk')
  await api('PATCH', `/v1/webhooks/${body.data[0]?.id}`, {
    name: 'Helpdesk: lost calls',
    triggers: ['call_hangup_missed_updated', 'call_hangup_missed'],
    headers: [{ key: 'X-Key', value: 'secret' }],
  })
  await dashboard.api()('POST', '/v1/accounts', { name: 'Another account' })
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

async function visit(path: string, key: string, look: (page: Page) => Promise<void>): Promise<void> {
  const { page, complaints } = await dashboard.openAs(path, key)
  await look(page)
  expect(complaints).toEqual([])
  await page.context().close()
}

const rows = (page: Page, name: RegExp) => page.getByRole('row', { name })

sweepTest('it is accessible, fits, and loads nothing that its policy forbids', async () => {
  const ready = async (page: Page) =>
    rows(page, /Webhook made/)
      .first()
      .waitFor()
  await dashboard.tour([
    ['/audit', ready],
    ['/audit?action=account.deleted', async (page) => page.getByText('No change matches').waitFor()],
  ])
  await dashboard.tour([[`/audit?account=${dashboard.account}&everywhere=yes`, ready]], ADMIN_KEY)
})

test('a change is told by who made it, and by what was and what is', async () => {
  await visit('/audit?action=webhook.updated', dashboard.keys.manage, async (page) => {
    const row = rows(page, /Webhook changed/)
    await row.waitFor()
    const [, who, what, changes] = await row.getByRole('cell').allInnerTexts()
    expect(who).toMatch(/^manage\s+Key$/)
    expect(what).toMatch(/^Webhook changed\s+Helpdesk: lost calls$/)
    expect(changes?.replaceAll(/\s+/g, ' ')).toContain(
      'name changed was Helpdesk: missed calls → is Helpdesk: lost calls',
    )
    expect(await row.locator('del').allInnerTexts()).toContain('call_missed_by_agent_hangup')
    expect(await row.locator('ins').allInnerTexts()).toContain('call_hangup_missed')
    expect(await row.innerText()).not.toContain('secret')
  })
})

test('filters are in the URL; the changes of one thing are a click away, and back', async () => {
  await visit('/audit', dashboard.keys.manage, async (page) => {
    await rows(page, /Key made/)
      .first()
      .waitFor()
    await page.getByLabel('What').selectOption('Webhook paused')
    await rows(page, /Key made/)
      .first()
      .waitFor({ state: 'detached' })
    expect(page.url()).toBe(`${dashboard.url}/audit?action=webhook.paused`)
    await page.getByLabel('What').selectOption('Anything')
    await page.getByRole('button', { name: 'All changes of CRM timeline' }).first().click()
    await rows(page, /Helpdesk/)
      .first()
      .waitFor({ state: 'detached' })
    expect(await page.getByRole('row').count()).toBe(1 + 2)
    await page.getByRole('button', { name: 'Only of CRM timeline' }).click()
    await rows(page, /Helpdesk/)
      .first()
      .waitFor()
    await page.getByLabel('From').fill('2100-01-01T00:00')
    await page.getByText('No change matches').waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await rows(page, /Helpdesk/)
      .first()
      .waitFor()
    expect(await page.getByLabel('From').inputValue()).toBe('')
  })
})

test('a log that does not come is said, with a way to ask again', async () => {
  const { page } = await dashboard.openAs('/audit')
  await rows(page, /Webhook made/)
    .first()
    .waitFor()
  await page.route('**/v1/audit?*', async (route) => route.abort())
  await page.getByLabel('What').selectOption('Key made')
  await page.getByRole('alert').getByText('does not answer').waitFor()
  await page.unroute('**/v1/audit?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await rows(page, /Key made/)
    .first()
    .waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.context().close()
})

test('of what was made the fields that say something come first, and all are there', async () => {
  await visit('/audit?action=webhook.created', dashboard.keys.read, async (page) => {
    const row = rows(page, /CRM timeline/)
    await row.waitFor()
    expect(await row.locator('li').count()).toBe(4)
    await row.getByRole('button', { name: /^Show all/ }).click()
    expect(await row.locator('li').count()).toBeGreaterThan(10)
    expect(await dashboard.faults(page)).toEqual([])
  })
})

test('an operator sees one account, or all of them', async () => {
  await visit(`/audit?account=${dashboard.account}`, ADMIN_KEY, async (page) => {
    await rows(page, /Account made/)
      .first()
      .waitFor()
    expect(await page.getByRole('cell', { name: 'Another account' }).count()).toBe(0)
    await page.getByLabel('Of every account').check()
    await page.getByRole('cell', { name: 'Another account' }).first().waitFor()
    expect(page.url()).toContain('everywhere=yes')
  })
})

test('a long log is paged', async () => {
  const account = `/v1/accounts/${dashboard.account}`
  for (let index = 1; index <= 51; index++)
    await dashboard.api()('PATCH', account, { country: index % 2 === 0 ? 'IN' : 'AE' })
  await visit('/audit?action=account.updated', dashboard.keys.manage, async (page) => {
    await rows(page, /Account changed/)
      .nth(49)
      .waitFor()
    await page.getByRole('button', { name: 'Next page' }).click()
    await expect.poll(async () => rows(page, /Account changed/).count()).toBe(1)
    await page.getByRole('button', { name: 'First page' }).click()
    await rows(page, /Account changed/)
      .nth(49)
      .waitFor()
  })
})
