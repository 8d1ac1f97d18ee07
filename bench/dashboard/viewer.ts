/** A browser that times what the dashboard does: how long something takes to be shown, and the longest task meanwhile. */
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { chromium as playwright, type Browser, type Page } from 'playwright-core'
import { longestTask, type Task } from './longest-task.ts'
import type { Figure } from './figure.ts'

const PATIENCE_MS = 30_000

export interface BenchBrowser {
  own: Browser
  /** A folder for a trace of each step, to be looked at in the browser's developer tools; null: none is kept. */
  traces: string | null
}

export async function startBrowser(traces: string | null): Promise<BenchBrowser> {
  const executablePath = await chromium.executablePath()
  return { own: await playwright.launch({ executablePath, args: ['--no-sandbox', '--no-zygote'] }), traces }
}

export class Viewer {
  readonly page: Page
  readonly figures: Figure[] = []
  /** What is looked at, before the name of each figure; empty: it is one thing. */
  of = ''
  readonly #browser: BenchBrowser
  readonly #url: string

  private constructor(browser: BenchBrowser, page: Page, url: string) {
    this.#browser = browser
    this.page = page
    this.#url = url
  }

  /** A page of its own, signed in. */
  static async signedIn(browser: BenchBrowser, url: string, key: string): Promise<Viewer> {
    const context = await browser.own.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-IN' })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    await page.goto(`${url}/sign-in`)
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((at) => !at.pathname.endsWith('/sign-in'))
    return new Viewer(browser, page, url)
  }

  /**
   * Loads a page anew, and notes when it was first painted and when each thing was shown.
   * @param shown by name, an expression that is true once it is; the last is when the page is at rest
   */
  async load(path: string, shown: Readonly<Record<string, string>>): Promise<void> {
    await this.page.goto('about:blank')
    const atMs: [string, number][] = []
    const task = await this.#longest(path, async () => {
      await this.page.goto(this.#url + path, { waitUntil: 'commit' })
      for (const [what, isSo] of Object.entries(shown)) atMs.push([what, await this.#when(isSo)])
    })
    const paintedMs = await this.page.evaluate<number>(
      'performance.getEntriesByName("first-contentful-paint")[0].startTime',
    )
    this.#add('first paint', paintedMs, null)
    for (const [index, [what, tookMs]] of atMs.entries())
      this.#add(what, tookMs, index === atMs.length - 1 ? task : null)
  }

  /**
   * Does something, and waits until what it is for is shown.
   * @param isSo an expression that is true once it is; none if all that counts is whether the page stays at hand
   */
  async step(what: string, act: (page: Page) => Promise<unknown>, isSo?: string): Promise<void> {
    let tookMs: number | null = null
    const task = await this.#longest(what, async () => {
      const fromMs = await this.page.evaluate<number>('performance.now()')
      await act(this.page)
      if (isSo !== undefined) tookMs = (await this.#when(isSo)) - fromMs
    })
    this.#add(what, tookMs, task)
  }

  /** Turns the wheel down and up again, with the pointer in the middle of what is seen. */
  async scroll(what: string, turns: number): Promise<void> {
    await this.step(what, async (page) => {
      await page.mouse.move(640, 600)
      for (let turn = 0; turn < 2 * turns; turn++) await page.mouse.wheel(0, turn < turns ? 300 : -300)
    })
  }

  #add(what: string, tookMs: number | null, task: Task | null): void {
    this.figures.push({ what: this.of === '' ? what : `${this.of}: ${what}`, tookMs, task })
  }

  async #longest(what: string, act: () => Promise<unknown>): Promise<Task> {
    const { own, traces } = this.#browser
    const name = `${this.figures.length}-${what.replaceAll(/\W+/g, '-')}.json`
    return longestTask(own, this.page, act, traces === null ? null : join(traces, name))
  }

  /**
   * When an expression became true, since the page was asked for (ms). By an expression and not by a locator: to look for
   * roles among a hundred thousand elements is a long task of its own.
   */
  async #when(isSo: string): Promise<number> {
    const shownMs = await this.page.evaluate<number | null>(`new Promise((shown) => {
      const untilMs = performance.now() + ${PATIENCE_MS}
      const look = () => {
        if (${isSo}) shown(performance.now())
        else if (performance.now() > untilMs) shown(null)
        else requestAnimationFrame(look)
      }
      look()
    })`)
    if (shownMs === null) throw new Error(`not shown within ${PATIENCE_MS} ms: ${isSo}`)
    return shownMs
  }
}
