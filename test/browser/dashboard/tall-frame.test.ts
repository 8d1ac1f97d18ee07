/** A panel that makes its frame very high, and scrolls by itself: what opens over the page opens where its user looks. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FrameLocator, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Dashboard, DESK, PHONE, picture } from './harness.ts'

const FRAME_PX = 3000
const PATIENCE = { timeout: 10_000 }
const CALL = '1628364922.6274679'

let dashboard: Dashboard
let panel: Server
let panelUrl: string

beforeAll(async () => {
  panel = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(
      request.url === '/favicon.ico'
        ? ''
        : `<!doctype html><html lang="en"><title>Panel</title><meta name="viewport" content="width=device-width">
           <h1>Panel</h1><iframe title="Webhooks" style="width: 100%; height: ${FRAME_PX}px; border: 0"></iframe>`,
    )
  })
  panel.listen(0, 'localhost')
  await once(panel, 'listening')
  // Safe: it listens on a port.
  panelUrl = `http://localhost:${(panel.address() as AddressInfo).port}`
  dashboard = await Dashboard.start({ PORTAL_ORIGINS: panelUrl })
  const api = dashboard.api(dashboard.keys.manage)
  for (let n = 10; n < 35; n += 1) {
    const webhook = { name: `Webhook ${n}`, url: 'https://example.com/', triggers: ['dtmf_option'] }
    await api('POST', '/v1/webhooks', webhook)
  }
  const { body } = await api<{ id: string }>('POST', '/v1/webhooks', {
    name: 'Held',
    url: 'https://example.com/',
    triggers: ['call_received_on_server'],
  })
  await api('POST', `/v1/webhooks/${body.id}/pause`)
  await dashboard.api()('POST', '/v1/events', {
    account_id: dashboard.account,
    trigger: 'call_received_on_server',
    call_id: CALL,
    call_type: 'inbound',
    number: '+918069010148',
    sequence: 1,
    variables: {},
  })
})
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]()
  panel.close()
})

async function open(path: string, viewport: typeof DESK): Promise<{ page: Page; frame: FrameLocator }> {
  const { body } = await dashboard.api()<{ url: string }>(
    'POST',
    `/v1/accounts/${dashboard.account}/portal-links`,
    { scope: 'manage', user: { id: '42', name: 'Asha Rao' }, embed_origin: panelUrl, path },
  )
  const { page } = await dashboard.openAt(panelUrl, { viewport })
  await page.evaluate(`document.querySelector('iframe').src = ${JSON.stringify(body.url)}`)
  return { page, frame: page.frameLocator('iframe') }
}

/** Waits until all of it is in sight, if the page around the frame stays where it is. */
async function inSight(page: Page, window: Locator): Promise<void> {
  await window.waitFor()
  const scrolled = await page.evaluate('scrollY')
  const height = page.viewportSize()?.height ?? 0
  const place = async () => {
    const box = await window.boundingBox()
    return box !== null && box.y >= 0 && box.y + box.height <= height
  }
  await expect.poll(place, PATIENCE).toBe(true)
  expect(await page.evaluate('scrollY')).toBe(scrolled)
}

test.each([
  ['a desk', DESK],
  ['a phone', PHONE],
])('a question is asked where the user looks, on %s', async (_where, viewport) => {
  const { page, frame } = await open('/webhooks', viewport)
  const menu = frame.getByRole('button', { name: 'Actions for Webhook 12' })
  await menu.waitFor()
  await menu.scrollIntoViewIfNeeded()
  expect(Number(await page.evaluate('scrollY'))).toBeGreaterThan(300)
  await menu.click()
  await frame.getByRole('menuitem', { name: 'Delete' }).click()
  const question = frame.getByRole('dialog', { name: 'Delete Webhook 12?' })
  await inSight(page, question)
  await picture(page, `tall frame at ${viewport.width}`)
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  await expect
    .poll(async () => frame.locator(':focus').getAttribute('aria-label'), PATIENCE)
    .toBe('Actions for Webhook 12')
  await page.context().close()
})

test('a delivery opens beside its call where the user looks', async () => {
  const { page, frame } = await open('/calls', DESK)
  await frame.getByRole('heading', { name: 'Calls' }).waitFor()
  await page.evaluate('scrollTo(0, 900)')
  const { body } = await dashboard.api(dashboard.keys.manage)<{
    events: { deliveries: { id: string }[] }[]
  }>('GET', `/v1/calls/${CALL}`)
  const id = body.events[0]?.deliveries[0]?.id ?? ''
  const inner = page.frames().find((each) => each.url().startsWith(dashboard.url))
  await inner?.evaluate(`location.href = '/embed/calls/${CALL}?delivery=${id}'`)
  await inSight(page, frame.getByRole('dialog'))
  await picture(page, 'tall frame delivery')
  await page.context().close()
})
