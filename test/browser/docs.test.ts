/** The documentation in a browser, as `npm start` serves it. */
import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import { chromium as playwright, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RelayProcess, stateDir } from '../e2e/relay-process.ts'

const PHONE = { width: 390, height: 844 }
const DESK = { width: 1280, height: 900 }
/** One page of each kind, and the longest of each. */
const PAGES = [
  '/docs',
  '/docs/receivers',
  '/docs/operations',
  '/docs/api',
  '/docs/api/webhooks',
  '/docs/api/calls',
  '/docs/nothing',
]

let state: Awaited<ReturnType<typeof stateDir>>
let relay: RelayProcess
let browser: Browser

beforeAll(async () => {
  state = await stateDir()
  relay = await RelayProcess.start(state.path)
  const executablePath = await chromium.executablePath()
  browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--no-zygote'] })
})
afterAll(async () => {
  await browser.close()
  await relay.stop()
  await state[Symbol.asyncDispose]()
})

/** A page, and what the browser complained of there: what its policy forbids is among that. */
async function open(
  path: string,
  viewport = DESK,
  dark = false,
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport,
    colorScheme: dark ? 'dark' : 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    // That the page of a path that leads nowhere is 404 is as it should be.
    if (message.type() === 'error' && !message.text().includes('404')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(relay.url + path)
  return { page, complaints }
}

describe.each(PAGES)('%s', (path) => {
  test.each([PHONE, DESK])(
    'fits a screen of $width px, and loads nothing that its policy forbids',
    async (size) => {
      const { page, complaints } = await open(path, size)
      const width = await page.evaluate('document.documentElement.scrollWidth')
      expect([width, complaints]).toEqual([size.width, []])
      await page.context().close()
    },
  )

  test.each([true, false])('is accessible, as far as axe can tell (dark: %s)', async (dark) => {
    const { page } = await open(path, DESK, dark)
    await page.evaluate(axe.source)
    const found = await page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))`,
    )
    expect(found).toEqual([])
    await page.context().close()
  })
})

test.each([
  ['send', /^Send an event/],
  ['replay', /^Replay/],
  ['retry', /^Retry a delivery/],
  ['verify signature', /^Verifying the signature/],
  ['call_id order', /./],
])('the search for “%s” finds it, by keys alone', async (words, title) => {
  const { page } = await open('/docs')
  await page.keyboard.press('/')
  await page.keyboard.type(words)
  const first = page.locator('#found [role=option]').first()
  await first.waitFor()
  expect(await first.textContent()).toMatch(title)
  const href = await first.getAttribute('href')
  await page.keyboard.press('Enter')
  await page.waitForURL(`**${href ?? ''}`)
  await page.context().close()
})

test('what is searched for in vain is said', async () => {
  const { page } = await open('/docs', PHONE)
  await page.fill('#search', 'xyzzyplugh')
  await page.locator('.nothing').waitFor()
  await page.context().close()
})

test('a language is chosen once for all requests, and the button copies what is shown', async () => {
  const { page } = await open('/docs/api/events')
  await page.locator('[data-kind=language]').first().getByText('Python').click()
  const second = page.locator('[data-kind=language]').nth(1)
  expect(await second.locator('input:checked').getAttribute('value')).toBe('Python')
  await second.getByRole('button', { name: 'Copy' }).click()
  await second.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^response = requests\.post\(\n/)
  await page.goto(`${relay.url}/docs/api/webhooks`)
  expect(await page.locator('[data-kind=language] input:checked').first().getAttribute('value')).toBe(
    'Python',
  )
  await page.context().close()
})

test('the menu marks the page and the part of it that is read', async () => {
  const { page } = await open('/docs/api/webhooks')
  const marked = page.locator('.side [aria-current=location]')
  await page.goto(`${relay.url}/docs/api/webhooks#pauseWebhook`)
  await page.locator('.side [aria-current=location]', { hasText: 'Pause a webhook' }).waitFor()
  expect(await marked.count()).toBe(1)
  expect(await page.locator('.side [aria-current=page]').textContent()).toBe('Webhooks')
  await page.context().close()
})

test('on a phone the menu opens, and closes once a place is chosen', async () => {
  const { page } = await open('/docs/api/webhooks', PHONE)
  await page.locator('.phone-menu summary').click()
  await page.locator('.phone-menu').getByText('Delete a webhook').click()
  await page.waitForURL('**#deleteWebhook')
  expect(await page.locator('.phone-menu').getAttribute('open')).toBeNull()
  await page.context().close()
})

test('all of it can be read without a script', async () => {
  const context = await browser.newContext({ viewport: DESK, javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${relay.url}/docs/api/events`)
  const tabs = page.locator('[data-kind=language]').first()
  await tabs.getByText('TypeScript').click()
  expect(await tabs.locator('pre:visible').textContent()).toMatch(/^const response = await fetch/)
  expect(await page.locator('#search').isVisible()).toBe(false)
  await context.close()
})

test('the first key leads past the menu', async () => {
  const { page } = await open('/docs/receivers')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.locator('#main:focus').waitFor()
  await page.context().close()
})
