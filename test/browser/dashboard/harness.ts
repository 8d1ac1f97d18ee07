/**
 * What the tests of the dashboard share: a relay as `npm start` serves it, with an account and webhooks, and a browser.
 * Each file starts one in `beforeAll`, and ends it in `afterAll`. `npm test` runs the flows; `npm run test:browser` runs
 * them again, and looks with axe, in light and dark, on a desk and a phone: sweeps, which take longer than the flows.
 * With `SCREENSHOTS=folder` each sweep leaves pictures.
 */
import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import {
  chromium as playwright,
  type Browser,
  type BrowserContext,
  type Frame,
  type Page,
} from 'playwright-core'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { ADMIN_KEY, client, RelayProcess, stateDir } from '../../e2e/relay-process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the project looks at each page with axe, or only goes through the flows. */
    sweeps: boolean
  }
}

const isSweeping = inject('sweeps')
/** A test that is nothing but a sweep. */
export const sweepTest = test.runIf(isSweeping)

export const PHONE = { width: 390, height: 844 }
export const DESK = { width: 1280, height: 900 }
const SCREENSHOTS = process.env['SCREENSHOTS']
/** For what a page is to show: a test that fails says so soon. */
const PATIENCE_MS = 10_000

export interface Opened {
  page: Page
  /**
   * What the browser complained of, and requests to other hosts: what the policy forbids is among it. What a test leaves
   * here fails it, unless it is only that the API refused something.
   */
  complaints: string[]
}

/** Of the contexts that are open. */
const complaintsOf = new Map<BrowserContext, string[]>()
/** Those that were there before the test: its file's. */
let shared: ReadonlySet<BrowserContext> = new Set()

beforeEach(() => {
  shared = new Set(complaintsOf.keys())
})
afterEach(async () => {
  const found = [...complaintsOf.values()].flatMap((complaints) => complaints.splice(0))
  for (const context of complaintsOf.keys()) if (!shared.has(context)) await context.close()
  expect(found.filter((text) => !isRefusal(text))).toEqual([])
})

/** The API refused what a test asked for, or a test kept the page from the API: a page may go through that. */
function isRefusal(complaint: string): boolean {
  return /^Failed to load resource: .*(status of 4\d\d|ERR_FAILED).* \(\S+\/v1\/\S+\)$/.test(complaint)
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

async function gone(context: BrowserContext, url: string): Promise<Opened> {
  const page = await context.newPage()
  await page.goto(url)
  return { page, complaints: complaintsOf.get(context) ?? [] }
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
    const executablePath = await chromium.executablePath()
    const [relay, browser] = await Promise.all([
      RelayProcess.start(state.path, settings),
      playwright.launch({ executablePath, args: ['--no-sandbox', '--no-zygote'] }),
    ])
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
  async open(path: string, viewing: Viewing = {}): Promise<Opened> {
    return this.openAt(this.url + path, viewing)
  }

  /** The same of any URL, such as that of a page which frames the dashboard: requests to its host are no complaint. */
  async openAt(url: string, viewing: Viewing = {}): Promise<Opened> {
    return gone(await this.#context(viewing, new URL(url).origin), url)
  }

  /**
   * A page in a browser of its own, signed in by a key: sooner than through the form, `signIn`.
   * @param path `/health` loads nothing, for a test that prepares what is asked for
   */
  async openAs(path: string, key = this.keys.manage, viewing: Viewing = {}): Promise<Opened> {
    const context = await this.#context(viewing)
    const headers = { origin: this.url }
    const answer = await context.request.post(`${this.url}/v1/session`, { headers, data: { key } })
    if (!answer.ok()) throw new Error(`no session: ${answer.status()} ${await answer.text()}`)
    return gone(context, this.url + path)
  }

  async #context({ viewport = DESK, dark = false }: Viewing, host = this.url): Promise<BrowserContext> {
    const context = await this.#parts.browser.newContext({
      viewport,
      // That of this browser (`en-US@posix`) is none, and scripts that ask for its numbers fail.
      locale: 'en-IN',
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
    })
    context.setDefaultTimeout(PATIENCE_MS)
    const complaints: string[] = []
    complaintsOf.set(context, complaints)
    context.on('close', () => complaintsOf.delete(context))
    context.on('console', (message) => {
      // The answer that says that nobody is signed in is no fault of the page.
      if (message.type() === 'error' && !/status of 401/.test(message.text()))
        complaints.push(`${message.text()} (${message.location().url})`)
    })
    context.on('weberror', (error) => complaints.push(error.error().message))
    context.on('request', (request) => {
      const { origin } = new URL(request.url())
      if (origin !== this.url && origin !== host) complaints.push(`request to ${request.url()}`)
    })
    return context
  }

  /** Signs in by key on the page that asks for it, and waits until it is gone. */
  async signIn(page: Page, key = this.keys.manage): Promise<void> {
    await page.getByLabel('API key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
  }

  /**
   * What holds for every page, in light and dark, on a desk and a phone: axe finds nothing serious, the browser complains of
   * nothing, nothing comes from another host, and nothing scrolls sideways. Does nothing in `npm test`: a test that is no
   * more than this is a `sweepTest`.
   * @param path what is shown there, signed in
   * @param ready waits until the page shows what is to be looked at
   * @param key null: not signed in
   */
  async sweep(
    path: string,
    ready: (page: Page) => Promise<unknown>,
    key: string | null = this.keys.manage,
  ): Promise<void> {
    if (!isSweeping) return
    for (const viewport of [DESK, PHONE]) {
      for (const dark of [false, true]) {
        const viewing = { viewport, dark }
        const { page, complaints } =
          key === null ? await this.open(path, viewing) : await this.openAs(path, key, viewing)
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
    if (!isSweeping) return
    const { page, complaints } = await this.openAs('/health', key)
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

  /** Whether the page scrolls sideways, and, if this is not `npm test`, what axe finds that is serious. */
  async faults(page: Page | Frame): Promise<unknown[]> {
    const isWide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    )
    const found = isSweeping ? await seriousFaults(page) : []
    return isWide === true ? [...found, 'scrolls sideways'] : found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { browser, relay, state } = this.#parts
    await browser.close()
    await relay.stop()
    await state[Symbol.asyncDispose]()
  }
}

/** What axe finds that is serious. */
async function seriousFaults(page: Page | Frame): Promise<unknown[]> {
  await page.evaluate(axe.source)
  return page.evaluate<unknown[]>(
    `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))`,
  )
}
