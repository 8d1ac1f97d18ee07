import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../auth/principal.ts'

const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['x-frame-options', 'DENY'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
  // A page that needs more says so itself. The last three do not fall back to default-src.
  [
    'content-security-policy',
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
]

/**
 * A JSON answer that brings its headers along, for a route that is asked so often that it shows if each is set by itself.
 */
export function jsonAnswer(value: unknown, status: number): Response {
  return new Response(JSON.stringify(value), { status, headers: JSON_HEADERS })
}

const MARK = 'permissions-policy'
const JSON_HEADERS = new Headers([
  ['content-type', 'application/json'],
  ['cache-control', 'no-store'],
  ...SECURITY_HEADERS.map(([name, value]): [string, string] => [name, value]),
])

/** Gives each answer an `x-request-id` and the security headers that it does not set itself. */
export const responseHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  complete(c.res.headers, c.req.url, c.req.path.startsWith('/v1/'))
}

/** @param isApi the answer is one of the API's */
export function complete(headers: Headers, url: string, isApi: boolean): void {
  headers.set('x-request-id', crypto.randomUUID())
  // Not over plain http, where browsers ignore it: that is a relay on one machine.
  if (url.startsWith('https:')) headers.set('strict-transport-security', 'max-age=31536000')
  // No route sets this one by itself: all the others are there as well.
  if (headers.has(MARK)) return
  // The header knows no list of origins, and would keep out those that the page's own policy lets frame it.
  const mayBeFramed = /frame-ancestors (?!'none')/.test(headers.get('content-security-policy') ?? '')
  for (const [name, value] of SECURITY_HEADERS) {
    if (!headers.has(name) && !(mayBeFramed && name === 'x-frame-options')) headers.set(name, value)
  }
  // Keys, secrets and call data: nothing of the API is for a cache. Cloudflare makes the tag of what it compresses weak,
  // and no `If-Match` matches that.
  if (isApi) headers.set('cache-control', headers.has('etag') ? 'no-store, no-transform' : 'no-store')
}
