import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from './auth/principal.ts'

const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['x-frame-options', 'DENY'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['strict-transport-security', 'max-age=31536000'],
  // A page that needs more says so itself.
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
]

/** Gives each answer an `x-request-id` and the security headers that it does not set itself. */
export const responseHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  const { headers } = c.res
  headers.set('x-request-id', crypto.randomUUID())
  for (const [name, value] of SECURITY_HEADERS) if (!headers.has(name)) headers.set(name, value)
  // Keys, secrets and call data: nothing of the API is for a cache.
  if (c.req.path.startsWith('/v1/')) headers.set('cache-control', 'no-store')
}
