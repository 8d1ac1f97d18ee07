/** A webhook is added, changed and copied: each field, the request beside them, and what is not to be lost. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserContext, Page } from 'playwright-core'
import { ADMIN_KEY } from '../../e2e/relay-process.ts'
import { Dashboard, sweepTest } from './harness.ts'

let dashboard: Dashboard
let signedIn: BrowserContext

beforeAll(async () => {
  dashboard = await Dashboard.start()
  await dashboard.seed()
  await dashboard.api()('PUT', `/v1/accounts/${dashboard.account}/numbers`, {
    numbers: [
      { number: '+918069010148', label: 'Main line' },
      { number: '+918069010149', label: 'Support' },
    ],
  })
  const { page } = await dashboard.openAs('/health')
  signedIn = page.context()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

async function make(more: object = {}): Promise<{ id: string; etag: string }> {
  const { status, body } = await dashboard.api(dashboard.keys.manage)<{ id: string; etag: string }>(
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
  return body
}

async function read(id: string): Promise<Record<string, unknown>> {
  return (await dashboard.api(dashboard.keys.manage)<Record<string, unknown>>('GET', `/v1/webhooks/${id}`))
    .body
}

/** A page of a browser that has signed in already. */
async function openForm(path: string): Promise<Page> {
  const page = await signedIn.newPage()
  await page.goto(dashboard.url + path)
  return page
}

const request = (page: Page) => page.getByRole('region', { name: 'Request' })

async function chooseTrigger(page: Page, name: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Trigger' }).fill(name)
  await page.getByRole('option', { name }).first().click()
  await page.getByRole('combobox', { name: 'Trigger' }).press('Escape')
}

describe('every state', () => {
  sweepTest('a new webhook is accessible, fits, and loads nothing that its policy forbids', async () => {
    await dashboard.sweep('/webhooks/new', async (page) =>
      page.getByRole('textbox', { name: 'Name', exact: true }).waitFor(),
    )
  })

  sweepTest('one that is edited is', async () => {
    const { id } = await make()
    await dashboard.sweep(`/webhooks/${id}/edit`, async (page) =>
      request(page).getByText('webhook-signature').waitFor(),
    )
  })
})

test('a webhook is made with the fields of the product, and the request shows as one types', async () => {
  const { page, complaints } = await dashboard.openAs('/webhooks/new')
  await request(page).getByText('Choose a trigger').waitFor()
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Ticket for missed calls')
  await chooseTrigger(page, 'Call hangup (Missed) (updated)')
  await page.getByRole('textbox', { name: 'URL' }).fill('https://helpdesk.example.com/hook')
  await request(page).getByText('https://helpdesk.example.com/hook').waitFor()
  await page.getByText('x-www-form-urlencoded', { exact: true }).click()
  await page.getByText('ISO 8601', { exact: true }).click()
  await page.getByRole('combobox', { name: 'Time Zone' }).fill('Dubai')
  await page.getByRole('option', { name: 'Asia/Dubai' }).click()
  await page.getByText('Inbound', { exact: true }).click()
  await page.getByRole('combobox', { name: 'My Numbers' }).click()
  await page.getByRole('option', { name: /Main line/ }).click()
  await page.getByRole('button', { name: 'Add header' }).click()
  await page.getByLabel('Header 1: name').fill('X-Team')
  await page.getByLabel('Header 1: value').fill('support')
  await page.getByRole('button', { name: 'Add parameter' }).click()
  await page.getByLabel('Parameter 1: name').fill('kind')
  await page.getByLabel('Parameter 1: value').fill('missed')
  await request(page).getByText('X-Team').waitFor()
  await request(page).getByText('kind', { exact: true }).waitFor()
  expect(await page.getByText('Outbound Type').count()).toBe(0)
  await page.getByText('More', { exact: true }).click()
  await page.getByText('A field each: a[b]').click()
  await page.getByLabel('Give up after').fill('5400')
  await page.getByText('1 hour 30 minutes').waitFor()
  await page.getByRole('button', { name: 'Create webhook' }).click()
  await page.getByText('Created, and active').waitFor()
  const id = /webhooks\/(wh_\w+)\/edit/.exec(page.url())?.[1] ?? ''
  expect(await read(id)).toMatchObject({
    name: 'Ticket for missed calls',
    triggers: ['call_hangup_missed_updated'],
    url: 'https://helpdesk.example.com/hook',
    content_type: 'application/x-www-form-urlencoded',
    call_type: 'inbound',
    numbers: ['+918069010148'],
    date_time_format: 'iso8601',
    time_zone: 'Asia/Dubai',
    headers: [{ key: 'X-Team', value: 'support' }],
    parameters: [{ key: 'kind', value: 'missed' }],
    nested_form: 'brackets',
    max_age_seconds: 5400,
  })
  // Of a draft that is half written the browser says that its preview is 422.
  expect(complaints.filter((each) => !each.includes('status of 422'))).toEqual([])
  await page.context().close()
})

test('what does not apply is not there', async () => {
  const page = await openForm('/webhooks/new')
  await page.getByText('x-www-form-urlencoded', { exact: true }).waitFor()
  await page.getByText('GET', { exact: true }).click()
  expect(await page.getByText('Content-Type').count()).toBe(0)
  await chooseTrigger(page, 'Call received on Server')
  await page.getByText('Inbound', { exact: true }).waitFor()
  expect(await page.getByText('Outbound', { exact: true }).count()).toBe(0)
  expect(await page.getByText('Outbound Type').count()).toBe(0)
  await page.close()
})

test('a $ offers the variables with what they are in the sample, and the keyboard takes one', async () => {
  const page = await openForm('/webhooks/new')
  await chooseTrigger(page, 'Call answered by Agent')
  await page.getByRole('button', { name: 'Add parameter' }).click()
  const value = page.getByLabel('Parameter 1: value')
  await value.pressSequentially('Agent: $agent')
  const list = page.getByRole('listbox', { name: 'Variables' })
  await list.getByRole('option').first().waitFor()
  const bottom = await value.evaluate((input) => input.getBoundingClientRect().bottom)
  expect(bottom).toBeLessThan(840)
  expect(await dashboard.faults(page)).toEqual([])
  await value.press('ArrowDown')
  await value.press('ArrowUp')
  const first = await list.getByRole('option', { selected: true }).innerText()
  await value.press('Enter')
  expect(await value.inputValue()).toBe(`Agent: ${first.split('\n')[0]}`)
  expect(await list.count()).toBe(0)
  await value.pressSequentially(' $')
  await list.waitFor()
  await value.press('Escape')
  await list.waitFor({ state: 'detached' })
  expect(page.url()).toContain('/webhooks/new')
  await page.close()
})

test('faults stand at their fields in the words of the API, and the first has the focus', async () => {
  const page = await openForm('/webhooks/new')
  await chooseTrigger(page, 'DTMF Option')
  await page.getByRole('textbox', { name: 'URL' }).fill('ftp://example.com')
  await page.getByRole('button', { name: 'Add header' }).click()
  await page.getByRole('button', { name: 'Add header' }).click()
  await page.getByLabel('Header 2: name').fill('Host')
  // Not left yet, so that its fault is told by the click alone.
  await page.getByRole('button', { name: 'Create webhook' }).click()
  const name = page.getByRole('textbox', { name: 'Name', exact: true })
  await page.getByText('Must be 1 to 120 characters.').waitFor()
  await page.getByText('3 fields need a look').waitFor()
  expect(await name.evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true)
  const described = async (label: string) => {
    const input = page.getByLabel(label)
    const id = (await input.getAttribute('aria-describedby')) ?? ''
    return page
      .locator(
        id
          .split(' ')
          .map((each) => `[id="${each}"]`)
          .join(','),
      )
      .last()
      .innerText()
  }
  expect(await described('Header 2: name')).toMatch(/is a header that the relay/i)
  expect(await dashboard.faults(page)).toEqual([])
  await name.fill('Menu')
  await page.getByText('Must be 1 to 120 characters.').waitFor({ state: 'detached' })
  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com')
  await page.getByLabel('Header 2: name').fill('X-Menu')
  await request(page).getByText('X-Menu').waitFor()
  expect(await page.getByText('need a look').count()).toBe(0)
  await page.close()
})

test('a warning stands at its field before anything is saved', async () => {
  const page = await openForm('/webhooks/new')
  await page.getByRole('textbox', { name: 'URL' }).fill('http://example.com')
  await chooseTrigger(page, 'Call hangup (Missed) (Deprecated)')
  await page.getByText('call_hangup_missed is deprecated', { exact: false }).waitFor()
  await page.getByText('Is http to a public host').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  await page.close()
})

test('only what was changed is sent, and only to the version that was read', async () => {
  const { id, etag } = await make()
  const page = await openForm(`/webhooks/${id}/edit`)
  await page.getByRole('textbox', { name: 'Description' }).fill('For the CRM')
  const sent = page.waitForRequest((asked) => asked.method() === 'PATCH')
  await page.getByRole('button', { name: 'Save 1 change' }).click()
  const asked = await sent
  expect(asked.postDataJSON()).toEqual({ description: 'For the CRM' })
  expect(await asked.headerValue('if-match')).toBe(etag)
  await page.getByText('Saved.').waitFor()
  await page.getByRole('textbox', { name: 'Description' }).fill('For the CRM, again')
  await page.getByRole('button', { name: 'Save 1 change' }).click()
  await page.getByText('Saved.').waitFor()
  expect(await read(id)).toMatchObject({ description: 'For the CRM, again' })
  await page.close()
})

test('the second of two editors is not asked if nothing on the form has changed', async () => {
  const { id } = await make()
  const page = await openForm(`/webhooks/${id}/edit`)
  await page.getByRole('textbox', { name: 'Description' }).fill('My words')
  await dashboard.api(dashboard.keys.manage)('POST', `/v1/webhooks/${id}/secret/rotate`, {})
  await page.getByRole('button', { name: 'Save 1 change' }).click()
  await page.getByText('Saved.').waitFor()
  await page.close()
})

test('a copy begins with all of the original but its name', async () => {
  const { id } = await make()
  const page = await openForm(`/webhooks/new?clone=${id}`)
  await page.getByRole('button', { name: 'Create webhook' }).click()
  await page.getByText('Created, and active').waitFor()
  const copy = /webhooks\/(wh_\w+)\/edit/.exec(page.url())?.[1] ?? ''
  expect(copy).not.toBe(id)
  expect(await read(copy)).toMatchObject({
    name: 'Copy of CRM sync',
    headers: [{ key: 'X-Api-Key', value: 'abc123' }],
    parameters: [{ key: 'agent', value: '$answered_agent_name' }],
  })
  await page.close()
})

test('a test goes out, and what the receiver answered is shown', async () => {
  const receiver = createServer((asked, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ test: asked.headers['webhook-test'] }))
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  // Safe: it listens on a port.
  const { port } = receiver.address() as AddressInfo
  const { id } = await make({ url: `http://127.0.0.1:${port}/` })
  const page = await openForm(`/webhooks/${id}/edit`)
  await page.getByRole('button', { name: 'Send a test' }).click()
  const panel = page.getByRole('region', { name: 'Test' })
  await panel.getByText('200').waitFor()
  await panel.getByText('"test"').waitFor()
  expect(await dashboard.faults(page)).toEqual([])
  receiver.close()
  await page.close()
})

test('unsaved changes ask before they go', async () => {
  const { id } = await make()
  const page = await openForm(`/webhooks/${id}/edit`)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Half a na')
  await page.getByRole('link', { name: 'Webhooks', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('will be gone').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('Half a na')
  page.once('dialog', (asked) => void asked.dismiss())
  const asked = page.waitForEvent('dialog')
  await page.evaluate('void setTimeout(() => location.reload())')
  expect((await asked).type()).toBe('beforeunload')
  await page.getByRole('link', { name: 'Webhooks', exact: true }).click()
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { name: 'Webhooks' }).waitFor()
  await page.close()
})

test('who may only read is told so', async () => {
  const { page } = await dashboard.openAs('/webhooks/new', dashboard.keys.read)
  await page.getByRole('heading', { name: 'You may only read' }).waitFor()
  expect(await page.getByRole('main').getByRole('textbox').count()).toBe(0)
  await page.context().close()
})

test('an admin makes one for the account that is chosen', async () => {
  const { page } = await dashboard.openAs(`/webhooks/new?account=${dashboard.account}`, ADMIN_KEY)
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('By the operator')
  await chooseTrigger(page, 'DTMF Option')
  await page.getByRole('textbox', { name: 'URL' }).fill('https://example.com/in')
  await request(page).getByText('webhook-signature').waitFor()
  await page.getByRole('button', { name: 'Create webhook' }).click()
  await page.getByText('Created, and active').waitFor()
  expect(page.url()).toContain(`account=${dashboard.account}`)
  await page.context().close()
})

test('what was being written as the session ended is there again after signing in', async () => {
  const { id } = await make()
  const page = await openForm(`/webhooks/${id}/edit`)
  await request(page).getByText('webhook-signature').waitFor()
  await dashboard.api()('DELETE', `/v1/accounts/${dashboard.account}/sessions`)
  await page.getByRole('textbox', { name: 'Description' }).fill('Half a sentence')
  await page.getByText('Your session is over').waitFor()
  await dashboard.signIn(page)
  await page.getByText('What you were writing is here again').waitFor()
  expect(await page.getByRole('textbox', { name: 'Description' }).inputValue()).toBe('Half a sentence')
  await page.getByRole('button', { name: 'Save 1 change' }).click()
  await page.getByText('Saved.').waitFor()
  await page.close()
})
