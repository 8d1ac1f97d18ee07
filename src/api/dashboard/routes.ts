import { Hono, type Context } from 'hono'
import { settingsOf } from '../../lib/settings.ts'
import type { AppEnv } from '../auth/principal.ts'
import { TEST_RECEIVER_PATH } from './test-receiver.ts'

/**
 * The paths that are the dashboard's to show: what stands behind them its own router knows (`dashboard/src/router.tsx`).
 * Any other path is 404 here.
 */
export const DASHBOARD_PAGES = [
  '/',
  '/sign-in',
  '/webhooks/*',
  '/calls/*',
  '/deliveries/*',
  '/replays/*',
  '/audit/*',
  '/operator/*',
  '/start/*',
  '/call',
] as const

/** What stands in the built page in the place of the nonce, and of whether `/test-receiver/…` answers. */
const NONCE = 'NONCE_OF_THIS_ANSWER'
const TEST_RECEIVER = 'TEST_RECEIVER_OF_THIS_RELAY'
const NONCE_BYTES = 16

/** The dashboard: one page that nobody may frame, and the same at `/embed` for the pages of `PORTAL_ORIGINS`. */
export const dashboardRoutes = new Hono<AppEnv>()
  .on('GET', [...DASHBOARD_PAGES], async (c) => page(c, []))
  .get('/embed/', (c) => c.redirect('/embed', 301))
  .get('/embed/*', async (c) => page(c, settingsOf(c.env).portalOrigins))

/** @param panels the origins whose pages may frame it, and whose logo it may show */
async function page(c: Context<AppEnv>, panels: readonly string[]): Promise<Response> {
  // Without the headers of the request: the page is another each time, so a 304 would leave the browser an old nonce.
  const built = await c.env.ASSETS.fetch(new Request(new URL('/dashboard.html', c.req.url)))
  if (!built.ok) return c.notFound()
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES)).toBase64()
  const { testReceiver } = settingsOf(c.env)
  const html = (await built.text())
    .replace(NONCE, nonce)
    .replace(TEST_RECEIVER, testReceiver ? TEST_RECEIVER_PATH : '')
  return c.html(html, 200, {
    'cache-control': 'no-cache',
    'content-security-policy': policy(nonce, panels),
  })
}

/** The nonce is for the `<style>` elements that Mantine writes its variables into; scripts are files. */
function policy(nonce: string, panels: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    ["img-src 'self'", ...panels].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${panels.length === 0 ? "'none'" : panels.join(' ')}`,
  ].join('; ')
}
