/** The dashboard in a frame of another origin's page: that of docs/embedding.md, word for word. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import type { Frame, FrameLocator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Dashboard, PHONE, picture, type Opened, type Viewing } from './harness.ts'

const GUIDE = readFileSync(resolve(import.meta.dirname, '../../../docs/embedding.md'), 'utf8')
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20"/></svg>'

let dashboard: Dashboard
let panel: Panel
/** Listed as well, but the links are not for it. */
let another: Panel
let stranger: Panel

beforeAll(async () => {
  panel = await Panel.start()
  another = await Panel.start()
  stranger = await Panel.start()
  dashboard = await Dashboard.start({ PORTAL_ORIGINS: `${panel.url},${another.url}` })
  await dashboard.seed()
})
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]()
  panel.stop()
  another.stop()
  stranger.stop()
})

/** The provider's own panel, another site than the relay: `localhost` is none of `127.0.0.1`. */
class Panel {
  readonly #server: Server
  /** What its page says of the frame's look, and which of its lines it leaves out. */
  page = exampleOf(GUIDE)

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Panel> {
    const server = createServer()
    const made = new Panel(server)
    server.on('request', (request, response) => {
      void made.answer(request.method ?? '', request.url ?? '').then(([type, body]) => {
        response.setHeader('content-type', type)
        response.end(body)
      })
    })
    server.listen(0, 'localhost')
    await once(server, 'listening')
    return made
  }

  get url(): string {
    // Safe: it listens on a port.
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async answer(method: string, path: string): Promise<[type: string, body: string]> {
    if (path === '/logo.svg') return ['image/svg+xml', LOGO]
    if (path === '/favicon.ico') return ['image/svg+xml', LOGO]
    if (method === 'POST') {
      // The link is always for the panel that is listed.
      const { body } = await dashboard.api()<{ url: string }>(
        'POST',
        `/v1/accounts/${dashboard.account}/portal-links`,
        {
          scope: 'manage',
          user: { id: '42', name: 'Asha Rao' },
          embed_origin: panel.url,
          path: '/webhooks',
        },
      )
      return ['application/json', JSON.stringify(body)]
    }
    return [
      'text/html; charset=utf-8',
      `<!doctype html><html lang="en"><title>Panel</title><main><h1>Panel</h1>${this.page}</main></html>`,
    ]
  }

  stop(): void {
    this.#server.close()
  }
}

/** The page of the guide, in the one block of HTML that it has. */
function exampleOf(guide: string): string {
  const [, html] = /^```html\n(.*?)^```$/ms.exec(guide) ?? []
  if (html === undefined) throw new Error('docs/embedding.md has no HTML')
  return html
}

async function open(
  search: Record<string, string> = {},
  settings: Viewing = {},
): Promise<Opened & { frame: FrameLocator }> {
  panel.page = exampleOf(GUIDE).replace(
    /new URLSearchParams\(.*\)/,
    `new URLSearchParams(${JSON.stringify(search)})`,
  )
  const opened = await dashboard.openAt(panel.url, settings)
  return { ...opened, frame: opened.page.frameLocator('#webhooks') }
}

/** A variable of the frame's styles, as the browser has it. */
async function variableOf(page: Page, name: string): Promise<unknown> {
  return frameOf(page).evaluate(`getComputedStyle(document.body).getPropertyValue('${name}')`)
}

/** The frame as a page of its own. */
function frameOf(page: Page): Frame {
  const found = page.frames().find((each) => each.url().startsWith(dashboard.url))
  if (found === undefined) throw new Error('the panel has no frame of the relay')
  return found
}

/** How high the panel has made the frame, and how high the page in it is. */
async function heights(page: Page): Promise<[unknown, unknown]> {
  const outer = await page.evaluate(`parseFloat(document.querySelector('#webhooks').style.height)`)
  const inner = await frameOf(page).evaluate(
    `Math.ceil(document.querySelector('#root').getBoundingClientRect().height)`,
  )
  return [outer, inner]
}

/** What axe and the browser say of the frame. */
async function faults(page: Page): Promise<unknown[]> {
  return dashboard.faults(frameOf(page))
}

describe('in a frame of the panel', () => {
  test('a customer is signed in by the panel, and sees their webhooks in its colours', async () => {
    panel.page = exampleOf(GUIDE)
    const { page, complaints } = await dashboard.openAt(panel.url)
    const frame = page.frameLocator('#webhooks')
    await frame.getByText('CRM timeline').waitFor()
    await frame.getByText('Asha Telecom', { exact: true }).waitFor()
    expect(await variableOf(page, '--mantine-color-brand-filled')).toBe('#0f766e')
    expect(await frame.getByText('Call webhooks').count()).toBe(0)
    expect(await page.context().cookies()).toMatchObject([{ name: 'relay-embed', sameSite: 'None' }])
    // The panel does not keep the link, and neither does the frame.
    expect(frameOf(page).url()).toBe(`${dashboard.url}/embed/webhooks`)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test.each([
    ['light', false],
    ['dark', true],
  ] as const)(
    'it is %s as the panel says, whatever the system is; accessible, and it fits',
    async (theme, dark) => {
      const look = { theme, accent: '#ffd400', name: 'Asha Telecom', logo: `${panel.url}/logo.svg` }
      for (const settings of [{ dark: !dark }, { dark: !dark, viewport: PHONE }]) {
        const { page, frame, complaints } = await open(look, settings)
        await frame.getByText('CRM timeline').waitFor()
        expect(await frame.locator('html').getAttribute('data-mantine-color-scheme')).toBe(theme)
        expect(await frame.locator('header img').evaluate('true')).toBe(true)
        await expect.poll(async () => heights(page).then(([outer, inner]) => outer === inner)).toBe(true)
        await picture(page, `embed-${theme}-${settings.viewport?.width ?? 1280}`)
        expect([await faults(page), complaints]).toEqual([[], []])
        // The choice is the panel's.
        await frame.getByRole('button', { name: 'Asha Rao' }).click()
        await frame.getByRole('button', { name: 'Sign out' }).waitFor()
        expect(await frame.getByLabel('Theme').count()).toBe(0)
        await page.context().close()
      }
    },
  )

  test('the frame is as high as its page, and grows and shrinks with it', async () => {
    const { page, frame } = await open()
    await frame.getByText('CRM timeline').waitFor()
    await frame
      .getByRole('row', { name: /CRM timeline/ })
      .getByText('Call answered by Agent')
      .waitFor()
    /** The height once both have the same; 0 until then. */
    const settled = async () => {
      const [outer, inner] = await heights(page)
      return outer === inner ? Number(outer) : 0
    }
    await expect.poll(settled).toBeGreaterThan(0)
    const [, all] = await heights(page)
    const search = frame.getByLabel('Search name, description and URL')
    await search.fill('crm')
    await frame.getByText('Helpdesk: missed calls').waitFor({ state: 'detached' })
    await expect.poll(settled).toBeGreaterThan(0)
    const [, fewer] = await heights(page)
    expect(Number(fewer)).toBeLessThan(Number(all))
    await search.fill('')
    await expect.poll(settled).toBeGreaterThan(Number(fewer))
    await page.context().close()
  })

  test('it goes dark when the panel does, and heeds nobody else', async () => {
    const { page, frame } = await open({ theme: 'light' })
    await frame.getByText('CRM timeline').waitFor()
    const scheme = async () => frame.locator('html').getAttribute('data-mantine-color-scheme')
    await frameOf(page).evaluate(`postMessage({ type: 'relay:theme', theme: 'dark' }, location.origin)`)
    await page.evaluate(
      `document.querySelector('#webhooks').contentWindow.postMessage({ type: 'relay:theme', theme: 'red' }, '*')`,
    )
    // By then both have been heard.
    await frameOf(page).evaluate('new Promise((next) => setTimeout(next, 50))')
    expect(await scheme()).toBe('light')
    await page.evaluate(
      `document.querySelector('#webhooks').contentWindow.postMessage({ type: 'relay:theme', theme: 'dark' }, '*')`,
    )
    await expect.poll(scheme).toBe('dark')
    await page.context().close()
  })

  test('a panel that the link is not for hears nothing, and changes nothing', async () => {
    const { page } = await dashboard.openAt(another.url)
    const frame = page.frameLocator('#webhooks')
    await frame.getByText('CRM timeline').waitFor()
    await page.evaluate(
      `document.querySelector('#webhooks').contentWindow.postMessage({ type: 'relay:theme', theme: 'dark' }, '*')`,
    )
    await frameOf(page).evaluate('new Promise((next) => setTimeout(next, 50))')
    expect(await frame.locator('html').getAttribute('data-mantine-color-scheme')).toBe('light')
    expect((await heights(page))[0]).toBeNaN()
    await page.context().close()
  })

  test('its look is there after it has been loaded again', async () => {
    const { page, frame } = await open({ accent: '#7c3aed', theme: 'dark', name: 'Ravi Traders' })
    await frame.getByText('CRM timeline').waitFor()
    await frameOf(page).evaluate('location.reload()')
    await frame.getByText('CRM timeline').waitFor()
    await frame.getByText('Ravi Traders').waitFor()
    expect(await variableOf(page, '--mantine-color-brand-filled')).toBe('#7c3aed')
    await page.context().close()
  })

  test('signing out ends the frame’s session, and stays so', async () => {
    const { page, frame } = await open({ theme: 'light' })
    await frame.getByText('CRM timeline').waitFor()
    await frame.getByRole('button', { name: 'Asha Rao' }).click()
    await frame.getByRole('button', { name: 'Sign out' }).click()
    await frame.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await frame.getByText('Open this panel again').waitFor()
    expect(await frame.getByLabel('API key').count()).toBe(0)
    expect(await faults(page)).toEqual([])
    await picture(page, 'embed-signed-out')
    expect(await page.context().cookies()).toEqual([])
    await page.context().close()
  })

  test('when its session is over the panel opens another', async () => {
    const { page, frame } = await open()
    await frame.getByText('CRM timeline').waitFor()
    await endSessions()
    await frame.getByText('Paused', { exact: true }).first().click()
    await frame.getByText('CRM timeline').waitFor()
    await expect.poll(() => frameOf(page).url()).toBe(`${dashboard.url}/embed/webhooks`)
    expect(await sessions()).toBe(1)
    await page.context().close()
  })

  test('a panel that does not is told so by the frame itself', async () => {
    const { page, frame } = await open()
    await frame.getByText('CRM timeline').waitFor()
    await page.evaluate('fetch = async () => new Promise(() => {})')
    await endSessions()
    await frame.getByText('Paused', { exact: true }).first().click()
    await frame.getByText('Your session is over').waitFor()
    await frame.getByText('Open this panel again').waitFor()
    await page.context().close()
  })

  test('the operator’s pages are not there', async () => {
    const { page, frame } = await open()
    await frame.getByText('CRM timeline').waitFor()
    expect(await frame.getByRole('link', { name: 'Operator' }).count()).toBe(0)
    await frameOf(page).evaluate(`location.href = '/embed/operator'`)
    await frame.getByText('There is no such page').first().waitFor()
    await page.context().close()
  })
})

test('a page that is not listed may not frame it, whatever link it has', async () => {
  const { page } = await dashboard.openAt(stranger.url)
  await expect.poll(() => page.frames().map((each) => each.url())).toContain('chrome-error://chromewebdata/')
  expect(await page.context().cookies()).toEqual([])
  await page.context().close()
})

async function endSessions(): Promise<void> {
  await dashboard.api()('DELETE', `/v1/accounts/${dashboard.account}/sessions`)
}

async function sessions(): Promise<number> {
  const { body } = await dashboard.api()<{ data: unknown[] }>(
    'GET',
    `/v1/accounts/${dashboard.account}/sessions`,
  )
  return body.data.length
}
