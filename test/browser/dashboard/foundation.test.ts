/** Signing in and out, and what holds for every page of the dashboard. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY } from '../../e2e/relay-process.ts'
import { Dashboard, PHONE, sweepTest } from './harness.ts'

const PANEL = 'http://localhost:3000'
let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await Dashboard.start({ PORTAL_ORIGINS: PANEL })
  await dashboard.seed()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

async function portalLink(more: object = {}): Promise<string> {
  const { body } = await dashboard.api()<{ url: string }>(
    'POST',
    `/v1/accounts/${dashboard.account}/portal-links`,
    {
      scope: 'manage',
      user: { id: '42', name: 'Asha Rao' },
      ...more,
    },
  )
  return body.url.slice(dashboard.url.length)
}

describe('every page', () => {
  sweepTest('sign-in is accessible, fits, and loads nothing that its policy forbids', async () => {
    await dashboard.sweep('/sign-in', async (page) => page.getByLabel('API key').waitFor(), null)
  })

  sweepTest('webhooks are', async () => {
    await dashboard.sweep('/webhooks', async (page) => page.getByText('CRM timeline').waitFor())
  })

  sweepTest('an admin without an account is asked for one', async () => {
    await dashboard.sweep(
      '/webhooks',
      async (page) => page.getByRole('heading', { name: 'Choose an account', level: 1 }).waitFor(),
      ADMIN_KEY,
    )
  })
})

test('a key signs in, and signing out ends the session', async () => {
  const { page } = await dashboard.open('/')
  await dashboard.signIn(page)
  await page.getByRole('heading', { name: 'Webhooks' }).waitFor()
  await page.getByRole('button', { name: 'Asha Telecom' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('API key').waitFor()
  expect((await page.request.get(`${dashboard.url}/v1/session`)).status()).toBe(401)
  await page.context().close()
})

test('a wrong key is refused in the words of the API, and the page stays', async () => {
  const { page } = await dashboard.open('/sign-in')
  await page.getByLabel('API key').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('There is no such API key').waitFor()
  await page.context().close()
})

test('a portal link signs in, leads to its path, and is nowhere in the history', async () => {
  const { page, complaints } = await dashboard.open(await portalLink({ path: '/webhooks?status=paused' }))
  await page.getByText('CRM timeline').waitFor()
  expect(page.url()).toBe(`${dashboard.url}/webhooks?status=paused`)
  await page.getByRole('button', { name: 'Asha Rao · Asha Telecom' }).waitFor()
  expect(await page.getByText('Helpdesk').count()).toBe(0)
  await page.goBack()
  expect(page.url()).toBe('about:blank')
  expect(complaints).toEqual([])
  await page.context().close()
})

test('a portal link that was opened before says so', async () => {
  const link = await portalLink()
  const first = await dashboard.open(link)
  await first.page.getByText('CRM timeline').waitFor()
  const second = await dashboard.open(link)
  await second.page.getByRole('alert').getByText('The link was opened before').waitFor()
  for (const { page } of [first, second]) await page.context().close()
})

test('a session that is over asks to sign in, and leads back to where one was', async () => {
  const { page } = await dashboard.openAs('/webhooks?status=disabled')
  await page.getByText('Dialer dispositions').waitFor()
  await dashboard.api()('DELETE', `/v1/accounts/${dashboard.account}/sessions`)
  await page.getByText('Paused', { exact: true }).click()
  await page.getByText('Your session is over').waitFor()
  await dashboard.signIn(page)
  await page.getByText('CRM timeline').waitFor()
  expect(page.url()).toBe(`${dashboard.url}/webhooks?status=paused`)
  await page.context().close()
})

test('a path of the dashboard is there after a reload, an unknown one of the API is not', async () => {
  const { page } = await dashboard.openAs('/webhooks?q=crm')
  await page.reload()
  await page.getByText('CRM timeline').waitFor()
  expect(await page.getByRole('searchbox').inputValue()).toBe('crm')
  expect(await page.getByText('Helpdesk').count()).toBe(0)
  const unknown = await fetch(`${dashboard.url}/v1/nothing`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
  expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  await page.context().close()
})

test('in a frame the session is the panel’s own', async () => {
  const { page, complaints } = await dashboard.open(
    await portalLink({ embed_origin: PANEL, path: '/webhooks' }),
  )
  await page.getByText('CRM timeline').waitFor()
  expect(page.url()).toBe(`${dashboard.url}/embed/webhooks`)
  await page.reload()
  await page.getByText('CRM timeline').waitFor()
  expect((await page.context().cookies()).map(({ name }) => name)).toEqual(['relay-embed'])
  expect(complaints).toEqual([])
  await page.context().close()
})

test('a webhook is paused, enabled and, once that is confirmed, disabled', async () => {
  const { page, complaints } = await dashboard.openAs('/webhooks?q=helpdesk')
  const row = page.getByRole('row', { name: /Helpdesk/ })
  const act = async (action: string) => {
    await row.getByRole('button', { name: /^Actions for/ }).click()
    await page.getByRole('menuitem', { name: action }).click()
  }
  await act('Pause')
  await row.getByText('Paused').waitFor()
  await act('Enable')
  await row.getByText('Active').waitFor()
  await act('Disable')
  await page.getByRole('dialog').getByText('are discarded').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await row.getByText('Disabled').waitFor()
  await act('Enable')
  await row.getByText('Active').waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})

test('who may only read is offered no action', async () => {
  const { page } = await dashboard.openAs('/webhooks', dashboard.keys.read)
  await page.getByText('CRM timeline').waitFor()
  expect(await page.getByRole('button', { name: /^Actions for/ }).count()).toBe(0)
  await page.context().close()
})

test('filters are in the URL, and what finds nothing says so', async () => {
  const { page } = await dashboard.openAs('/webhooks')
  await page.getByRole('searchbox').fill('xyzzy')
  await page.getByText('No webhook matches').waitFor()
  expect(page.url()).toBe(`${dashboard.url}/webhooks?q=xyzzy`)
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await page.getByText('CRM timeline').waitFor()
  expect(await page.getByRole('searchbox').inputValue()).toBe('')
  await page.context().close()
})

test('a relay that goes away is said, with a way to ask again', async () => {
  const { page } = await dashboard.openAs('/webhooks')
  await page.getByText('CRM timeline').waitFor()
  await page.route('**/v1/webhooks?*', async (route) => route.abort())
  await page.getByText('Paused', { exact: true }).first().click()
  await page.getByRole('alert').getByText('does not answer').waitFor()
  await page.unroute('**/v1/webhooks?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await page.context().close()
})

test('an admin chooses an account, which stays in the URL', async () => {
  const { page } = await dashboard.openAs('/', ADMIN_KEY)
  await page.getByRole('main').getByRole('combobox', { name: 'Account' }).click()
  await page.getByRole('option', { name: 'Asha Telecom' }).click()
  await page.getByText('CRM timeline').waitFor()
  await page.getByRole('link', { name: 'Webhooks' }).click()
  expect(page.url()).toBe(`${dashboard.url}/webhooks?account=${dashboard.account}`)
  await page.context().close()
})

test('dark is chosen once, and kept', async () => {
  const { page } = await dashboard.openAs('/webhooks', dashboard.keys.manage, { viewport: PHONE })
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('button', { name: 'Asha Telecom' }).click()
  await page.getByLabel('Theme').selectOption('dark')
  await page.reload()
  await page.getByText('CRM timeline').waitFor()
  expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark')
  await page.context().close()
})
