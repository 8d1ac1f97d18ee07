/** Two editors and more at one webhook, and header values that may not be read. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserContext, Page } from 'playwright-core'
import { Dashboard, DESK, PHONE, picture, sweepTest } from './harness.ts'

const PATIENCE = { timeout: 10_000 }

let dashboard: Dashboard
let signedIn: BrowserContext

beforeAll(async () => {
  dashboard = await Dashboard.start()
  const { page } = await dashboard.openAs('/health')
  signedIn = page.context()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

async function make(more: object = {}): Promise<string> {
  const { status, body } = await dashboard.api(dashboard.keys.manage)<{ id: string }>(
    'POST',
    '/v1/webhooks',
    {
      name: 'CRM sync',
      url: 'https://crm.example.com/in',
      triggers: ['call_hangup_missed_or_answered'],
      headers: [{ key: 'X-Api-Key', value: 'abc123' }],
      parameters: [{ key: 'agent', value: '$answered_agent_name' }],
      ...more,
    },
  )
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.id
}

async function read(id: string): Promise<Record<string, unknown>> {
  return (await dashboard.api(dashboard.keys.manage)<Record<string, unknown>>('GET', `/v1/webhooks/${id}`))
    .body
}

/** What another editor saves meanwhile. */
async function others(id: string, change: object): Promise<void> {
  const { status } = await dashboard.api(dashboard.keys.manage)('PATCH', `/v1/webhooks/${id}`, change)
  expect(status).toBe(200)
}

/** The form, by somebody who has signed in already. */
async function openForm(id: string): Promise<Page> {
  const page = await signedIn.newPage()
  await page.goto(`${dashboard.url}/webhooks/${id}/edit`)
  await name(page).waitFor()
  return page
}

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true })
const name = (page: Page) => page.getByRole('textbox', { name: 'Name', exact: true })
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Somebody else has changed it meanwhile' })
const part = (page: Page, title: string) =>
  dialog(page)
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: title }) })
const choice = (page: Page, label: string) => dialog(page).getByRole('radiogroup', { name: label })
const save = (page: Page) => dialog(page).getByRole('button', { name: 'Save' })

/** Name, Description and Headers are changed here; Name, Time Zone and Headers by the other. */
async function bothChange(page: Page, id: string, action = 'Save 3 changes'): Promise<void> {
  await name(page).fill('Mine')
  await field(page, 'Description').fill('My words')
  await field(page, 'Header 1: value').fill('mine-1')
  const headers = [
    { key: 'X-Api-Key', value: 'abc123' },
    { key: 'X-Team', value: 'support' },
  ]
  await others(id, { name: 'Theirs', time_zone: 'UTC', headers })
  await page.getByRole('button', { name: action }).click()
  await dialog(page).waitFor()
}

test('what is written while a save is under way stays, and is a change of its own', async () => {
  const id = await make()
  const page = await openForm(id)
  const { promise: mayGo, resolve: letGo } = Promise.withResolvers<undefined>()
  await page.route(`**/v1/webhooks/${id}`, async (route) => {
    if (route.request().method() === 'PATCH') await mayGo
    await route.continue()
  })
  await name(page).fill('First')
  await page.getByRole('button', { name: 'Save 1 change' }).click()
  await field(page, 'Description').fill('Second')
  letGo(undefined)
  await page.getByRole('button', { name: 'Save 1 change' }).click()
  await expect.poll(async () => read(id), PATIENCE).toMatchObject({ name: 'First', description: 'Second' })
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.close()
})

describe('the second of two editors', () => {
  test('sees what only they changed, keeps their own, and chooses for each field that both did', async () => {
    const id = await make()
    const page = await openForm(id)
    await bothChange(page, id)
    expect(await part(page, 'Changed by them, and taken over').innerText()).toMatch(/Time Zone\s+IST\s+UTC/)
    expect(await part(page, 'Changed by you, and kept').innerText()).toMatch(/Description\s+My words/)
    expect(await choice(page, 'Name').innerText()).toMatch(/Mine\s+Mine\s+Theirs\s+Theirs/)
    await dialog(page).getByText('Was: CRM sync').waitFor()
    await dialog(page).getByText('2 fields to choose').waitFor()
    expect(await save(page).isDisabled()).toBe(true)
    // What is to be chosen has the focus, and the arrows choose.
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    expect(await choice(page, 'Name').getByRole('radio', { name: 'Mine' }).isChecked()).toBe(true)
    await choice(page, 'Headers').getByText('X-Team: support').click()
    await save(page).click()
    await page.getByText('Saved, over what they changed.').waitFor()
    expect(await read(id)).toMatchObject({
      name: 'Mine',
      description: 'My words',
      time_zone: 'UTC',
      headers: [
        { key: 'X-Api-Key', value: 'abc123' },
        { key: 'X-Team', value: 'support' },
      ],
    })
    expect(await field(page, 'Header 2: value').inputValue()).toBe('support')
    await page.close()
  })

  test('is asked nothing if they changed other fields, but sees them before they go on', async () => {
    const id = await make({ numbers: [] })
    const page = await openForm(id)
    await field(page, 'Description').fill('My words')
    await others(id, { url: 'https://crm.example.com/other' })
    await page.getByRole('button', { name: 'Save 1 change' }).click()
    await part(page, 'Changed by them, and taken over').getByText('https://crm.example.com/other').waitFor()
    expect(await dialog(page).getByRole('radio').count()).toBe(0)
    await page.keyboard.press('Enter')
    await page.getByText('Saved, over what they changed.').waitFor()
    expect(await read(id)).toMatchObject({
      description: 'My words',
      url: 'https://crm.example.com/other',
    })
    await page.close()
  })

  test('goes back to the form with nothing lost, and drops their own if they want to', async () => {
    const id = await make()
    const page = await openForm(id)
    await bothChange(page, id)
    await dialog(page).getByRole('button', { name: 'Back to the form' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(await name(page).inputValue()).toBe('Mine')
    await page.locator('main:focus, main :focus').waitFor()
    await page.getByRole('button', { name: 'Save 3 changes' }).click()
    await dialog(page).getByRole('button', { name: 'Drop my changes' }).click()
    await page.getByText('This is their version').waitFor()
    expect(await name(page).inputValue()).toBe('Theirs')
    expect(await field(page, 'Description').inputValue()).toBe('')
    expect(await read(id)).toMatchObject({ name: 'Theirs', description: '' })
    await page.close()
  })

  test('who chooses theirs alone has nothing left to save', async () => {
    const id = await make()
    const page = await openForm(id)
    await name(page).fill('Mine')
    await others(id, { name: 'Theirs' })
    await page.getByRole('button', { name: 'Save 1 change' }).click()
    await choice(page, 'Name').getByText('Theirs').last().click()
    await dialog(page).getByRole('button', { name: 'Go on with theirs' }).click()
    await page.getByText('This is their version').waitFor()
    expect(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true)
    await page.close()
  })

  test('sees what a third changed while they were choosing, and is asked of that alone', async () => {
    const id = await make()
    const page = await openForm(id)
    await bothChange(page, id)
    await choice(page, 'Name').getByRole('radio', { name: 'Mine' }).check()
    await choice(page, 'Headers').getByRole('radio', { name: 'Theirs' }).check()
    await others(id, { description: 'Their words', headers: [], method: 'GET' })
    await save(page).click()
    await choice(page, 'Description').waitFor()
    expect(await dialog(page).getByRole('radiogroup').count()).toBe(1)
    expect(await part(page, 'Changed by them, and taken over').innerText()).toMatch(
      /Request[^]*GET[^]*Headers/,
    )
    expect(await part(page, 'Changed by you, and kept').innerText()).toMatch(/Name\s+Theirs\s+Mine/)
    await choice(page, 'Description').getByRole('radio', { name: 'Mine' }).check()
    await save(page).click()
    await page.getByText('Saved, over what they changed.').waitFor()
    expect(await read(id)).toMatchObject({
      name: 'Mine',
      description: 'My words',
      time_zone: 'UTC',
      headers: [],
      method: 'GET',
    })
    await page.close()
  })

  sweepTest('sees it all accessible, in light and dark, on a desk and a phone', async () => {
    const id = await make({ outbound_types: ['dialer'] })
    const { page, complaints } = await dashboard.open(`/webhooks/${id}/edit`)
    await dashboard.signIn(page)
    await page.getByText('Inbound', { exact: true }).click()
    await page.getByText('ISO 8601', { exact: true }).click()
    await others(id, { date_time_format: 'iso8601' })
    await dashboard.api(dashboard.keys.manage)('POST', `/v1/webhooks/${id}/pause`)
    await bothChange(page, id, 'Save 6 changes')
    await choice(page, 'Name').getByRole('radio', { name: 'Mine' }).check()
    expect(await part(page, 'Changed by them, and taken over').innerText()).toMatch(
      /Status\s+Active\s+Paused/,
    )
    expect(await part(page, 'Changed by both, to the same').innerText()).toMatch(/Date Time Format/)
    // What my choice of a call type leaves without a meaning.
    await dialog(page).getByText('Outbound Type: does not apply any more, and goes.').waitFor()
    for (const viewport of [DESK, PHONE]) {
      await page.setViewportSize(viewport)
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme })
        await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: 'attached' })
        await picture(page, `meanwhile at ${viewport.width} ${scheme}`)
        // Of the version that is gone the browser says that it is 412.
        const own = complaints.filter((each) => !each.includes('status of 412'))
        expect([viewport, scheme, await dashboard.faults(page), own]).toEqual([viewport, scheme, [], []])
      }
    }
    await save(page).scrollIntoViewIfNeeded()
    await picture(page, 'meanwhile at its end')
    await page.context().close()
  })
})

describe('a header value that may not be read', () => {
  let receiver: Server
  /** What the receiver got last. */
  let headers: IncomingHttpHeaders

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      headers = request.headers
      response.end()
    })
    receiver.listen(0, '127.0.0.1')
    await once(receiver, 'listening')
  })
  afterAll(() => receiver.close())

  /** The form of a webhook to the receiver, as a session has it that may not see the value of `X-Api-Key`. */
  async function openMasked(): Promise<{ id: string; page: Page }> {
    // Safe: it listens on a port.
    const { port } = receiver.address() as AddressInfo
    const id = await make({ url: `http://127.0.0.1:${port}/` })
    const page = await signedIn.newPage()
    await page.route(`**/v1/webhooks/${id}`, async (route) => {
      const response = await route.fetch()
      const body = (await response.text()).replace(/("key":"X-Api-Key","value":)"[^"]*"/, '$1"••••"')
      await route.fulfill({ response, body })
    })
    await page.goto(`${dashboard.url}/webhooks/${id}/edit`)
    await kept(page)
    return { id, page }
  }

  const value = (page: Page) => field(page, 'Header 1: value')
  const button = (page: Page, label: string) => page.getByRole('button', { name: label, exact: true })

  async function kept(page: Page): Promise<void> {
    await expect.poll(async () => value(page).inputValue(), PATIENCE).toBe('•••• Kept as it is')
  }

  /** Sends a test as the webhook is stored, and tells what the receiver got. */
  async function tested(page: Page): Promise<IncomingHttpHeaders> {
    headers = {}
    await button(page, 'Send a test').click()
    await expect.poll(() => headers['webhook-id'], PATIENCE).toBeDefined()
    return headers
  }

  test('is replaced by what is written in its place', async () => {
    const { id, page } = await openMasked()
    await button(page, 'Replace').click()
    // What is typed goes there at once.
    await page.keyboard.type('new-value')
    expect(await value(page).inputValue()).toBe('new-value')
    await button(page, 'Save 1 change').click()
    await page.getByText('Saved.').waitFor()
    await kept(page)
    expect(await read(id)).toMatchObject({ headers: [{ key: 'X-Api-Key', value: 'new-value' }] })
    expect(await tested(page)).toMatchObject({ 'x-api-key': 'new-value' })
    // It may be asking for the webhook again.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.close()
  })

  test('is kept if its replacement is taken back, whatever else of the headers is changed', async () => {
    const { id, page } = await openMasked()
    await button(page, 'Replace').click()
    await page.keyboard.type('half a va')
    await picture(page, 'masked replaced')
    await button(page, 'Keep the old one').click()
    await kept(page)
    expect(await value(page).evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true)
    expect(await button(page, 'Save').isDisabled()).toBe(true)
    await button(page, 'Add header').click()
    await field(page, 'Header 2: name').fill('X-Team')
    await field(page, 'Header 2: value').fill('support')
    expect(await dashboard.faults(page)).toEqual([])
    await picture(page, 'masked kept')
    await button(page, 'Save 1 change').click()
    await page.getByText('Saved.').waitFor()
    expect(await read(id)).toMatchObject({
      headers: [
        { key: 'X-Api-Key', value: 'abc123' },
        { key: 'X-Team', value: 'support' },
      ],
    })
    expect(await tested(page)).toMatchObject({ 'x-api-key': 'abc123', 'x-team': 'support' })
    // It may be asking for the webhook again.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.close()
  })

  test('is refused under another name, which it has no value for', async () => {
    const { id, page } = await openMasked()
    await field(page, 'Header 1: name').fill('X-Other')
    await button(page, 'Save 1 change').click()
    // At its field: beside the request it is told as well.
    await page.getByText('Is the mask of a value that the webhook does not have.', { exact: true }).waitFor()
    await button(page, 'Replace').click()
    await page.keyboard.type('another')
    await button(page, 'Save 1 change').click()
    await page.getByText('Saved.').waitFor()
    expect(await read(id)).toMatchObject({ headers: [{ key: 'X-Other', value: 'another' }] })
    // It may be asking for the webhook again.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.close()
  })
})
