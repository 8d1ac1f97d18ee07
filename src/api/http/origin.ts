import type { MiddlewareHandler } from 'hono'
import { invalid } from './faults.ts'

/**
 * Where browsers have the relay, as the request says: scheme and host. A proxy that ends TLS says so by
 * `X-Forwarded-Proto`; who says so without one gets cookies and links that his browser does not take, and harms nobody.
 */
export function ownOrigin(request: Request): string {
  const url = new URL(request.url)
  if (request.headers.get('x-forwarded-proto') === 'https') url.protocol = 'https:'
  return url.origin
}

/** Lets no request through whose URL cannot be read: on one machine its host is whatever the header `Host` says. */
export const readableUrl: MiddlewareHandler = async (c, next) => {
  if (!URL.canParse(c.req.url)) throw invalid([{ path: 'Host', message: 'must be a host, as in a URL' }])
  await next()
}
