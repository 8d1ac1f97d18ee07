import { waitUntil } from 'cloudflare:workers'
import type { MiddlewareHandler } from 'hono'
import { report } from '../lib/failure.ts'
import { prune } from '../store/prune.ts'
import type { AppEnv } from './auth/principal.ts'

/** How often an isolate looks (ms) for what is to go, and how soon again if there was more than goes at a time. */
const EVERY_MS = 60 * 60 * 1000
const AGAIN_MS = 60 * 1000

/** When this isolate looks next (ms since epoch). */
let dueMs = 0

/**
 * Has old rows of D1 go, behind a request to the configuration: there is no clock that runs both deployed and on one
 * machine, and without such requests nothing is added. Events do not wait for it and do not lead to it.
 */
export const pruning: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next()
  const nowMs = Date.now()
  if (nowMs < dueMs) return
  dueMs = nowMs + EVERY_MS
  waitUntil(
    prune(c.env, nowMs).then(
      (hasMore) => {
        if (hasMore) dueMs = nowMs + AGAIN_MS
      },
      (error: unknown) => report('pruning', error),
    ),
  )
}
