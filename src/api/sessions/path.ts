import * as z from 'zod'

/** Printable ASCII without a backslash, which browsers read as a slash; not a second slash, behind which is a host. */
const PATH = /^\/(?:[!-.0-[\]-~][!-[\]-~]*)?$/

/**
 * A path of the dashboard that a link may lead to: whatever a page does with it, it stays on this host. So it has to be
 * as a URL parser leaves it (no `/./`, no `/../`), with nothing in it that becomes a slash once it is decoded.
 */
export const pathField = z
  .string()
  .max(500)
  .regex(PATH, 'must be a path on the dashboard, as /webhooks?status=active')
  .refine(
    staysHere,
    'must be a path on the dashboard, with neither //, nor dots or encoded slashes for parts',
  )

function staysHere(text: string): boolean {
  const url = URL.parse(text, BASE)
  if (url === null || url.href !== BASE + text) return false
  return !/\/\/|%2f|%5c/i.test(url.pathname)
}

const BASE = 'https://relay.invalid'
