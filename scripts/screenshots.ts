/**
 * `npm run screenshots`: the pictures of README and docs, of a relay of its own with the samples of `npm run relay -- seed`.
 * The browser's clock stands still, and all times of the relay's answers are moved to it, so that a picture changes
 * only if the page does. `--out FOLDER` (docs/images), `--only NAME` of a picture.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import chromium from '@sparticuz/chromium'
import { chromium as playwright, type Browser, type Page } from 'playwright-core'
import { startRelay, type Relay } from './relay.ts'

/** What the clock of the pictures shows once the samples are there: a quiet moment on a working day. */
const SHOWN_MS = Date.UTC(2026, 8, 14, 10, 30)
const DESK = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 844 }
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/** What `npm run relay -- seed --json` says. */
interface Seeded {
  accounts: { id: string; webhooks: { id: string; name: string }[] }[]
  call_id: string
}

interface Picture {
  name: string
  /** With the account chosen. */
  path: string
  viewport?: typeof DESK
  dark?: boolean
  /** Waits until the page shows what is to be seen. */
  ready: (page: Page) => Promise<unknown>
}

const { values: options } = parseArgs({
  options: { out: { type: 'string', default: 'docs/images' }, only: { type: 'string' } },
})

function picturesOf({ accounts: [account], call_id }: Seeded): Picture[] {
  const title = async (page: Page): Promise<void> => page.getByRole('heading', { level: 1 }).waitFor()
  const listed = async (page: Page): Promise<void> => page.getByText('warehouse').first().waitFor()
  const idOf = (name: string): string => account?.webhooks.find((each) => each.name === name)?.id ?? ''
  const call = `/calls/${call_id}`
  return [
    { name: 'webhooks', path: '/webhooks', ready: listed },
    { name: 'webhook', path: `/webhooks/${idOf('helpdesk')}`, ready: title },
    { name: 'edit', path: `/webhooks/${idOf('crm')}/edit`, ready: title },
    { name: 'call', path: call, ready: title },
    { name: 'call-dark', path: call, dark: true, ready: title },
    { name: 'call-phone', path: call, viewport: PHONE, ready: title },
    { name: 'deliveries', path: '/deliveries?status=unsucceeded', ready: title },
  ]
}

async function take(
  browser: Browser,
  url: string,
  adminKey: string,
  account: string,
  picture: Picture,
): Promise<void> {
  const { name, path, viewport = DESK, dark = false, ready } = picture
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor: 2,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    timezoneId: 'Asia/Kolkata',
    locale: 'en-GB',
  })
  const byMs = SHOWN_MS - Date.now()
  await context.route(`${url}/v1/**`, async (route) => {
    const response = await route.fetch()
    const text = (await response.text()).replace(TIME, (time) => moved(time, byMs))
    await route.fulfill({ response, body: text })
  })
  const page = await context.newPage()
  await page.clock.setFixedTime(SHOWN_MS)
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('API key').fill(adminKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((at) => !at.pathname.endsWith('/sign-in'))
  const at = new URL(path, url)
  at.searchParams.set('account', account)
  await page.goto(at.href)
  await ready(page)
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: join(options.out, `${name}.png`) })
  await context.close()
  console.log(`${name}.png`)
}

/** Fills the relay, and keeps the receiver of the samples until the end. */
async function seed({ url, adminKey: key }: Relay, until: AsyncDisposableStack): Promise<Seeded> {
  const child = spawn(process.execPath, ['scripts/cli/main.ts', 'seed', '--json', '--stay'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, RELAY_URL: url, RELAY_KEY: key },
  })
  until.defer(() => void child.kill())
  for await (const line of createInterface({ input: child.stdout })) {
    // Safe: it is what the command prints, on one line.
    return JSON.parse(line) as Seeded
  }
  throw new Error('the samples could not be made')
}

/** A time of the relay's, as many ms later. */
function moved(time: string, byMs: number): string {
  return new Date(Date.parse(time) + byMs).toISOString()
}

await using cleanup = new AsyncDisposableStack()
await mkdir(options.out, { recursive: true })
const stateDir = mkdtempSync(join(tmpdir(), 'screenshots-'))
cleanup.defer(() => rmSync(stateDir, { recursive: true, force: true }))
const adminKey = `screenshots-${crypto.randomUUID()}`
const settings = { ...process.env, ADMIN_KEY: adminKey, ALLOW_PRIVATE_TARGETS: 'true' }
const relay = await startRelay({ port: 0, stateDir, settings })
cleanup.defer(() => relay.stop())
const seeded = await seed(relay, cleanup)
const account = seeded.accounts[0]?.id ?? ''
const executablePath = await chromium.executablePath()
const browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--no-zygote'] })
cleanup.defer(() => browser.close())
for (const picture of picturesOf(seeded)) {
  if (options.only === undefined || options.only === picture.name)
    await take(browser, relay.url, adminKey, account, picture)
}
