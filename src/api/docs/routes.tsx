import { Hono } from 'hono'
import { html } from 'hono/html'
import * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { version, type ApiDocument } from './document.ts'
import { operation } from './operation.ts'
import { ReferencePage } from './page.tsx'
import { STYLE } from './style.ts'

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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
    .get('/docs', async (c) => {
      c.header('content-security-policy', PAGE_POLICY)
      return c.html(html`<!doctype html>${(<ReferencePage document={await api()} />)}`)
    })
    .get('/docs/style.css', (c) => c.body(STYLE, 200, { 'content-type': 'text/css; charset=utf-8' }))
    .get('/', (c) => c.redirect('/docs'))
}
