/** Where the dashboard runs: at `/` on a page of its own, or at `/embed` in a frame of the operator's panel. */
export const isEmbedded = /^\/embed(\/|$)/.test(window.location.pathname)
export const basePath = isEmbedded ? '/embed' : '/'

/** The path of the address bar for one of the dashboard's own, such as a portal link's. */
export function pathHere(path: string): string {
  return isEmbedded ? `/embed${path === '/' ? '' : path}` : path
}

/** A path that a URL or a link brought, if it stays on this host; else the first page. */
export function safePath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : pathHere('/')
}
