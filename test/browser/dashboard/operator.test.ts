/** What the operator does: accounts, keys, My Numbers, portal links and sessions; and what a customer sees of it. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_KEY } from '../../e2e/relay-process.ts'
import { Dashboard, sweepTest } from './harness.ts'

const PANEL = 'http://localhost:3000'
const NUMBERS = [
  { number: '+918069010148', label: 'Main line' },
  { number: '+918069010149', label: 'Sales' },
]
let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await Dashboard.start({ PORTAL_ORIGINS: PANEL })
  await dashboard.seed()
  await dashboard.api()('PUT', `/v1/accounts/${dashboard.account}/numbers`, { numbers: NUMBERS })
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

const part = (tab: string, account = dashboard.account) => `/operator/account?tab=${tab}&account=${account}`
const shows = (text: string) => async (page: Page) => page.getByText(text).first().waitFor()
const dialog = (page: Page) => page.getByRole('dialog')

async function newAccount(name: string): Promise<string> {
  return (await dashboard.api()<{ id: string }>('POST', '/v1/accounts', { name })).body.id
}

/** Signed in by a key; the browser had nothing to complain of but input that the API has refused. */
async function visit(path: string, key: string, look: (page: Page) => Promise<void>): Promise<void> {
  const { page, complaints } = await dashboard.openAs(path, key)
  await look(page)
  expect(complaints.filter((text) => !/status of 422/.test(text))).toEqual([])
  await page.context().close()
}

sweepTest('each part is accessible, fits, and loads nothing that its policy forbids', async () => {
  await dashboard.tour(
    [
      ['/operator', async (page) => page.getByRole('link', { name: 'Asha Telecom' }).waitFor()],
      ['/operator?tab=keys', shows('No key for every account yet')],
      ['/operator?tab=encryption', shows('Seal with the current key')],
      [part('settings'), shows('Delete the account')],
      [part('keys'), shows('Ends with')],
      [part('numbers'), shows('Main line')],
      [part('sessions'), shows('Nobody is signed in')],
    ],
    ADMIN_KEY,
  )
  await dashboard.tour([
    ['/operator', shows('Only the operator may change these')],
    ['/operator/account?tab=sessions', shows('This session')],
  ])
})

test('an account is added, renamed, switched off and, once its name is typed, deleted', async () => {
  await visit('/operator', ADMIN_KEY, async (page) => {
    await page.getByRole('button', { name: 'Add account' }).click()
    await dialog(page).getByRole('button', { name: 'Add account' }).click()
    await dialog(page).getByText('Enter a name').waitFor()
    await dialog(page).getByLabel('Name').fill('Bharat Cabs')
    await dialog(page).getByLabel('Country').fill('zz')
    await dialog(page).getByRole('button', { name: 'Add account' }).click()
    await dialog(page).getByText('must be the two letters of a country').waitFor()
    await dialog(page).getByLabel('Country').fill('us')
    await dialog(page).getByRole('button', { name: 'Add account' }).click()
    await page.getByRole('heading', { name: 'Bharat Cabs', level: 1 }).waitFor()
    await page.getByText('No key yet').waitFor()
    const id = new URL(page.url()).searchParams.get('account')
    const account = async () =>
      (await dashboard.api()<Record<string, unknown>>('GET', `/v1/accounts/${id}`)).body

    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Name').fill('Bharat Taxis')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').waitFor()
    expect(await account()).toMatchObject({ name: 'Bharat Taxis', country: 'US', webhooks_enabled: true })

    await page.getByRole('button', { name: 'Switch off' }).click()
    await dialog(page).getByText('match no webhook').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await dialog(page).getByRole('button', { name: 'Switch off' }).click()
    await page.getByText('events are accepted, and match nothing').waitFor()
    expect(await account()).toMatchObject({ webhooks_enabled: false })

    await page.getByRole('button', { name: 'Delete account' }).click()
    const confirm = dialog(page).getByRole('button', { name: 'Delete account' })
    await dialog(page).getByLabel('Type Bharat Taxis to confirm').fill('Bharat')
    expect(await confirm.isEnabled()).toBe(false)
    await dialog(page).getByLabel('Type Bharat Taxis to confirm').fill('Bharat Taxis')
    expect(await dashboard.faults(page)).toEqual([])
    await confirm.click()
    await page.getByRole('heading', { name: 'Operator', level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Asha Telecom' }).waitFor()
    expect(await page.getByRole('table').getByText('Bharat').count()).toBe(0)
    expect(page.url()).toBe(`${dashboard.url}/operator`)
    expect(await account()).toMatchObject({ status: 404 })
  })
})

test('who changes an account that somebody else has changed is told so, and changes nothing', async () => {
  const id = await newAccount('Chai Point')
  const { page } = await dashboard.openAs(part('settings', id), ADMIN_KEY)
  await page.getByLabel('Name').waitFor()
  await dashboard.api()('PATCH', `/v1/accounts/${id}`, { country: 'AE' })
  await page.getByLabel('Name').fill('Chai Points')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('Somebody else has changed the account').waitFor()
  await expect.poll(async () => page.getByLabel('Country').inputValue()).toBe('AE')
  expect(await page.getByLabel('Name').inputValue()).toBe('Chai Point')
  await page.context().close()
})

test('a key is shown once, opens what it says, and nothing once it is deleted', async () => {
  const id = await newAccount('Dosa House')
  await visit(part('keys', id), ADMIN_KEY, async (page) => {
    await page.getByRole('button', { name: 'Make a key' }).click()
    await dialog(page).getByLabel('Name').fill('Panel')
    await dialog(page).getByRole('radio', { name: 'read', exact: true }).check()
    expect(await dashboard.faults(page)).toEqual([])
    await dialog(page).getByRole('button', { name: 'Make a key' }).click()
    await dialog(page).getByText('shown this once').waitFor()
    const key = await dialog(page).locator('code').innerText()
    expect(await dashboard.faults(page)).toEqual([])
    const works = async () => (await dashboard.api(key)('GET', '/v1/webhooks')).status
    expect(await works()).toBe(200)
    expect((await dashboard.api(key)('POST', '/v1/webhooks', {})).status).toBe(403)
    // A slip of the finger does not lose it.
    await page.keyboard.press('Escape')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await dialog(page).getByRole('button', { name: 'Copy: the key' }).click()
    await dialog(page).getByRole('button', { name: 'Copied: the key' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(key)
    await dialog(page).getByRole('button', { name: 'I have copied it' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(await page.content()).not.toContain(key)

    await page.getByRole('button', { name: 'Delete the key Panel' }).click()
    await dialog(page).getByText('portal links that were made with it end with it').waitFor()
    await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('No key yet').waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    expect(await works()).toBe(401)
  })
})

test('a key for every account is made and listed', async () => {
  await visit('/operator?tab=keys', ADMIN_KEY, async (page) => {
    await page.getByRole('button', { name: 'Make a key' }).click()
    expect(await dialog(page).getByRole('radio').count()).toBe(3)
    await dialog(page).getByLabel('Name').fill('Telephony core')
    await dialog(page).getByLabel('Expires').selectOption('In 90 days')
    await dialog(page).getByRole('button', { name: 'Make a key' }).click()
    await dialog(page).getByRole('button', { name: 'I have copied it' }).click()
    await page.getByRole('row', { name: /Telephony core ingest/ }).waitFor()
  })
  const { body } = await dashboard.api()<{ data: { expires_at: string }[] }>('GET', '/v1/keys')
  const days = (Date.parse(body.data[0]?.expires_at ?? '') - Date.now()) / 86_400_000
  expect(Math.round(days)).toBe(90)
})

test('My Numbers are replaced: what goes is named, and the webhooks that filter by it', async () => {
  const webhook = { name: 'Sales only', url: 'https://example.com/', triggers: ['call_answered_by_agent'] }
  const numbers = [NUMBERS[1]?.number]
  await dashboard.api(dashboard.keys.manage)('POST', '/v1/webhooks', { ...webhook, numbers })
  await visit(part('numbers'), ADMIN_KEY, async (page) => {
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Label 1').fill('Main')
    await page.getByRole('button', { name: 'Remove +918069010149' }).click()
    await page.getByRole('button', { name: 'Add a number' }).click()
    await page.keyboard.type('12')
    await page.getByText('As lines').click()
    const lines = page.getByLabel('One number a line')
    expect(await lines.inputValue()).toBe('+918069010148, Main\n12')
    expect(await dashboard.faults(page)).toEqual([])
    await page.getByRole('link', { name: 'Access' }).click()
    await dialog(page).getByText('Leave without saving?').waitFor()
    await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Review' }).click()
    await dialog(page).getByText('1 number goes').waitFor()
    await dialog(page).getByText('+918069010149 Sales').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await dialog(page).getByRole('button', { name: 'Replace' }).click()
    await page.getByRole('alert').getByText('Line 2 (12): must be a phone number').waitFor()

    await lines.fill('+918069010148, Main\n080 6901 0150\tSupport\n')
    await page.getByRole('button', { name: 'Review' }).click()
    await dialog(page).getByRole('button', { name: 'Replace' }).click()
    await page.getByRole('status').getByText('the account has 2 numbers').waitFor()
    await page.getByText('Sales only: +918069010149').waitFor()
    await page.getByRole('row', { name: '+918069010150 Support' }).waitFor()
  })
})

test('a portal link lets its user in, who is listed and can be sent out', async () => {
  const id = await newAccount('Elaichi')
  await visit(part('sessions', id), ADMIN_KEY, async (page) => {
    await page.getByText('Nobody is signed in').waitFor()
    await page.getByRole('button', { name: 'Make a portal link' }).click()
    const make = dialog(page).getByRole('button', { name: 'Make a portal link' })
    await dialog(page).getByLabel('Name of the user').fill('Asha Rao')
    await make.click()
    await dialog(page).getByText('or neither').last().waitFor()
    await dialog(page).getByLabel('Id of the user').fill('42')
    await dialog(page).getByLabel('Leads to').fill('/audit')
    await dialog(page).getByLabel('Frame it on').fill('https://other.example.com')
    await make.click()
    await dialog(page).getByText('must be one of the setting PORTAL_ORIGINS').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await dialog(page).getByLabel('Frame it on').fill('')
    await make.click()
    await dialog(page)
      .getByRole('timer')
      .getByText(/^(5:00|4:5\d) left/)
      .waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    const url = await dialog(page).locator('code').innerText()
    const guest = await dashboard.open(url.slice(dashboard.url.length))
    await guest.page.getByRole('heading', { name: 'Audit' }).waitFor()
    await dialog(page).getByRole('button', { name: 'Done' }).click()

    await page.reload()
    await page.getByRole('row', { name: /Asha Rao 42 May change Portal link The operator/ }).waitFor()
    await page.getByRole('button', { name: 'End the session of Asha Rao' }).click()
    await dialog(page).getByRole('button', { name: 'End', exact: true }).click()
    await page.getByText('Nobody is signed in').waitFor()
    await guest.page.reload()
    await guest.page.getByText('Your session is over').waitFor()
    await guest.page.context().close()
  })
})

test('secrets are sealed anew, and it is said how far that has come', async () => {
  await visit('/operator?tab=encryption', ADMIN_KEY, async (page) => {
    await page.getByRole('button', { name: 'Seal with the current key' }).click()
    await page.getByText('All that can be read is sealed with the current key').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
  })
})

test('a customer sees the account, and who may change it ends its sessions, the own one too', async () => {
  await visit('/operator', dashboard.keys.manage, async (page) => {
    await page.getByRole('heading', { name: 'Asha Telecom', level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Keys' }).click()
    await page
      .getByRole('row', { name: /manage/ })
      .first()
      .waitFor()
    expect(await page.getByRole('button', { name: /key/i }).count()).toBe(0)
    await page.getByRole('link', { name: 'My Numbers' }).click()
    await page.getByRole('row', { name: /Main/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Edit' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Access' }).click()
    await page.getByText('This session').waitFor()
    expect(await page.getByRole('button', { name: 'Make a portal link' }).count()).toBe(0)
    await page.getByRole('button', { name: 'End all' }).click()
    await dialog(page).getByRole('button', { name: 'End all' }).click()
    await page.getByText('Your session is over').waitFor()
  })
})

test('who may only read ends no session', async () => {
  await visit('/operator/account?tab=sessions', dashboard.keys.read, async (page) => {
    await page.getByText('This session').waitFor()
    expect(await page.getByRole('button', { name: /^End/ }).count()).toBe(0)
  })
})
