let pending: string | null = null

/**
 * Takes a portal link's token out of the address bar, before anything else sees it: no history has it then.
 * @returns whether there was one
 */
export function takePortalLink(): boolean {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('portal_link')
  if (token === null) return false
  window.history.replaceState(null, '', window.location.pathname + window.location.search)
  pending = token
  return true
}

/** The token, once: it opens one session. */
export function pendingPortalLink(): string | null {
  const token = pending
  pending = null
  return token
}
