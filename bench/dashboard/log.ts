/** A log of very many deliveries: its lists are loaded, gone through, filtered and searched. */
import type { Page } from 'playwright-core'
import { fullAccount } from '../answers/full-account.ts'
import { BenchRelay } from '../bench-relay.ts'
import type { Figure } from './figure.ts'
import { Viewer, type BenchBrowser } from './viewer.ts'

const ROWS = "document.querySelectorAll('main tbody tr')"
const LISTED = `${ROWS}.length >= 20`
/** Of what was listed when `remember` was called nothing is left. */
const OTHERS = `${LISTED} && ${ROWS}[0].textContent !== window.before`
const FAILED = `${OTHERS} && [...${ROWS}].every((row) => /failed/i.test(row.textContent))`

/** Fills the log, once for a folder, and measures its pages, so often. */
export async function measureLog(
  browser: BenchBrowser,
  folder: string,
  runs: number,
  calls: number,
): Promise<Figure[]> {
  const { manageKey, webhooks, filled } = await fullAccount(folder, 'https://example.com', calls)
  await using cleanup = new AsyncDisposableStack()
  const relay = await BenchRelay.start({}, folder)
  cleanup.defer(() => relay.stop())
  const viewer = await Viewer.signedIn(browser, relay.url, manageKey)
  const [sought] = filled.samples
  for (let run = 1; run <= runs; run++) {
    viewer.of = 'deliveries'
    await look(viewer, '/deliveries', 'Next page', 'Status')
    viewer.of = "a webhook's page"
    await look(viewer, `/webhooks/${webhooks[0]}`, 'Older', 'Status')
    viewer.of = 'calls'
    await look(viewer, '/calls', 'Next page', 'With a delivery that is')
    await viewer.step(
      'a number',
      async (page) => {
        await page.getByRole('textbox', { name: 'Find a number' }).fill(sought?.number ?? '')
        await page.keyboard.press('Enter')
      },
      `location.search.includes('number=') && ${ROWS}.length === 1`,
    )
  }
  await viewer.page.context().close()
  return viewer.figures
}

async function look(viewer: Viewer, path: string, next: string, status: string): Promise<void> {
  await viewer.load(path, { 'the first rows': LISTED })
  await viewer.scroll('scrolling', 20)
  await viewer.step(
    'the next page',
    async (page) => {
      await remember(page)
      await page.getByRole('button', { name: next }).click()
    },
    OTHERS,
  )
  await viewer.step(
    'those that failed',
    async (page) => {
      await remember(page)
      await page.locator('main').getByLabel(status, { exact: true }).selectOption('failed')
    },
    FAILED,
  )
}

async function remember(page: Page): Promise<void> {
  await page.evaluate(`window.before = ${ROWS}[0].textContent`)
}
