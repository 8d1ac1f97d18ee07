/**
 * Where browsers have the relay, as the request says: scheme and host. A proxy that ends TLS says so by
 * `X-Forwarded-Proto`; who says so without one gets cookies and links that his browser does not take, and harms nobody.
 */
export function ownOrigin(request: Request): string {
  const url = new URL(request.url)
  if (request.headers.get('x-forwarded-proto') === 'https') url.protocol = 'https:'
  return url.origin
}
