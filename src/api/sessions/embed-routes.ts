import { Hono } from 'hono'
import { html } from 'hono/html'
import { settingsOf } from '../../lib/settings.ts'
import type { AppEnv } from '../auth/principal.ts'

/**
 * The one page that others may frame, those of `PORTAL_ORIGINS`. Until the dashboard is there it says only that it is
 * this page: what is framed, and by whom, is settled.
 */
export const embedRoutes = new Hono<AppEnv>().get('/embed', (c) => {
  const { portalOrigins } = settingsOf(c.env)
  const framedBy = portalOrigins.length === 0 ? "'none'" : portalOrigins.join(' ')
  c.header(
    'content-security-policy',
    `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors ${framedBy}`,
  )
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <title>Webhooks</title>
        <p>The dashboard will be here.</p>
      </html>`,
  )
})
