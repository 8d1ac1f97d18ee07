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

/** A page of the dashboard as a link of the browser's. @param account whose, if that is an admin's to choose */
export function hrefOf(path: string, account?: string): string {
  const here = pathHere(path)
  if (account === undefined) return here
  return `${here}${here.includes('?') ? '&' : '?'}${new URLSearchParams({ account }).toString()}`
}

/** The path of a call's page. A browser takes `.` and `..` out of a path, so a call of such an id has it in the query. */
export function callPath(callId: string): string {
  const isDots = callId === '.' || callId === '..'
  return isDots ? `/call?call_id=${callId}` : `/calls/${encodeURIComponent(callId)}`
}

/** The URL of the relay's own test receiver, for a first webhook; null if it has none, as when it is deployed. */
export const testReceiver = testReceiverOf(
  document.querySelector<HTMLMetaElement>('meta[name=test-receiver]')?.content,
)

function testReceiverOf(path: string | undefined): string | null {
  // By itself, under Vite, the page has what the Worker puts another word for.
  return path?.startsWith('/') === true ? `${window.location.origin}${path}first` : null
}
