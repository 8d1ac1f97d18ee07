/**
 * `node bench/webhooks-list.ts [COUNT]`: the dashboard's list of webhooks in an account of 10,000, in a real browser: when
 * it is first painted, when its rows are, when the figures of 24 hours are, and the longest task meanwhile, while it is
 * searched and while it is scrolled. To make so many by the API takes an hour: all but the first are copied in its
 * database, with the relay at rest.
 */
import chromium from '@sparticuz/chromium'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { chromium as playwright, type Page } from 'playwright-core'
import { created } from '../scripts/demo/api.ts'
import { TRIGGERS, BenchRelay } from './bench-relay.ts'

const COUNT = Number(process.argv[2] ?? 10_000)

const folder = await BenchRelay.folder(undefined)
const first = await BenchRelay.start({}, folder)
const { manage, manageKey } = await first.account('Many')
await manage.post(
  '/v1/webhooks',
  {
    name: 'Webhook 1',
    description: 'As 9,999 others',
    url: 'https://example.com/hooks',
    triggers: TRIGGERS,
  },
  created,
)
await first.stop()
copyWebhooks()

const relay = await BenchRelay.start({}, folder)
const executablePath = await chromium.executablePath()
const browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--no-zygote'] })
const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
await page.addInitScript(
  'window.tasks = []; new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask", buffered: true })',
)
await page.goto(`${relay.url}/webhooks`)
await page.getByLabel('API key').fill(manageKey)
await page.getByRole('button', { name: 'Sign in' }).click()
await page.getByRole('row').nth(50).waitFor()

for (let run = 1; run <= 3; run++) {
  await page.goto('about:blank')
  await page.goto(`${relay.url}/webhooks`, { waitUntil: 'commit' })
  await page.getByRole('row').nth(50).waitFor()
  const rows = await now(page)
  await page.getByText('No deliveries').nth(49).waitFor()
  const figures = await now(page)
  const paint = await page.evaluate<number>(
    'performance.getEntriesByName("first-contentful-paint")[0].startTime',
  )
  const loading = await longest(page)
  await page.mouse.move(600, 600)
  for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, turn < 20 ? 300 : -300)
  const scrolling = await longest(page)
  const before = await now(page)
  await page.getByRole('searchbox').pressSequentially('hooks/1', { delay: 60 })
  await page.waitForURL(/q=/)
  await page
    .getByRole('link', { name: /Webhook 1/ })
    .first()
    .waitFor()
  const searched = (await now(page)) - before
  console.log(
    `run ${run}: first paint ${ms(paint)}, rows ${ms(rows)}, figures ${ms(figures)}, found ${ms(searched)}; ` +
      `longest task while loading ${ms(loading)}, scrolling ${ms(scrolling)}, searching ${ms(await longest(page))}`,
  )
}
await browser.close()
await relay.stop()

function copyWebhooks(): void {
  const files = globSync(join(folder, 'd1/**/*.sqlite')).filter((file) => !file.endsWith('metadata.sqlite'))
  const [file] = files
  if (file === undefined) throw new Error('no database')
  const db = new DatabaseSync(file)
  const columns = db
    .prepare("SELECT name FROM pragma_table_info('webhooks')")
    .all()
    .map(({ name }) => String(name))
  const values = columns.map((name) => {
    if (name === 'id') return "substr(id, 1, length(id) - 5) || printf('%05d', n)"
    if (name === 'name') return "'Webhook ' || n"
    if (name === 'url') return "url || '/' || n"
    return `"${name}"`
  })
  db.prepare(
    `WITH RECURSIVE ns(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM ns WHERE n < ?)
     INSERT INTO webhooks (${columns.map((name) => `"${name}"`).join()}) SELECT ${values.join()} FROM webhooks, ns`,
  ).run(COUNT)
  db.close()
}

/** Since the page was asked for (ms). */
async function now(of: Page): Promise<number> {
  return of.evaluate<number>('performance.now()')
}

/** The longest task since this was asked (ms); 0 if none took 50 ms. */
async function longest(of: Page): Promise<number> {
  return of.evaluate<number>('Math.max(0, ...window.tasks.splice(0))')
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
