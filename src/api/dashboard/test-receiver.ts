import { Hono } from 'hono'
import { settingsOf } from '../../lib/settings.ts'
import type { AppEnv } from '../auth/principal.ts'

export const TEST_RECEIVER_PATH = '/test-receiver/'

/**
 * What a first webhook may point at, if the setting TEST_RECEIVER says so: it answers 200 and keeps nothing, so what came
 * is told by the log of deliveries alone. It sends nothing on, so no webhook leads in a circle by it. Without the setting
 * it is a path that the relay does not have.
 */
export const testReceiverRoutes = new Hono<AppEnv>().all(`${TEST_RECEIVER_PATH}:name`, async (c) => {
  if (!settingsOf(c.env).testReceiver) return c.notFound()
  await c.req.raw.body?.cancel()
  return c.body(null, 200)
})
