import { Hono } from 'hono'
import * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { CONTENT_TYPE, exposition } from './exposition.ts'

/** `GET /metrics`. */
export const metricsRoutes = new Hono<AppEnv>().get(
  '/metrics',
  operation({
    operationId: 'getMetrics',
    summary: 'Read the metrics',
    description:
      'In the text format of Prometheus. On one machine they are of the whole relay, since it started; deployed, they are of the isolate that happens to answer, and the same figures go to Analytics Engine.',
    tag: 'Operations',
    scopes: ['admin'],
    success: { 200: ['The metrics', z.string(), 'text/plain'] },
  }),
  (c) => c.body(exposition(Date.now()), 200, { 'content-type': CONTENT_TYPE }),
)
