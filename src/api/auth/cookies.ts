import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import { ownOrigin } from '../http/origin.ts'
import type { AppEnv } from './principal.ts'

/** Where a session lives: on a page of its own, or in a frame of the operator's panel. */
export type Place = 'page' | 'frame'

/** A frame of ours says so with this header: on a panel of the same site the page's cookie comes as well. */
export const PLACE_HEADER = 'relay-session'
export const IN_FRAME = 'embed'

const NAMES: Readonly<Record<Place, string>> = { page: 'relay', frame: 'relay-embed' }

/**
 * `__Host-`: no other host, and nothing over plain http, can set it. No Max-Age: it goes with the browser, and how long
 * the session lasts the relay says.
 */
function optionsOf(c: Context<AppEnv>, place: Place): CookieOptions {
  const isHttps = ownOrigin(c.req.raw).startsWith('https:')
  // A frame's cookie is no use without Secure, which browsers take on this machine over plain http as well.
  const framed = { sameSite: 'None', secure: true, partitioned: true } as const
  return {
    path: '/',
    httpOnly: true,
    ...(place === 'frame' ? framed : { sameSite: 'Strict', secure: isHttps }),
    ...(isHttps ? { prefix: 'host' } : {}),
  }
}

export function setToken(c: Context<AppEnv>, place: Place, token: string): void {
  setCookie(c, NAMES[place], token, optionsOf(c, place))
}

export function clearToken(c: Context<AppEnv>, place: Place): void {
  deleteCookie(c, NAMES[place], optionsOf(c, place))
}

export function tokenIn(c: Context<AppEnv>, place: Place): string | null {
  const token = getCookie(c, NAMES[place], optionsOf(c, place).prefix)
  return token === undefined || token === '' ? null : token
}

/** The token that counts, and where its session has to live. A page's never counts for a frame. */
export function tokenOf(c: Context<AppEnv>): { token: string; place: Place } | null {
  const isFrame = c.req.header(PLACE_HEADER) === IN_FRAME
  for (const place of isFrame ? (['frame'] as const) : (['page', 'frame'] as const)) {
    const token = tokenIn(c, place)
    if (token !== null) return { token, place }
  }
  return null
}
