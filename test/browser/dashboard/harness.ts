/**
 * What the tests of the dashboard share: a relay as `npm start` serves it, with an account and webhooks, and a browser.
 * Each file starts one in `beforeAll`, and ends it in `afterAll`. With `SCREENSHOTS=folder` each sweep leaves pictures.
 */
import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import { chromium as playwright, type Browser, type Frame, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { ADMIN_KEY, client, RelayProcess, stateDir } from '../../e2e/relay-process.ts'

export const PHONE = { width: 390, height: 844 }
export const DESK = { width: 1280, height: 900 }
const SCREENSHOTS = process.env['SCREENSHOTS']
/** For what a page is to show: a test that fails says so soon. */
const PATIENCE_MS = 10_000

export interface Opened {
  page: Page
  /** What the browser complained of, and requests to other hosts: what the policy forbids is among it. */
  complaints: string[]
}

/** Leaves a picture of what is shown, if pictures are asked for. */
export async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS !== undefined)
    await page.screenshot({ path: `${SCREENSHOTS}/${name.replaceAll(/\W+/g, '-')}.png` })
}

export interface Viewing {
  viewport?: typeof DESK
  dark?: boolean
}

export class Dashboard {
  readonly url: string
  readonly account: string
  /** Keys of the account. */
  readonly keys: { manage: string; read: string }
  readonly #parts: { browser: Browser; relay: RelayProcess; state: Awaited<ReturnType<typeof stateDir>> }

  private constructor(
    parts: { browser: Browser; relay: RelayProcess; state: Awaited<ReturnType<typeof stateDir>> },
    account: string,
    keys: { manage: string; read: string },
  ) {
    this.#parts = parts
    this.url = parts.relay.url
    this.account = account
    this.keys = keys
  }

  static async start(settings: Record<string, string> = {}): Promise<Dashboard> {
    const state = await stateDir()
    const relay = await RelayProcess.start(state.path, settings)
    const executablePath = await chromium.executablePath()
    const browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--no-zygote'] })
    const admin = client(relay.url, ADMIN_KEY)
    const made = await admin<{ id: string }>('POST', '/v1/accounts', { name: 'Asha Telecom' })
    const account = made.body.id
    const key = async (scope: string) => {
      const { body } = await admin<{ key: string }>('POST', `/v1/accounts/${account}/keys`, {
        name: scope,
        scope,
      })
      return body.key
    }
    const keys = { manage: await key('manage'), read: await key('read') }
    return new Dashboard({ browser, relay, state }, account, keys)
  }

  /** The API with the admin's key, or another. */
  api(key = ADMIN_KEY) {
    return client(this.url, key)
  }

  /** A few webhooks of each status. */
  async seed(): Promise<void> {
    const api = this.api(this.keys.manage)
    const webhooks = [
      {
        name: 'Helpdesk: missed calls',
        description: 'Opens a ticket for every call that nobody took.',
        url: 'https://helpdesk.example.com/hooks/calls/missed',
        triggers: ['call_hangup_missed_updated', 'call_missed_by_agent_hangup'],
        call_type: 'inbound',
      },
      {
        name: 'CRM timeline',
        description: 'Every event of a call, in order.',
        url: 'https://crm.example.com/webhooks/telephony?source=relay',
        triggers: ['call_answered_by_agent', 'dtmf_option', 'call_hangup_missed_or_answered'],
      },
      {
        name: 'Dialer dispositions',
        url: 'https://bi.example.com/in',
        triggers: ['disposition_status_updated_dialer'],
        call_type: 'outbound',
        outbound_types: ['dialer'],
      },
    ]
    const ids: string[] = []
    for (const webhook of webhooks) {
      const { status, body } = await api<{ id: string }>('POST', '/v1/webhooks', webhook)
      if (status !== 201) throw new Error(`webhook not made: ${JSON.stringify(body)}`)
      ids.push(body.id)
    }
    await api('POST', `/v1/webhooks/${ids[1]}/pause`)
    await api('POST', `/v1/webhooks/${ids[2]}/disable`)
  }

  /** A page in a browser of its own, that nobody is signed in to. */
  async open(path: string, settings: Viewing = {}): Promise<Opened> {
    return this.openAt(this.url + path, settings)
  }

  /** The same of any URL, such as that of a page which frames the dashboard: requests to its host are no complaint. */
  async openAt(url: string, { viewport = DESK, dark = false }: Viewing = {}): Promise<Opened> {
    const context = await this.#parts.browser.newContext({
      viewport,
      // That of this browser (`en-US@posix`) is none, and scripts that ask for its numbers fail.
      locale: 'en-IN',
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
    })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      // The answer that says that nobody is signed in is no fault of the page.
      if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      const { origin } = new URL(request.url())
      if (origin !== this.url && origin !== new URL(url).origin)
        complaints.push(`request to ${request.url()}`)
    })
    await page.goto(url)
    return { page, complaints }
  }

  /** Signs in by key on the page that asks for it, and waits until it is gone. */
  async signIn(page: Page, key = this.keys.manage): Promise<void> {
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
  }

  /**
   * What holds for every page, in light and dark, on a desk and a phone: axe finds nothing serious, the browser complains of
   * nothing, nothing comes from another host, and nothing scrolls sideways.
   * @param path what is shown there, signed in
   * @param ready waits until the page shows what is to be looked at
   * @param key null: not signed in
   */
  async sweep(
    path: string,
    ready: (page: Page) => Promise<unknown>,
    key: string | null = this.keys.manage,
  ): Promise<void> {
    for (const viewport of [DESK, PHONE]) {
      for (const dark of [false, true]) {
        const { page, complaints } = await this.open(path, { viewport, dark })
        if (key !== null) await this.signIn(page, key)
        await ready(page)
        const who = key === ADMIN_KEY ? ' for an admin' : ''
        const where = `${path}${who} at ${viewport.width} ${dark ? 'dark' : 'light'}`
        await picture(page, where)
        expect([where, await this.faults(page), complaints]).toEqual([where, [], []])
        await page.context().close()
      }
    }
  }

  /** The same of several pages one after the other, each loaded once: cheaper than a sweep of each. */
  async tour(
    stops: readonly (readonly [path: string, ready: (page: Page) => Promise<unknown>])[],
    key = this.keys.manage,
  ): Promise<void> {
    const { page, complaints } = await this.open('/sign-in')
    await this.signIn(page, key)
    for (const [path, ready] of stops) {
      await page.goto(this.url + path)
      await ready(page)
      for (const viewport of [DESK, PHONE]) {
        for (const dark of [false, true]) {
          await page.setViewportSize(viewport)
          const scheme = dark ? 'dark' : 'light'
          await page.emulateMedia({ colorScheme: scheme })
          await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: 'attached' })
          const who = key === ADMIN_KEY ? ' for an admin' : ''
          const where = `${path}${who} at ${viewport.width} ${scheme}`
          if (SCREENSHOTS !== undefined)
            await page.screenshot({ path: `${SCREENSHOTS}/${where.replaceAll(/\W+/g, '-')}.png` })
          expect([where, await this.faults(page), complaints]).toEqual([where, [], []])
        }
      }
    }
    await page.context().close()
  }

  /** What axe finds that is serious, and whether the page scrolls sideways. */
  async faults(page: Page | Frame): Promise<unknown[]> {
    await page.evaluate(axe.source)
    const found = await page.evaluate<unknown[]>(
      `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))`,
    )
    const isWide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    )
    return isWide === true ? [...found, 'scrolls sideways'] : found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { browser, relay, state } = this.#parts
    await browser.close()
    await relay.stop()
    await state[Symbol.asyncDispose]()
  }
}
