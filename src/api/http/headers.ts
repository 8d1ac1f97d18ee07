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

/** Gives each answer an `x-request-id` and the security headers that it does not set itself. */
export const responseHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  const { headers } = c.res
  headers.set('x-request-id', crypto.randomUUID())
  for (const [name, value] of SECURITY_HEADERS) if (!headers.has(name)) headers.set(name, value)
  // Not over plain http, where browsers ignore it: that is a relay on one machine.
  if (c.req.url.startsWith('https:')) headers.set('strict-transport-security', 'max-age=31536000')
  // Keys, secrets and call data: nothing of the API is for a cache.
  if (c.req.path.startsWith('/v1/')) headers.set('cache-control', 'no-store')
}
