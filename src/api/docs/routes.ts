import { Hono, type Context } from 'hono'
import * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { version, type ApiDocument } from './document.ts'
import { asset } from '../http/assets.ts'
import { operation } from './operation.ts'

/** What the pages of `/docs` may load: of this host alone, and nothing that stands in the page itself. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * The documents of the app that they are mounted on, which `document` writes. They are made once in an isolate:
 * nothing in them depends on the request.
 */
export function docsRoutes(document: () => Promise<ApiDocument>) {
  let written: ApiDocument | null = null
  const api = async () => (written ??= await document())
  return new Hono<AppEnv>()
    .get(
      '/health',
      operation({
        operationId: 'getHealth',
        summary: 'Ask whether the relay is up',
        tag: 'Operations',
        scopes: 'public',
        success: { 200: ['It is', z.object({ status: z.literal('ok'), version: z.string() })] },
      }),
      (c) => c.json({ status: 'ok' as const, version }),
    )
    .get(
      '/openapi.json',
      operation({
        operationId: 'getOpenApi',
        summary: 'Read this reference as an OpenAPI 3.1 document',
        tag: 'Operations',
        scopes: 'public',
        success: { 200: ['The document', z.looseObject({ openapi: z.string() })] },
      }),
      // The document is plain JSON; its type, full of references to itself, is of no use to a client.
      async (c) => c.body(JSON.stringify(await api()), 200, { 'content-type': 'application/json' }),
    )
    .get('/docs', (c) => page(c, '/docs'))
    .get('/docs/*', (c) => page(c, c.req.path))
    .get('/assets/*', async (c) => (await asset(c, c.req.path)) ?? c.notFound())
}

/** A page of the documentation site, which `site/` makes: `/docs/receivers` is the file `docs/receivers.html`. */
async function page(c: Context<AppEnv>, path: string): Promise<Response> {
  if (path !== '/docs' && path.endsWith('/')) return c.redirect(path.replace(/\/+$/, ''), 301)
  const found = await asset(c, `${path}.html`)
  const answer = found ?? (await asset(c, '/docs/404.html', 404))
  if (answer === null) return c.notFound()
  answer.headers.set('content-security-policy', PAGE_POLICY)
  return answer
}
