const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** `unknown`: what asks is no browser, or one of before 2020 that sends neither header. */
export type AskedFrom = 'own_page' | 'elsewhere' | 'unknown'

/**
 * Whose page has a browser ask. A page can set neither header, and `Sec-Fetch-Site` knows of redirects, so it decides if
 * it is there. The frame of `/embed` is a page of ours as well: what it asks is `same-origin`, whoever frames it.
 */
export function askedFrom(headers: Headers, ownOrigin: string): AskedFrom {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' ? 'own_page' : 'elsewhere'
  const origin = headers.get('origin')
  if (origin !== null) return origin === ownOrigin ? 'own_page' : 'elsewhere'
  return 'unknown'
}

/**
 * Whether a request that brings a cookie may be another page's doing (CSRF): browsers add the cookie by themselves.
 * hono's `csrf` lets pass what no form can send, as a DELETE or JSON; here every unsafe method has to say whose it is.
 */
export function mayBeForged(method: string, headers: Headers, ownOrigin: string): boolean {
  return !SAFE_METHODS.has(method) && askedFrom(headers, ownOrigin) !== 'own_page'
}
