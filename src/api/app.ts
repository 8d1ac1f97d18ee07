import { Hono, type Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { auditRoutes } from './audit/routes.ts'
import { authenticate, authenticated, checkScope } from './auth/authenticate.ts'
import type { AppEnv, Principal } from './auth/principal.ts'
import type { Env } from '../contracts/env.ts'
import { accountRoutes } from './accounts/routes.ts'
import { shardRoutes } from './accounts/shards.ts'
import { encryptionRoutes } from './encryption/routes.ts'
import { keyRoutes } from './keys/routes.ts'
import { numberRoutes } from './numbers/routes.ts'
import { operationalRoutes } from './webhooks/operational-routes.ts'
import { triggerRoutes } from './triggers/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { webhookSecretRoutes } from './webhooks/secret-routes.ts'
import { webhookStatusRoutes } from './webhooks/status-routes.ts'
import { webhookTryRoutes } from './webhooks/try-routes.ts'
import { callListRoutes } from './calls/list.ts'
import { callRoutes } from './calls/routes.ts'
import { apiDocument, type ApiDocument } from './docs/document.ts'
import { docsRoutes } from './docs/routes.ts'
import { report } from '../lib/failure.ts'
import { ingestRoutes } from './events/routes.ts'
import { pruning } from './prune.ts'
import { INGEST_SCOPES, takeBatch, takeEvent } from './events/take.ts'
import { Problem, problemOf } from './http/problem.ts'
import { complete, responseHeaders } from './http/headers.ts'
import { readableUrl } from './http/origin.ts'
import { retryRoutes } from './replays/retry-routes.ts'
import { meter } from '../metrics/meter.ts'
import { writePoints } from '../metrics/points.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { replayRoutes } from './replays/routes.ts'
import { accountDeliveryRoutes } from './deliveries/list.ts'
import { dashboardRoutes } from './dashboard/routes.ts'
import { testReceiverRoutes } from './dashboard/test-receiver.ts'
import { portalLinkRoutes } from './sessions/link-routes.ts'
import { sessionRoutes, signInRoutes } from './sessions/routes.ts'
import { deliveryRoutes, webhookDeliveryRoutes } from './deliveries/routes.ts'
import { statsRoutes } from './stats/routes.ts'

const document = (): Promise<ApiDocument> => apiDocument(app)

// Named before the chain, since what it answers to a wrong method is read off its routes.
const hono = new Hono<AppEnv>()

export const app = hono
  .use(responseHeaders, readableUrl)
  .use(methodNotAllowed({ app: hono, onMethodNotAllowed }))
  .route('/v1', signInRoutes)
  .use('/v1/*', authenticate, pruning)
  .use('/metrics', authenticate)
  .route('/', docsRoutes(document))
  .route('/', dashboardRoutes)
  .route('/', testReceiverRoutes)
  .route('/', metricsRoutes)
  .route('/v1/events', ingestRoutes)
  .route('/v1', webhookRoutes)
  .route('/v1', webhookStatusRoutes)
  .route('/v1', webhookTryRoutes)
  .route('/v1', webhookSecretRoutes)
  .route('/v1', operationalRoutes)
  .route('/v1/webhooks', webhookDeliveryRoutes)
  .route('/v1', replayRoutes)
  .route('/v1', retryRoutes)
  .route('/v1', accountDeliveryRoutes)
  .route('/v1/deliveries', deliveryRoutes)
  .route('/v1', callListRoutes)
  .route('/v1', callRoutes)
  .route('/v1', statsRoutes)
  .route('/v1', triggerRoutes)
  .route('/v1', accountRoutes)
  .route('/v1', shardRoutes)
  .route('/v1', keyRoutes)
  .route('/v1', numberRoutes)
  .route('/v1', sessionRoutes)
  .route('/v1', portalLinkRoutes)
  .route('/v1', auditRoutes)
  .route('/v1', encryptionRoutes)

function onMethodNotAllowed(c: Context, methods: string[]): Response {
  // A path that is spelled out (`/webhooks/preview`) is a route of its own, though `/webhooks/{id}` fits it as well.
  const own = hono.routes.filter((each) => each.path === c.req.path).map((each) => each.method)
  const taken = methods.filter((method) => own.includes(method === 'HEAD' ? 'GET' : method))
  const allow = (taken.length > 0 ? taken : methods).join(', ')
  const problem = new Problem('method_not_allowed', `This route takes ${allow}`).toResponse()
  problem.headers.set('allow', allow)
  return problem
}

app.notFound(() => new Problem('not_found', 'There is no such route').toResponse())

app.onError(onError)

function onError(error: Error): Response {
  if (error instanceof Problem) return error.toResponse()
  if (error instanceof HTTPException) return error.getResponse()
  report('request', error)
  return problemOf(error).toResponse()
}

/** Answers a request as `app.fetch` does, and sooner if it brings events. */
export function answer(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
  const take = takerOf(request)
  return take === null ? app.fetch(request, env, context) : answerEvents(request, env, take)
}

type Take = (request: Request, env: Env, principal: Principal) => Promise<Response>

/** What the app does for these routes, step by step: its router and its chain of middleware cost as much as all of it. */
async function answerEvents(request: Request, env: Env, take: Take): Promise<Response> {
  const startedMs = Date.now()
  const response = await authenticated(request, env, true)
    .then((principal) => {
      checkScope(principal, INGEST_SCOPES)
      return take(request, env, principal)
    })
    .catch(onError)
  complete(response.headers, request.url, true)
  const nowMs = Date.now()
  if (response.status === 202) meter.ack.observe((nowMs - startedMs) / 1000)
  writePoints(env.METRICS, false, nowMs)
  return response
}

/** Null for every request that is not plainly for one of these routes. */
function takerOf({ method, url }: Request): Take | null {
  if (method !== 'POST') return null
  const path = url.indexOf('/', 'https://'.length)
  if (!url.startsWith(EVENTS, path)) return null
  switch (url.slice(path + EVENTS.length)) {
    case '':
      return takeEvent
    case '/batch':
      return takeBatch
    default:
      return null
  }
}

const EVENTS = '/v1/events'

/** For typed clients: `hc<AppType>(url)`. */
export type AppType = typeof app
